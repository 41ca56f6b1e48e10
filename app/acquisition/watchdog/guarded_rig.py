"""A rig under an armed watchdog: what takes long without samples is announced, and a trip decides how a run ended."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from app.acquisition.watchdog.watchdog import Watchdog
from app.config.rig import Rig
from drivers.errors import RigError
from procedures.context import CoarsePositioner, ProcedureContext
from procedures.preflight.proof import Preflight, Proof
from procedures.runner import RunEnd

PROOF_S = 10.0
"""Silence allowed between two scans of the proof, which moves the outputs by 0.1 V and 5 nm."""

COARSE_S = 30.0
"""Silence allowed between two reads of a coarse move, which are twenty steps of at least 1/s apart."""

SETTLES_S = 2.0
"""Time that a tripped watchdog may take beyond its time limit."""

MADE_SAFE = "made safe by the watchdog"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class GuardedRig:
    """A rig and the watchdog over one run.

    Parameters
    ----------
    watchdog : Watchdog
    rig : Rig
    safely : callable
        Brings the rig into the safe state and returns a description; raises ``RigError`` if it can't.
    """

    watchdog: Watchdog
    rig: Rig
    safely: Callable[[], str]

    def arm(self) -> None:
        """Arm the watchdog for a rig at rest. Raises ``WatchdogGone``, ``RigTripped``: nothing was moved."""
        self.watchdog.arm(PROOF_S)

    def make_safe(self) -> str:
        """Bring the rig into the safe state; leave it to a watchdog that has tripped, which holds the outputs.

        Raises
        ------
        RigError
            If neither could.
        """
        within_s = self.rig.safe.within_s
        if self.watchdog.tripped and self.watchdog.made_safe(within_s + SETTLES_S):
            return MADE_SAFE
        done = self.safely()
        self.watchdog.rest(within_s + SETTLES_S)  # what follows is a look at a safe rig
        return done

    def context(self, context: ProcedureContext) -> ProcedureContext:
        """Return the context with a coarse positioner that announces its steps."""
        coarse = context.coarse
        return context if coarse is None else replace(context, coarse=_Announced(coarse, self.watchdog))

    def slow(self, preflight: Preflight) -> Preflight:
        """Return a proof of the rig during which samples may come late, and after which they may not."""

        def proof(context: ProcedureContext, should_stop: Callable[[], bool]) -> Proof:
            proved = preflight(context, should_stop)
            self.watchdog.pace(self.rig.safe.heartbeat_s)
            return proved

        return proof

    def ended(self, end: RunEnd) -> RunEnd:
        """Dismiss the watchdog after a run, if the rig was seen to be safe; return how the run ended."""
        watchdog = self.watchdog
        if watchdog.tripped:
            own = (
                "" if not end.reason or "watchdog" in end.reason else f". The run itself ended: {end.reason}"
            )
            end = replace(end, status="fault", reason=f"The watchdog made the rig safe: {watchdog.why}{own}")
        if not end.safe:
            end = replace(end, reason=f"{end.reason} {watchdog.stay()}")
            log.critical("%s", end.reason)  # at once, not only when the recording is saved
            return end
        gone = watchdog.gone
        watchdog.dismiss()
        return replace(end, reason=f"{end.reason}; rig made safe") if gone and end.status == "fault" else end

    def made_safe_after_error(self) -> str:
        """Make the rig safe after an error of the run; return why it may not be, "" if it is."""
        try:
            self.make_safe()
        except RigError as error:
            unsafe = f"NOT SAFE: {error} {self.watchdog.stay()}"
            log.critical("%s", unsafe)
            return unsafe
        self.watchdog.dismiss()
        return ""


@dataclass(frozen=True)
class _Announced:
    """Coarse positioner whose moves may take longer than the watchdog waits for samples; the tip is back meanwhile."""

    coarse: CoarsePositioner
    watchdog: Watchdog

    def move(self, distance_m: float, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Move as the positioner does; samples come every few steps."""
        with self.watchdog.allowing(COARSE_S):
            self.coarse.move(distance_m, meanwhile)
