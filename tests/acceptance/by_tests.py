"""A11, A12: reference values and faults of a heated rig, which are tests of the suite."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.acceptance.found import Found

PROJECT = Path(__file__).parents[2]
TESTS = {
    "reference values": ("tests/analysis/thermoelectric/test_reference.py",),
    "faults": (
        "tests/stories/test_heated_faults.py",
        "tests/stories/test_thermopower.py::"
        "test_a_heater_that_is_not_as_commanded_ends_the_run_with_heater_and_bias_at_zero",
    ),
}


def passed(criterion: str, part: str, seed: int, size: float) -> Found:
    """Run tests in a process of their own; value and truth are the numbers of passed and of all tests."""
    began_s = sum(os.times()[2:4])
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "", *TESTS[part]]
    ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    counts = {word: int(n) for n, word in re.findall(r"(\d+) (passed|failed|error|skipped)", ended.stdout)}
    cpu_s = sum(os.times()[2:4]) - began_s
    said = "" if counts.get("passed") else ended.stdout[-300:]
    return Found(
        criterion,
        part,
        seed,
        size,
        counts.get("passed", 0),
        sum(counts.values()),
        1.0,
        cpu_s=cpu_s,
        said=said,
    )
