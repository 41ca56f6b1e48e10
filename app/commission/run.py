"""The loop over the steps: explain, ask, do, show, judge, write."""

import platform
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from analysis.commissioning.judgement import Judgement, Verdict
from app.acquisition.commissioned import rig_mark
from app.acquisition.recorder import RecorderFailed
from app.commission.hands import AskedOperator
from app.commission.records import save_record
from app.commission.registry import STEPS, chosen
from app.commission.report import write_reports
from app.commission.session import NotSafe, Session, StepFailed
from app.commission.state import Done, State, usual_folder
from app.commission.step import Step
from drivers.errors import RigError
from procedures.errors import Aborted, ImpossibleSetting, ProcedureFault

RESISTOR = 2
"""Step whose question is about tip, sample and resistor."""

LIBRARIES = ("hotjunction", "numpy", "nidaqmx", "pyvisa", "pymeasure")

FAILURES = (StepFailed, RigError, ProcedureFault, ImpossibleSetting, RecorderFailed, ValueError)
"""Errors of a step that its judgement tells; the next steps that do not need it go on."""


@dataclass(frozen=True)
class Voice:
    """Words between the session and the user.

    Parameters
    ----------
    ask : callable
        Asks to confirm a statement; False if it is not so.
    begins : callable
        Called with a step before it is done.
    ended : callable
        Called with a step and its judgement.
    progress : callable
        Called with a step and the share of it that is done.
    """

    ask: Callable[[str], bool]
    begins: Callable[[Step], None] = lambda step: None
    ended: Callable[[Step, Judgement], None] = lambda step, judgement: None
    progress: Callable[[Step, float], None] = lambda step, share: None


def begun(session: Session, *, anew: bool = False) -> State:
    """Return the state of a session: that in its folder, or a new one if rig file, resistor or faults have changed.

    Raises ``FileError``.
    """
    state, new = State.load(session.folder), _new_state(session)
    if state is None or anew or _rig_of(state) != _rig_of(new):
        state = new
    state.facts = {**state.facts, **new.facts, "versions": versions(), "rig file": session.rig_file.name}
    return state


def folder_of(session: Session, parent: Path, steps: Iterable[Step], today: date) -> Path:
    """Return the folder in which a session goes on, else a new one of today. Raises ``FileError``.

    A session goes on if it is of the same rig and resistor, and some of these steps have not passed yet.
    """
    rig, wanted = _rig_of(_new_state(session)), list(steps)

    def fits(state: State) -> bool:
        return _rig_of(state) == rig and not all(stands(state, step.number) for step in wanted)

    return usual_folder(parent, fits, today)


def _new_state(session: Session) -> State:
    facts = {"faults": list(session.faults)}
    return State(rig_mark(session.rig_file), session.resistance_ohm, _now(), facts=facts)


def _rig_of(state: State) -> tuple[str, float, tuple[str, ...]]:
    return state.rig, state.resistance_ohm, tuple(state.facts.get("faults", ()))


def stands(state: State, number: int) -> bool:
    """Return True if a step passed and still counts."""
    return state.passed(number) and not state.lapsed(number, STEPS[number].valid_for)


