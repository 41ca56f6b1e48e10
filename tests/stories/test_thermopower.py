"""A thermopower run on the simulated rig, from its procedure to the report, and what a heater may do wrong."""

import json
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from analysis.recording import Recording
from analysis.thermoelectric.thermopower_holds import thermopower_holds
from analysis.thermoelectric.thermopower_run import evaluate
from analysis.thermoelectric.thermopower_summary import placed, summarise
from app.acquisition.playback_rig import playback_rig, rig_toml
from app.cli import main
from app.offline.analyse import analyse_measurement
from app.replay.player import Player
from app.report.heating_text import print_measurement
from app.viewmodels.session import Session
from app.viewmodels.session_result import result_of
from procedures.thermopower import Thermopower
from procedures.thermopower_controls import GoldContacts
from tests.conftest import leave_unanalysed
from tests.support.report_words import names_of_the_code
from tests.support.rig.rigs import served_rig

WORLD = {
    "sample.species": "BDA",
    "heater.where": "tip",
    "heater.expansion_s": 0.2,
    "molecule.BDA.binding_probability": 0.95,
    "molecule.BDA.lifetime_s": 1e4,
    "molecule.BDA.telegraph_probability": 0.0,
    "molecule.BDA.site_jump_Hz": 1e-6,
    "molecule.BDA.noise_at_1Hz": 1e-6,
}
QUICK = {
    "conductance": 0.005,
    "window_percent": 60.0,
    "approach_speed": 50.0,
    "withdraw_speed": 5.0,
    "leave_speed": 50.0,
    "past_break": 0.6,
    "baseline_time": 0.05,
    "check_time": 0.05,
    "stop_within": 0.02,
    "hold_time": 0.3,
}


def thermopower(**values):
    return Thermopower.from_values({**QUICK, **values})


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    """A recording, the true thermopowers of its molecules, and what the heater's output is afterwards."""
    folder = tmp_path_factory.mktemp("thermopower")
    with served_rig(folder, overrides=WORLD, seed=4) as rig, pytest.MonkeyPatch.context() as patch:
        leave_unanalysed(patch)
        summary = rig.bench().run(thermopower(holds=4, dT="0 20"), folder / "night.h5")
        log = rig.simulated.bench.world.heated.junction.log
        true = [truth.seebeck_V_per_K for (kind, _), truth in log.items() if kind == "molecule"]
        yield summary, np.array(true), rig.simulated.bench.outputs["heater"]


@pytest.fixture(scope="module")
def analysed(campaign):
    return analyse_measurement([campaign[0].recording])


def test_the_run_ends_safely_with_the_heater_off(campaign):
    summary, _, heater_V = campaign
    assert (summary.end.status, summary.end.safe, heater_V) == ("finished", True, 0.0)


def test_the_thermopower_of_the_recording_is_that_of_its_molecules(campaign, analysed):
    _, true, _ = campaign
    result = analysed.thermopower
    assert [one.junctions for one in result.sets] == [4, 4]
    assert result.sets[1].dT_K == pytest.approx(20.0, abs=0.3)
    # Four junctions at each difference: their spread, 1.6 uV/K and the noise of the offset, and five sigma.
    assert result.line.slope + 1.9e-6 == pytest.approx(true.mean(), abs=5 * 1.6e-6)


def test_the_window_shows_what_the_analysis_finds(campaign, analysed):
    summary, offline = campaign[0], analysed.thermopower
    with Player(summary.recording) as player:
        session = Session(player.header)
        player.play()
        for item in player.advance(3600.0):
            session.feed(item)
    session.close()
    session.settle()
    shown, saved = session.thermopower.snapshot(), result_of(session)["thermopower"]
    session.dispose()
    assert shown.seebeck_uV_per_K == pytest.approx(1e6 * offline.line.slope)
    assert shown.junctions == len(offline.holds)
    assert saved["S_V_per_K"] == pytest.approx(offline.line.slope)


@pytest.mark.usefixtures("undrawn")
def test_command_line_and_report_tell_it(campaign, tmp_path):
    summary, _, _ = campaign
    runner = CliRunner()
    told = runner.invoke(main, ["analyze", str(summary.recording)])
    assert "uV/K at 300 K" in told.output and "HOMO" in told.output
    content = json.loads(runner.invoke(main, ["analyze", "--json", str(summary.recording)]).output)
    assert content["thermopower"]["S_V_per_K"] > 0.0
    page = tmp_path / "night.html"
    assert runner.invoke(main, ["report", str(summary.recording), "--out", str(page)]).exit_code == 0
    assert "thermopower S at 300 K" in page.read_text(encoding="utf-8")
    assert names_of_the_code(page.read_text(encoding="utf-8")) == []


