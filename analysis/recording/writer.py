"""Writing of a run in progress, such that nothing that was acknowledged is lost, by a kill or a power cut.

The truth is an append-only log (`analysis.recording.run_log`), which is on the disk before a flush returns. Beside
it grows a view for other programs, HDF5 in SWMR mode. At the end a finished file is built from the log, sealed, read
back, and put in the view's place.
"""

import logging
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from math import isnan
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import numpy as np

from analysis.recording import layout
from analysis.recording.errors import DiskAlmostFull, FileGone, RecordingError, WriteFailed, reason
from analysis.recording.finish import finish
from analysis.recording.header import RunHeader, TraceEntry
from analysis.recording.live import LiveFile
from analysis.recording.names import demand_free, why_no_name
from analysis.recording.plots import Plot
from analysis.recording.run_log import RunLog, log_of, rescue
from analysis.records import Block, Event
from analysis.shared_files import remove_file

log = logging.getLogger(__name__)

Status = Literal["finished", "aborted"]


def _gone(error: FileGone) -> str:
    where = f"everything recorded is in {error.rescued}" if error.rescued else "nothing of it could be saved"
    return f"{error}; {where}. The run was ended. `hotjunction recover` makes a recording of it"


def _line(item: Event | TraceEntry) -> bytes:
    """Return the line of an event, or of an entry of the index of traces."""
    if isinstance(item, TraceEntry):
        return layout.line("trace", item.to_json())
    content = {
        "sample": int(item.sample),
        "kind": str(item.kind),
        "name": item.name,
        "payload": dict(item.payload),
    }
    return layout.line("event", content)


def _free_bytes(path: Path) -> int:
    return shutil.disk_usage(path.parent).free


