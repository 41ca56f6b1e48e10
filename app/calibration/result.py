"""What an evaluated calibration is: a record to keep, its numbers beside those known before, remarks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from math import hypot
from typing import Any

from analysis.recording import Recording
from analysis.records import EventKind
from app.config.calibration_store import CalibrationStore, Record
from app.config.rig import Rig


@dataclass(frozen=True)
class CalibratedQuantity:
    """A number that was found, with one standard deviation, and the one that was known before."""

    name: str
    unit: str
    value: float
    uncertainty: float
    before: float | None = None
    before_uncertainty: float = 0.0

    @property
    def agrees(self) -> bool | None:
        """Whether both are within two standard deviations of their difference; None without an old one."""
        if self.before is None:
            return None
        return abs(self.value - self.before) <= 2 * hypot(self.uncertainty, self.before_uncertainty)


@dataclass(frozen=True)
class CalibrationResult:
    """What a calibration found: the record to keep, its numbers, and what else its user should know."""

    record: Record
    quantities: tuple[CalibratedQuantity, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class PreviousCalibration:
    """What is known already: the rig as calibrated, its store."""

    rig: Rig
    store: CalibrationStore


def when_of(recording: Recording) -> dict[str, Any]:
    """Fields of every record."""
    started = recording.header.started
    moment = datetime.fromisoformat(started) if started else datetime.now(UTC)
    return {"date": moment, "recording": recording.path.name}


def spans_of(recording: Recording, step: str) -> Iterator[tuple[int, int]]:
    """(start, stop) of every finished step of that name."""
    start: int | None = None
    for event in recording.events:
        if event.kind is EventKind.STEP and event.name == step:
            if event.payload.get("phase") == "begin":
                start = event.sample
            elif start is not None:
                yield start, event.sample
                start = None
