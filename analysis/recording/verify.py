"""Verification of a recording: whole, damaged (where, and whether it can be repaired), or without a seal."""

import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import h5py

from analysis.recording import byte_seal, manifest
from analysis.recording.errors import BROKEN, RecordingError
from analysis.recording.names import demand_free, take_name
from analysis.recording.reader import Recording
from analysis.recording.seal_later import sealed_later
from analysis.recording.unfinished import UnmarkedView
from analysis.shared_files import remove_file

Verdict = Literal["whole", "damaged", "no seal"]


@dataclass(frozen=True)
class Verification:
    """Verdict on one recording.

    Parameters
    ----------
    verdict : "whole", "damaged" or "no seal"
    damage : tuple of str
        What is damaged, one phrase each; of a whole recording, what its seal does not prove.
    repairable : bool
        True if `repair` restores every byte.
    """

    verdict: Verdict
    damage: tuple[str, ...] = ()
    repairable: bool = False


def verify(path: Path) -> Verification:
    """Compare a recording with its seal or, without one, with its check sums. The file is only read.

    Raises
    ------
    RecordingError
        If there is no such file, or it is not a recording and has no seal.
    """
    if not path.is_file():
        raise RecordingError(f"{path}: there is no such file")
    if _repacked(path):
        return Verification("whole", ("repacked by another program; every object matches its check sum",))
    found = byte_seal.check(path)
    if found is None:
        return _unsealed(path)
    if not found.damaged and not found.seal_damaged:
        return Verification("whole", _since(path))
    where = [_named(path, found) if found.damaged else "its seal; the recording is whole"]
    places = ", ".join(f"{start} to {stop}" for start, stop in found.damaged[:5])
    if places:
        where.append(f"bytes {places}" + (", ..." if len(found.damaged) > 5 else ""))
    return Verification("damaged", tuple(where), found.repairable)


def _repacked(path: Path) -> bool:
    """Return True if the file was written anew by another program, and every object is as it was sealed."""
    with suppress(*BROKEN, RecordingError), UnmarkedView(path) as view, h5py.File(view, "r") as file:
        content = manifest.read(file)
        moved = byte_seal.moved(path, file)
        return content is not None and moved and not manifest.differing(file, content)
    return False


def _since(path: Path) -> tuple[str, ...]:
    when = sealed_later(path)
    return (
        (f"sealed on {when}, after its run: unchanged since then, nothing is proven about before",)
        if when
        else ()
    )


def repair(path: Path, target: Path) -> None:
    """Write a repaired copy, byte for byte as it was sealed. Raises ``FileExistsError``, ``RecordingError``."""
    demand_free(target)
    part = target.with_name(f".{target.name}.repairing")
    try:
        byte_seal.repair(path, part)
        take_name(part, target)
    finally:
        remove_file(part)


def _unsealed(path: Path) -> Verification:
    """Verify a recording without a readable byte seal: by its manifest, by its log, or by HDF5's check sums."""
    try:
        with Recording(path) as recording:
            recording.verify()
            _ = recording.events, recording.traces
            sealed = recording.sealed
    except RecordingError as error:
        return Verification("damaged", (str(error).removeprefix(f"{path}: "),))
    if not sealed:
        return Verification("no seal")
    with h5py.File(path, "r") as file:
        content = manifest.read(file)
        different = manifest.differing(file, content) if content is not None else []
    return Verification("damaged", (*different, "its seal cannot be read"))


def _named(path: Path, found: byte_seal.Findings) -> str:
    """Name what the damaged bytes belong to, by comparing the file with its manifest."""
    with suppress(*BROKEN, RecordingError), tempfile.TemporaryDirectory() as folder:
        known = path
        if found.repairable:  # the manifest itself may be damaged: take that of the repaired copy
            known = Path(folder) / "repaired.h5"
            byte_seal.repair(path, known)
        with h5py.File(known, "r") as whole:
            content = manifest.read(whole)
        if content is not None:
            with UnmarkedView(path) as view, h5py.File(view, "r") as file:
                return _listed(manifest.differing(file, content))
    return "its structure"


def _listed(phrases: Sequence[str]) -> str:
    if not phrases:
        return "unused bytes or its structure"
    return ", ".join(phrases[:5]) + (f" and {len(phrases) - 5} more" if len(phrases) > 5 else "")
