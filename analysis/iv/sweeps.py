"""Sweeps of the bias on held junctions, cut from a run or from its recording: one current-voltage curve each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from analysis.conductance import CurrentCalibration
from analysis.recording import Recording, damage_told
from analysis.records import EventKind, FloatArray
from analysis.segmentation import (
    Cutter,
    RecordSegmenter,
    Segment,
    calibration_for,
    number_or_nan,
    records_of,
)

STEP, MARK = "sweep", "curve"
"""Names of the events that delimit and describe a sweep."""


@dataclass(frozen=True, eq=False)
class Sweep:
    """One sweep of the bias.

    Parameters
    ----------
    number : int
    samples : tuple of int
        (start, stop); the arrays have shape (stop - start,).
    bias_V, current_A : ndarray
        Looped back bias and current of the same samples, series resistance not subtracted; NaN where missing.
    peak_V : float
        Largest modulus of the commanded bias; NaN if unknown.
    before_G0, after_G0 : float
        Low-bias conductance before and after; NaN if not measured.
    kind : str
        "whole", "ruptured", ..., as judged by the procedure; "unknown" without its mark.
    ended : str
    junction : int
        The same for all sweeps of one junction.
    flags : tuple of str
        "aborted", "gap", "railed".
    """

    number: int
    samples: tuple[int, int]
    bias_V: FloatArray
    current_A: FloatArray
    peak_V: float = float("nan")
    before_G0: float = float("nan")
    after_G0: float = float("nan")
    kind: str = "unknown"
    ended: str = "finished"
    junction: int = 0
    flags: tuple[str, ...] = ()


class SweepSegmenter(RecordSegmenter[Sweep]):
    """Reducer that yields a `Sweep` at its mark "curve", at the next sweep, or at the end."""

    def __init__(self, calibration: CurrentCalibration) -> None:
        super().__init__(Cutter(STEP, MARK, calibration))

    def _record(self, segment: Segment) -> Sweep:
        number = int(segment.begin.get("curve", segment.mark.get("number", self._next_number)))
        self._next_number = number + 1
        return Sweep(
            number=number,
            samples=segment.samples,
            bias_V=segment.bias_V,
            current_A=segment.current_A,
            peak_V=number_or_nan(segment.begin.get("peak_V")),
            before_G0=number_or_nan(segment.mark.get("before_G0")),
            after_G0=number_or_nan(segment.mark.get("after_G0")),
            kind=str(segment.mark.get("kind", "unknown")),
            ended=segment.ended,
            junction=int(segment.begin.get("junction", number)),
            flags=segment.flags,
        )


def has_sweeps(path: Path) -> bool:
    """Return True for a recording of swept junctions."""
    with Recording(path) as recording:
        return any(event.kind is EventKind.STEP and event.name == STEP for event in recording.events)


def junction_sweeps(paths: Iterable[Path]) -> list[Sweep]:
    """Return the sweeps of recordings against the voltage across the junction, numbered without repeats.

    Raises
    ------
    RecordingError
        As `sweeps_of` does.
    """
    sweeps: list[Sweep] = []
    numbers: dict[tuple[Path, int], int] = {}
    for path in paths:
        with Recording(path) as recording, damage_told(path, "what its events say"):
            series_ohm = calibration_for(recording).series_resistance_ohm
            for sweep in sweeps_of(recording):
                junction = numbers.setdefault((path, sweep.junction), len(numbers))
                voltage_V = sweep.bias_V - series_ohm * sweep.current_A
                sweeps.append(replace(sweep, bias_V=voltage_V, junction=junction))
    return sweeps


def sweeps_of(recording: Recording) -> Iterator[Sweep]:
    """Yield all sweeps of a recording, in order; only their samples are read.

    Raises
    ------
    RecordingError
        If the recording has no gain of the current, or lacks current or bias.
    """
    yield from records_of(recording, SweepSegmenter(calibration_for(recording)), (STEP,), ("current", "bias"))