class RecordingWriter:
    """Writer of one run to a new file.

    Parameters
    ----------
    path : Path
        New file; raises ``FileExistsError`` if it exists.
    header : RunHeader
    save_every_s : float
        Flush automatically when this many seconds of data wait (65536 samples if the rate is unknown). To save
        events while no samples come, call `flush`.
    reserve_bytes : int
        Stop with `DiskAlmostFull` when less than this is free, while everything can still be saved.
    free_bytes : callable
        Function that returns the free space of the disk that holds a path.
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
        self._segments: list[tuple[int, int]] = []  # (first sample index, row) of the view's waiting segments
        self._next: int | None = None  # index of the next sample if there is no gap
        self._blocks: list[Block] = []
        self._waiting = 0
        self._lines: list[bytes] = []
        self._saved = 0
        demand_free(self.path)
        if refusal := why_no_name(self.path.name):
            raise RecordingError(f"{self.path} cannot be created: {refusal}; choose another name")
        if not self.path.parent.is_dir():
            raise RecordingError(f"{self.path} cannot be created: its folder does not exist")
        demand_free(log_of(self.path))
        self._check_space()
        run = uuid.uuid4().bytes[:8]
        self._log: RunLog | None = RunLog(log_of(self.path), header, run)
        try:
            self._view: LiveFile | None = LiveFile(self.path, header, run)
        except BaseException:
            self._log.close()
            remove_file(self._log.path)
            raise

    @property
    def saved(self) -> int:
        """Samples of each channel that are on the disk."""
        return self._saved

    @property
    def closed(self) -> bool:
        """True if nothing more can be written."""
        return self._log is None

    def append(self, block: Block) -> None:
        """Take a block; the next flush saves it. A gap before it is recorded as a gap.

        Raises
        ------
        ValueError
            If channels or rate differ from the header's, or samples are repeated.
        WriteFailed, DiskAlmostFull
            As `flush` does.
        """
        self._demand_open()
        if block.channels != self.header.channel_names:
            raise ValueError(f"block has channels {block.channels}, not {self.header.channel_names}")
        if block.rate_Hz != self.header.rate_Hz and not (isnan(block.rate_Hz) and isnan(self.header.rate_Hz)):
            raise ValueError(f"block has {block.rate_Hz} samples/s, the recording {self.header.rate_Hz}")
        if self._next is not None and block.first < self._next:
            raise ValueError(f"block begins at sample {block.first}, but {self._next} were recorded already")
        if len(block) == 0:
            return
        if block.first != self._next:
            self._segments.append((block.first, self._saved + self._waiting))
        self._blocks.append(block)
        self._waiting += len(block)
        self._next = block.stop
        if self._waiting >= self._flush_at:
            self.flush()

    def add_event(self, event: Event) -> None:
        """Take an event; the next flush saves it. Raises ``TypeError`` for a payload that JSON cannot hold."""
        self._demand_open()
        self._lines.append(_line(event))

    def add_trace(self, entry: TraceEntry) -> None:
        """Take an entry of the index of traces; it replaces an earlier one of the same number."""
        self._demand_open()
        self._lines.append(_line(entry))

    def flush(self) -> int:
        """Save everything that waits.

        Returns
        -------
        int
            Samples of each channel that are now on the disk.

        Raises
        ------
        WriteFailed
            If the system refused the write, or the file is gone; what the previous flush saved is readable, and
            what waits is in another file, if one could be written. The message says where.
        DiskAlmostFull
            If everything is saved, but less than the reserve is free: stop the run, and `close`.
        """
        run_log = self._demand_open()
        if self._blocks or self._lines:
            try:
                self._saved = run_log.commit(self._blocks, b"".join(self._lines))
            except FileGone as error:
                self.abandon()
                self._clear()
                raise WriteFailed(_gone(error), self._saved) from error
            except OSError as error:
                message = self._refused(error)
                self.abandon()
                raise WriteFailed(message, self._saved) from error
            self._show()
            self._clear()
        self._check_space()
        return self._saved

    def _show(self) -> None:
        """Add what was saved to the view."""
        whole = np.concatenate([block.data for block in self._blocks], axis=1) if self._blocks else ()
        with self._only_shown() as view:
            if view is not None:
                view.commit(list(whole), self._segments, b"".join(self._lines))

    def _close_view(self, status: Status, stored: str) -> None:
        """Close the view, which no later error can harm."""
        with self._only_shown() as view:
            if view is not None:
                view.close(status, stored)
        self._view = None

    @contextmanager
    def _only_shown(self) -> Iterator[LiveFile | None]:
        """Yield the view, if there is one. An error inside costs only the view, and is logged once."""
        try:
            yield self._view
        except (OSError, RuntimeError, ValueError) as error:
            log.warning(
                "%s is no longer shown to other programs while it is recorded (%s); its log is complete.",
                self.path.name,
                reason(error),
            )
            if self._view is not None:
                self._view.abandon()
            self._view = None

    def _clear(self) -> None:
        """Forget what waited, which is on the disk."""
        self._waiting = 0
        for waiting in (self._blocks, self._segments, self._lines):
            waiting.clear()

    def rescue(self, items: Sequence[Block | Event | TraceEntry] = ()) -> Path | None:
        """Write what waits, and items that came after it, to a log of its own; return it, or None if that fails.

        For samples that the recording itself no longer takes. ``hotjunction recover`` makes a recording of the log.
        """
        blocks = [*self._blocks, *(item for item in items if isinstance(item, Block) and len(item))]
        lines = [*self._lines, *(_line(item) for item in items if not isinstance(item, Block))]
        rescued = rescue(self.path, self.header, blocks, b"".join(lines))
        if rescued:
            self._clear()
        return rescued

    def _refused(self, error: OSError) -> str:
        """Save what waits in another file; return the message for the user."""
        rescued = self.rescue()
        rest = f"; the samples after them are in {rescued}" if rescued else ""
        return (
            f"{self.path.name}: writing failed ({reason(error)}); the first {self._saved} samples are saved{rest}. "
            "Free space on the disk, or record to another one"
        )

    def close(
        self,
        status: Status = "finished",
        plots: Sequence[Plot] = (),
        entries: Sequence[TraceEntry] = (),
        result: str = "",
    ) -> str:
        """Save everything that waits, mark the end of the run, and build the finished file.

        The finished file is sealed, read back and compared with the log before it takes the recording's name. If it
        cannot be made (no space, file held by another program), log and view stay: complete, but larger, without
        plots and seal; `hotjunction recover` makes up for it.

        Parameters
        ----------
        status : "finished" or "aborted"
        plots : sequence of Plot
            Plots for viewers; the first is shown on opening the file.
        entries : sequence of TraceEntry
            Entries to add to the index of traces (such as those that the selection now rejects).
        result : str
            Result in a line, for lists of recordings.

        Returns
        -------
        str
            Storage: "compressed", or the reason why not. A second call does nothing and returns "closed before".

        Raises
        ------
        WriteFailed
            As `flush` does.
        """
        if self._log is None:
            return "closed before"
        for entry in entries:
            self.add_trace(entry)
        with suppress(DiskAlmostFull):  # it raises after saving, and the run ends here anyway
            self.flush()
        stored = self._room_for_copy()
        try:
            self._log.end(status, stored or layout.STORED_PLAIN, result)
            self._close_view(status, stored or layout.STORED_PLAIN)
        except FileGone as error:
            raise WriteFailed(_gone(error), self._saved) from error
        except OSError as error:
            raise WriteFailed(
                f"{self.path.name}: closing failed ({reason(error)}); all {self._saved} samples are saved, and "
                "`hotjunction recover` makes a recording of them",
                self._saved,
            ) from error
        finally:
            self.abandon()
        return stored or finish(self.path, plots, result)

    def _room_for_copy(self) -> str:
        """Return the reason for keeping the file uncompressed; "" if there is room for a compressed copy."""
        need, free = log_of(self.path).stat().st_size, self._free_bytes(self.path)
        if free - need >= self.reserve_bytes // 2:
            return ""
        return (
            f"{layout.STORED_PLAIN}: a copy needs {need / 1e6:.0f} MB, but only {free / 1e6:.0f} MB are free"
        )

    def abandon(self) -> None:
        """Close the file as "unfinished", with everything flushed so far, without writing anything more."""
        run_log, self._log = self._log, None
        view, self._view = self._view, None
        if view is not None:
            view.abandon()
        if run_log is not None:
            run_log.close()

    def _check_space(self) -> None:
        free = self._free_bytes(self.path)
        if free < self.reserve_bytes:
            raise DiskAlmostFull(
                f"{free / 1e6:.0f} MB are free on the disk of {self.path}, less than the reserve of "
                f"{self.reserve_bytes / 1e6:.0f} MB: delete or move files, or record to another disk",
                self._saved,
            )

    def _demand_open(self) -> RunLog:
        if self._log is None:
            raise RecordingError(f"{self.path.name} is closed; nothing more can be written to it")
        return self._log

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close("finished" if kind is None else "aborted")
