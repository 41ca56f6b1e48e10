"""Noise thermometer of a measurement, from the recordings of contacts and of resistors."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from analysis.recording import Recording, RecordingError, RunHeader, damage_told
from analysis.recording.summary import glance
from analysis.second_current import SecondCurrent
from analysis.thermoelectric.measured_noise import MeasuredNoise, measured
from analysis.thermoelectric.noise_holds import NoiseHold, noise_holds
from analysis.thermoelectric.noise_run import NoiseAnalysis, analyse_noise
from app.offline.recordings import Part, RecordingKind, is_recording, recording_kind
from procedures.registry import CONTROL

Resistors = Mapping[str, list[MeasuredNoise]]
"""Measured holds of recordings of resistors, by the start of the recording."""

NONE_KNOWN: Resistors = {}


def noise_of(parts: Sequence[Part]) -> NoiseAnalysis | None:
    """Return the result of all recordings of noise thermometers together; None without any.

    The noise is that of the finer current input if all of them have one: both inputs have floors of their own.

    Raises
    ------
    RecordingError
        For a recording without gain or channels.
    """
    if not parts:
        return None
    by_second = all(SecondCurrent.of_settings(part.header.settings) for part in parts)
    return analyse_noise([measured_holds(part.path, part.header, by_second) for part in parts])


def resistors_beside(folder: Path, header: RunHeader, known: Resistors = NONE_KNOWN) -> Resistors:
    """Return the holds of each other recording of a resistor with the settings of a run, by its start.

    A file that cannot be read is left out.

    Parameters
    ----------
    folder : Path
    header : RunHeader
        Of the run.
    known : mapping
        Result of an earlier call; its recordings are not measured again.
    """
    found = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not is_recording(path):
            continue
        try:
            other = glance(path).header
            if _calibrates(other, header):
                found[other.started] = known.get(other.started) or measured_holds(path, other)
        except RecordingError:
            continue
    return found


def measured_holds(path: Path, header: RunHeader, by_second: bool = True) -> list[MeasuredNoise]:
    """Return the measured holds of a recording, with ``by_second`` from its finer current input, if it has one.

    Raises ``RecordingError``.
    """
    return [measured(hold, mains_of(header)) for hold in _holds(path, by_second)]


def mains_of(header: RunHeader) -> float:
    """Return the frequency of the mains of a recording's rig, in Hz."""
    return float((header.rig or {}).get("mains_Hz", 50.0))


def _calibrates(other: RunHeader, header: RunHeader) -> bool:
    """Return True for another run, of a resistor, at the sample rate, gain and rise time of a run."""
    noise = recording_kind(other.procedure, ()) is RecordingKind.NOISE
    resistor = noise and other.procedure.startswith(CONTROL)
    return resistor and other.started != header.started and _settings(other) == _settings(header)


def _settings(header: RunHeader) -> tuple[object, ...]:
    amplifier = (header.rig or {}).get("current_amplifier") or {}
    settings = header.settings
    second = SecondCurrent.of_settings(settings)
    return header.rate_Hz, settings.get("current_gain_V_per_A"), amplifier.get("rise_time_s"), second


def _holds(path: Path, by_second: bool) -> Iterator[NoiseHold]:
    """Yield the holds of a recording, which is open only while they are read."""
    with Recording(path) as recording, damage_told(path, "what its events say"):
        yield from noise_holds(recording, by_second)
