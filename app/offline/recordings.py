"""Recordings of a measurement, and the kind of each."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from analysis.heating import holds
from analysis.iv import sweeps
from analysis.plausibility import doubts
from analysis.recording import Recording, RecordingError, RunHeader, damage_told
from analysis.recording.names import by_number
from analysis.recording.run_log import SUFFIX
from analysis.records import EventKind
from analysis.thermoelectric import rupture_holds, thermopower_holds
from procedures.registry import CONTROL, evaluated_as

ENDINGS = (".h5", ".hdf5", ".nxs")


_OF_MACOS = "._"
"""Beginning of the files that macOS writes beside each file on a foreign disk, with the name of that file."""


class RecordingKind(StrEnum):
    """Kind of a recording for the analysis."""

    TRACES = "traces"
    IV = "iv"
    HEATING = "heating"
    THERMOPOWER = "thermopower"
    THERMAL_CONDUCTANCE = "thermal_conductance"
    THERMAL_OPENING = "thermal_opening"
    AC = "ac"
    PELTIER = "peltier"
    NOISE = "noise"
    CALIBRATION = "calibration"


OPENED = RecordingKind.TRACES, RecordingKind.AC, RecordingKind.THERMAL_OPENING
"""Kinds of recordings whose traces make histograms."""


@dataclass(frozen=True, eq=False)
class Part:
    """One recording of a measurement.

    Parameters
    ----------
    path : Path
    header : RunHeader
    status : str
    n_samples, gaps : int
    kind : Kind
    withdrawals : int
        Number of openings, evaluated or not.
    doubts : tuple of str
        Implausible values, a sentence each.
    sha256 : str
        Of the file's content; "" where it was not calculated.
    run : bytes
        Mark of its run; empty if it has none.
    """

    path: Path
    header: RunHeader
    status: str
    n_samples: int
    gaps: int
    kind: RecordingKind
    withdrawals: int
    doubts: tuple[str, ...] = ()
    sha256: str = ""
    run: bytes = b""

    @property
    def control(self) -> str:
        """Name of the control experiment; "" for the measurement itself."""
        name = self.header.procedure
        return name.removeprefix(CONTROL).strip() if name.startswith(CONTROL) else ""

    def to_json(self) -> dict[str, object]:
        """Return the content for JSON."""
        return {
            "file": self.path.name,
            "status": self.status,
            "procedure": self.header.procedure,
            "sample": self.header.sample,
            "started": self.header.started,
            "samples": self.n_samples,
            "gaps": self.gaps,
            "unknown": list(self.header.unknowns),
            **({"sha256": self.sha256} if self.sha256 else {}),
        }


def find_recordings(paths: Iterable[Path]) -> list[Path]:
    """Return the given files, and the recordings in given folders by name and number, without duplicates.

    Raises
    ------
    RecordingError
        For a folder without a recording, or without any path.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if not path.is_dir():
            found[path] = None
            continue
        inside = sorted((x for x in path.iterdir() if is_recording(x)), key=by_number)
        if not inside:
            raise RecordingError(
                f"{path} holds no recording (a file that ends in {', '.join(ENDINGS)}); hotjunction import makes one "
                "of files of other programs"
            )
        found.update(dict.fromkeys(inside))
    if not found:
        raise RecordingError("no recording was given")
    return list(found)


def is_recording(path: Path) -> bool:
    """Return True for a recording by its name, and for the log of one that has lost its view."""
    if path.name.startswith(_OF_MACOS):
        return False
    if path.suffix != SUFFIX:
        return path.suffix.lower() in ENDINGS
    view = path.with_suffix("")
    return view.suffix.lower() in ENDINGS and not view.exists()


def describe(paths: Sequence[Path]) -> tuple[Part, ...]:
    """Return the descriptions of recordings, ordered by start time. Raises ``RecordingError``."""
    parts = []
    for path in paths:
        with Recording(path) as recording, damage_told(path, "what its events say"):
            steps = [e for e in recording.events if e.kind is EventKind.STEP]
            begun = [e.name for e in steps if e.payload.get("phase") == "begin"]
            part = Part(
                path,
                recording.header,
                recording.status,
                recording.n_samples,
                len(recording.gaps),
                recording_kind(recording.header.procedure, set(begun)),
                begun.count("withdraw"),
                tuple(doubts(recording)),
                run=recording.run,
            )
        parts.append(part)
    return tuple(sorted(parts, key=lambda part: part.header.started))


def recording_kind(procedure: str, steps: Collection[str]) -> RecordingKind:
    """Return the kind by the procedure, or by the recorded steps if the procedure is unknown."""
    if procedure.startswith("calibrate"):
        return RecordingKind.CALIBRATION
    kind = evaluated_as(procedure)
    if kind in (RecordingKind.AC, RecordingKind.THERMAL_OPENING):
        return RecordingKind(kind)
    if kind == RecordingKind.PELTIER:  # its holds may have a thermopower's part
        return RecordingKind.PELTIER
    if kind == RecordingKind.THERMOPOWER or thermopower_holds.STEP in steps:
        return RecordingKind.THERMOPOWER
    if kind == RecordingKind.THERMAL_CONDUCTANCE or rupture_holds.STEP in steps:
        return RecordingKind.THERMAL_CONDUCTANCE
    if kind == RecordingKind.NOISE:
        return RecordingKind.NOISE
    if kind == RecordingKind.HEATING or holds.STEP in steps:
        return RecordingKind.HEATING
    if kind == RecordingKind.IV or sweeps.STEP in steps:
        return RecordingKind.IV
    return RecordingKind.TRACES
