"""The loop over the steps: explain, ask, do, show, judge, write."""

import platform
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from analysis.commissioning.judgement import Judgement, Verdict
from app.acquisition.proofs import fingerprint
from app.acquisition.recorder import RecorderFailed
from app.commission.records import save_record
from app.commission.report import write_reports
from app.commission.session import NotSafe, Session, StepFailed
from app.commission.state import Done, State
from app.commission.step import Step
from app.config.rig import load_rig
from drivers.errors import RigError
from procedures.errors import Aborted, ImpossibleSetting, ProcedureFault

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
    """

    ask: Callable[[str], bool]
    begins: Callable[[Step], None] = lambda step: None
    ended: Callable[[Step, Judgement], None] = lambda step, judgement: None


def begun(session: Session, *, anew: bool = False) -> State:
    """Return the state of a session: that in its folder, or a new one if the rig file or the resistor has changed.

    Raises ``FileError``.
    """
    mark = fingerprint(load_rig(session.rig_file).model_dump())
    session.folder.mkdir(parents=True, exist_ok=True)
    state = State.load(session.folder)
    if state is None or anew or (state.rig, state.resistance_ohm) != (mark, session.resistance_ohm):
        state = State(mark, session.resistance_ohm, _now())
    state.facts = {**state.facts, "versions": versions(), "rig file": session.rig_file.name}
    return state


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
    """
    session.proved = state.passed
    try:
        for step in steps:
            if state.passed(step.number) and not again:
                continue
            voice.begins(step)
            session.recordings = []
            judgement = _judged(session, state, step, voice)
            state.steps[step.number] = Done(judgement, _now(), tuple(session.recordings))
            state.facts["card"] = session.card or state.facts.get("card", 0)
            state.save(session.folder)
            voice.ended(step, judgement)
    finally:
        write_reports(session.folder, state)
    save_record(session, state)
    return state


def _judged(session: Session, state: State, step: Step, voice: Voice) -> Judgement:
    missing = [number for number in step.needs if not state.passed(number)]
    if missing:
        text = ", ".join(map(str, missing))
        return Judgement(Verdict.NOT_DONE, remarks=(f"Needs step {text}, which has not passed.",))
    if step.do is None:
        return Judgement(Verdict.NOT_DONE, remarks=(step.explain,))
    question = step.ask.format(resistance=_ohm(session.resistance_ohm))
    if question and not voice.ask(question):
        return Judgement(Verdict.NOT_DONE, remarks=(f"Not confirmed: {question}.",))
    if session.stop.is_set():
        raise Aborted
    try:
        return step.do(session)
    except FAILURES as error:
        return Judgement(Verdict.FAIL, remarks=(str(error),))


def _ohm(ohm: float) -> str:
    for factor, prefix in ((1e6, "M"), (1e3, "k")):
        if ohm >= factor:
            return f"{ohm / factor:g} {prefix}ohm"
    return f"{ohm:g} ohm"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def overall(state: State, steps: Iterable[Step]) -> Verdict:
    """Return the worst verdict of some steps."""
    verdicts: list[Any] = [state.verdict(step.number) for step in steps]
    order = (Verdict.FAIL, Verdict.NOT_DONE, Verdict.WARN)
    return next((one for one in order if one in verdicts), Verdict.PASS)


__all__ = ["Aborted", "NotSafe", "Voice", "begun", "commission", "overall", "versions"]
