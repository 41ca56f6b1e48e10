"""Page and alerts of a bench in processes of their own, started with it and ended with it."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from app import child_process
from app.remote.attach import END

ENDS_WITHIN_S = 10.0


@contextmanager
def companion(words: Sequence[str]) -> Iterator[str]:
    """Run a command of hotjunction beside a bench; yield its first line, "" if it ended without one.

    What goes wrong there does not touch the bench. If the bench dies, its companion notices.

    Parameters
    ----------
    words : sequence of str
        Command and arguments; the command must know ``--with-parent``.
    """
    process = child_process.start("app", *words, "--with-parent", stdin=subprocess.PIPE)
    try:
        yield child_process.next_line(process, words[0])
    finally:
        with suppress(OSError, ValueError):
            if process.stdin is not None:
                process.stdin.write(END)
                process.stdin.close()
        try:
            process.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
