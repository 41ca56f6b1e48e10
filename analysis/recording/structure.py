"""Check of the structure of a recording file before anything in it is read.

A file may come from a broken disk or from a stranger. No link out of it is followed, and nothing is read that
claims to be far larger than the file can hold.
"""

from itertools import pairwise
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from analysis.recording.errors import RecordingError

MOST_COMPRESSED = 100
"""Largest credible compression: recorded volts have noise and shrink to a third; a higher ratio is an attack."""

LARGEST_SAMPLES, LARGEST_OTHER = 2**30, 2**26
"""Bytes that a channel, or anything else, may claim at any file size: they are read in seconds."""

LAST_INDEX = 2**48
"""Sample indices beyond this are damage: at 1 MHz they are reached after nine years."""


class Structure:
    """Checked access to the groups and datasets of one open file.

    Parameters
    ----------
    path : Path
        Path of the file, for messages and for its size.
    file : h5py.File
    """

    def __init__(self, path: Path, file: h5py.File) -> None:
        self._path = path
        self._groups: dict[str, h5py.Group] = {"": file}
        self._bytes = path.stat().st_size

    def group(self, name: str) -> h5py.Group:
        """Return a group ("entry/raw"). Raises ``RecordingError``."""
        return self._member(name, h5py.Group)

    def dataset(self, name: str, largest: int = LARGEST_OTHER) -> h5py.Dataset:
        """Return a dataset that lies in the file and has a credible size. Raises ``RecordingError``."""
        dataset = self._member(name, h5py.Dataset)
        if dataset.is_virtual or dataset.external is not None:
            raise RecordingError(
                f"{self._path}: {name} refers to another file, which is not followed: a recording holds its own "
                "samples. Get the recording as it was written."
            )
        claimed = dataset.size * dataset.dtype.itemsize if dataset.size else 0
        if claimed > largest and claimed > MOST_COMPRESSED * self._bytes:
            raise RecordingError(
                f"{self._path}: {name} claims {dataset.size:.3g} values in a file of {self._bytes / 1e6:.3g} MB, "
                "more than it can hold. The file is damaged, or malicious; it is not read."
            )
        return dataset

    def names(self, name: str) -> list[str]:
        """Return the names of a group's members."""
        return list(self.group(name))

    def channels(self, names: tuple[str, ...], *, equal: bool) -> dict[str, h5py.Dataset]:
        """Return the datasets of the channels; they must be rows of floating-point numbers of the same length.

        ``equal`` is False for a file whose writer was killed, in which some channels may be longer than others.
        """
        datasets = {name: self.dataset(f"entry/raw/{name}", LARGEST_SAMPLES) for name in names}
        for name, dataset in datasets.items():
            if dataset.ndim != 1 or dataset.dtype.kind != "f":
                raise RecordingError(
                    f"{self._path}: channel {name} holds {dataset.dtype} of shape {dataset.shape}, not a row of "
                    "floating-point numbers; the file is damaged, or another program wrote it."
                )
        lengths = {name: len(dataset) for name, dataset in datasets.items()}
        if equal and len(set(lengths.values())) > 1:
            listed = ", ".join(f"{name} {n}" for name, n in lengths.items())
            raise RecordingError(
                f"{self._path}: its channels have different numbers of samples ({listed}); the file is damaged, and "
                "it is unknown which samples belong together."
            )
        return datasets

    def segments(self, starts: NDArray[np.int64], rows: int) -> list[tuple[int, int, int]]:
        """Return (first sample index, stop index, row of the first) of each segment, from the stored table."""
        ends = np.append(starts[1:, 1], rows)[: len(starts)]
        segments = [
            (int(first), int(first) + int(end) - int(row), int(row))
            for (first, row), end in zip(starts, ends, strict=True)
        ]
        begins = [0, *(row for _, _, row in segments[1:])] if segments else []
        in_order = all(before[1] <= after[0] and before[2] < after[2] for before, after in pairwise(segments))
        possible = all(0 <= first <= stop <= LAST_INDEX and row <= rows for first, stop, row in segments)
        if not (
            in_order
            and possible
            and begins == [row for _, _, row in segments]
            and bool(segments) >= bool(rows)
        ):
            raise RecordingError(
                f"{self._path}: its table of segments does not fit {rows} samples; the file is damaged, and it is "
                "unknown when its samples were taken."
            )
        return segments

    def _member(self, name: str, kind: type[h5py.Group | h5py.Dataset]) -> h5py.Group | h5py.Dataset:
        member = self._at(name, name)
        if not isinstance(member, kind):
            raise RecordingError(
                f"{self._path}: {name} is not a {kind.__name__.lower()}; the file is damaged."
            )
        return member

    def _at(self, place: str, name: str) -> h5py.Group | h5py.Dataset:
        """Return what is at a place on the way to ``name``; a group is looked up once."""
        if place in self._groups:
            return self._groups[place]
        parent, _, part = place.rpartition("/")
        within = self._at(parent, name)
        link = within.get(part, getlink=True) if isinstance(within, h5py.Group) else None
        if link is None:
            raise RecordingError(
                f"{self._path}: {name} is missing; the file is damaged, or was cut off while it was copied."
            )
        if not isinstance(link, h5py.HardLink):
            raise RecordingError(
                f"{self._path}: {name} is a link to another place, which is not followed: a recording holds its "
                "own samples. Get the recording as it was written."
            )
        member: h5py.Group | h5py.Dataset = within[part]
        if isinstance(member, h5py.Group):
            self._groups[place] = member
        return member
