"""Non-blocking output: a terminal may stop accepting text (Ctrl-S, a selection in a console) at any time."""

import io
import queue
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

LOOK_S = 0.2
"""Length of one wait; Windows can't interrupt an endless one, so it is repeated."""


class _Writer:
    """Thread that writes text in order."""

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
        """Queue text; may be called from anywhere, even a signal handler."""
        self._waiting.put((stream, text))

    def close(self) -> None:
        """Wait until all text is written."""
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
    """Text stream whose ``write`` never waits, as a thread does the writing. Usable in a signal handler.

    Parameters
    ----------
    stream : TextIO
        Receives the text.
    writer : _Writer
        Has that thread; shared by all streams, so that their lines stay in order.
    """

    def __init__(self, stream: TextIO, writer: _Writer) -> None:
        self._stream = stream
        self._writer = writer
        self._is_terminal = stream.isatty()
        self.over = False
        """True once the thread has ended: then ``write`` goes to the stream directly."""

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
        """True if text waits; a progress bar should then skip drawing."""
        return self._writer.behind

    def isatty(self) -> bool:
        """Tell whether the stream behind it is a terminal."""
        return self._is_terminal

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, text: str) -> int:
        """Queue text; return its length."""
        if not isinstance(text, str):
            raise TypeError(f"a text stream takes str, not {type(text).__name__}")
        if self.over:
            return self._stream.write(text)
        self._writer.write(self._stream, text)
        return len(text)

    def flush(self) -> None:
        """Do nothing, as text is passed on at once; flush the stream once the thread has ended, if it is open."""
        if (
            self.over and not self._stream.closed
        ):  # Python 3.13 reports what fails while an object is destroyed
            self._stream.flush()


@contextmanager
def output_never_waits() -> Iterator[None]:
    """Print from a thread inside the block, so that nothing waits for the terminal.

    Wait at the end, when the rig is safe, until all text is written. A closed terminal accepts everything.
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
