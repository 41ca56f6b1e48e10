"""Run tests beside eight busy loops: none may depend on how fast the clock of the wall goes.

``python -m tests.busy`` runs the parts with processes and windows; ``python -m tests.busy tests/stories -x`` runs what
pytest is given.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

LOOPS = 8
PARTS = ("tests/app/acquisition", "tests/app/server", "tests/stories", "tests/app/gui/windows")
LOOP = "import time; until_s = time.monotonic() + 3600\nwhile time.monotonic() < until_s: pass"
"""A loop ends by itself after an hour, in case that nobody is left to end it."""


@contextmanager
def busy(loops: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Run so many processes inside the block that do nothing but take time."""
    processes = [subprocess.Popen([sys.executable, "-S", "-c", LOOP]) for _ in range(loops)]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def main(arguments: Sequence[str]) -> int:
    """Return pytest's exit code."""
    with busy(LOOPS):
        return subprocess.run([sys.executable, "-m", "pytest", *(arguments or PARTS)]).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
