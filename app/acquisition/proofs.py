"""Proofs of a rig: whole once a day, short before each further run, anew after whatever may have changed the rig."""

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from analysis.preflight.measured import Reference
from app.acquisition.open_rig import OpenRig
from app.config.calibration_store import CalibrationStore, ProofRecord, store_of
from app.config.last_proof import last_proof, withdraw_proof
from app.config.rig import Rig
from app.config.toml import FileError
from procedures.preflight.proof import WHOLE, Proof, Prove

log = logging.getLogger(__name__)

VALID_FOR = timedelta(hours=24)


def fingerprint(content: Any) -> str:
    """Return a short text that differs for different content."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Proofs:
    """Proofs of one rig in its calibration store.

    Parameters
    ----------
    store : CalibrationStore
    rig : Rig
        With its calibrations and settings made by hand.
    card : int
        Serial number of the card.
    amplifiers : mapping
        Settings of the amplifiers on which samples depend, by role.
    now : callable
        Present time.
    """

    store: CalibrationStore
    rig: Rig
    card: int
    amplifiers: Mapping[str, Any]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def preflight(self, check: Callable[[], None] = lambda: None, *, anew: bool = False) -> Prove:
        """Return the proof that the next run needs, and that keeps its result.

        Parameters
        ----------
        check : callable
            Called before every scan of the proof.
        anew : bool
            Prove in full whatever was proved before.
        """
        last = self._last()
        why = "asked for" if anew else self._why_whole(last)
        return Prove(
            whole=bool(why),
            why=why or f"proved in full at {last.proved:%H:%M} UTC" if last else why,
            contact=last.contact if last else "",
            reference=self._reference(last),
            check=check,
            keep=self._keep,
        )

    def withdraw(self, reason: str) -> None:
        """Let the last proof count no more: the next run proves the rig in full."""
        try:
            withdraw_proof(self.store, reason, self.now())
        except FileError as error:
            log.warning("%s", error)

    def contact_made(self, contact: str) -> None:
        """Note the first contact since the last proof: it proved the cables of sample and probe."""
        last = self._last()
        if last is not None and not last.withdrawn and not (last.contact and last.date > last.proved):
            self._save(last.model_copy(update={"date": self.now(), "contact": contact}))

    def _last(self) -> ProofRecord | None:
        try:
            return last_proof(self.store)
        except FileError as error:
            log.warning("%s", error)
            return None

    def _why_whole(self, last: ProofRecord | None) -> str:
        """Return the reason for a whole proof; "" if the last one still counts."""
        if last is None:
            return "no earlier proof"
        age = self.now() - last.proved
        if last.withdrawn:
            return f"the last proof counts no more: {last.withdrawn}"
        if last.rig_file != fingerprint(self.rig.model_dump()):
            return "the last proof is of another rig file or calibration"
        if last.card != self.card:
            return "the last proof is of another card"
        if last.amplifiers != fingerprint(self.amplifiers):
            return "the last proof is of other settings of the amplifiers"
        if not timedelta(0) <= age < VALID_FOR:
            return f"the last proof is {age / timedelta(hours=1):.1f} h old"
        return ""

    def _reference(self, last: ProofRecord | None) -> Reference:
        """Return the earlier numbers with which a new proof is compared: those of the same amplifier settings."""
        if last is None or last.amplifiers != fingerprint(self.amplifiers):
            return Reference()
        numbers = last.numbers
        response = numbers.get("test current", 0.0)
        return Reference(
            test_current=response if response > 0 else None,
            zero_V=numbers.get("zero check V"),
            current_noise_V=numbers.get("current noise V"),
            thermometer_ratio=numbers.get("thermometer noise ratio"),
            mains_V=numbers.get("mains at the thermometer V"),
        )

    def _keep(self, proof: Proof) -> None:
        if proof.form != WHOLE:
            return
        now = self.now()
        self._save(
            ProofRecord(
                date=now,
                method="pre-flight",
                proved=now,
                rig_file=fingerprint(self.rig.model_dump()),
                card=self.card,
                amplifiers=fingerprint(self.amplifiers),
                numbers=dict(proof.numbers),
                contact=proof.contact,
            )
        )

    def _save(self, record: ProofRecord) -> None:
        """Save a record; a folder that can't be written costs a whole proof per run, and no run."""
        try:
            self.store.save(record)
        except FileError as error:
            log.warning("%s", error)


def proofs_of(rig_file: Path, rig: Rig, opened: OpenRig) -> Proofs:
    """Return the proofs of an open rig, beside the calibrations of its file."""
    return Proofs(store_of(rig_file, rig), rig, opened.context.daq.identity.serial, opened.amplifiers)