@pytest.mark.usefixtures("unanalysed")
def test_an_alternating_heater_gives_the_thermopower_without_offsets(tmp_path, capsys):
    """The bias is off by 2 mV, ten times what the molecules give: neither slope nor intercept shows it."""
    slow = {"heater.expansion_s": 1.0, "thermoelectric.offset_V": 2e-3}
    with served_rig(tmp_path, overrides={**WORLD, **slow}, seed=4) as rig:
        procedure = thermopower(holds=3, at_once=3, dT="0 30", method="2w")
        summary = rig.bench(unproved="story").run(procedure, tmp_path / "a.h5")
        log = rig.simulated.bench.world.heated.junction.log
        true = [truth.seebeck_V_per_K for (kind, _), truth in log.items() if kind == "molecule"]
        heater_V = rig.simulated.bench.outputs["heater"]
    assert (summary.end.reason, summary.end.safe, heater_V) == ("", True, 0.0)
    measurement = analyse_measurement([summary.recording])
    result = measurement.thermopower
    assert [one.junctions for one in result.sets] == [3, 3]
    assert result.sets[1].dT_K == pytest.approx(15.0, rel=0.02), "amplitude: half of the largest difference"
    # 1.6 uV/K between molecules, 50 uV of noise in 0.3 s at 15 K; five sigma.
    sigma = 5 * np.hypot(1.6e-6, 50e-6 / 15.0) / 3**0.5
    assert result.line.slope + 1.9e-6 == pytest.approx(np.mean(true), abs=sigma)
    assert abs(result.line.intercept) < 5 * 50e-6 / 3**0.5
    assert abs(result.quadrature_V_per_K[0]) < sigma
    print_measurement(measurement)
    assert "out of phase" in capsys.readouterr().out


def test_the_rig_of_its_recording_can_be_played_back(campaign):
    summary, _, _ = campaign
    addresses = {
        "daq": "127.0.0.1:1",
        "current_amplifier": "TCPIP0::127.0.0.1::gpib0,22::INSTR",
        "voltage_preamplifier": "ASRL9::INSTR",
    }
    with Recording(summary.recording) as recording:
        played = playback_rig(recording.header, "", "Dev1", addresses, 1.0)
    assert played.heater is None
    assert "heater" not in tomllib.loads(rig_toml(played, ""))


@pytest.mark.usefixtures("unanalysed")
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"heater.readback": 0.0}, "read-back is unplugged"),
        ({"heater.readback": 3.0}, "heater.most_W"),
    ],
)
def test_a_heater_that_is_not_as_commanded_ends_the_run_with_heater_and_bias_at_zero(
    tmp_path: Path, wrong, message
):
    with served_rig(tmp_path, overrides={**WORLD, **wrong}, seed=2) as rig:
        summary = rig.bench(unproved="heater").run(thermopower(holds=1, dT="0 20"), tmp_path / "a.h5")
        assert summary.end.status == "fault"
        assert message in summary.end.reason
        assert rig.simulated.bench.outputs["heater"] == 0.0
        assert rig.is_safe(after_s=2.0), "once the tip has cooled and shrunk"
    with Recording(summary.recording) as recording:
        assert recording.n_samples > 0


@pytest.mark.usefixtures("unanalysed")
def test_metallic_contacts_have_no_slope(tmp_path):
    """Gold of the world: none at a multiple of G0, 1 uV/K half way; six contacts, five sigma."""
    values = {"approach_speed": 50.0, "leave_speed": 50.0, "baseline_time": 0.05, "check_time": 0.05}
    control = GoldContacts.from_values({**values, "holds": 3, "dT": "0 20", "hold_time": 0.3})
    with served_rig(tmp_path, overrides={**WORLD, "sample.species": "Au"}, seed=3) as rig:
        summary = rig.bench(unproved="story").run(control, tmp_path / "gold.h5")
    assert (summary.end.reason, summary.cycles) == ("", 6)
    with Recording(summary.recording) as recording:
        run = evaluate(thermopower_holds(recording), recording.header, "")
    holds = placed([replace(hold, control="") for hold in run.holds], run.thermometer.seebeck_V_per_K)
    found = summarise(holds, 0.0, np.random.default_rng(0))
    assert run.control == "gold contacts"
    assert abs(found.line.slope) < 5 * max(found.line.sigma_slope, 0.5e-6)


def test_the_error_is_compared_with_what_the_procedure_expected(analysed, capsys):
    (one,) = analysed.errors
    assert (one.quantity, one.planned, one.used) == ("thermopower", 8, 8)
    assert one.reached == analysed.thermopower.line.sigma_slope
    assert 0.2 < one.ratio < 5.0, "eight quiet junctions, with an assumed spread of 30 %"
    (content,) = analysed.to_json()["expected_errors"]
    assert content["ratio"] == one.ratio
    print_measurement(analysed)
    assert "reached/expected" in capsys.readouterr().out
