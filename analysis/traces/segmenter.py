"""Segmentation of a run into traces: one for each step "withdraw", from its first sample to its last."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from analysis.conductance import LEAST_BIAS_V, CurrentCalibration, conductance_G0
from analysis.constants import G0_S
from analysis.median import median_of_steady
from analysis.records import Block, Event, EventKind, FloatArray, Trace
from analysis.spectra.demodulated import PARTS, PEAK, amplitudes
from analysis.spectra.sine import ComplexPoints, Demodulation, SineBias


class Segmenter:
    """Reducer that yields a ``Trace`` for every withdrawal (see ``analysis.reduce``).

    A trace lies between the STEP events of the name ``step`` with payload ``{"phase": "begin"}`` and
    ``{"phase": "end", "ended": reason}``. SETTING events with payload ``{"value": number in SI}`` change the
    calibration from their sample on: ``current_gain_V_per_A``, ``current_offset_V``,
    ``current_full_scale_V``, ``series_resistance_ohm``, ``extension_m_per_V`` and, where no bias is recorded,
    ``bias_V``.

    Conductance comes from the channels "current" and "bias" (the commanded bias where that channel is
    absent), displacement from "z", positive as the tip retracts and zero at the trace's first sample; NaN
    without "z".

    A step whose begin has a ``sine`` in its payload was made beside an alternating bias: its conductance is that of a
    lock-in with the lag of the contact, as the running mean over its averaging time.

    Flags: "railed" (a sample at the amplifier's rail), "gap" (samples missing), "aborted" (ended by an abort,
    by a new withdrawal, or by the end of the recording).

    Parameters
    ----------
    calibration : CurrentCalibration
        At the start of the run.
    extension_m_per_V : float
        Piezo constant: extension toward the sample per volt on channel "z".
    bias_V : float
        Commanded bias at the start of the run; used only without a "bias" channel.
    step : str
        Name of the step that is a trace.
    first_number : int
        Number of the first trace.
    """

    def __init__(
        self,
        calibration: CurrentCalibration,
        extension_m_per_V: float = np.nan,
        bias_V: float = np.nan,
        step: str = "withdraw",
        first_number: int = 0,
    ) -> None:
        self._calibration = calibration
        self._extension_m_per_V = extension_m_per_V
        self._bias_V = bias_V
        self._step = step
        self._number = first_number
        self._position = 0
        self._open: _OpenTrace | None = None

    def feed(self, block: Block) -> Iterable[Trace]:
        """Take the next samples; only events complete traces."""
        if self._open is not None and len(block):
            if block.first != self._position:
                self._open.flags.add("gap")
            self._take(self._open, block)
        self._position = block.stop
        return ()

    def event(self, event: Event) -> Iterable[Trace]:
        """Begin or end a trace, or change the calibration."""
        self._reach(event.sample)
        if event.kind is EventKind.SETTING:
            self._set(event.name, event.payload.get("value"))
        elif self.delimits(event):
            if event.payload.get("phase") == "begin":
                unfinished = self._finish(event.sample, "aborted")
                sine, series_ohm = event.payload.get("sine"), self._calibration.series_resistance_ohm
                self._open = _OpenTrace(event.sample, sine, series_ohm)
                return unfinished
            return self._finish(event.sample, str(event.payload.get("ended", "unknown")))
        return ()

    def close(self) -> Iterable[Trace]:
        """Return a trace that was still open."""
        return self._finish(self._position, "aborted")

    def delimits(self, event: Event) -> bool:
        """Return True for an event that begins or ends a trace."""
        return event.kind is EventKind.STEP and event.name == self._step

    @property
    def state(self) -> tuple[CurrentCalibration, float, float]:
        """Calibration, piezo constant and commanded bias, after the settings so far."""
        return self._calibration, self._extension_m_per_V, self._bias_V

    def _reach(self, sample: int) -> None:
        """Advance to ``sample``; if samples before it never came, flag an open trace with a gap."""
        if sample > self._position:
            if self._open is not None:
                self._open.flags.add("gap")
            self._position = sample

    def _set(self, name: str, value: Any) -> None:
        self._calibration = self._calibration.after(name, value)
        match name:
            case "extension_m_per_V":
                self._extension_m_per_V = float(value)
            case "bias_V":
                self._bias_V = float(value)

    def _take(self, trace: "_OpenTrace", block: Block) -> None:
        volts = block.channel("current")
        bias_V = block.channel("bias") if "bias" in block.channels else np.full(len(block), self._bias_V)
        conducts = (
            conductance_G0(volts, bias_V, self._calibration)
            if trace.sine is None
            else self._calibration.current_A(volts)
        )
        trace.conductance_G0.append(conducts)
        trace.bias_V.append(bias_V)
        trace.rate_Hz = block.rate_Hz
        if "z" in block.channels:
            trace.extension_m.append(self._extension_m_per_V * block.channel("z"))
        else:
            trace.extension_m.append(np.full(len(block), np.nan))
        demodulated = PEAK in block.channels
        if demodulated and trace.sine is not None:
            trace.add_points(
                {part: block.channel(part) for part in PARTS}, self._calibration.signed_gain_V_per_A
            )
        railed = self._calibration.railed(block.channel(PEAK) if demodulated else volts)
        biased = trace.sine is not None or np.abs(bias_V) >= LEAST_BIAS_V
        if railed.any() and np.any(railed & biased):
            trace.flags.add("railed")

    def _finish(self, stop: int, ended: str) -> Iterable[Trace]:
        trace, self._open = self._open, None
        if trace is None:
            return ()
        if ended == "aborted":
            trace.flags.add("aborted")
        number, self._number = self._number, self._number + 1
        return (trace.record(number, stop, ended),)


class _OpenTrace:
    """Samples and flags of a trace, as collected so far."""

    def __init__(self, start: int, sine: Mapping[str, Any] | None = None, series_ohm: float = 0.0) -> None:
        self.start = start
        self.series_ohm = series_ohm
        self.sine = sine
        """Recorded alternating bias; ``conductance_G0`` then collects the current, in A."""
        self.rate_Hz = float("nan")
        self.conductance_G0: list[FloatArray] = []
        self.bias_V: list[FloatArray] = []
        self.extension_m: list[FloatArray] = []
        self.flags: set[str] = set()
        self._points: list[ComplexPoints] = []

    def add_points(self, volts: Mapping[str, FloatArray], signed_gain_V_per_A: float) -> None:
        """Add the amplitudes of a demodulated recording."""
        points = amplitudes(volts, signed_gain_V_per_A)
        assert points is not None
        self._points.append(points)

    def record(self, number: int, stop: int, ended: str) -> Trace:
        extension_m, bias_V = _joined(self.extension_m), _joined(self.bias_V)
        conducts, averaged = _joined(self.conductance_G0), 1
        if self.sine is not None and conducts.size:
            conducts, bias_V, averaged = _demodulated(
                bias_V, conducts, self.sine, self.rate_Hz, self.series_ohm, _all_points(self._points)
            )
        return Trace(
            number=number,
            samples=(self.start, stop),
            displacement_m=extension_m[:1] - extension_m,
            conductance_G0=conducts,
            bias_V=median_of_steady(bias_V),
            ended=ended,
            flags=tuple(sorted(self.flags)),
            averaged=averaged,
        )


def _all_points(parts: list[ComplexPoints]) -> ComplexPoints | None:
    if not parts:
        return None
    return ComplexPoints(
        np.concatenate([part.bias_V for part in parts]), np.concatenate([part.current_A for part in parts])
    )


def _demodulated(
    bias_V: FloatArray,
    current_A: FloatArray,
    sine: Mapping[str, Any],
    rate_Hz: float,
    series_ohm: float,
    points: ComplexPoints | None,
) -> tuple[FloatArray, FloatArray, int]:
    """Return the conductance in G0 about each sample, its rms bias, shapes (n,), and the samples of a mean."""
    known, n = SineBias.from_json(sine), bias_V.size
    length = known.boxcar(rate_Hz, points)
    lag_s = known.lag_of_contact_s(bias_V, current_A, rate_Hz, points)
    demodulation = Demodulation(known.sine, rate_Hz, length, lag_s, series_ohm, known.stray_S)
    return (
        demodulation.running_conductance_S(bias_V, current_A, points) / G0_S,
        np.full(n, known.sine.rms_V),
        length,
    )


def _joined(parts: list[FloatArray]) -> FloatArray:
    whole = parts[0] if len(parts) == 1 else np.concatenate(parts) if parts else np.empty(0)
    whole.setflags(write=False)
    return whole
