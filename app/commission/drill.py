"""Drill: the harmless part of what can go wrong, done on the real rig to see that it becomes safe, and how fast.

The tip stays back, the bias is 0.1 V. A program that holds the bias is killed, then suspended; its watchdog is killed;
the cable to the card is pulled. Each time the loop-back of the bias says when the bias is gone.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import psutil

from analysis.commissioning.judgement import Judgement, Number, Verdict, judged
from app.acquisition.commissioned import rig_mark
from app.acquisition.watchdog import make_safe
from app.acquisition.watchdog.watchdog import ECHO_S
from app.commission.hands import AskedOperator
from app.commission.held_bias import GUARDED
from app.commission.link import CARD, WITHIN_S, acts, broken_links
from app.commission.report import write_reports
from app.commission.run import FAILURES, Voice, versions
from app.commission.safety import GONE_V, cleared, end, killed, shown, victim
from app.commission.session import MOST_BIAS_V, Session, StepFailed
from app.commission.state import Done, State
from app.commission.step import Step
from procedures.errors import Aborted

STAYS_S = 2.0
"""Time for which a program that goes on after its suspension is watched."""

READY = "No sample is in reach of the tip: the coarse positioner is far back, or a resistor is in place of the junction"
"""Statement to confirm before anything is driven."""


def suspended(session: Session) -> Judgement:
    """Suspend a program that holds the bias, let it go on later, and see that no bias returns."""
    rig = session.rig()
    limit_s = rig.safe.heartbeat_s + rig.safe.within_s
    process = victim(session, MOST_BIAS_V, GUARDED)
    program = psutil.Process(process.pid)
    try:
        took_s = _time_to_no_bias(session, program.suspend)
        with suppress(psutil.Error):
            program.resume()
        back_V = _largest_bias_V(session, STAYS_S)
    finally:
        with suppress(psutil.Error):
            program.resume()
        end(process, GUARDED)
    cleared(session, rig)
    numbers = [
        Number("time to 0 V", took_s, "s", f"< {limit_s:g}"),
        Number(f"largest bias in {STAYS_S:g} s after the program went on", back_V, "V", f"< {GONE_V:g}"),
    ]
    wrong = [
        *_late(took_s, limit_s, "a suspended program", "safe.heartbeat_s and safe.within_s"),
        *(
            [f"{back_V:.3g} V returned when the program went on: the card did not refuse it. Don't approach."]
            if back_V > GONE_V
            else []
        ),
    ]
    return judged(numbers, wrong)


def watchdog_killed(session: Session) -> Judgement:
    """Kill the watchdog of a program that holds the bias: the program must remove the bias and end."""
    rig = session.rig()
    limit_s = max(ECHO_S, rig.safe.heartbeat_s) + rig.safe.within_s
    process = victim(session, MOST_BIAS_V, GUARDED)
    try:
        watchdogs = psutil.Process(process.pid).children()
        if not watchdogs:
            raise StepFailed("The program that holds a bias has no watchdog: nothing was tested.")

        def kill() -> None:
            for watchdog in watchdogs:
                watchdog.kill()

        took_s = _time_to_no_bias(session, kill)
    finally:
        end(process, GUARDED)
    cleared(session, rig)
    return judged(
        [Number("time to 0 V", took_s, "s", f"< {limit_s:g}")],
        _late(took_s, limit_s, "a program without its watchdog", "its own checks and safe.within_s"),
    )


def cable_out(session: Session) -> Judgement:
    """Let a hand pull the cable to the card while the bias is on."""
    return broken_links(session, [act for act in acts(session.rig()) if act.name == CARD])


def _time_to_no_bias(session: Session, attack: Callable[[], object]) -> float:
    """Attack, and return the seconds until the loop-back shows no bias."""
    began_s = time.monotonic()
    attack()
    return shown(session.rig(), lambda volts: abs(volts) < GONE_V)[0] - began_s


def _largest_bias_V(session: Session, for_s: float) -> float:
    """Watch the loop-back for some seconds; return the largest bias."""
    until_s, largest = time.monotonic() + for_s, [0.0]

    def over(volts: float) -> bool:
        largest[0] = max(largest[0], abs(volts))
        return time.monotonic() > until_s

    shown(session.rig(), over)
    return largest[0]


def _late(took_s: float, limit_s: float, what: str, allowed: str) -> list[str]:
    """Return the sentence for a rig that was too slow to become safe."""
    if took_s < limit_s:
        return []
    return [
        f"The bias of {what} stayed on for {took_s:.2g} s; {allowed} allow {limit_s:g} s. This computer, or its "
        "link to the card, is too slow: do not approach before this is cured."
    ]


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
