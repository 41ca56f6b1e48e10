"""Traces of any recording: cut again from raw volts, or as an imported file holds them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from analysis.conductance import CurrentCalibration
from analysis.numbers import counted
from analysis.recording import Recording, RecordingError, RunHeader
from analysis.records import SWEEP, Event, Trace
from analysis.reduce import reduce
from analysis.spectra.demodulated import ADDED
from analysis.traces.segmenter import Segmenter


def calibration_of(header: RunHeader) -> CurrentCalibration | None:
    """Return the calibration of the current channel; None where the recording holds conductance already.

    Raises
    ------
    RecordingError
        If the recording needs a gain and has none, or holds conductances of an unknown unit.
    """
    if "conductance" in header.channel_names:
        _demand_quanta(header)
        return None
    settings = header.settings
    gain = settings.get("current_gain_V_per_A")
    if gain is None and "current" not in header.channel_names:
        raise RecordingError(
            f"the recording has neither a current nor a conductance, only {', '.join(header.channel_names)}; if one of "
            "these is it, import the files again with its name and unit, such as --column current=2:nA"
        )
    if gain is None:
        raise RecordingError(
            "the recording has no gain for its current channel; if it holds opening traces, import it again with "
            "--gain-V-per-A (volts) or --unit current=nA"
        )
    gain_record = header.calibrations.get("current_gain")
    relative = float("nan")
    if gain_record and gain_record.uncertainty is not None:
        relative = gain_record.uncertainty / gain_record.value
    return CurrentCalibration(
        gain_V_per_A=gain,
        offset_V=settings.get("current_offset_V", 0.0),
        series_resistance_ohm=settings.get("series_resistance_ohm") or 0.0,
        full_scale_V=settings.get("current_full_scale_V", 10.0),
        gain_uncertainty=relative,
        inverting=bool(settings.get("current_inverting", False)),
    )


def _demand_quanta(header: RunHeader) -> None:
    unit = header.channel("conductance").unit
    if unit != "G0":
        fault = f"is in {unit!r}, an unknown unit" if unit else "has no unit"
        raise RecordingError(
            f"the conductance in the recording {fault}; import the files again with their unit, such as "
            "--unit conductance=G0 (or nS, e2/h)"
        )


def demand_traces(recording: Recording) -> None:
    """Raise ``RecordingError`` for imported I-V sweeps, with the command that reads them."""
    sweeps = [entry for entry in recording.traces if SWEEP in entry.flags]
    if sweeps and len(sweeps) == len(recording.traces):
        raise RecordingError(
            f"{recording.path}: holds {counted(len(sweeps), 'I-V sweep')} and no opening traces; "
            f"`hotjunction fit {recording.path.name} --model MODEL.toml` averages and fits them"
        )


def traces_of(recording: Recording) -> Iterator[Trace]:
    """Yield all traces in order, including those that a selection may reject.

    Raises
    ------
    RecordingError
        If the recording holds neither conductance nor current.
    """
    traces = RecordedTraces(recording)
    yield from (traces[index] for index in range(len(traces)))


class RecordedTraces:
    """Traces of an open recording as a list; each is read on access, and only its own samples.

    Parameters
    ----------
    recording : Recording
        It must stay open as long as traces are read.

    Raises
    ------
    RecordingError
        If the recording holds neither conductance nor current, or I-V sweeps only.
    """

    def __init__(self, recording: Recording) -> None:
        demand_traces(recording)
        self._recording = recording
        calibration = calibration_of(recording.header)
        if calibration is not None and "current" not in recording.channels:
            raise RecordingError(
                f"{recording.path}: holds neither conductance nor current, so there are no traces to analyse"
            )
        self._spans = () if calibration is None else tuple(_spans(recording, calibration))
        self._numbers = () if calibration is not None else tuple(entry.number for entry in recording.traces)

    def __len__(self) -> int:
        return len(self._spans) or len(self._numbers)

    def __getitem__(self, index: int) -> Trace:
        if self._numbers:
            return self._recording.trace(self._numbers[index])
        span = self._spans[index]
        channels = [name for name in _CHANNELS if name in self._recording.channels]
        blocks = self._recording.blocks(channels=channels, start=span.start, stop=span.stop)
        segmenter = Segmenter(
            span.calibration, span.extension_m_per_V, span.bias_V, first_number=range(len(self))[index]
        )
        trace: Trace = next(
            reduce(chain(span.events, blocks), [segmenter])
        )  # its last event may begin another
        return trace


_CHANNELS = ("current", "bias", "z", *ADDED)


@dataclass(frozen=True)
class _Span:
    """Samples of one trace, its events, and the calibration at its beginning."""

    start: int
    stop: int
    events: tuple[Event, ...]
    calibration: CurrentCalibration
    extension_m_per_V: float
    bias_V: float


def _spans(recording: Recording, calibration: CurrentCalibration) -> Iterator[_Span]:
    settings = recording.header.settings
    segmenter = Segmenter(
        calibration, settings.get("extension_m_per_V", float("nan")), settings.get("bias_V", float("nan"))
    )
    events = sorted(recording.events, key=lambda event: event.sample)  # stable: as `reduce` passes them on
    begin: tuple[int, tuple[CurrentCalibration, float, float]] | None = None
    for index, event in enumerate(events):
        if segmenter.delimits(event):
            if begin is not None:
                yield _Span(
                    events[begin[0]].sample, event.sample, tuple(events[begin[0] : index + 1]), *begin[1]
                )
            begin = (index, segmenter.state) if event.payload.get("phase") == "begin" else None
        for _ in segmenter.event(event):
            pass
    if begin is not None:
        yield _Span(events[begin[0]].sample, recording.stop, tuple(events[begin[0] :]), *begin[1])
