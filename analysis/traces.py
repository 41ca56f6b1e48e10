"""Traces of a recording, cut from the raw samples of a rig or taken as imported, and what it says about them."""

from collections.abc import Iterator

from analysis.analyse import AnalysisOptions
from analysis.conductance import CurrentCalibration
from analysis.recording import Recording, RunHeader
from analysis.records import Block, Event, Trace
from analysis.reduce import reduce
from analysis.segment import Segmenter


def traces_of(recording: Recording) -> Iterator[Trace]:
    """All traces in their order, the rejected and the aborted included.

    Imported traces are those of the recording's index; those of a rig are cut from the raw samples, by the
    same reducer as in the live run.

    Raises
    ------
    LookupError
        If the recording holds no conductance in G0, nor the volts of an amplifier of known gain.
    """
    if recording.header.provenance == "imported":
        _check_conductance(recording)
        return (recording.trace(entry.number) for entry in recording.traces)
    return reduce(_stream(recording), [segmenter_of(recording.header)])


def _check_conductance(recording: Recording) -> None:
    units = {channel.name: channel.unit for channel in recording.header.channels}
    if units.get("conductance") != "G0":
        unknown = ", ".join(recording.header.unknowns) or "nothing that conductance follows from"
        raise LookupError(f"{recording.path}: no conductance in it; unknown when it was imported: {unknown}")


def _stream(recording: Recording) -> Iterator[Block | Event]:
    yield from recording.events
    needed = tuple(name for name in ("current", "bias", "z") if name in recording.channels)
    yield from recording.blocks(channels=needed)


def segmenter_of(header: RunHeader) -> Segmenter:
    """Segmenter that begins with what was set when the run began. Raises ``LookupError`` without a gain."""
    settings = header.settings
    return Segmenter(
        current_calibration_of(header),
        extension_m_per_V=float(settings.get("extension_m_per_V", "nan")),
        bias_V=float(settings.get("bias_V", "nan")),
    )


def current_calibration_of(header: RunHeader) -> CurrentCalibration:
    """Calibration of the current channel as the run began.

    Raises
    ------
    LookupError
        If the recording does not say its gain.
    """
    settings = header.settings
    if not settings.get("current_gain_V_per_A"):
        raise LookupError("the recording does not say the gain of its current amplifier")
    known = header.calibrations.get("current_gain")
    uncertainty = float("nan")
    if known is not None and known.uncertainty is not None:
        uncertainty = known.uncertainty / known.value
    return CurrentCalibration(
        gain_V_per_A=float(settings["current_gain_V_per_A"]),
        offset_V=float(settings.get("current_offset_V") or 0.0),
        series_resistance_ohm=float(settings.get("series_resistance_ohm") or 0.0),
        full_scale_V=float(settings.get("current_full_scale_V") or 10.0),
        gain_uncertainty=uncertainty,
    )


def options_for(header: RunHeader) -> AnalysisOptions:
    """The usual options, with what the recording says of its contacts and its current amplifier."""
    contact_G0 = header.settings.get("engage_threshold_G0") or header.parameters.get("contact_threshold")
    try:
        calibration = current_calibration_of(header)
    except LookupError:
        calibration = None
    return AnalysisOptions(
        contact_G0=None if contact_G0 is None else float(contact_G0), calibration=calibration
    )
