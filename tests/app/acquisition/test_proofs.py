"""A run needs a whole proof without a valid one of this rig, else a short one; and reasons why a proof expires."""

from datetime import UTC, datetime, timedelta

import pytest

from app.acquisition.proofs import Proofs, gains_of
from app.config.calibration_store import CalibrationStore, CommissionRecord
from app.config.rig import load_rig
from procedures.preflight.proof import SHORT, WHOLE, Proof
from tests.app.config.test_rig import RIG

BEGIN = datetime(2026, 11, 29, 8, 0, 0, tzinfo=UTC)
NUMBERS = {
    "test current": 1.002,
    "zero check V": 3e-4,
    "thermometer noise ratio": 2.4,
    "thermometer noise V/rtHz": 6e-4,
}


@pytest.fixture
def rig(tmp_path):
    (tmp_path / "rig.toml").write_text(RIG, "utf-8")
    return load_rig(tmp_path / "rig.toml")


def proofs(folder, rig, after_h=0.0, card=7, gain=1e5):
    now = BEGIN + timedelta(hours=after_h)
    amplifiers = {"current_amplifier": {"gain_V_per_A": gain}, "voltage_preamplifier": {}}
    return Proofs(CalibrationStore(folder / "calibrations"), rig, card, amplifiers, lambda: now)


@pytest.fixture
def proved(tmp_path, rig):
    proofs(tmp_path, rig).preflight().keep(Proof(WHOLE, numbers=NUMBERS))
    return tmp_path


def test_without_a_proof_the_rig_is_proved_in_full(tmp_path, rig):
    needed = proofs(tmp_path, rig).preflight()

    assert (needed.whole, needed.why) == (True, "no earlier proof")


def test_a_proof_counts_for_a_day(proved, rig):
    later = proofs(proved, rig, 23.9).preflight()
    too_late = proofs(proved, rig, 24 + 1 / 3600).preflight()

    assert (later.whole, later.why) == (False, "proved in full at 08:00 UTC")
    assert (too_late.whole, too_late.why) == (True, "the last proof is 24.0 h old")
    assert later.reference.test_current == 1.002
    assert later.reference.thermometer_ratio == 2.4
    assert later.reference.thermometer_V_per_rtHz == 6e-4


@pytest.mark.parametrize(
    ("changed", "why"),
    [({"card": 8}, "another card"), ({"gain": 1e6}, "other settings of the amplifiers")],
)
def test_another_card_or_gain_needs_a_proof_of_its_own(proved, rig, changed, why):
    needed = proofs(proved, rig, 1.0, **changed).preflight()

    assert needed.whole
    assert why in needed.why


def test_an_edited_rig_file_needs_a_proof_of_its_own(proved, rig):
    edited = rig.model_copy(update={"name": "moved to the other table"})

    assert "of another rig file" in proofs(proved, edited, 1.0).preflight().why


def test_a_withdrawn_proof_counts_no_more(proved, rig):
    proofs(proved, rig, 1.0).withdraw("the run a.h5 ended with a fault")
    proofs(proved, rig, 1.5).withdraw("another reason")

    needed = proofs(proved, rig, 2.0).preflight()

    assert (needed.whole, needed.why) == (
        True,
        "the last proof counts no more: the run a.h5 ended with a fault",
    )


def test_the_first_contact_after_a_proof_is_kept_with_it(proved, rig):
    proofs(proved, rig, 1.0).contact_made("contact 12 of a.h5, 2026-11-29")
    proofs(proved, rig, 2.0).contact_made("contact 3 of b.h5, 2026-11-29")

    needed = proofs(proved, rig, 3.0).preflight()

    assert (needed.whole, needed.contact) == (False, "contact 12 of a.h5, 2026-11-29")


def test_a_short_proof_is_not_kept(proved, rig):
    proofs(proved, rig, 23.0).preflight().keep(Proof(SHORT))

    assert proofs(proved, rig, 25.0).preflight().whole


def test_a_folder_that_can_not_be_written_costs_only_the_memory(tmp_path, rig, caplog):
    (tmp_path / "calibrations").write_text("not a folder", "utf-8")

    proofs(tmp_path, rig).preflight().keep(Proof(WHOLE))

    assert "can't be saved" in caplog.text
    assert proofs(tmp_path, rig).preflight().whole


COMMISSIONED = {
    "wiring": {
        "test current": 0.98,
        "zero check V": 2e-4,
        "thermometer noise ratio": 2.3,
        "current noise V": 1.0,
    },
    "rise time": {"noise under zero check V": 3e-5},
}


def commission(folder, rig, after_h=0.0, **changed):
    date = BEGIN + timedelta(hours=after_h)
    record = {"card": 7, "rig_settings": gains_of(rig), "numbers": COMMISSIONED, "watchdog_tested": date}
    CalibrationStore(folder / "calibrations").save(
        CommissionRecord(date=date, rig_file="", **{**record, **changed})
    )


def test_the_first_proof_of_a_rig_is_compared_with_its_commissioning(tmp_path, rig):
    commission(tmp_path, rig, -1.0)

    reference = proofs(tmp_path, rig).preflight().reference

    assert (reference.test_current, reference.zero_V, reference.thermometer_ratio) == (0.98, 2e-4, 2.3)
    assert reference.current_noise_V == 3e-5, "that under zero check: the resistor adds noise of its own"


@pytest.mark.parametrize("changed", [{"card": 8}, {"rig_settings": "of other gains"}])
def test_a_commissioning_of_another_card_or_gain_is_no_reference(tmp_path, rig, changed):
    commission(tmp_path, rig, **changed)

    assert proofs(tmp_path, rig, 1.0).preflight().reference.current_noise_V is None


def test_a_watchdog_that_was_not_tested_for_a_day_is_said_to_be_unproved(tmp_path, rig, monkeypatch):
    monkeypatch.setattr("app.acquisition.proofs.psutil.boot_time", lambda: BEGIN.timestamp() - 1e6)
    never = proofs(tmp_path, rig).preflight().unproved
    commission(tmp_path, rig)
    fresh, old = (proofs(tmp_path, rig, hours).preflight().unproved for hours in (23.0, 25.0))
    monkeypatch.setattr("app.acquisition.proofs.psutil.boot_time", lambda: BEGIN.timestamp() + 60)
    rebooted = proofs(tmp_path, rig, 1.0).preflight().unproved

    assert "never tested on this card; `hotjunction commission --steps 13` tests it" in never[0]
    assert fresh == ()
    assert "last tested 2026-11-29 08:00 UTC" in old[0]
    assert rebooted == old


def test_a_clock_that_is_behind_the_newest_calibration_is_told(tmp_path, rig):
    commission(tmp_path, rig, 5.0)

    told = proofs(tmp_path, rig).preflight().unproved[-1]
    assert "clock is 5.0 h behind the newest calibration" in told
    assert f"move the files of later dates out of {tmp_path}" in told
