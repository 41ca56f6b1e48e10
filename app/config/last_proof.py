"""The last proof of a rig in its calibration store, and its withdrawal. The watchdog imports it, so it is light."""

from datetime import datetime

from app.config.calibration_store import CalibrationStore, ProofRecord


def last_proof(store: CalibrationStore) -> ProofRecord | None:
    """Return the newest record of a proof; None if there is none. Raises ``FileError`` for a broken store."""
    return store.newest(ProofRecord)


def withdraw_proof(store: CalibrationStore, reason: str, now: datetime) -> None:
    """Let the last proof count no more: the next run proves the rig in full. Raises ``FileError``."""
    last = last_proof(store)
    if last is not None and not last.withdrawn:
        store.save(last.model_copy(update={"date": now, "withdrawn": reason}))
