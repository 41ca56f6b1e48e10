"""Recordings that keep a lock-in's points of a fast run in place of its samples.

A point is a whole number of periods of the alternating bias. The channels of the run keep their names, and have the
mean of each point; beside them stand the complex amplitudes of bias, current and thermocouple, referred to the sample
clock, and the largest modulus of the current's volts, which shows a rail that a mean hides. Sums over the points of a
longer boxcar are those over its samples, so that evaluations lose nothing that is slower than a point.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import pi
from typing import Any

import numpy as np

from analysis.recording.header import DEMODULATED, RecordedChannel, RunHeader
from analysis.records import Block, Event, FloatArray
from analysis.spectra.sine import ComplexPoints, Sine

LEAST_RATE_Hz = 2000.0
"""Least number of points per second."""

COMPLEX = ("bias", "current", "thermocouple")
PEAK = "current_peak"
"""Channel with the largest modulus of the current's volts within a point."""

SAMPLES_IN_PAYLOADS = ("start", "fired_at", "tripped_at")
"""Entries of the payloads of events that are indices of samples."""


def parts(name: str) -> tuple[str, str]:
    """Return the channels with the real and the imaginary part of a complex amplitude X: x(t) = Re[X exp(i w t)]."""
    return f"{name}_real", f"{name}_imag"


PARTS = tuple(part for name in COMPLEX for part in parts(name))
ADDED = (*PARTS, PEAK)


@dataclass(frozen=True)
class Points:
    """Points of a recording: frequency of the lock-in, samples of a point, and their rate in the run."""

    frequency_Hz: Fraction
    length: int
    sample_rate_Hz: float

    @classmethod
    def of(cls, sine: Sine, rate_Hz: float, average_s: float) -> "Points":
        """Return the longest points of 2000 a second or more that divide the boxcars of an evaluation.

        Raises ``ValueError`` as `Sine.period_samples`.
        """
        period = sine.period_samples(rate_Hz)
        periods = sine.boxcar_samples(rate_Hz, average_s) // period
        most = max(1, int(rate_Hz / (LEAST_RATE_Hz * period)))
        each = max(k for k in range(1, most + 1) if periods % k == 0)
        return cls(sine.frequency_Hz, each * period, rate_Hz)

    @classmethod
    def of_settings(cls, settings: Mapping[str, Any]) -> "Points | None":
        """Return the points of a recording; None if it holds samples."""
        told = settings.get(DEMODULATED)
        if not told:
            return None
        return cls(Fraction(told["frequency_Hz"]), int(told["samples"]), float(told["sample_rate_Hz"]))

    @property
    def rate_Hz(self) -> float:
        """Points per second."""
        return self.sample_rate_Hz / self.length

    @property
    def clause(self) -> str:
        """Description of what the recording holds, as a clause."""
        return (
            f"demodulated at {float(self.frequency_Hz):g} Hz: points, each the mean and the complex amplitude of "
            f"{self.length} samples at {self.sample_rate_Hz:g} samples/s"
        )

    def header(self, header: RunHeader) -> RunHeader:
        """Return the header of the points of a run, from that of its samples."""
        means = tuple(
            replace(one, role=f"{one.role}, mean of {self.length} samples", dtype="f4")
            for one in header.channels
        )
        added = [
            RecordedChannel(part, "V", f"{kind} part of {name} at {float(self.frequency_Hz):g} Hz", "f4")
            for name in COMPLEX
            for part, kind in zip(parts(name), ("real", "imaginary"), strict=True)
        ]
        peak = RecordedChannel(PEAK, "V", f"largest modulus of current in {self.length} samples", "f4")
        told = {
            "frequency_Hz": str(self.frequency_Hz),
            "samples": self.length,
            "sample_rate_Hz": self.sample_rate_Hz,
        }
        return replace(
            header,
            title=f"{header.title} ({self.clause})",
            channels=(*means, *added, peak),
            rate_Hz=self.rate_Hz,
            settings={**header.settings, DEMODULATED: told},
            unknowns=(*header.unknowns, f"the samples themselves ({self.clause})"),
        )

    def event(self, event: Event) -> Event:
        """Return an event of the run with indices of points: the first whole one after it."""
        payload = {
            name: self.index(value) if name in SAMPLES_IN_PAYLOADS and isinstance(value, int) else value
            for name, value in event.payload.items()
        }
        return replace(event, sample=self.index(event.sample), payload=payload)

    def index(self, sample: int) -> int:
        """Return the index of the first whole point from a sample on."""
        return -(-sample // self.length)


class Demodulator:
    """Converter of a run's blocks to points. Samples of an incomplete point wait for the next block.

    Parameters
    ----------
    points : Points
    """

    def __init__(self, points: Points) -> None:
        self._points = points
        turns = points.frequency_Hz / Fraction(points.sample_rate_Hz)
        phase = 2.0 * pi * np.array([float(turns * n % 1) for n in range(points.length)])
        self._wave = 2.0 / points.length * np.exp(-1j * phase)
        self._waiting: Block | None = None

    def feed(self, block: Block) -> Block | None:
        """Take the next samples; return the points that they complete. A point with a missing sample is left out."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None and waiting.stop == block.first:
            block = Block(
                waiting.first, block.rate_Hz, block.channels, np.concatenate([waiting.data, block.data], 1)
            )
        length = self._points.length
        first = self._points.index(block.first)
        whole = max(block.stop // length - first, 0)
        begin = first * length
        rest = block.part(max(begin + whole * length, block.first), block.stop)
        self._waiting = rest if len(rest) else None
        if not whole:
            return None
        data = block.part(begin, begin + whole * length).data.reshape(len(block.channels), whole, length)
        amplitudes = {name: data[block.channels.index(name)] @ self._wave for name in COMPLEX}
        rows = [part for X in amplitudes.values() for part in (X.real, X.imag)]
        peak = np.abs(data[block.channels.index("current")]).max(axis=1)
        values = np.concatenate([data.mean(axis=2), np.stack([*rows, peak])])
        recorded = values.astype(np.float32).astype(np.float64)  # live as in a replay
        return Block(first, self._points.rate_Hz, (*block.channels, *ADDED), recorded)


def amplitudes(volts: Mapping[str, FloatArray], signed_gain_V_per_A: float) -> ComplexPoints | None:
    """Return the amplitudes of bias and current from the channels of a recording; None if it holds samples."""
    if PARTS[0] not in volts:
        return None
    bias_V, current_V = (volts[real] + 1j * volts[imag] for real, imag in map(parts, COMPLEX[:2]))
    return ComplexPoints(bias_V, np.asarray(current_V / signed_gain_V_per_A, dtype=np.complex128))
