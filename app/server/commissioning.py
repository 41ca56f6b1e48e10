"""Commissioning of the bench's rig at a client's request: its steps, the question to the operator, the answer."""

import math
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

from analysis.commissioning.judgement import Judgement, Verdict
from analysis.records import Block
from app.commission.amounts import FULL, QUICK
from app.commission.registry import chosen
from app.commission.report import PAGE, shown
from app.commission.run import (
    Voice,
    begun,
    commission,
    continuation,
    folder_of,
    overall,
    seconds_left,
    stands,
)
from app.commission.session import Session
from app.commission.state import State
from app.commission.step import Step
from app.server.job import Job, Status
from app.server.messages import COMMISSION, CommissionRequest, CommissionState, CommissionStep
from drivers.errors import NotNow
from procedures.errors import ImpossibleSetting

ASK_AGAIN_S = 0.2
"""Time for which a question waits between two looks at the stop."""

WAITING, RUNNING, HAND = "waiting", "running", "needs a hand"
"""States of a step beside its verdicts."""

TOLD_SHARE = 0.01
"""Least progress of a step that is published."""


class Commissioning:
    """Commissioning of one rig, one session at a time. Every method may be called from any thread.

    Parameters
    ----------
    rig_file : Path
    parent : Path
        Folder of the sessions' folders.
    changed : callable
        Called when what clients see has changed.
    watch : callable
        Gets the samples while a step records.
    """

    def __init__(
        self,
        rig_file: Path,
        parent: Path,
        changed: Callable[[], None],
        watch: Callable[[Block], None] = lambda block: None,
    ) -> None:
        self._rig_file, self._parent = rig_file, parent
        self._changed, self._watch = changed, watch
        self._answered = threading.Condition()
        self._version = self._question = 0
        self._asked = ""
        self._answer: bool | None = None
        self._request = CommissionRequest()
        self._session = Session(rig_file, parent, self._request.resistance_ohm)
        self._state: State | None = None
        self._job = 0
        self._step: Step | None = None
        self._share = 0.0
        self._kept: list[str] = []

    # ---- a session ----

    def job(self, number: int, request: CommissionRequest) -> Job:
        """Return the job of a session. Raises ``ImpossibleSetting`` or ``FileError``."""
        steps = _steps(request)
        if not (math.isfinite(request.resistance_ohm) and request.resistance_ohm >= 1):
            raise ImpossibleSetting(
                f"The resistor is {request.resistance_ohm:g} ohm: it must be 1 ohm or more."
            )
        folder = self._begun(request)[0].folder
        return Job(number, COMMISSION, dict(vars(request)), folder, repeats="steps", total=len(steps))

    def look(self, request: CommissionRequest) -> CommissionState:
        """Return what a session of this request would keep and do, without starting it."""
        if not self._job:
            self._request = request
            self._session, self._state = self._begun(request)
            self._kept = continuation(self._state, _steps(request))
        return self.to_json()

    def run(self, job: Job) -> tuple[Status, str]:
        """Do a session; return how it ended, and why.

        Raises
        ------
        NotSafe
            If the rig is not confirmed safe.
        Aborted
            If it was stopped; the rig is safe.
        """
        self._request = CommissionRequest(**job.values)
        steps = _steps(self._request)
        self._session, self._state = self._begun(self._request)
        self._session.stop, self._session.watch = job.stop, self._watch
        self._kept, self._job = continuation(self._state, steps), job.id
        voice = Voice(self._ask, self._begins, lambda step, judgement: self._ended(job), self._progress)
        try:
            state = commission(self._session, self._state, steps, voice, again=self._request.again)
        finally:
            self._step, self._asked, self._job, self._kept = None, "", 0, []
            self._changed()
        failed = [str(step.number) for step in steps if state.verdict(step.number) is Verdict.FAIL]
        words = f"step {', '.join(failed)} failed: see {PAGE}" if failed else ""
        return Status.FINISHED, words

    def _begun(self, request: CommissionRequest) -> tuple[Session, State]:
        amounts = QUICK if request.quick else FULL
        session = Session(self._rig_file, self._parent, request.resistance_ohm, amounts)
        session.folder = folder_of(session, self._parent, _steps(request), date.today())
        return session, begun(session)

    # ---- words of the session, from its thread ----

    def _ask(self, question: str) -> bool:
        with self._answered:
            self._question, self._asked, self._answer = self._question + 1, question, None
        self._changed()
        with self._answered:
            while self._answer is None and not self._session.stop.is_set():
                self._answered.wait(ASK_AGAIN_S)
            self._asked = ""
        self._changed()
        return bool(self._answer)

    def _begins(self, step: Step) -> None:
        self._step, self._share = step, 0.0
        self._changed()

    def _ended(self, job: Job) -> None:
        job.cycles += 1
        self._step = None
        self._changed()

    def _progress(self, step: Step, share: float) -> None:
        if share - self._share >= TOLD_SHARE:
            self._share = share
            self._changed()

    # ---- clients ----

    def answer(self, question: int, yes: bool) -> None:
        """Answer a question. Raises ``NotNow`` if it is not the present one."""
        with self._answered:
            if not self._asked or question != self._question:
                raise NotNow("This question is no longer open")
            self._answer = yes
            self._answered.notify_all()

    def to_json(self) -> CommissionState:
        """Return what clients see; later ones have larger versions."""
        with self._answered:
            self._version += 1
            version, question = self._version, self._question if self._asked else 0
        state, step, steps = self._state, self._step, _steps(self._request)
        report = self._session.folder / PAGE
        return {
            "version": version,
            "job": self._job,
            "folder": str(self._session.folder),
            "resistance_ohm": self._session.resistance_ohm,
            "question": question,
            "asked": self._asked,
            "kept": " ".join(self._kept),
            "verdict": str(overall(state, steps)) if state else str(Verdict.NOT_DONE),
            "left_s": self._left_s(),
            "report": str(report) if report.is_file() else "",
            "steps": [self._row(one, one is step) for one in steps],
        }

    def _left_s(self) -> float:
        if self._state is None:
            return 0.0
        steps, again = _steps(self._request), self._request.again
        if self._step is None:
            return seconds_left(self._session, self._state, steps, again=again and not self._job)
        after = [one for one in steps if one.number > self._step.number]
        present_s = self._step.takes_s(self._session.amounts) * (1 - self._share)
        return present_s + seconds_left(self._session, self._state, after, again=again)

    def _row(self, step: Step, present: bool) -> CommissionStep:
        state = self._state
        done = state.steps.get(step.number) if state else None
        if present:
            word = HAND if self._asked else RUNNING
        elif done is None or (self._job and self._again(step)):
            word = WAITING
        else:
            word = str(done.judgement.verdict)
        judgement = done.judgement if done and word not in (WAITING, RUNNING) else Judgement(Verdict.NOT_DONE)
        return {
            "number": step.number,
            "title": step.title,
            "explain": step.explain,
            "state": word,
            "share": self._share if present else float(word not in (WAITING, HAND)),
            "takes_s": step.takes_s(self._session.amounts),
            "numbers": [shown(number) for number in judgement.numbers],
            "remarks": list(judgement.remarks),
            "when": done.when if done else "",
        }

    def _again(self, step: Step) -> bool:
        """Return True if the present session has yet to do a step that was done before."""
        after = self._step is None or step.number > self._step.number
        wanted = self._request.again or (self._state is not None and not stands(self._state, step.number))
        return bool(after and wanted and self._step is not None)


def _steps(request: CommissionRequest) -> list[Step]:
    """Return the steps of a request. Raises ``ImpossibleSetting``."""
    try:
        return chosen(request.steps, request.stage)
    except ValueError as error:
        raise ImpossibleSetting(f"Steps: {error}.") from None