def continuation(state: State, steps: Iterable[Step]) -> list[str]:
    """Return what a session that is continued keeps and does again, as sentences; empty for a new one."""
    todo = list(steps)
    kept = [number for number in sorted(state.steps) if stands(state, number)]
    which = ", ".join(map(str, kept))
    sentences = (
        [f"Steps {which} have passed." if len(kept) > 1 else f"Step {which} has passed."] if kept else []
    )
    if state.under_way:
        step = STEPS[state.under_way]
        sentences.append(
            f"Step {step.number} ({step.title}) was interrupted: it is done again from its beginning."
        )
    for step in todo:
        why = state.lapsed(step.number, step.valid_for) if state.passed(step.number) else ""
        if why:
            sentences.append(f"Step {step.number} ({step.title}) is done again: {why}.")
    return sentences


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries on which the numbers depend."""
    return {
        "python": platform.python_version(),
        "system": platform.platform(terse=True),
        **{name: version(name) for name in LIBRARIES},
    }


def commission(
    session: Session, state: State, steps: Iterable[Step], voice: Voice, *, again: bool = False
) -> State:
    """Do the steps that have not passed yet; keep state and report after each.

    Parameters
    ----------
    session : Session
    state : State
        Of `begun`; it is changed.
    steps : iterable of Step
    voice : Voice
    again : bool
        Repeat steps that have passed.

    Raises
    ------
    Aborted
        If the user stopped the session; the rig is safe, and what was done is kept.
    NotSafe
        If the rig is not confirmed safe.
    FileError
        If the folder can't be written to.
    """
    session.proved = lambda number: stands(state, number)
    if session.operator is None:
        session.operator = AskedOperator(voice.ask)
    hand = _Hand(voice, session.resistance_ohm, continued=bool(state.steps))
    state.save(session.folder)  # a folder that can't be written to is known before anything moves
    try:
        for step in steps:
            if stands(state, step.number) and not again:
                continue
            voice.begins(step)
            session.recordings, session.progress = [], partial(voice.progress, step)
            state.under_way = step.number
            state.save(session.folder)
            judgement = _judged(session, state, step, hand)
            state.steps[step.number] = Done(judgement, _now(), tuple(session.recordings))
            state.facts["card"] = session.card or state.facts.get("card", 0)
            state.under_way = 0
            state.save(session.folder)
            voice.ended(step, judgement)
    finally:
        write_reports(session.folder, state)
    save_record(session, state, str(overall(state, chosen("", 1))))
    return state


@dataclass
class _Hand:
    """Questions to the operator; a session that is continued asks first whether the resistor is still connected."""

    voice: Voice
    resistance_ohm: float
    continued: bool

    def refused(self, step: Step) -> str:
        """Ask what a step needs; return the statement that was not confirmed, "" if all is so."""
        asked = step.ask
        if self.continued and step.stage == 1 and step.number > RESISTOR:
            asked = asked or STEPS[RESISTOR].ask
        question = asked.format(resistance=_ohm(self.resistance_ohm))
        if question and not self.voice.ask(question):
            return question
        if step.number >= RESISTOR:
            self.continued = False
        return ""


def _judged(session: Session, state: State, step: Step, hand: _Hand) -> Judgement:
    missing = [number for number in step.needs if not stands(state, number)]
    if missing:
        text = ", ".join(map(str, missing))
        return Judgement(Verdict.NOT_DONE, remarks=(f"Needs step {text}, which has not passed.",))
    if step.do is None:
        return Judgement(Verdict.NOT_DONE, remarks=(step.explain,))
    refused = hand.refused(step)
    if session.stop.is_set():
        raise Aborted
    if refused:
        return Judgement(Verdict.NOT_DONE, remarks=(f"Not confirmed: {refused}.",))
    try:
        return step.do(session)
    except FAILURES as error:
        if session.stop.is_set():  # the rig was taken away: by a retract
            raise Aborted from None
        return Judgement(Verdict.FAIL, remarks=(str(error),))


def _ohm(ohm: float) -> str:
    for factor, prefix in ((1e6, "M"), (1e3, "k")):
        if ohm >= factor:
            return f"{ohm / factor:g} {prefix}ohm"
    return f"{ohm:g} ohm"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def seconds_left(session: Session, state: State, steps: Iterable[Step], *, again: bool = False) -> float:
    """Return the approximate time of the steps that are still to do, in s."""
    todo = [step for step in steps if again or not stands(state, step.number)]
    return sum(step.takes_s(session.amounts) for step in todo if step.do is not None)


def overall(state: State, steps: Iterable[Step]) -> Verdict:
    """Return the worst verdict of some steps."""
    verdicts: list[Any] = [state.verdict(step.number) for step in steps]
    order = (Verdict.FAIL, Verdict.NOT_DONE, Verdict.WARN)
    return next((one for one in order if one in verdicts), Verdict.PASS)


__all__ = [
    "Aborted",
    "NotSafe",
    "Voice",
    "begun",
    "commission",
    "continuation",
    "folder_of",
    "overall",
    "seconds_left",
    "stands",
    "versions",
]
