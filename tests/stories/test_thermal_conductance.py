"""A run of thermal conductance on the simulated rig, from its procedure to window, command line and report."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from analysis.constants import G0_S
from analysis.recording import Recording
from analysis.records import EventKind
from analysis.thermoelectric.thermal_conductance_words import conductance_words
from analysis.thermoelectric.wiedemann_franz import electron_W_per_K
from app.cli import main
from app.offline.analyse import analyse_measurement
from app.replay.player import Player
from app.viewmodels.session import Session
from app.viewmodels.session_result import result_of
from procedures.thermal_conductance import STEP, ThermalConductance
from tests.conftest import leave_unanalysed
from tests.support.report_words import names_of_the_code
from tests.support.rig.rigs import served_rig

WORLD = {
    "sample.species": "Au",
    "heater.where": "tip",
    "heater.expansion_s": 0.1,
    "heater.tip_nm_per_K": 0.0,
    "gold.lifetime_s": 0.8,
    "gold.lifetime_spread_decades": 0.05,
    "thermal.resistance_K_per_W": 1e6,
}
QUICK = {
    "conductance": 1.0,
    "window_sigma": 2.0,
    "peak_sigma_decades": 0.06,
    "approach_speed": 50.0,
    "withdraw_speed": 5.0,
    "leave_speed": 50.0,
    "past_break": 0.6,
    "baseline_time": 0.05,
    "check_time": 0.05,
    "stop_within": 0.02,
    "longest_hold": 5.0,
    "linger": 1.0,
    "ruptures": 3,
    "off_share": 0.25,
}


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    """A recording, the true thermal conductances of its contacts, and the heater's voltage afterwards."""
    folder = tmp_path_factory.mktemp("conductance")
    with served_rig(folder, overrides=WORLD, seed=3) as rig, pytest.MonkeyPatch.context() as patch:
        leave_unanalysed(patch)
        summary = rig.bench().run(ThermalConductance.from_values(QUICK), folder / "night.h5")
        log = rig.simulated.bench.world.heated.junction.log
        true = [truth.last_W_per_K for (kind, _), truth in log.items() if kind == "contact"]
        yield summary, np.array(true), rig.simulated.bench.outputs["heater"]


@pytest.fixture(scope="module")
def measurement(campaign):
    return analyse_measurement([campaign[0].recording])


@pytest.fixture(scope="module")
def result(measurement):
    return measurement.thermal_conductance


def test_the_run_ends_safely_with_the_heater_off(campaign):
    summary, _, heater_V = campaign
    assert (summary.end.status, summary.end.safe, heater_V) == ("finished", True, 0.0)


def test_nothing_changes_for_a_second_after_a_rupture(campaign):
    with Recording(campaign[0].recording) as recording:
        ends = [
            e
            for e in recording.events
            if e.kind is EventKind.STEP and e.name == STEP and "fired_at" in e.payload
        ]
        assert len(ends) >= 4
        end = ends[-1]
        start, stop = end.payload["fired_at"], end.sample
        bias_V, heater_V = recording.samples(start, stop - 20, ("bias", "heater"))
    assert stop - start == pytest.approx(2000, abs=110)
    assert np.ptp(bias_V) == pytest.approx(0.01, rel=0.05), "+5 and -5 mV go on"
    assert np.ptp(heater_V[-200:]) > 0.3, "and so does the alternating heater"


def test_thermal_conductance_and_lorenz_ratio_are_those_of_the_world(campaign, result):
    """Five standard errors of the noise of a few ruptures, and what the gap takes over."""
    assert result.mode == "2w" and result.off >= 1 and len(result.used) >= 3
    for one in result.used:
        own = electron_W_per_K(one.rupture.conductance_S, one.mean_K) * 1.05
        assert one.W_per_K == pytest.approx(own, abs=5 * one.sigma_W_per_K + 0.03 * own)
        less = 1.0 - campaign[1] / own
        assert np.any((less > -0.02) & (less < 0.08)), "the world's log has it, less what the gap takes over"
    noise = result.noise_sigma_W_per_K
    assert result.conductance.value > 3 * noise, "the step is seen"
    assert result.mean_K == pytest.approx(315.0, abs=0.5)
    assert result.lorenz.one_quantum_W_per_K == pytest.approx(
        1.05 * electron_W_per_K(G0_S, 315.0), abs=5 * noise + 30e-12
    )
    assert abs(result.heater_off.value) < 5 * result.heater_off.sigma


def played(recording):
    """Return the session of the window after a replay of a recording."""
    with Player(recording) as player:
        session = Session(player.header)
        player.play()
        while items := player.advance(3600.0):
            for item in items:
                session.feed(item)
    session.close()
    session.settle()
    return session


def test_the_window_shows_what_the_analysis_finds(campaign, result):
    session = played(campaign[0].recording)
    shown, saved = session.thermal_conductance.snapshot(), result_of(session)["thermal_conductance"]
    session.dispose()
    assert shown.conductance_pW_per_K == pytest.approx(1e12 * result.conductance.value)
    assert (shown.ruptures, shown.heater_off) == (len(result.used), result.off)
    assert saved["wiedemann_franz"]["L_over_L0"] == pytest.approx(result.lorenz.value)


