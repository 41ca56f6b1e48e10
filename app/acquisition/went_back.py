"""Way by which the coarse positioner has gone back since the last contact, kept beside the state of the rig.

The next approach follows it by as much. A file that can't be read, or was cut off while it was written, counts as none:
then nothing follows.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path

from analysis.recording import durable
from analysis.records import Event, EventKind
from analysis.shared_files import read_file
from app.config.rig import Rig
from app.config.rig_folder import state_path
from procedures.context import CoarsePositioner, ProcedureContext
from procedures.steps import APPROACH

log = logging.getLogger(__name__)

ENDING = ".back"
CONTACT = "contact"
UNIT = "m"
"""Last word of the file: without it the number may be cut off, 5 of 5e-07."""


class WentBack:
    """Odometer of one rig's coarse positioner.

    Parameters
    ----------
    rig_file : Path
    rig : Rig
    """

    def __init__(self, rig_file: Path, rig: Rig) -> None:
        self._path = state_path(rig_file, rig).with_suffix(ENDING)

    @property
    def way_m(self) -> float:
        """Way in m, 0 if nothing is known."""
        with suppress(OSError, ValueError):
            number, unit = read_file(self._path).decode("ascii").split(" ")
            way_m = float(number)
            if unit == UNIT and isfinite(way_m):
                return max(way_m, 0.0)
        return 0.0

    def moves(self, distance_m: float) -> None:
        """Add a move, away if negative, before it is made."""
        self._keep(max(self.way_m - distance_m, 0.0))

    def on_event(self, event: Event) -> None:
        """Begin anew at a contact."""
        ended = event.payload.get("ended")
        if event.kind is EventKind.STEP and event.name == APPROACH and ended == CONTACT and self.way_m:
            self._keep(0.0)

    def context(self, context: ProcedureContext) -> ProcedureContext:
        """Return the context with a coarse positioner whose moves are added."""
        coarse = context.coarse
        if coarse is None:
            return context
        return replace(context, coarse=_Counted(coarse, self), back_m=self.way_m)

    def _keep(self, way_m: float) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            part = self._path.with_suffix(f"{ENDING}.part")
            part.write_text(f"{way_m!r} {UNIT}", "ascii")
            durable.sync_file(part)
            durable.replace(part, self._path)
        except OSError as error:
            log.warning("The way of the coarse positioner could not be kept in %s: %s", self._path, error)


def left_alone(rig: Rig) -> str:
    """Return how far back the tip of an idle rig is, and what to do about it."""
    retracted_V, extended_V = rig.z_range_V
    back_nm = (extended_V - retracted_V) * rig.piezo.extension_nm_per_V
    remedy = (
        "`hotjunction run park` takes it further"
        if rig.coarse is not None
        else "take its housing back by hand before you leave"
    )
    return f"The tip is back by the piezo alone, by {back_nm:.3g} nm at most: drift can reach it; {remedy}."


@dataclass(frozen=True)
class _Counted:
    """Coarse positioner whose moves are added up."""

    coarse: CoarsePositioner
    went_back: WentBack

    def move(self, distance_m: float, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Move as the positioner does."""
        self.went_back.moves(distance_m)
        self.coarse.move(distance_m, meanwhile)
