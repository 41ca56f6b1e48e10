"""Noise thermometer of a measurement, from the recordings of contacts and of resistors."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
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


class ResistorsBeside:
    """Recordings of resistors with the settings of a run, in its folder.

    A file is read once, and again only after it has changed: a folder may have thousands.

    Parameters
    ----------
    folder : Path
    header : RunHeader
        Of the run.
    """

    def __init__(self, folder: Path, header: RunHeader) -> None:
        self._folder, self._header = folder, header
        self._seen: dict[str, tuple[int, int]] = {}
        self._found: dict[str, tuple[str, list[MeasuredNoise]]] = {}

    def refresh(self) -> Resistors:
        """Look for new files; return the measured holds. A file that cannot be read is left out."""
        files = self._files()
        for gone in self._seen.keys() - {entry.name for entry in files}:
            del self._seen[gone]
            self._found.pop(gone, None)
        for entry in files:
            with suppress(OSError):  # deleted meanwhile
                stat = entry.stat()
                state = stat.st_size, stat.st_mtime_ns
                if self._seen.get(entry.name) != state:
                    self._look(Path(entry.path))
                    self._seen[entry.name] = state
        return dict(self._found.values())

    def _files(self) -> list[os.DirEntry[str]]:
        if not self._folder.is_dir():
            return []
        with os.scandir(self._folder) as entries:
            return sorted((e for e in entries if is_recording(Path(e.path))), key=lambda entry: entry.name)

    def _look(self, path: Path) -> None:
        self._found.pop(path.name, None)
        with suppress(RecordingError):
            other = glance(path).header
            if _calibrates(other, self._header):
                self._found[path.name] = other.started, measured_holds(path, other)


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
