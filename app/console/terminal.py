"""Output that nobody waits for: a terminal may stop taking text (Ctrl-S, a selection in a console) at any time."""

import io
import queue
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

LOOK_S = 0.2
"""A wait without end can't be interrupted on Windows; one of this length is repeated instead."""


class _Writer:
    """Writes what it is given, in its order, from a thread of its own."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[tuple[TextIO, str] | None] = queue.SimpleQueue()
        self._busy = False
        self._thread = threading.Thread(target=self._work, name="terminal", daemon=True)
        self._thread.start()

    @property
    def behind(self) -> bool:
        """Tell whether text waits."""
        return self._busy or not self._waiting.empty()

    def write(self, stream: TextIO, text: str) -> None:
        """Write it soon; may be called from anywhere, a signal handler too."""
        self._waiting.put((stream, text))

    def close(self) -> None:
        """Wait until all was written."""
        self._waiting.put(None)
        join(self._thread)

    def _work(self) -> None:
        while (item := self._waiting.get()) is not None:
            self._busy = True
            stream, text = item
            with suppress(OSError, ValueError):  # the terminal is closed, or the stream is
                stream.write(text)
                stream.flush()
            self._busy = False


class Unhurried(io.TextIOBase):
    """A text stream whose ``write`` never waits: a thread hands the text on. May be used in a signal handler.

    Parameters
    ----------
    stream : TextIO
        Where the text goes in the end.
    writer : _Writer
        Has that thread; one for all streams, so that their lines stay in order.
    """

    def __init__(self, stream: TextIO, writer: _Writer) -> None:
        self._stream = stream
        self._writer = writer
        self._is_terminal = stream.isatty()
        self.over = False
        """Whether the thread has ended: then this is the stream itself."""

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Get that of the stream behind it."""
        return self._stream.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        """Get that of the stream behind it."""
        return self._stream.errors

    @property
    def behind(self) -> bool:
        """Tell whether text waits: what is drawn anew all the time had better not be drawn now."""
        return self._writer.behind

    def isatty(self) -> bool:
        """Tell whether the stream behind it is a terminal."""
        return self._is_terminal

    def writable(self) -> bool:
        """Tell that it takes text."""
        return True

    def write(self, text: str) -> int:
        """Take text."""
        if not isinstance(text, str):
            raise TypeError(f"a text stream takes str, not {type(text).__name__}")
        if self.over:
            return self._stream.write(text)
        self._writer.write(self._stream, text)
        return len(text)

    def flush(self) -> None:
        """Have nothing to do: what was written is handed on at once."""
        if self.over:
            self._stream.flush()


@contextmanager
def output_never_waits() -> Iterator[None]:
    """Hand what is printed inside the block to a thread, so that nothing in it waits for the terminal.

    At its end, when nothing dangerous is left to do, it waits until all was taken. A terminal that is gone takes
    all.
    """
    writer = _Writer()
    before = sys.stdout, sys.stderr
    ours = [Unhurried(stream, writer) if stream else None for stream in before]  # a program may have none
    sys.stdout, sys.stderr = ours
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
        writer.close()
        for stream in filter(None, ours):
            stream.over = True


def join(thread: threading.Thread) -> None:
    """Wait for the end of a thread, so that Ctrl-C gets through on every system."""
    while thread.is_alive():
        thread.join(LOOK_S)
