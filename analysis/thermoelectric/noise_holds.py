"""Holds of a noise thermometer: the current at 0 V between two measurements of the conductance."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from analysis.conductance import CurrentCalibration
from analysis.recording import Recording
from analysis.records import Block, Event, EventKind, FloatArray
from analysis.second_current import SecondCurrent
from analysis.segmentation import CHANNELS, Cutter, Segment, calibration_for, number_or_nan, records_of

STEP, BEFORE, AFTER, MARK = "noise", "conductance before", "conductance after", "noise thermometer"
"""Names of the hold at 0 V, of the modulations around it, and of the mark that describes all three."""

OPEN, RESISTOR = "open", "resistor"
"""Kinds of holds that calibrate: tip retracted, and a resistor in place of the junction."""

EDGE_S = 0.003
"""Time after a step of the bias that the conductance leaves out."""


@dataclass(frozen=True, eq=False)
class NoiseHold:
    """One junction, resistor or open input at 0 V.

    Parameters
    ----------
    samples : tuple of int
    rate_Hz : float
    current_A : ndarray, shape (n,)
    before_S, after_S : float
        Conductance of the circuit, from both signs of a small bias; NaN if not measured, 0 for the open input.
    kind : str
        "" for a junction, "open", or "resistor".
    difference_K : float
        Wanted T_tip - T_substrate.
    notes : mapping
    flags : tuple of str
        "aborted", "gap", "railed".
    second_ratio : float or None
        Conductance from a second current input over that from the first; NaN if not known. None if the noise is that of
        the first input.
    series_ohm : float
        Resistance of the leads in series with the junction.
    """

    samples: tuple[int, int]
    rate_Hz: float
    current_A: FloatArray
    before_S: float
    after_S: float
    kind: str
    difference_K: float
    notes: Mapping[str, Any] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    second_ratio: float | None = None
    series_ohm: float = 0.0


class NoiseSegmenter:
    """Reducer that yields a `NoiseHold` at its mark.

    Parameters
    ----------
    calibration : CurrentCalibration
        At the start of the run.
    second : SecondCurrent, optional
        Finer input of the current; the noise is then its.
    """

    def __init__(self, calibration: CurrentCalibration, second: SecondCurrent | None = None) -> None:
        self._second, self._calibration = second, calibration
        beside = () if second is None else (second.name,)
        self._cutters = {
            name: Cutter(name, MARK, calibration, beside=beside) for name in (BEFORE, STEP, AFTER)
        }
        self._rate_Hz = float("nan")

    def feed(self, block: Block) -> Iterable[NoiseHold]:
        """Take the next samples; only events complete holds."""
        self._rate_Hz = block.rate_Hz
        for cutter in self._cutters.values():
            cutter.feed(block)
        return ()

    def event(self, event: Event) -> Iterable[NoiseHold]:
        """Take an event; the mark completes a hold."""
        if event.kind is EventKind.SETTING:
            self._calibration = self._calibration.after(event.name, event.payload.get("value"))
        cut = {name: list(cutter.event(event)) for name, cutter in self._cutters.items()}
        marked = {name: segments[-1] for name, segments in cut.items() if segments and segments[-1].mark}
        return [self._hold(marked)] if STEP in marked else []

    def close(self) -> Iterable[NoiseHold]:
        """Return nothing: a hold without its mark has no second conductance."""
        return ()

    def _hold(self, marked: Mapping[str, Segment]) -> NoiseHold:
        notes = marked[STEP].mark
        kind = str(notes.get("kind") or "")
        before_S, after_S = (self._conductance_S(marked.get(name), kind) for name in (BEFORE, AFTER))
        segment, ratio = marked[STEP], None
        if self._second is not None:
            fine = {name: self._from_second(one, self._second) for name, one in marked.items()}
            second_S = [self._conductance_S(fine.get(name), kind) for name in (BEFORE, AFTER)]
            segment, ratio = fine[STEP], 1.0 if kind == OPEN else sum(second_S) / (before_S + after_S)
        return NoiseHold(
            samples=segment.samples,
            rate_Hz=self._rate_Hz,
            current_A=segment.current_A,
            before_S=before_S,
            after_S=after_S,
            kind=kind,
            difference_K=number_or_nan(notes.get("dT_K")),
            notes=notes,
            flags=segment.flags,
            second_ratio=ratio,
            series_ohm=self._calibration.series_resistance_ohm,
        )

    def _from_second(self, segment: Segment, second: SecondCurrent) -> Segment:
        """Return a segment with the current of the second input."""
        volts = segment.beside[second.name]
        return replace(segment, current_A=self._calibration.current_A(volts), railed=second.railed(volts))

    def _conductance_S(self, segment: Segment | None, kind: str) -> float:
        if kind == OPEN:
            return 0.0
        if segment is None or segment.railed.any():
            return float("nan")
        return slope_S(segment.bias_V, segment.current_A, self._rate_Hz)


def slope_S(bias_V: FloatArray, current_A: FloatArray, rate_Hz: float) -> float:
    """Return the change of the current with the looped-back bias, without samples just after a step of the bias."""
    edge = max(round(EDGE_S * rate_Hz), 1)
    if not np.isfinite(bias_V).any():
        return float("nan")
    side = bias_V > 0.5 * np.nanpercentile(bias_V, (20, 80)).sum()  # the first samples show the bias before
    steps = np.flatnonzero(np.diff(side))
    settled = np.isfinite(bias_V) & np.isfinite(current_A)
    settled[:edge] = False
    for step in steps:
        settled[max(step - 1, 0) : step + edge] = False
    if settled.sum() < 10 or np.ptp(side[settled].astype(int)) == 0:
        return float("nan")
    high, low = settled & side, settled & ~side
    amperes = current_A[high].mean() - current_A[low].mean()
    return float(amperes / (bias_V[high].mean() - bias_V[low].mean()))


def noise_holds(recording: Recording, by_second: bool = True) -> Iterator[NoiseHold]:
    """Yield all holds of a recording, in order; only their samples are read.

    The noise is that of a second, finer input of the current, if there is one and ``by_second``.

    Raises
    ------
    RecordingError
        If a gain or a channel is missing.
    """
    second = SecondCurrent.of_settings(recording.header.settings) if by_second else None
    channels = CHANNELS if second is None else (*CHANNELS, second.name)
    segmenter = NoiseSegmenter(calibration_for(recording), second)
    yield from records_of(recording, segmenter, (BEFORE, STEP, AFTER), channels)
