"""Noise thermometer of a measurement, from the recordings of contacts and of resistors."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from analysis.recording import Recording, RunHeader, damage_told
from analysis.thermoelectric.noise_holds import NoiseHold, noise_holds
from analysis.thermoelectric.noise_run import NoiseAnalysis, analyse_noise, measured
from app.offline.recordings import Part


def noise_of(parts: Sequence[Part]) -> NoiseAnalysis | None:
    """Return the result of all recordings of noise thermometers together; None without any.

    Raises
    ------
    RecordingError
        For a recording without gain or channels.
    """
    if not parts:
        return None
    runs = [[measured(hold, mains_of(part.header)) for hold in _holds(part.path)] for part in parts]
    return analyse_noise(runs)


def mains_of(header: RunHeader) -> float:
    """Return the frequency of the mains of a recording's rig, in Hz."""
    return float((header.rig or {}).get("mains_Hz", 50.0))


def _holds(path: Path) -> Iterator[NoiseHold]:
    """Yield the holds of a recording, which is open only while they are read."""
    with Recording(path) as recording, damage_told(path, "what its events say"):
        yield from noise_holds(recording)
