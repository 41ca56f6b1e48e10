"""Run NI's tests of nidaqmx on the simulated card: ``python -m tests.ni PATH_TO_CLONE [arguments of pytest]``.

The clone (github.com/ni/nidaqmx-python) stays where it is; nothing of it belongs to this project.
"""

import os
import subprocess
import sys
from pathlib import Path

FOLDERS = "tests/component", "tests/legacy", "tests/acceptance"
OPTIONS = (
    "-p",
    "ni_card",
    "-p",
    "no:cacheprovider",
    "--timeout",
    "60",
    "-q",
    "--tb",
    "line",
    "--continue-on-collection-errors",
)


def main(clone: Path, more: list[str]) -> int:
    """Run the tests of a clone; return pytest's exit code, which is 1 while tests fail."""
    folders = [] if any(word.startswith("tests/") for word in more) else FOLDERS
    # NI's tests are a package called `tests` as ours: it must be the only one of that name
    path = os.pathsep.join((str(Path(__file__).parent), str(clone)))
    command = [sys.executable, "-P", "-m", "pytest", *OPTIONS, *folders, *more]
    return subprocess.call(command, cwd=clone, env={**os.environ, "PYTHONPATH": path})


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
