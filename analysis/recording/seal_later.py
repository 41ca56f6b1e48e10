"""Seal of a finished recording of format 1, which was made before there were seals; added to a copy."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import h5py

from analysis.recording import byte_seal, durable, layout, manifest
from analysis.recording.errors import RecordingError, damage_told
from analysis.recording.names import demand_free, take_name
from analysis.recording.reader import Recording
from analysis.recording.run_log import log_of
from analysis.shared_files import remove_file

SEALED_LATER = "sealed_later"
"""Attribute of a file whose seal was added after its run: the time of day when it was added."""


def seal(path: Path | str, out: Path | str) -> None:
    """Write a sealed copy of a finished recording that has no seal. The original is only read.

    Everything that can be compared without a seal is compared first: the check sums of HDF5, the lists, the lengths.
    From then on every changed bit of the copy is found; about the time before, the seal proves nothing.

    Raises
    ------
    FileExistsError
        If ``out`` exists.
    RecordingError
        If the recording is damaged, unfinished, or has a seal.
    """
    source, target = Path(path), Path(out)
    demand_free(target)
    demand_sealable(source)
    part = target.with_name(f".{target.name}.sealing")
    try:
        shutil.copyfile(source, part)
        _add_seal(part)
        _compare(source, part)
        take_name(part, target)
        durable.sync_folder(target.parent)
    finally:
        remove_file(part)


def demand_sealable(path: Path) -> None:
    """Raise ``RecordingError`` with a sentence unless the recording is finished, undamaged and without a seal."""
    with Recording(path) as recording:
        if recording.sealed:
            raise RecordingError(
                f"{path}: has a seal already; compare it with its seal by `hotjunction verify`"
            )
        if recording.status == layout.STATUS_UNFINISHED or log_of(path).is_file():
            raise RecordingError(
                f"{path}: its run did not finish; `hotjunction recover` makes a finished, sealed file of it"
            )
        recording.verify()
        _ = recording.events, recording.traces
    with damage_told(path, "a part of it"), h5py.File(path, "r") as file:
        file.visititems(_read)


def _read(name: str, item: h5py.Group | h5py.Dataset) -> None:
    """Read everything but the samples, which were compared before; HDF5 raises ``OSError`` for a damaged part."""
    for attribute in item.attrs:
        _ = item.attrs[attribute]
    if isinstance(item, h5py.Dataset) and not name.startswith(manifest.RAW):
        _ = item[()]


def sealed_later(path: Path) -> str:
    """Return the time when a seal was added after the run, ISO 8601; "" if the seal is as old as the recording."""
    with damage_told(path, "its seal"), h5py.File(path, "r") as file:
        return str(file.attrs.get(SEALED_LATER, ""))


def _add_seal(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file.attrs[SEALED_LATER] = datetime.now(UTC).isoformat(timespec="seconds")
        manifest.write(file)
        byte_seal.reserve(file)
    byte_seal.write(path)
    durable.sync_file(path)
    if not byte_seal.holds(path):
        raise RecordingError(f"{path}: the copy does not hold what was written")


def _compare(source: Path, copy: Path) -> None:
    """Raise ``RecordingError`` unless the copy's manifest, made of the copy, describes the source as well."""
    with h5py.File(copy, "r") as file:
        content = manifest.read(file)
    assert content is not None
    with h5py.File(source, "r") as file:
        different = [name for name in manifest.differing(file, content) if name != "/"]
    if different:
        raise RecordingError(f"{source}: the copy differs from it in {', '.join(different[:5])}")