@pytest.mark.usefixtures("undrawn")
def test_command_line_and_report_tell_it(campaign, result, tmp_path):
    recording = str(campaign[0].recording)
    runner = CliRunner()
    told = runner.invoke(main, ["analyze", recording])
    assert "pW/K at 315 K from" in told.output and "L/L0" in told.output
    content = json.loads(runner.invoke(main, ["analyze", "--json", recording]).output)["thermal_conductance"]
    assert content["G_th_W_per_K"] == pytest.approx(result.conductance.value)
    assert {"mode", "sham", "average", "against_G", "controls", "junctions"} <= set(content)
    page = tmp_path / "night.html"
    assert runner.invoke(main, ["report", recording, "--out", str(page)]).exit_code == 0
    assert "L/L<sub>0</sub> of metallic contacts" in page.read_text(encoding="utf-8")
    assert names_of_the_code(page.read_text(encoding="utf-8")) == []


def test_the_error_is_compared_with_what_the_procedure_expected(measurement):
    (one,) = measurement.errors
    assert (one.quantity, one.planned, one.used) == (
        "thermal conductance",
        3,
        len(measurement.thermal_conductance.used),
    )
    assert one.reached == measurement.thermal_conductance.conductance.sigma
    assert one.ratio == one.reached / one.expected
    noise = measurement.thermal_conductance.noise_sigma_W_per_K
    assert 0.5 < noise / one.expected < 2.0, "the noise is forecast, not how much contacts differ"


PAIRS = {
    **WORLD,
    "sample.species": "BDA",
    "molecule.BDA.binding_probability": 0.95,
    "molecule.BDA.double_probability": 1.0,
    "molecule.BDA.telegraph_probability": 0.0,
    "molecule.BDA.site_jump_Hz": 0.0,
    "molecule.BDA.length_nm": 0.2,
}


@pytest.mark.usefixtures("undrawn", "unanalysed")
def test_pairs_of_molecules_are_counted_apart_in_window_and_report(tmp_path):
    values = {
        **QUICK, "conductance": 0.01, "window_sigma": 0.0, "window_percent": 60.0, "bias": 20.0, "ruptures": 6,
        "longest_hold": 20.0, "creep": 0.02, "contact_threshold": 3.0, "anyway": True,
    }  # fmt: skip
    with served_rig(tmp_path, overrides=PAIRS, seed=3) as rig:
        summary = rig.bench().run(ThermalConductance.from_values(values), tmp_path / "pairs.h5")
    result = analyse_measurement([summary.recording]).thermal_conductance
    (pairs,) = result.several
    assert pairs.molecules == 2 and pairs.ruptures + len(result.used) == 6
    page = tmp_path / "pairs.html"
    assert CliRunner().invoke(main, ["report", str(summary.recording), "--out", str(page)]).exit_code == 0
    assert "lost 2 molecules one after another" in page.read_text(encoding="utf-8")
    session = played(summary.recording)
    shown = session.thermal_conductance.snapshot()
    assert (shown.ruptures, shown.several) == (len(result.used), pairs.ruptures)
    session.dispose()


DRIFTING = {"sr560.room_swing_K": 20.0, "sr560.room_period_s": 180.0}
"""The offset of the thermometer's preamplifier swings by 100 uV either way: 6 K."""


def run_with_steady_heater(folder, zero_every):
    """Run in a room of which the SR560 drifts; return the recording."""
    values = {
        **QUICK,
        "heater": "dc",
        "dT": 30.0,
        "ruptures": 6,
        "off_share": 0.1,
        "zero_every": zero_every,
    }
    with served_rig(folder, overrides={**WORLD, **DRIFTING}, seed=3) as rig:
        summary = rig.bench().run(ThermalConductance.from_values(values), folder / "night.h5")
    assert summary.end.status == "finished", summary.end.reason
    return summary.recording


@pytest.mark.usefixtures("unanalysed")
def test_the_drift_of_the_preamplifier_is_no_temperature_difference(tmp_path):
    """The heater gives 30 K; its leak into the gap and the read-back change that by less than 0.3 K."""
    measurement = analyse_measurement([run_with_steady_heater(tmp_path, 0.15)])
    result = measurement.thermal_conductance
    differences_K = np.array([one.difference_K for one in result.used])
    assert len(differences_K) >= 6
    assert np.abs(differences_K - 30.0).max() < 0.5
    assert result.zero.readings >= 4
    assert result.zero.range_K > 2.0
    content = measurement.to_json()["thermal_conductance"]
    assert content["zero"]["range_K"] == result.zero.range_K
    assert any("zero was read" in sentence for sentence in conductance_words(result))


@pytest.mark.usefixtures("unanalysed")
def test_without_zeros_the_drift_is_a_wrong_temperature_difference(tmp_path):
    result = analyse_measurement([run_with_steady_heater(tmp_path, 0.0)]).thermal_conductance
    differences_K = np.array([one.difference_K for one in result.used])
    assert np.abs(differences_K - 30.0).max() > 2.0
    assert 1 <= result.zero.readings < 4, "none but those of ruptures with the heater off"
