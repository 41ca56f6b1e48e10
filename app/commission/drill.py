"""Drill: the harmless part of what can go wrong, done on the real rig to see that it becomes safe, and how fast.

The tip stays back, the bias is 0.1 V. A program that holds the bias is killed, then suspended; its watchdog is killed;
the cable to the card is pulled. Each time the loop-back of the bias says when the bias is gone.
"""

from contextlib import suppress
from datetime import UTC, datetime

from analysis.commissioning.judgement import Judgement, Verdict
from app.acquisition.commissioned import rig_mark
from app.acquisition.watchdog import make_safe
from app.commission.deaths import killed, suspended, watchdog_killed
from app.commission.hands import AskedOperator
from app.commission.link import CARD, WITHIN_S, acts, broken_links
from app.commission.report import write_reports
from app.commission.run import FAILURES, Voice, versions
from app.commission.session import Session
from app.commission.state import Done, State
from app.commission.step import Step
from procedures.errors import Aborted

READY = "No sample is in reach of the tip: the coarse positioner is far back, or a resistor is in place of the junction"
"""Statement to confirm before anything is driven."""


def cable_out(session: Session) -> Judgement:
    """Let a hand pull the cable to the card while the bias is on."""
    return broken_links(session, [act for act in acts(session.rig()) if act.name == CARD])


STEPS: dict[int, Step] = {
    step.number: step
    for step in (
        Step(
            1,
            "Killed program",
            "Kills programs that hold 0.1 V, and times how soon the watchdog has removed it.",
            killed,
            takes_s=lambda amounts: 6.0 * amounts.kills,
        ),
        Step(
            2,
            "Suspended program",
            "Suspends a program that holds 0.1 V, as a computer that sleeps or swaps does, and lets it go on later.",
            suspended,
            takes_s=lambda amounts: 12.0,
        ),
        Step(
            3,
            "Killed watchdog",
            "Kills the watchdog of a program that holds 0.1 V: the program must remove it.",
            watchdog_killed,
            takes_s=lambda amounts: 8.0,
        ),
        Step(
            4,
            "Cable out",
            "With 0.1 V on you pull the cable to the card: the run must end, and no bias may stay once it is back.",
            cable_out,
            takes_s=lambda amounts: WITHIN_S,
        ),
    )
}
"""Steps of a drill, in their order."""


def drill(session: Session, voice: Voice) -> State:
    """Do all steps, and write the reports after each.

    Raises
    ------
    Aborted
        If the user stopped it, or did not confirm `READY`; the rig is safe.
    """
    facts = {
        "versions": versions(),
        "rig file": session.rig_file.name,
        "heartbeat_s": session.rig().safe.heartbeat_s,
    }
    state = State(rig_mark(session.rig_file), 0.0, _now(), facts=facts)
    session.operator = session.operator or AskedOperator(voice.ask)
    if not voice.ask(READY):
        raise Aborted
    session.folder.mkdir(parents=True, exist_ok=True)
    for step in STEPS.values():
        voice.begins(step)
        session.recordings = []
        judgement = _judged(session, step)
        state.steps[step.number] = Done(judgement, _now(), tuple(session.recordings))
        write_reports(session.folder, state, STEPS, "Drill")
        voice.ended(step, judgement)
    return state


def _judged(session: Session, step: Step) -> Judgement:
    assert step.do is not None
    try:
        return step.do(session)
    except FAILURES as error:
        if session.stop.is_set():
            raise Aborted from None
        with suppress(*FAILURES):  # a step that could not be judged leaves nothing on
            make_safe(session.rig(), session.rig().safe.within_s)
        return Judgement(Verdict.FAIL, remarks=(str(error),))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
