"""Circumstances of this computer that endanger a recording: battery, network drive, synchronised folder."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePath
from typing import Protocol

import psutil

REMOTE = frozenset({"9p", "afpfs", "cifs", "davfs", "fuse.sshfs", "nfs", "nfs4", "smb3", "smbfs", "webdav"})
"""Types of file systems that keep their files on another computer."""

SYNCHRONISED = ("Dropbox", "Google Drive", "GoogleDrive", "Nextcloud", "OneDrive", "iCloudDrive")
"""Beginnings of the names of folders that a program copies to a server."""


class Battery(Protocol):
    """Battery as ``psutil.sensors_battery`` reports it."""

    percent: float
    power_plugged: bool | None


class Partition(Protocol):
    """Mounted file system as ``psutil.disk_partitions`` reports it."""

    mountpoint: str
    fstype: str
    opts: str


def _battery() -> Battery | None:
    ask: Callable[[], Battery | None] | None = getattr(psutil, "sensors_battery", None)  # not on every system
    try:
        return None if ask is None else ask()
    except (OSError, RuntimeError, NotImplementedError):
        return None


def _partitions() -> Sequence[Partition]:
    try:
        return list(psutil.disk_partitions(all=True))
    except (OSError, RuntimeError):
        return []


def dangers(
    folder: Path,
    battery: Callable[[], Battery | None] = _battery,
    partitions: Callable[[], Sequence[Partition]] = _partitions,
) -> Iterator[str]:
    """Yield a sentence for each circumstance that endangers a run recorded in a folder."""
    power = battery()
    if power is not None and power.power_plugged is False:
        yield f"This computer runs on its battery ({power.percent:.0f} %). Plug it in: when it is empty, the run ends."
    place = folder.resolve()  # a link or a drive letter may lead to a server
    if remote(place, partitions()):
        yield (
            f"{folder} is on another computer: when the network fails, the run ends, and samples may be lost. Record "
            "to a disk of this computer and copy the file afterwards."
        )
    if (part := _synchronised(place)) is not None:
        yield (
            f"{folder} lies in {part}, a folder that is copied to a server while the file grows. Record to another "
            "folder and move the file afterwards."
        )


def remote(folder: PurePath, partitions: Sequence[Partition]) -> bool:
    """Return True for a folder on another computer: in a Windows share, or below a mounted file system of a network."""
    if folder.drive.startswith("\\\\"):
        return True
    within = [x for x in partitions if folder.is_relative_to(x.mountpoint)]
    nearest = max(within, key=lambda x: len(x.mountpoint), default=None)
    return nearest is not None and (nearest.fstype.lower() in REMOTE or "remote" in nearest.opts.split(","))


def _synchronised(folder: Path) -> str | None:
    stated = [os.environ.get(name) for name in ("OneDrive", "OneDriveCommercial", "OneDriveConsumer")]
    for place in filter(None, stated):
        if folder.is_relative_to(place):
            return Path(place).name
    return next((x for x in folder.parts if x.startswith(SYNCHRONISED)), None)
