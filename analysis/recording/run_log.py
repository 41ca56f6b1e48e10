"""Log of a run in progress: the recording's truth until the finished file has been built from it and read back.

Each flush appends whole frames, ends them with a commit, and waits until they are on the disk. After a kill, a torn
or reordered write, or a power cut, everything up to the last acknowledged commit is read back; see
docs/explanation/recordings.md.
"""

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path

import numpy as np

from analysis.recording import durable, lock
from analysis.recording.errors import FileGone, RecordingError, reason
from analysis.recording.header import RunHeader
from analysis.recording.log_frames import COMMIT, Kind, chained, framed, samples_payload
from analysis.recording.names import take_name
from analysis.records import Block
from analysis.shared_files import remove_file

SUFFIX = ".log"
"""Suffix of the log, behind that of the recording."""

RESCUED = ".rescued.h5"
CLOSED = -1
"""Descriptor of no file."""

MOST_SAMPLES = 1 << 16
"""Largest number of samples of a frame."""


def log_of(recording: Path) -> Path:
    """Return the path of the log of a recording."""
    return recording.with_name(recording.name + SUFFIX)


class RunLog:
    """A new log, open for appending, with the header of the run.

    Parameters
    ----------
    path : Path
        Name of the log; must be free.
    header : RunHeader
    run : bytes
        8 bytes that no other run has.

    Raises
    ------
    FileExistsError, RecordingError
        If it cannot be created.
    """

    def __init__(self, path: Path, header: RunHeader, run: bytes) -> None:
        self.path = path
        self.run = run
        self.rows = 0
        self._types = [np.dtype(f"<{channel.dtype}") for channel in header.channels]
        self._header = json.dumps(header.to_json(), allow_nan=False).encode()
        self._lines = self._sequence = self._chain = self._size = 0
        self._descriptor = CLOSED
        part = path.with_name(f".{path.name}.{os.getpid()}.creating")
        try:
            self._descriptor = durable.create(part)
            self._append([(Kind.HEADER, self._header), (Kind.HEADER, self._header)])
            self._close()  # Windows removes no name of a file that is open
            take_name(part, path)
            self._descriptor = durable.open_to_append(path)
            lock.hold(self._descriptor)
            durable.sync_folder(path.parent)
        except FileExistsError:
            self._close()
            raise
        except OSError as error:
            self._close()
            why = reason(error)
            raise RecordingError(
                f"{path} cannot be created ({why}): record to another folder or name"
            ) from error
        finally:
            with suppress(OSError):  # a name that can't be created can't be removed either
                remove_file(part)

    def commit(self, blocks: Sequence[Block], lines: bytes) -> int:
        """Append samples and complete journal lines; return the samples of each channel that are now on the disk.

        Raises
        ------
        OSError
            If the system refuses; nothing after the previous commit counts then.
        FileGone
            If the file is no longer the one that was created; ``rescued`` says where its content is.
        """
        frames = [(Kind.SAMPLES, payload) for payload in self._payloads(blocks)]
        if lines:
            frames.append((Kind.LINES, lines))
        self.rows += sum(len(block) for block in blocks)
        self._lines += len(lines)
        self._append(frames)
        self._demand_same()
        return self.rows

    def end(self, status: str, storage: str, result: str) -> None:
        """Append the status, storage and result of the run. Raises as `commit` does."""
        content = json.dumps({"status": status, "storage": storage, "result": result}).encode()
        self._append([(Kind.END, content)])
        self._demand_same()

    def close(self) -> None:
        """Close the file, and release its lock, without writing anything."""
        self._close()

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, CLOSED
        with suppress(OSError):
            os.close(descriptor)

    def _payloads(self, blocks: Sequence[Block]) -> Iterator[bytes]:
        for first, data in _contiguous(blocks):
            for at in range(0, data.shape[1], MOST_SAMPLES):
                piece = data[:, at : at + MOST_SAMPLES]
                rows = (row.astype(kind).tobytes() for row, kind in zip(piece, self._types, strict=True))
                yield samples_payload(first + at, rows, piece.shape[1])

    def _append(self, frames: Sequence[tuple[Kind, bytes]]) -> None:
        """Append frames and a commit in one write, and wait until they are on the disk."""
        content = [self._framed(kind, payload) for kind, payload in frames]
        commit = COMMIT.pack(self.rows, self._lines, self._chain, 0)
        whole = b"".join((*content, self._framed(Kind.COMMIT, commit)))
        try:
            durable.append(self._descriptor, whole)
        except OSError:
            with suppress(OSError):  # the part that was written counts for nothing
                os.ftruncate(self._descriptor, self._size)
            raise
        durable.sync(self._descriptor)
        self._size += len(whole)

    def _framed(self, kind: Kind, payload: bytes) -> bytes:
        frame = framed(self.run, self._sequence, kind, payload)
        if kind is not Kind.COMMIT:
            self._chain = chained(int.from_bytes(frame[32:36], "little"), self._chain)
        self._sequence += 1
        return frame

    def _demand_same(self) -> None:
        """Raise ``FileGone`` if the name no longer leads to the file that is open, with all that was written."""
        mine = os.fstat(self._descriptor)
        try:
            there = self.path.stat()
        except OSError:
            self._rescue("is gone: it was deleted, or its folder was renamed")
            return
        if mine.st_size != self._size:
            self._rescue(f"was cut to {mine.st_size / 1e6:.1f} MB by another program")
        elif (there.st_dev, there.st_ino) != (mine.st_dev, mine.st_ino) and there.st_ino:
            self._rescue("was replaced by another file")

    def _rescue(self, what: str) -> None:
        """Copy what is still readable through the open descriptor to a new file, and raise ``FileGone``."""
        raise FileGone(f"{self.path.name} {what}", self._copy())

    def _copy(self) -> Path | None:
        name = self.path.name.removesuffix(SUFFIX).removesuffix(".h5") + RESCUED + SUFFIX
        for folder in (self.path.parent, Path(tempfile.gettempdir())):
            target = folder / name
            with suppress(OSError), target.open("xb") as copy:
                os.lseek(self._descriptor, 0, os.SEEK_SET)
                while piece := os.read(self._descriptor, 1 << 20):
                    copy.write(piece)
                copy.flush()
                os.fsync(copy.fileno())
                return target
        return None


def _contiguous(blocks: Sequence[Block]) -> Iterator[tuple[int, np.ndarray]]:
    """Join blocks without a gap between them; yield the index of the first sample, and data (channels, n)."""
    offsets = np.cumsum([0, *(len(block) for block in blocks)])[:-1]
    starts = zip(blocks, offsets, strict=True)
    for _, run in groupby(starts, key=lambda pair: pair[0].first - int(pair[1])):
        joined = [block for block, _ in run]
        yield joined[0].first, np.concatenate([block.data for block in joined], axis=1)


def rescue(recording: Path, header: RunHeader, blocks: Sequence[Block], lines: bytes) -> Path | None:
    """Write samples and lines that could not be appended as a log of their own, where there is room for it."""
    name = recording.name.removesuffix(".h5") + f"-rest-{os.getpid()}"
    for folder in (recording.parent, Path(tempfile.gettempdir())):
        names = (f"{name}{more}.h5{SUFFIX}" for more in ("", *(f"-{n}" for n in range(2, 100))))
        target = next((folder / free for free in names if not (folder / free).exists()), folder / name)
        with suppress(OSError, RecordingError):
            rest = RunLog(target, header, os.urandom(8))
            try:
                rest.commit(blocks, lines)
                return target
            except OSError:
                rest.close()
                remove_file(target)
            finally:
                rest.close()
    return None
