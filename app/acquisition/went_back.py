"""Way by which the coarse positioner has gone back since the last contact, kept beside the state of the rig.

The next approach follows it by as much. A file that can't be read, or was cut off while it was written, counts as none:
then nothing follows. It is written at the first contact of each run, also of a rig without a coarse positioner: so a
later program knows when the tip last touched.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
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
        self._touched = False

    @property
    def way_m(self) -> float:
        """Way in m, 0 if nothing is known."""
        return self._read_m() or 0.0

    def _read_m(self) -> float | None:
        with suppress(OSError, ValueError):
            number, unit = read_file(self._path).decode("ascii").split(" ")
            way_m = float(number)
            if unit == UNIT and isfinite(way_m):
                return max(way_m, 0.0)
        return None

    @property
    def last_contact(self) -> datetime | None:
        """Time of the first contact of the last run that had one; None if unknown, or if the tip went back since."""
        if self._read_m() != 0.0:
            return None
        with suppress(OSError):
            return datetime.fromtimestamp(self._path.stat().st_mtime).astimezone()
        return None

    def moves(self, distance_m: float) -> None:
        """Add a move, away if negative, before it is made."""
        self._keep(max(self.way_m - distance_m, 0.0))

    def on_event(self, event: Event) -> None:
        """Begin anew at a contact."""
        ended = event.payload.get("ended")
        if event.kind is EventKind.STEP and event.name == APPROACH and ended == CONTACT:
            if self.way_m or not self._touched:
                self._keep(0.0)
            self._touched = True

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
    remedy = (
        "`hotjunction run park` takes it further"
        if rig.coarse is not None
        else "take its housing back by hand before you leave"
    )
    return f"The tip is back by the piezo alone, by {_back_nm(rig):.3g} nm at most: drift can reach it; {remedy}."


def left_before(rig: Rig, contact: datetime) -> str:
    """Return how far back the tip of an idle rig is that an earlier program has left, as far as that is known."""
    return (
        f"A run before this bench touched the sample ({contact:%Y-%m-%d %H:%M}). Unless the tip's housing was taken "
        f"back since, the tip is back by the piezo alone, by {_back_nm(rig):.3g} nm at most: drift can reach it."
    )


def _back_nm(rig: Rig) -> float:
    retracted_V, extended_V = rig.z_range_V
    return (extended_V - retracted_V) * rig.piezo.extension_nm_per_V


@dataclass(frozen=True)
class _Counted:
    """Coarse positioner whose moves are added up."""

    coarse: CoarsePositioner
    went_back: WentBack

    def move(self, distance_m: float, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Move as the positioner does."""
        self.went_back.moves(distance_m)
        self.coarse.move(distance_m, meanwhile)
