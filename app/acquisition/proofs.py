"""Proofs of a rig: whole once a day, short before each further run, anew after whatever may have changed the rig."""

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from analysis.preflight.measured import Reference
from analysis.preflight.thermometer import THERMOMETER_NOISE
from app.acquisition.open_rig import OpenRig
from app.config.calibration_store import CalibrationStore, CommissionRecord, ProofRecord, store_of
from app.config.last_proof import last_proof, withdraw_proof
from app.config.rig import Rig
from app.config.toml import FileError
from procedures.preflight.proof import REFERENCE, STRAY, WHOLE, Proof, Prove

log = logging.getLogger(__name__)

VALID_FOR = timedelta(hours=24)
CLOCK_BEHIND = timedelta(minutes=10)
"""Time by which a clock may be behind the newest calibration: some are made on other computers."""

ZERO_NOISE = "noise under zero check"
"""Name of the noise of the current input, at the gain in use, in the numbers of a commissioning."""


def fingerprint(content: Any) -> str:
    """Return a short text that differs for different content."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:16]


def gains_of(rig: Rig) -> str:
    """Return a short text that differs for other gains and filters of the amplifiers."""
    amplifier, preamplifier = rig.current_amplifier, rig.voltage_preamplifier
    return fingerprint(
        [amplifier.gain_V_per_A, amplifier.rise_time_s, preamplifier.gain, preamplifier.lowpass_Hz]
    )


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
            unproved=tuple(self._unproved()),
            check=check,
            keep=self._keep,
        )

    def _unproved(self) -> list[str]:
        """Return what no response of the rig shows: a watchdog that was not tested lately, a clock that is behind."""
        try:
            newest = max((record.date for record in self.store.records()), default=self.now())
            record = self._commissioned()
        except FileError as error:
            log.warning("%s", error)
            return []
        found = []
        tested = record.watchdog_tested if record is not None else None
        boot = datetime.fromtimestamp(psutil.boot_time(), UTC)
        if tested is None or self.now() - tested > VALID_FOR or tested < boot:
            when = f"last tested {tested:%Y-%m-%d %H:%M} UTC" if tested else "never tested on this card"
            found.append(
                f"that the watchdog removes the bias of a dead program: {when}; "
                "`hotjunction commission --steps 13` tests it"
            )
        if newest - self.now() > CLOCK_BEHIND:
            found.append(
                f"time of day: this computer's clock is {(newest - self.now()) / timedelta(hours=1):.1f} h behind "
                f"the newest calibration, of {newest:%Y-%m-%d %H:%M} UTC. Set the clock; if it is right, move the "
                f"files of later dates out of {self.store.folder}: the newest counts, also one with a wrong date"
            )
        return found

    def _commissioned(self) -> CommissionRecord | None:
        """Return the newest commissioning with this card. Raises ``FileError``."""
        return self.store.newest(CommissionRecord, card=self.card)

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
            return self._commissioned_reference()
        numbers = last.numbers
        response = numbers.get("test current", 0.0)
        return Reference(
            test_current=response if response > 0 else None,
            zero_V=numbers.get("zero check V"),
            current_noise_V=numbers.get("current noise V"),
            thermometer_ratio=numbers.get("thermometer noise ratio"),
            thermometer_V_per_rtHz=numbers.get(THERMOMETER_NOISE),
            mains_V=numbers.get("mains at the thermometer V"),
            stray_F=numbers.get(STRAY),
            reference_V=numbers.get(REFERENCE),
        )

    def _commissioned_reference(self) -> Reference:
        """Return the numbers of the commissioning, if its gains are the present ones; else none."""
        try:
            record = self._commissioned()
        except FileError as error:
            log.warning("%s", error)
            return Reference()
        if record is None or record.rig_settings != gains_of(self.rig):
            return Reference()
        seen = record.numbers.get("wiring", {})
        response = seen.get("test current", 0.0)
        return Reference(
            test_current=response if response > 0 else None,
            zero_V=seen.get("zero check V"),
            current_noise_V=record.numbers.get("rise time", {}).get(f"{ZERO_NOISE} V"),
            thermometer_ratio=seen.get("thermometer noise ratio"),
            mains_V=seen.get("mains at the thermometer V"),
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
