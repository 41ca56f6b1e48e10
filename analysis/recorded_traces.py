"""Traces of a recording, whoever made it: cut again from raw volts, or as an imported file has them."""

from collections.abc import Iterator
from itertools import chain

from analysis.conductance import CurrentCalibration
from analysis.recording import Recording, RecordingError, RunHeader
from analysis.records import Trace
from analysis.reduce import reduce
from analysis.segment import Segmenter


def calibration_of(header: RunHeader) -> CurrentCalibration | None:
    """How the current channel becomes amperes; None where the recording holds conductance already.

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
            "the recording does not say the gain of its current channel; if they are opening traces, import it with "
            "--gain-V-per-A (volts) or --unit current=nA"
        )
    known = header.calibrations.get("current_gain")
    relative = known.uncertainty / known.value if known and known.uncertainty is not None else float("nan")
    return CurrentCalibration(
        gain_V_per_A=gain,
        offset_V=settings.get("current_offset_V", 0.0),
        series_resistance_ohm=settings.get("series_resistance_ohm") or 0.0,
        full_scale_V=settings.get("current_full_scale_V", 10.0),
        gain_uncertainty=relative,
    )


def _demand_quanta(header: RunHeader) -> None:
    unit = header.channel("conductance").unit
    if unit != "G0":
        found = f"is in {unit!r}, which is not known" if unit else "has no unit"
        raise RecordingError(
            f"the conductance in the recording {found}; import the files again with --unit conductance=G0 (or nS, "
            "e2/h, whatever it is)"
        )


def traces_of(recording: Recording) -> Iterator[Trace]:
    """All traces in order, the ones that a selection may reject included.

    Raises
    ------
    RecordingError
        If the recording holds neither conductance nor what it is calculated from.
    """
    calibration = calibration_of(recording.header)
    if calibration is None:
        yield from (recording.trace(entry.number) for entry in recording.traces)
        return
    if "current" not in recording.channels:
        raise RecordingError(
            f"{recording.path}: holds neither conductance nor current; it has no traces to analyse"
        )
    settings = recording.header.settings
    segmenter = Segmenter(
        calibration, settings.get("extension_m_per_V", float("nan")), settings.get("bias_V", float("nan"))
    )
    yield from reduce(chain(recording.events, recording.blocks()), [segmenter])
