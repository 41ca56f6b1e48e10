"""Table of the verdicts on control experiments."""

from collections.abc import Sequence

from analysis.thermoelectric.control_verdict import ControlVerdict
from app.report.table import Table

WORDS = {True: "passed", False: "FAILED", None: "undecided"}


def verdicts_table(controls: Sequence[ControlVerdict]) -> Table:
    """Return the verdict of each control."""
    rows = [(one.name, WORDS[one.passed], one.sentence) for one in controls]
    failed = [i for i, one in enumerate(controls) if one.passed is False]
    return Table(("control", "verdict", "what was found"), rows, words=(0, 1, 2), look=failed)


def failed_controls(controls: Sequence[ControlVerdict]) -> list[str]:
    """Return failed controls as warnings for the head of the page."""
    return [f"Control {one.name}: {one.sentence}" for one in controls if one.passed is False]
