"""Commissioning as the window shows it: steps with their states, the open question, time left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.console.durations import roughly


class Kind(StrEnum):
    """Weight of a step's state, which decides its colour."""

    QUIET = "quiet"
    ACTIVE = "accent"
    GOOD = "text"
    LOOK = "warning"
    BAD = "danger"


WORDS: Mapping[str, tuple[str, Kind]] = {
    "waiting": ("waiting", Kind.QUIET),
    "running": ("running", Kind.ACTIVE),
    "needs a hand": ("needs your hand", Kind.LOOK),
    "pass": ("passed", Kind.GOOD),
    "warn": ("passed, look", Kind.LOOK),
    "fail": ("failed", Kind.BAD),
    "not done": ("not done", Kind.QUIET),
}
"""State of a step on the wire: its words, and their weight."""

PASSED = "pass", "warn"
PRESENT = "running", "needs a hand"


@dataclass(frozen=True)
class StepRow:
    """A step: its state in words, what it does, its numbers, and what to do."""

    number: int
    title: str
    state: str
    kind: Kind
    explain: str
    numbers: tuple[str, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class CommissioningSnapshot:
    """All that the page shows.

    Parameters
    ----------
    rows : tuple of StepRow
    running : bool
    headline : str
        State of the whole in one sentence.
    kept : str
        What a session that is continued keeps and does again.
    left : str
        Time left: "4 min left"; "" if nothing is left.
    share : float
        Share of the time that is done, from 0 to 1.
    question : int
        Number of the open question; 0 for none.
    asked : str
        The question.
    start : str
        Label of the button that starts: "Start" or "Continue".
    report : str
        Path of the report; "" before there is one.
    present : int
        Number of the step in progress, else of the first that failed; 0 for none.
    """

    rows: tuple[StepRow, ...] = ()
    running: bool = False
    headline: str = ""
    kept: str = ""
    left: str = ""
    share: float = 0.0
    question: int = 0
    asked: str = ""
    start: str = "Start"
    report: str = ""
    present: int = 0


def snapshot_of(content: Mapping[str, Any], clock: str = "") -> CommissioningSnapshot:
    """Return what the page shows of the bench's report on a commissioning; ``clock`` follows each duration."""
    steps: Sequence[Mapping[str, Any]] = content["steps"]
    running, left_s = bool(content["job"]), float(content["left_s"])
    whole_s = sum(one["takes_s"] for one in steps)
    begun = any(one["state"] not in ("waiting", *PRESENT) for one in steps)
    question = int(content["question"])
    return CommissioningSnapshot(
        rows=tuple(_row(one) for one in steps),
        running=running,
        headline=_headline(steps, running, bool(question)),
        kept=str(content["kept"]),
        left=_left(f"{roughly(left_s)}{clock}", fresh=not (running or begun)) if left_s > 0 else "",
        share=min(max(1 - left_s / whole_s, 0.0), 1.0) if whole_s else 0.0,
        question=question,
        asked=str(content["asked"]),
        start="Continue" if begun and left_s > 0 else "Start",
        report=str(content["report"]),
        present=_present(steps),
    )


def _left(duration: str, *, fresh: bool) -> str:
    return f"takes about {duration}" if fresh else f"about {duration} left"


def _row(step: Mapping[str, Any]) -> StepRow:
    words, kind = WORDS[step["state"]]
    if step["state"] == "running" and step["share"] > 0:
        words = f"running, {100 * step['share']:.0f} %"
    return StepRow(
        int(step["number"]),
        str(step["title"]),
        words,
        kind,
        str(step["explain"]),
        tuple(step["numbers"]),
        tuple(step["remarks"]),
    )


def _present(steps: Sequence[Mapping[str, Any]]) -> int:
    for states in (PRESENT, ("fail",)):
        for step in steps:
            if step["state"] in states:
                return int(step["number"])
    return 0


def _headline(steps: Sequence[Mapping[str, Any]], running: bool, asked: bool) -> str:
    step = next((one for one in steps if one["state"] in PRESENT), None)
    if running and asked:
        return "Your hand is needed"
    if running and step is not None:
        return f"Step {step['number']}: {step['title']}"
    if running:
        return "Under way"
    failed = [f"{one['number']} ({one['title']})" for one in steps if one["state"] == "fail"]
    if failed:
        return f"Failed: step {', '.join(failed)}"
    passed = sum(one["state"] in PASSED for one in steps)
    if passed == len(steps):
        return "All steps have passed"
    return f"{passed} of {len(steps)} steps have passed" if passed else "Not begun"
