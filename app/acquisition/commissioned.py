"""Commissioning of a rig, as its runs and `hotjunction check` see it: which one, and why it may count no more."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.acquisition.proofs import fingerprint
from app.config.calibrated_rig import age_days
from app.config.calibration_store import CalibrationStore, CommissionRecord, store_of
from app.config.rig import Rig, load_rig
from app.config.simulated_rig_file import is_simulated

VALID_DAYS = 180
"""Age after which a rig is commissioned again."""

COMMAND = "`hotjunction commission`"

CHANGING = frozenset({"controller", "address", "calibrated"})
"""Keys that differ in each rig file of the same simulated rig."""


def rig_mark(rig_file: Path) -> str:
    """Return a short text that changes with the rig file; addresses of a simulated rig do not count.

    Raises ``FileError``.
    """
    content = load_rig(rig_file).model_dump()
    return fingerprint(_lasting(content) if is_simulated(rig_file) else content)


def _lasting(content: Any) -> Any:
    if isinstance(content, Mapping):
        return {name: _lasting(value) for name, value in content.items() if name not in CHANGING}
    return content


def last_commissioning(store: CalibrationStore) -> CommissionRecord | None:
    """Return the newest commissioning; None for a rig without one. Raises ``FileError``."""
    return store.newest(CommissionRecord)


def why_stale(record: CommissionRecord, mark: str, card: int | None, now: datetime) -> list[str]:
    """Return why a commissioning counts no more, as clauses; empty if it counts.

    Parameters
    ----------
    record : CommissionRecord
    mark : str
        Of the present rig file, by `rig_mark`.
    card : int or None
        Serial number of the present card; None if it is not known.
    now : datetime
    """
    days, reasons = age_days(record.date, now), []
    if record.rig_file != mark:
        reasons.append("the rig file has changed since")
    if card is not None and record.card != card:
        reasons.append(f"it was made with card {record.card:X}, this is card {card:X}")
    if days > VALID_DAYS:
        reasons.append(f"it is {days:.0f} days old, more than {VALID_DAYS}")
    return reasons


def for_header(rig_file: Path, rig: Rig, card: int, now: datetime | None = None) -> dict[str, Any]:
    """Return the commissioning on which a run stands, for its header; empty for a rig without one.

    Raises ``FileError``.
    """
    record = last_commissioning(store_of(rig_file, rig))
    if record is None:
        return {}
    return {
        "id": record.id,
        "date": record.date.isoformat(timespec="seconds"),
        "program": record.program,
        "verdict": record.worst,
        "stale": why_stale(record, rig_mark(rig_file), card, now or datetime.now(UTC)),
    }


def stale_sentence(commissioning: Mapping[str, Any]) -> str:
    """Return what to tell before a run that stands on a stale or failed commissioning; "" if all is well."""
    reasons = list(commissioning.get("stale", ()))
    if commissioning.get("verdict") == "fail":
        reasons.append("a step of it failed")
    if not reasons:
        return ""
    return (
        f"The commissioning of {commissioning['date'][:10]} counts no more: {'; '.join(reasons)}. "
        f"Repeat {COMMAND}."
    )
