"""Stops and trips of a commissioning: reported against seen position, and reaction times."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.records import Event, EventKind, FloatArray

FROM_LOOP_BACK = "position from loop-back"
"""Mark of a run whose card did not report the position after a stop."""

WITHIN_STEPS = 2.0
AWAY_V = 2e-3
"""Bias below which it has been removed."""


@dataclass(frozen=True)
class Stop:
    """A stopped ramp: sample of its begin, of its detector, first sample after it, claimed position in V.

    ``counted`` is False if the card's count did not give the position.
    """

    begin: int
    fired: int
    end: int
    claimed_V: float
    counted: bool


@dataclass(frozen=True)
class Stopped:
    """Stopped ramps.

    Parameters
    ----------
    off_V : ndarray, shape (n,)
        Loop-back minus claimed position.
    reaction_s : ndarray, shape (n,)
        From the sample of the detector to the standing tip.
    uncounted : int
        Stops after which the card did not report the position.
    """

    off_V: FloatArray
    reaction_s: FloatArray
    uncounted: int


def stops_of(events: Iterable[Event], step: str, mark: str, extension_m_per_V: float) -> list[Stop]:
    """Return the stopped ramps of a recording, from the steps of this name and the marks that tell their samples."""
    found: list[Stop] = []
    begin, claimed_V, end, counted = 0, float("nan"), 0, True
    for event in events:
        phase = event.payload.get("phase")
        if event.kind is EventKind.STEP and event.name == step and phase == "begin":
            begin, counted = event.sample, True
        elif event.kind is EventKind.STEP and event.name == step:
            end, claimed_V = event.sample, event.payload["extension_m"] / extension_m_per_V
        elif event.name == FROM_LOOP_BACK:
            counted = False
        elif event.name == mark and event.payload.get("kind") == step:
            found.append(Stop(begin, begin + int(event.payload["at"]), end, claimed_V, counted))
    return found


def stopped(stops: list[Stop], z_V: FloatArray, rate_Hz: float, rest_s: float) -> Stopped:
    """Compare claimed positions with the loop-back, of shape (n,), and time the standstills."""
    rest = round(rest_s * rate_Hz)
    stood_V = np.array([np.median(z_V[stop.end : stop.end + rest]) for stop in stops])
    claimed_V = np.array([stop.claimed_V for stop in stops])
    reaction_s = [
        _standing(z_V[stop.fired : stop.end + rest], volts) / rate_Hz
        for stop, volts in zip(stops, stood_V, strict=True)
    ]
    return Stopped(stood_V - claimed_V, np.array(reaction_s), sum(not stop.counted for stop in stops))


def _standing(z_V: FloatArray, stood_V: float) -> int:
    """Return the number of samples until the ramp has reached the place at which it stands."""
    noise_V = 4 * float(np.std(z_V[-z_V.size // 4 :])) + 1e-4
    moving = np.flatnonzero(np.abs(z_V - stood_V) > noise_V)
    return int(moving[-1]) + 1 if moving.size else 0


def trip_times_s(
    trips: Iterable[Mapping[str, Any]], bias_V: FloatArray, rate_Hz: float, rest_s: float
) -> FloatArray:
    """Return the time from the sample of each trip to 0 V on the loop-back, shape (n,).

    Parameters
    ----------
    trips : iterable of mapping
        "at": sample of the detector; "end": first sample after the step.
    bias_V : ndarray
        Loop-back of the bias.
    """
    times = []
    for trip in trips:
        part = bias_V[trip["at"] : trip["end"] + round(rest_s * rate_Hz)]
        on = np.flatnonzero(np.abs(part) > AWAY_V)
        times.append((int(on[-1]) + 1 if on.size else 0) / rate_Hz)
    return np.array(times)


def trips_of(events: Iterable[Event], step: str, mark: str) -> list[dict[str, int]]:
    """Return the tripped modulations of a recording, for `trip_times_s`."""
    found, begin, end = [], 0, 0
    for event in events:
        phase = event.payload.get("phase")
        if event.kind is EventKind.STEP and event.name == step and phase == "begin":
            begin = int(event.payload.get("start", event.sample))
        elif event.kind is EventKind.STEP and event.name == step:
            end = event.sample
        elif event.name == mark and event.payload.get("kind") == step:
            found.append({"at": begin + int(event.payload["at"]), "end": end})
    return found
