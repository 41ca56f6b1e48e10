"""View of a run while it is written, for other programs: HDF5 in SWMR mode, in which only datasets grow.

Nothing depends on it: the log beside it is what counts (`analysis.recording.run_log`).
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from analysis.recording import layout
from analysis.recording.errors import RecordingError, reason
from analysis.recording.growing import GrowingDataset
from analysis.recording.header import RunHeader
from analysis.recording.names import take_name
from analysis.shared_files import remove_file

_LIBVER = (
    "v110",
    "v110",
)  # the oldest HDF5 with SWMR, so that as many programs as possible can open the file


class LiveFile:
    """A new file with its complete structure, open for appending.

    Raises
    ------
    FileExistsError, RecordingError
        If it cannot be created.
    """

    def __init__(self, path: Path, header: RunHeader, run: bytes) -> None:
        _create(path, header, run)
        # no lock: a reader that opens the new file at once must not block its writer
        self._file = h5py.File(path, "r+", libver=_LIBVER, locking=False)
        self._entry = self._file["entry"]
        self._channels = [GrowingDataset(self._entry["raw"][name]) for name in header.channel_names]
        self._segments = GrowingDataset(self._entry["segments"])
        self._lines = GrowingDataset(self._entry["journal/lines"])
        self._commits = GrowingDataset(self._entry["journal/commits"])
        self._file.swmr_mode = True
        self._null = os.open(os.devnull, os.O_RDWR)  # now: later the handles may have run out

    @property
    def rows(self) -> int:
        """Samples of each channel in the file."""
        return self._channels[0].length

    def commit(
        self, samples: Sequence[NDArray[Any]], segments: Sequence[tuple[int, int]], lines: bytes
    ) -> None:
        """Append, hand the data to the operating system, and only then add a line to the log of commits.

        Parameters
        ----------
        samples : sequence of ndarray, shape (n,)
            One for each channel, or empty.
        segments : sequence of (first sample index, row)
        lines : bytes
            Complete journal lines.

        Raises
        ------
        OSError, RuntimeError
            If the system refuses; then call `abandon`.
        """
        new = [channel.append(values) for channel, values in zip(self._channels, samples, strict=False)]
        new.append(self._segments.append(np.array(segments, dtype="<i8").reshape(-1, 2)))
        new.append(self._lines.append(np.frombuffer(lines, dtype="u1")))
        self._file.flush()
        counts = (self.rows, self._segments.length, self._lines.length)
        self._commits.append(layout.sealed_commit(*counts, layout.crc(new)))
        self._file.flush()

    def close(self, status: str, storage: str) -> None:
        """Write the status and storage of the run, and close the file. Raises as `commit` does."""
        self._entry["status"][()] = status.encode()
        self._entry["storage"][()] = storage.encode()
        self._file.flush()
        self._file.close()
        self._close_null()

    def abandon(self) -> None:
        """Close the file without writing anything more.

        After a failed write HDF5 holds data that it tries to write again when the file or the process is closed, and
        it crashes if that fails. Its file descriptor is therefore redirected to the null device first.
        """
        with suppress(OSError, RuntimeError, ValueError):
            os.dup2(self._null, self._file.id.get_vfd_handle())
            self._file.close()
        self._close_null()

    def _close_null(self) -> None:
        null, self._null = self._null, -1
        if null >= 0:
            os.close(null)


def _create(path: Path, header: RunHeader, run: bytes) -> None:
    """Create the complete file under another name, so that a file at ``path`` can always be opened."""
    part = path.with_name(f".{path.name}.{os.getpid()}.creating")
    try:
        with h5py.File(part, "w", libver=_LIBVER) as new:
            entry = layout.write_frame(new, header, run)
            grows: dict[str, Any] = {"shape": (0,), "maxshape": (None,)}
            layout.write_channels(entry["raw"], header, chunks=(layout.LIVE_CHUNK,), **grows)
            entry.create_dataset("segments", shape=(0, 2), maxshape=(None, 2), chunks=(64, 2), dtype="<i8")
            journal = entry.create_group("journal")
            journal.attrs["NX_class"] = "NXcollection"
            journal.create_dataset("lines", dtype="u1", chunks=(16384,), **grows)
            journal.create_dataset("commits", dtype=layout.COMMIT, chunks=(512,), **grows)
        take_name(part, path)
    except FileExistsError:  # an OSError too, but with a message for the user
        raise
    except OSError as error:
        raise RecordingError(f"{path} cannot be created ({reason(error)})") from error
    finally:
        remove_file(part)
