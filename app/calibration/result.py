"""Result of a calibration: record for the store, values beside the previous ones, remarks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from math import hypot
from typing import Any

from analysis.recording import Recording
from analysis.records import SKIPPED, EventKind
from app.config.calibration_store import CalibrationStore, Record
from app.config.rig import Rig


@dataclass(frozen=True)
class CalibratedQuantity:
    """Measured value with one standard deviation, and the previous value."""

    name: str
    unit: str
    value: float
    uncertainty: float
    before: float | None = None
    before_uncertainty: float = 0.0

    @property
    def agrees(self) -> bool | None:
        """True if both agree within two standard deviations of their difference; None without a previous value."""
        if self.before is None:
            return None
        return abs(self.value - self.before) <= 2 * hypot(self.uncertainty, self.before_uncertainty)


@dataclass(frozen=True)
class CalibrationResult:
    """Result of a calibration: record for the store, values, and remarks for the user."""

    record: Record
    quantities: tuple[CalibratedQuantity, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class PreviousCalibration:
    """Previous calibrations: the calibrated rig and its store."""

    rig: Rig
    store: CalibrationStore


def when_of(recording: Recording) -> dict[str, Any]:
    """Return the fields of every record."""
    started = recording.header.started
    moment = datetime.fromisoformat(started) if started else datetime.now(UTC)
    return {"date": moment, "recording": recording.path.name}


def left_out(what: str, used: int, of: int) -> Iterator[str]:
    """Yield a remark if not all stretches of a recording are used."""
    if used < of:
        yield (
            f"LOOK: {of - used} of {of} {what} are left out: samples are missing, or an amplifier was at its rail"
        )


def spans_of(recording: Recording, step: str) -> Iterator[tuple[int, int]]:
    """Yield (start, stop) of every finished step of that name, except those that a user has skipped."""
    start: int | None = None
    for event in recording.events:
        if event.kind is EventKind.STEP and event.name == step:
            if event.payload.get("phase") == "begin":
                start = event.sample
            elif start is not None:
                if event.payload.get("ended") != SKIPPED:
                    yield start, event.sample
                start = None
