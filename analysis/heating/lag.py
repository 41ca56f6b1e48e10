"""Beginning of the programme, found from the looped back bias, and lag of the other channels behind the bias.

An input that is converted before the outputs have moved shows at tick n their values of tick n - 1, and the start of
an output is known only within a few samples. The applied bias is therefore taken from the measured one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analysis.heating.holds import Hold
from analysis.heating.layout import layout
from analysis.heating.programme import LevelProgramme
from analysis.records import FloatArray

USUAL_LAG = 1
"""Samples from the command of an output to its appearance in an input, used if the bias does not show it."""

LEAD = 2
"""Samples before an edge in which a channel may lead the bias."""

FOLLOWED = 20
"""Samples after an edge over which a channel is followed."""

LEAST_SHARE = 0.002
"""Share of a step below which a sample belongs to the previous level."""

SETTLED_WITHIN = 0.05
"""Largest final deviation, as a share of a step, of a channel that follows the bias."""


@dataclass(frozen=True)
class Alignment:
    """Beginning of a hold's programme.

    Parameters
    ----------
    origin : int
        Sample that shows the programme's first value.
    residual_V : float
        Median modulus of the difference between looped back and commanded bias; NaN unless ``seen``.
    seen : bool
        True if the bias shows the beginning. False for a programme of one bias, or without a loop-back: ``origin``
        is then the claimed start plus the usual lag.
    """

    origin: int
    residual_V: float
    seen: bool


@lru_cache(maxsize=4)  # a hold is aligned anew for each mask that is tried on it
def align(hold: Hold) -> Alignment:
    """Find the beginning of the programme by least squares of looped back minus commanded bias.

    The search covers every start within half a repeat of the programme around the claimed one; it is exact to
    the sample. Of starts that fit equally well (in a hold that ended before an edge) it takes the nearest to the
    claimed one; starts fit equally well if they differ by less than one sample at one edge does.
    """
    claimed = hold.start + USUAL_LAG
    finite = np.isfinite(hold.bias_V)
    template, spectrum, energy_spectrum = _template(hold.programme, hold.rate_Hz)
    if not finite.any() or np.ptp(template) == 0.0:
        return Alignment(claimed, float("nan"), False)
    repeat = len(template)
    where = (hold.samples[0] - claimed + np.flatnonzero(finite)) % repeat
    volts = hold.bias_V[finite]
    seen_V = np.bincount(where, volts, repeat)
    count = np.bincount(where, minlength=repeat)
    product = np.fft.irfft(np.fft.rfft(seen_V) * spectrum.conj(), repeat)
    energy = np.fft.irfft(np.fft.rfft(count) * energy_spectrum.conj(), repeat)
    squares = energy - 2.0 * product
    shifts = np.flatnonzero(squares <= squares.min() + 0.25 * _smallest_step_V(template) ** 2)
    shifts = shifts - repeat * (shifts > repeat // 2)
    shift = int(shifts[np.argmin(np.abs(shifts))])
    residual_V = np.median(np.abs(volts - template[(where - shift) % repeat]))
    return Alignment(claimed + shift, float(residual_V), True)


@lru_cache(maxsize=16)
def _template(
    programme: LevelProgramme, rate_Hz: float
) -> tuple[FloatArray, NDArray[np.complex128], NDArray[np.complex128]]:
    """Return one repeat of the bias, its Fourier transform, and that of its square."""
    bias_V = programme.bias_V(rate_Hz)
    return bias_V, np.fft.rfft(bias_V), np.fft.rfft(bias_V**2)


def _smallest_step_V(template: FloatArray) -> float:
    steps = np.abs(np.diff(template, append=template[0]))
    return float(steps[steps > 0.0].min())


@dataclass(frozen=True)
class EdgeResponse:
    """Response of a channel to an edge of the bias, from all edges of some holds.

    Parameters
    ----------
    lag_s : float
        Mean delay: the area missing from the channel after an edge, over the height of the step.
    sigma_s : float
        Its standard error, from the scatter between holds; NaN for one hold.
    response : ndarray, shape (LEAD + n,)
        Share of a step that has arrived, from ``LEAD`` samples before the edge in the looped back bias on.
    response_sigma : ndarray, shape (LEAD + n,)
        Its standard error, from the scatter between edges.
    holds : int
    """

    lag_s: float
    sigma_s: float
    response: FloatArray
    response_sigma: FloatArray
    holds: int

    @property
    def first_arrival(self) -> int | None:
        """First sample that shows a step, counted from the edge; negative if the channel leads the bias.

        It does not follow from the mean delay: behind a filter of 1 ms the mean is +0.3 ms while the first sample is
        -1. None if the channel does not follow the bias.
        """
        seen = np.abs(self.response) > np.maximum(3.0 * self.response_sigma, LEAST_SHARE)
        settled = np.abs(self.response[-5:] - 1.0).max() < SETTLED_WITHIN
        return int(np.argmax(seen)) - LEAD if settled and seen.any() else None

    def pole_s(self, rate_Hz: float) -> float:
        """Return the time constant of the decay after the first arrival, in s; 0 for one too fast to be seen."""
        arrival = self.first_arrival
        if arrival is None:
            return float("nan")
        rest, sigma = 1.0 - self.response[LEAD + arrival :], self.response_sigma[LEAD + arrival :]
        seen = np.flatnonzero(rest[:-1] > np.maximum(3.0 * sigma[:-1], LEAST_SHARE))
        seen = seen[: int(np.argmax(np.append(np.diff(seen), 2) > 1)) + 1]  # up to the first that is not seen
        energy = float(rest[seen] @ rest[seen])
        ratio = float(rest[seen + 1] @ rest[seen]) / energy if energy else 0.0
        return float(-1.0 / (rate_Hz * np.log(ratio))) if 0.0 < ratio < 1.0 else 0.0

    def time_constant_s(self, rate_Hz: float) -> float:
        """Return the time constant of the single pole with this mean delay between samples; 0 without a delay."""
        delay = self.lag_s * rate_Hz
        return float(1.0 / (rate_Hz * np.log((1.0 + delay) / delay))) if delay > 0.0 else 0.0


def measure_lag(holds: Iterable[Hold], samples: int = FOLLOWED, channel: str = "current") -> EdgeResponse:
    """Measure the lag of a channel behind the looped back bias, to far below one sample.

    Parameters
    ----------
    holds : iterable of Hold
        Holds of one run, with unchanged filters.
    samples : int
        Samples after an edge over which the channel is followed; it must settle within them, before the next edge.
    channel : "current" or "thermocouple"

    Raises
    ------
    ValueError
        If no hold shows steps of the channel.
    """
    edges, rate_Hz = [], float("nan")
    for hold in holds:
        window, step = _steps(hold, samples, channel)
        if step.any():
            edges.append((window, step))
            rate_Hz = hold.rate_Hz
    if not edges:
        raise ValueError(f"no hold shows steps of the {channel}, so its lag cannot be measured")
    energies = np.array([step @ step for _, step in edges])
    responses = np.array([window.T @ step for window, step in edges]) / energies[:, None]
    weight = energies / energies.sum()
    response = weight @ responses
    each_s = (samples - responses.sum(axis=1)) / rate_Hz
    lag_s = float(weight @ each_s)
    count = len(each_s)
    scatter_s2 = np.sum(weight**2 * (each_s - lag_s) ** 2) * count / max(count - 1, 1)
    sigma_s = float(np.sqrt(scatter_s2)) if count > 1 else float("nan")
    off = [(window - np.outer(step, response)) * step[:, None] for window, step in edges]
    response_sigma = np.sqrt(np.sum([np.sum(part**2, axis=0) for part in off], axis=0)) / energies.sum()
    return EdgeResponse(lag_s, sigma_s, response, response_sigma, count)


def _steps(hold: Hold, samples: int, channel: str) -> tuple[FloatArray, FloatArray]:
    """Return the channel minus its previous level around each edge, and the steps.

    The first has shape (edges, LEAD + samples) and begins ``LEAD`` samples before the edge: if the bias is scanned
    before its output has moved, other channels lead it. The levels before and after an edge are means of the channel
    over the settled samples between edges.
    """
    origin = align(hold).origin
    skip, begun = min(max(origin - hold.samples[0], 0), len(hold)), max(hold.samples[0] - origin, 0)
    stop = begun + len(hold) - skip
    plan = layout(hold.programme, hold.rate_Hz, stop).part(begun, stop)
    values = (hold.current_A if channel == "current" else hold.thermocouple_V)[skip:]
    edges = np.flatnonzero(plan.since_edge == 0)
    if not edges.size:
        return np.zeros((0, LEAD + samples)), np.zeros(0)
    ends = np.append(edges, len(plan))[1:] - LEAD
    after = np.searchsorted(edges, np.arange(len(plan)), side="right") - 1
    settled = (after >= 0) & (plan.since_edge >= samples) & (np.arange(len(plan)) < ends[after])
    count = np.bincount(after[settled], minlength=edges.size)
    mean = np.bincount(after[settled], values[settled], edges.size) / np.where(count, count, np.nan)
    step = np.diff(mean)
    at = edges[1:, None] + np.arange(-LEAD, samples)
    window = values[np.minimum(at, len(values) - 1)]
    good = np.isfinite(step) & np.isfinite(window).all(axis=1)
    return (window - mean[:-1, None])[good], step[good]
