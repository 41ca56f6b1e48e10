"""Which proof a run needs: whole without a valid one of this rig, else short; and what makes a proof count no more."""

from datetime import UTC, datetime, timedelta

import pytest

from app.acquisition.proofs import Proofs
from app.config.calibration_store import CalibrationStore
from app.config.rig import load_rig
from procedures.preflight.proof import SHORT, WHOLE, Proof
from tests.app.config.test_rig import RIG

BEGIN = datetime(2026, 11, 29, 8, 0, 0, tzinfo=UTC)
NUMBERS = {"test current": 1.002, "zero check V": 3e-4, "thermometer noise ratio": 2.4}


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
