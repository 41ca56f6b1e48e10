"""Reasons for which the buttons of the queue can't be used, and their tool tips if they can."""

from collections.abc import Sequence

from app.server.messages import COMMISSION, JobState
from procedures.registry import PROCEDURES

NO_RUN, NOT_QUEUED = "No run is in progress.", "Select a queued run."
NOTHING_TO_PAUSE = "No run is in progress or queued."
NO_SKIP = "A commissioning has nothing to skip: abort it, and do its steps singly."
APPROACHES = "The tip moves towards the sample: skip during a trace, a hold or a curve."


def permissions_of(
    chosen: JobState | None,
    present: JobState | None,
    waiting: Sequence[JobState],
    *,
    held: bool,
    resumes: bool,
    lost: str,
    tripped: str = "",
    approaches: bool = False,
) -> dict[str, tuple[str, str]]:
    """Return the reason why each button can't be used ("" if it can), and its tool tip.

    Parameters
    ----------
    chosen, present : JobState or None
        Selected run, and the run in progress.
    waiting : sequence of JobState
        Queued runs, in order.
    held, resumes : bool
        True if the queue is held, and if the next step is to resume.
    lost : str
        Why nothing reaches the bench; "" if it answers.
    tripped : str
        Why the rig is held by a trip; "" if it is not.
    approaches : bool
        True while the tip moves towards the sample.
    """
    buttons = {
        "pause": (
            NOTHING_TO_PAUSE if present is None and not waiting and not held else tripped * resumes,
            "Start the queue again (Space)" if resumes else "Pause before the next approach (Space)",
        ),
        **_of_present(present, approaches=approaches),
        **_of_queued(chosen, [job["id"] for job in waiting]),
        **_of_any(chosen),
    }
    if lost:
        buttons = {
            name: (lost if name != "to_form" else reason, tip) for name, (reason, tip) in buttons.items()
        }
    return buttons


def _of_present(present: JobState | None, *, approaches: bool) -> dict[str, tuple[str, str]]:
    status = present["status"] if present is not None else ""
    commissions = present is not None and present["procedure"] == COMMISSION
    no_skip = NO_SKIP if commissions else APPROACHES if approaches else ""
    return {
        "abort": (
            "" if status in ("running", "paused") else NO_RUN,
            "End the current run safely: bias 0 V, tip back. Its recording is kept.",
        ),
        "skip": (
            no_skip if status == "running" else NO_RUN,
            "End the trace, hold or curve in progress and go on with the next junction (Ctrl+K)",
        ),
    }


def _of_queued(chosen: JobState | None, queued: Sequence[int]) -> dict[str, tuple[str, str]]:
    place = queued.index(chosen["id"]) if chosen is not None and chosen["id"] in queued else -1
    reason = "" if place >= 0 else NOT_QUEUED
    first, last = place == 0, place == len(queued) - 1
    waits = bool(chosen is not None and chosen.get("until"))
    return {
        "remove": (reason, "Remove the run from the queue (Delete)"),
        "up": (reason or ("This run is already first in the queue." if first else ""), "Run earlier"),
        "down": (reason or ("This run is already last in the queue." if last else ""), "Run later"),
        "until": (
            reason,
            "Let the run start without waiting any longer"
            if waits
            else "Let this run, and those behind it, wait for a time, an input of the rig, a file or an address",
        ),
    }


def _of_any(chosen: JobState | None) -> dict[str, tuple[str, str]]:
    procedure = PROCEDURES.get(chosen["procedure"]) if chosen is not None else None
    reason = "" if procedure is not None else "Select a run of a procedure."
    has_form = procedure is None or procedure.offered
    return {
        "again": (reason, "Queue a run with the same settings, under a new name"),
        "to_form": (
            reason if has_form else "This procedure has no form.",
            "Show the settings of this run in the form, to change them and run it again",
        ),
    }
