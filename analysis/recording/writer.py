"""Writing a run while it happens, so that a killed process loses nothing that was acknowledged.

The file is HDF5 in SWMR mode: everything that gives it structure is written before the first sample; later
only datasets grow. Each flush writes the new samples and journal lines, makes HDF5 hand them to the operating
system, and only then adds a line to the log of commits, handed over likewise. A reader trusts that log and
nothing behind it. (A file handed to the operating system survives the end of the process, not a power cut.)
"""

import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import h5py
import numpy as np

from analysis.recording import layout
from analysis.recording.errors import DiskAlmostFull, RecordingError, WriteFailed, reason
from analysis.recording.finish import finish
from analysis.recording.header import RunHeader, TraceEntry
from analysis.recording.names import demand_free, take_name
from analysis.recording.plots import Plot
from analysis.records import Block, Event

Status = Literal["finished", "aborted"]


_LIBVER = ("v110", "v110")  # the oldest HDF5 that knows SWMR, so that the file opens in the most programs


def _free_bytes(path: Path) -> int:
    return shutil.disk_usage(path.parent).free


class RecordingWriter:
    """Writes one run to a new file.

    Parameters
    ----------
    path : Path
        Must not exist: raises ``FileExistsError``.
    header : RunHeader
    save_every_s : float
        Flush by itself when this many seconds of data wait (65536 samples where the rate is unknown). Who
        needs events saved while no samples come calls `flush`.
    reserve_bytes : int
        Stop with `DiskAlmostFull` when less than this is left free, while all can still be saved.
    free_bytes : callable
        What tells the free space of the disk that holds a path.
    """

    def __init__(
        self,
        path: Path | str,
        header: RunHeader,
        *,
        save_every_s: float = 0.5,
        reserve_bytes: int = 256 * 2**20,
        free_bytes: Callable[[Path], int] = _free_bytes,
    ) -> None:
        self.path = Path(path).absolute()
        self.header = header
        self.reserve_bytes = reserve_bytes
        self._free_bytes = free_bytes
        waits = header.rate_Hz * save_every_s
        self._flush_at = max(int(waits), 1) if np.isfinite(waits) else 65536
        self._written = self._saved = 0  # samples a channel: in the file, and committed
        self._segments: list[tuple[int, int]] = []  # (first sample index, row)
        self._committed_segments = 0
        self._next = 0  # index that the next sample has if there is no gap
        self._blocks: list[Block] = []
        self._waiting = 0
        self._lines: list[bytes] = []
        self._journal_bytes = 0
        demand_free(self.path)
        if not self.path.parent.is_dir():
            raise RecordingError(f"{self.path} cannot be created: its folder does not exist")
        self._check_space()
        self._file: h5py.File | None = self._create()

    def _create(self) -> h5py.File:
        """Make the file whole under another name, so that whatever appears at ``path`` can be opened."""
        part = self.path.with_name(f".{self.path.name}.{os.getpid()}.creating")
        try:
            self._create_empty(part)
            take_name(part, self.path)
        except FileExistsError:  # an OSError too, but its message is already what the user needs
            raise
        except OSError as error:
            raise RecordingError(f"{self.path} cannot be created ({reason(error)})") from error
        finally:
            part.unlink(missing_ok=True)
        file = h5py.File(self.path, "r+", libver=_LIBVER)
        entry = file["entry"]
        self._channels = [entry["raw"][name] for name in self.header.channel_names]
        self._segment_rows = entry["segments"]
        self._journal, self._commits = entry["journal/lines"], entry["journal/commits"]
        self._status, self._storage = entry["status"], entry["storage"]
        file.swmr_mode = True
        return file

    def _create_empty(self, part: Path) -> None:
        with h5py.File(part, "w", libver=_LIBVER) as new:
            entry = layout.write_frame(new, self.header)
            grows: dict[str, Any] = {"shape": (0,), "maxshape": (None,)}
            layout.write_channels(entry["raw"], self.header, chunks=(layout.LIVE_CHUNK,), **grows)
            entry.create_dataset("segments", shape=(0, 2), maxshape=(None, 2), chunks=(64, 2), dtype="<i8")
            journal = entry.create_group("journal")
            journal.attrs["NX_class"] = "NXcollection"
            journal.create_dataset("lines", dtype="u1", chunks=(16384,), **grows)
            journal.create_dataset("commits", dtype=layout.COMMIT, chunks=(512,), **grows)

    @property
    def saved(self) -> int:
        """Samples a channel that are safe against the end of this process."""
        return self._saved

    @property
    def closed(self) -> bool:
        """Whether nothing more can be written."""
        return self._file is None

    def append(self, block: Block) -> None:
        """Take a block; it is saved by the next flush. A gap before it is kept as a gap.

        Raises
        ------
        ValueError
            Channels or rate differ from the header's, or samples come a second time.
        WriteFailed, DiskAlmostFull
            As `flush`.
        """
        self._demand_open()
        if block.channels != self.header.channel_names:
            raise ValueError(f"block has channels {block.channels}, not {self.header.channel_names}")
        if not np.array_equal(block.rate_Hz, self.header.rate_Hz, equal_nan=True):
            raise ValueError(f"block has {block.rate_Hz} samples/s, the recording {self.header.rate_Hz}")
        if block.first < self._next:
            raise ValueError(f"block begins at sample {block.first}, but {self._next} were recorded already")
        if len(block) == 0:
            return
        if block.first > self._next or not self._segments:
            self._segments.append((block.first, self._written + self._waiting))
        self._blocks.append(block)
        self._waiting += len(block)
        self._next = block.stop
        if self._waiting >= self._flush_at:
            self.flush()

    def add_event(self, event: Event) -> None:
        """Take an event; it is saved by the next flush. Raises ``TypeError`` for what JSON cannot hold."""
        self._demand_open()
        content = {
            "sample": int(event.sample),
            "kind": str(event.kind),
            "name": event.name,
            "payload": dict(event.payload),
        }
        self._lines.append(layout.line("event", content))

    def add_trace(self, entry: TraceEntry) -> None:
        """Take a line of the index of traces; one of the same number replaces the earlier."""
        self._demand_open()
        self._lines.append(layout.line("trace", entry.to_json()))

    def flush(self) -> int:
        """Save what waits.

        Returns
        -------
        int
            Samples a channel that are now safe against the end of this process.

        Raises
        ------
        WriteFailed
            The system refused the write; the file stays as the flush before left it, and is readable.
        DiskAlmostFull
            Everything is saved, but less than the reserve is free: stop the run, and `close`.
        """
        file = self._demand_open()
        if self._blocks or self._lines:
            try:
                self._save(file)
            except (OSError, RuntimeError, ValueError) as error:
                self.abandon()
                raise WriteFailed(
                    f"{self.path.name}: writing failed ({reason(error)}); the first {self._saved} samples are saved. "
                    "Make room on the disk, or record to another one",
                    self._saved,
                ) from error
        self._check_space()
        return self._saved

    def _save(self, file: h5py.File) -> None:
        rows = self._written + self._waiting
        new: list[Any] = []
        for i, (dataset, channel) in enumerate(zip(self._channels, self.header.channels, strict=True)):
            if self._blocks:
                samples = np.concatenate([block.data[i] for block in self._blocks]).astype(
                    f"<{channel.dtype}"
                )
                dataset.resize(rows, axis=0)
                dataset[self._written : rows] = samples
                new.append(samples)
        segments = np.array(self._segments[self._committed_segments :], dtype="<i8").reshape(-1, 2)
        if len(segments):
            self._segment_rows.resize(len(self._segments), axis=0)
            self._segment_rows[self._committed_segments :] = segments
        lines = b"".join(self._lines)
        end = self._journal_bytes + len(lines)
        if lines:
            self._journal.resize(end, axis=0)
            self._journal[self._journal_bytes :] = np.frombuffer(lines, dtype="u1")
        file.flush()
        commit = layout.sealed_commit(rows, len(self._segments), end, layout.crc([*new, segments, lines]))
        self._commits.resize(len(self._commits) + 1, axis=0)
        self._commits[-1:] = commit
        file.flush()
        self._written = self._saved = rows
        self._committed_segments, self._journal_bytes = len(self._segments), end
        self._waiting = 0
        self._blocks.clear()
        self._lines.clear()

    def close(
        self, status: Status = "finished", plots: Sequence[Plot] = (), entries: Sequence[TraceEntry] = ()
    ) -> str:
        """Save what waits, mark the run's end, and put a compressed copy in the file's place.

        The copy is read back and compared before it replaces the recording. Where it cannot be made (no room,
        file held by another program) the recording stays as it is: complete, but larger and without plots.

        Parameters
        ----------
        status : "finished" or "aborted"
        plots : sequence of Plot
            What a viewer shall show; the first is shown on opening the file.
        entries : sequence of TraceEntry
            Added to the index of traces (such as those that the selection now rejects).

        Returns
        -------
        str
            How it is stored: "compressed", or why not. A second call does nothing and returns "closed before".

        Raises
        ------
        WriteFailed
            As `flush`.
        """
        if self._file is None:
            return "closed before"
        for entry in entries:
            self.add_trace(entry)
        with suppress(DiskAlmostFull):  # it raises after saving, and the run ends here anyway
            self.flush()
        need, free = self.path.stat().st_size, self._free_bytes(self.path)
        stored = layout.STORED_COMPRESSED
        if free - need < self.reserve_bytes // 2:
            stored = f"{layout.STORED_PLAIN}: a copy needs {need / 1e6:.0f} MB, {free / 1e6:.0f} MB are free"
        try:
            self._status[()] = status.encode()
            if stored != layout.STORED_COMPRESSED:
                self._storage[()] = stored.encode()
            self._file.flush()
            self._file.close()
        except (OSError, RuntimeError) as error:
            self.abandon()
            raise WriteFailed(f"{self.path.name}: closing failed ({reason(error)})", self._saved) from error
        self._file = None
        return finish(self.path, plots) if stored == layout.STORED_COMPRESSED else stored

    def abandon(self) -> None:
        """Let go of the file as it is: "unfinished", with all that was committed.

        After a failed write HDF5 holds data that it would try to write again when the file or the process is
        closed, and crashes if it fails again. So its file descriptor is first turned to the null device.
        """
        file, self._file = self._file, None
        if file is None:
            return
        null = os.open(os.devnull, os.O_RDWR)
        try:
            os.dup2(null, file.id.get_vfd_handle())
        finally:
            os.close(null)
        with suppress(OSError, RuntimeError, ValueError):
            file.close()

    def _check_space(self) -> None:
        free = self._free_bytes(self.path)
        if free < self.reserve_bytes:
            raise DiskAlmostFull(
                f"{free / 1e6:.0f} MB are left on the disk of {self.path}, less than the reserve of "
                f"{self.reserve_bytes / 1e6:.0f} MB: delete or move files, or record to another disk",
                self._saved,
            )

    def _demand_open(self) -> h5py.File:
        if self._file is None:
            raise RecordingError(f"{self.path.name} is closed; nothing more can be written to it")
        return self._file

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close("finished" if kind is None else "aborted")
