"""Sweeps of the bias on held junctions, cut from a run or from its recording: one current-voltage curve each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from analysis.conductance import CurrentCalibration
from analysis.recording import Recording, damage_told
from analysis.records import Block, Event, EventKind, FloatArray
from analysis.reduce import reduce
from analysis.segmentation import Cutter, Segment, calibration_for, number_or_nan, step_blocks

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


class SweepSegmenter:
    """Reducer that yields a `Sweep` at its mark "curve", at the next sweep, or at the end."""

    def __init__(self, calibration: CurrentCalibration) -> None:
        self._cutter = Cutter(STEP, MARK, calibration)
        self._next_number = 0

    def feed(self, block: Block) -> Iterable[Sweep]:
        """Take the next samples."""
        return self._sweeps(self._cutter.feed(block))

    def event(self, event: Event) -> Iterable[Sweep]:
        """Take an event; marks complete sweeps."""
        return self._sweeps(self._cutter.event(event))

    def close(self) -> Iterable[Sweep]:
        """Return a sweep that was still open."""
        return self._sweeps(self._cutter.close())

    def _sweeps(self, cuts: Iterable[Segment]) -> list[Sweep]:
        return [self._sweep(cut) for cut in cuts]

    def _sweep(self, cut: Segment) -> Sweep:
        number = int(cut.begin.get("curve", cut.mark.get("number", self._next_number)))
        self._next_number = number + 1
        return Sweep(
            number=number,
            samples=cut.samples,
            bias_V=cut.bias_V,
            current_A=cut.current_A,
            peak_V=number_or_nan(cut.begin.get("peak_V")),
            before_G0=number_or_nan(cut.mark.get("before_G0")),
            after_G0=number_or_nan(cut.mark.get("after_G0")),
            kind=str(cut.mark.get("kind", "unknown")),
            ended=cut.ended,
            junction=int(cut.begin.get("junction", number)),
            flags=cut.flags,
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
    segmenter = SweepSegmenter(calibration_for(recording))
    blocks = step_blocks(recording, STEP, ("current", "bias"))
    yield from reduce(chain(recording.events, blocks), [segmenter])
