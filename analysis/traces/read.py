"""Traces of any recording: cut again from raw volts, or as an imported file holds them."""

from collections.abc import Iterator
from itertools import chain

from analysis.conductance import CurrentCalibration
from analysis.importers.imported import SWEEP
from analysis.recording import Recording, RecordingError, RunHeader
from analysis.records import Trace
from analysis.reduce import reduce
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


def _demand_traces(recording: Recording) -> None:
    """Raise ``RecordingError`` for imported I-V sweeps, with the command that reads them."""
    sweeps = [entry for entry in recording.traces if SWEEP in entry.flags]
    if sweeps and len(sweeps) == len(recording.traces):
        raise RecordingError(
            f"{recording.path}: holds {len(sweeps)} I-V sweeps and no opening traces; "
            f"`hotjunction fit {recording.path.name} --model MODEL.toml` averages and fits them"
        )


def traces_of(recording: Recording) -> Iterator[Trace]:
    """Yield all traces in order, including those that a selection may reject.

    Raises
    ------
    RecordingError
        If the recording holds neither conductance nor current.
    """
    _demand_traces(recording)
    calibration = calibration_of(recording.header)
    if calibration is None:
        yield from (recording.trace(entry.number) for entry in recording.traces)
        return
    if "current" not in recording.channels:
        raise RecordingError(
            f"{recording.path}: holds neither conductance nor current, so there are no traces to analyse"
        )
    settings = recording.header.settings
    segmenter = Segmenter(
        calibration, settings.get("extension_m_per_V", float("nan")), settings.get("bias_V", float("nan"))
    )
    yield from reduce(chain(recording.events, recording.blocks()), [segmenter])
