"""Steps of a commissioning that end programs or break links: with real processes, and the world asked."""

from types import SimpleNamespace

import pytest

from analysis.commissioning.judgement import Judgement, Verdict
from app.acquisition.direct import direct_wires
from app.commission import safety
from app.commission.registry import STEPS
from app.commission.run import Voice, begun, commission
from app.commission.session import Session
from app.commission.simulated_hands import SimulatedHands
from app.commission.state import Done
from app.commission.surface import judged_heat
from drivers.pxi import PXIController
from tests.commissioning import RESISTOR, SMALL
from tests.support.rig.rigs import served_rig
from tests.support.rig.watchdogs import WatchdogWithoutProcess
from tests.support.rig.watched import watched

pytestmark = pytest.mark.usefixtures("unanalysed")

PASS = Done(Judgement(Verdict.PASS), "")


def begun_at(session, *passed):
    state = begun(session)
    state.steps.update(dict.fromkeys(passed, PASS))
    return state


def numbers(state, step):
    return {one.name: one.value for one in state.steps[step].judgement.numbers}


@pytest.mark.usefixtures("watchdog_process")
def test_broken_links_leave_no_bias(tmp_path):
    with served_rig(tmp_path, overrides=RESISTOR) as rig:
        session = Session(rig.file, tmp_path / "day", 1e4, SMALL)
        session.operator = SimulatedHands(rig.simulated.faults)
        state = begun_at(session, 1, 2, 4, 13)

        commission(session, state, [STEPS[15]], Voice(lambda question: True))

        assert state.verdict(15) is Verdict.PASS
        said = " ".join(state.steps[15].judgement.remarks)
        assert "Card gone: the run ended. The card does not respond" in said
        assert "Current amplifier gone: the run ended. Keithley 428" in said and "gateway" in said
        assert all(abs(volts) < 5e-3 for name, volts in numbers(state, 15).items() if "bias" in name)
        assert rig.is_safe()


@pytest.mark.parametrize(("held_V", "fate"), [(0.05, "hold their values"), (0.0, "go to 0 V")])
def test_what_the_outputs_hold_when_a_program_ends_is_written_down(tmp_path, monkeypatch, held_V, fate):
    monkeypatch.setattr("app.acquisition.attended.Watchdog", WatchdogWithoutProcess)
    with watched(tmp_path, RESISTOR) as (rig, worst):
        monkeypatch.setattr(
            safety, "victim", lambda *given: rig.simulated.bench.hold("bias", held_V) or SimpleNamespace()
        )
        monkeypatch.setattr(safety, "end", lambda process, mode: None)
        session = Session(rig.file, tmp_path / "day", 1e4, SMALL, direct_wires(rig.simulated))
        state = begun_at(session, 1, 2, 4)

        commission(session, state, [STEPS[12]], Voice(lambda question: True))

        found = numbers(state, 12)
        assert state.verdict(12) is Verdict.PASS
        assert found["bias 0.05 V after its program is killed"] == pytest.approx(held_V, abs=1e-3)
        assert found["bias 0.05 V after a reset of the card"] == pytest.approx(0.0, abs=1e-3)
        assert f"the outputs {fate}" in state.steps[12].judgement.remarks[0]
        assert worst.bias_V < 0.0505
        assert rig.is_safe()


def test_a_card_is_not_reset_where_that_would_move_the_tip(tmp_path, monkeypatch):
    """Parked at -10 V it would go 100 nm toward the sample."""
    monkeypatch.setattr("app.acquisition.attended.Watchdog", WatchdogWithoutProcess)
    with watched(tmp_path, RESISTOR) as (rig, _):
        text = rig.file.read_text("utf-8")
        for old, new in (
            ("min_V = 0.0, max_V = 10.0", "min_V = -10.0, max_V = 10.0"),
            ("z_V = 0.0", "z_V = -10.0"),
        ):
            assert old in text
            text = text.replace(old, new)
        rig.file.write_text(text, "utf-8")
        monkeypatch.setattr(safety, "victim", lambda *given: SimpleNamespace())
        monkeypatch.setattr(safety, "end", lambda process, mode: None)
        monkeypatch.setattr(safety, "shown", lambda rig, enough: (0.0, 0.05))
        monkeypatch.setattr(
            PXIController, "reset", lambda controller, device: pytest.fail("the card was reset")
        )
        session = Session(rig.file, tmp_path / "day", 1e4, SMALL, direct_wires(rig.simulated))
        state = begun_at(session, 1, 2, 4)

        commission(session, state, [STEPS[12]], Voice(lambda question: True))

        assert state.verdict(12) is Verdict.PASS
        assert (
            "A reset of the card was not tried: it takes z from its safe -10 V"
            in state.steps[12].judgement.remarks[1]
        )
        assert rig.simulated.bench.outputs["z"] == pytest.approx(-10.0, abs=1e-3)


def test_without_a_hand_the_links_are_not_tried(tmp_path, monkeypatch):
    monkeypatch.setattr("app.acquisition.attended.Watchdog", WatchdogWithoutProcess)
    with watched(tmp_path, RESISTOR) as (rig, worst):
        session = Session(rig.file, tmp_path / "day", 1e4, SMALL, direct_wires(rig.simulated))
        state = begun_at(session, 13)

        commission(session, state, [STEPS[15]], Voice(lambda question: "You will" not in question))

        assert "Not tried: card gone." in state.steps[15].judgement.remarks
        assert worst.bias_V < 1e-3


def heat(even_K, sigma_K=1e-4):
    return SimpleNamespace(
        dT_pos_K=even_K,
        dT_neg_K=even_K,
        sigma_pos_K=sigma_K,
        sigma_neg_K=sigma_K,
        junctions=10,
        q_total_W=7e-8,
        thermometer=SimpleNamespace(resistance_K_per_W=7e4),
    )


@pytest.mark.parametrize(
    ("even_K", "verdict", "said"),
    [
        (2.45e-3, "pass", ""),
        (1.0e-3, "pass", ""),
        (1.0e-5, "warn", "The heat is not seen"),
        (-2.45e-3, "fail", "the leads of the thermocouple are exchanged"),
        (10e-3, "fail", "The heat is 4.1 times the predicted one"),
    ],
)
def test_the_heat_of_gold_contacts_shows_sign_and_size_of_the_thermometer(even_K, verdict, said):
    found = judged_heat(heat(even_K))

    assert str(found.verdict) == verdict
    assert said in " ".join(found.remarks)
