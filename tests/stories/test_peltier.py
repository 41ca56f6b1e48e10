"""A Peltier run on the simulated rig, from its procedure to the report.

The thermal resistance of the tip is large, so that a minute of holds shows what nights show with the tip of 2013.
"""

from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from app.cli import main
from app.offline.analyse import analyse_measurement
from app.replay.player import Player
from app.report.peltier_sections import peltier_words
from app.viewmodels.session import Session
from app.viewmodels.session_result import result_of
from procedures.controls import DummyResistor
from procedures.peltier import Peltier
from tests.conftest import leave_unanalysed
from tests.stories.test_thermopower import QUICK
from tests.stories.test_thermopower import WORLD as HEATED_WORLD
from tests.support.report_words import names_of_the_code
from tests.support.rig.rigs import served_rig

LEAD_V_PER_K, AMBIENT_K = 1.9e-6, 300.0
WORLD = {
    **HEATED_WORLD,
    "heater.where": "none",
    "thermoelectric.always": True,
    "thermoelectric.offset_V": 3e-4,
    "thermal.resistance_K_per_W": 5e7,
}
HOLDS, RESISTANCE_OHM = 4, 2.6e6
NOISE_V = 0.25e-3
"""Error of Pi of four holds of 2 s at 50 mV, from the thermometer's noise."""


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    """The end of a run, its analysis, and Pi of its molecules against the lead."""
    folder = tmp_path_factory.mktemp("peltier")
    procedure = Peltier.from_values(
        {**QUICK, "holds": HOLDS, "hold_time": 2.0, "amplitudes": "0.05", "levels": "+1:1 0:1 -1:1"}
    )
    with served_rig(folder, overrides=WORLD, seed=1) as rig, pytest.MonkeyPatch.context() as patch:
        leave_unanalysed(patch)
        summary = rig.bench().run(procedure, folder / "night.h5")
        log = rig.simulated.bench.world.heated.junction.log
    true = np.array([truth.seebeck_V_per_K for (kind, _), truth in log.items() if kind == "molecule"])
    return summary, analyse_measurement([summary.recording]), AMBIENT_K * (true - LEAD_V_PER_K)


def test_the_coefficient_of_the_recording_is_that_of_its_molecules(campaign):
    """With an offset of the bias of 0.3 mV, which would shift a fit of the nominal bias by as much."""
    summary, measurement, true_V = campaign
    result = measurement.peltier
    assert (summary.end.status, summary.end.safe, result.coefficient.holds) == ("finished", True, HOLDS)
    spread_V = true_V.std(ddof=1) / np.sqrt(HOLDS)
    assert result.coefficient.value == pytest.approx(true_V.mean(), abs=4 * np.hypot(NOISE_V, spread_V))
    assert result.coefficient.noise_sigma == pytest.approx(NOISE_V, rel=0.3)
    assert result.joule.value == pytest.approx(0.5, abs=4 * result.joule.noise_sigma)


def test_a_joule_heat_that_exceeds_the_peltier_heat_is_no_cooling(campaign):
    result = campaign[1].peltier
    assert not result.coldest.seen
    assert result.coldest.dT_K > 0.0


def watched(recording):
    """Return the views of a recording that was played to its end."""
    with Player(recording) as player:
        session = Session(player.header)
        player.play()
        for item in player.advance(3600.0):
            session.feed(item)
    session.close()
    session.settle()
    return session


def test_the_window_shows_what_the_analysis_finds(campaign):
    summary, measurement, _ = campaign
    offline = measurement.peltier
    session = watched(summary.recording)
    shown, saved = session.peltier.snapshot(), result_of(session)
    session.dispose()
    assert shown.Pi_mV == pytest.approx(1e3 * offline.coefficient.value)
    assert saved["peltier"]["Pi_V"] == pytest.approx(offline.coefficient.value)
    assert "heating" not in saved


@pytest.mark.usefixtures("undrawn")
def test_command_line_and_report_tell_it(campaign, tmp_path):
    summary, measurement, _ = campaign
    runner = CliRunner()
    told = runner.invoke(main, ["analyze", str(summary.recording)]).output
    assert "of the Joule heat" in told and "No control experiment of the Peltier heat" in told
    content = measurement.to_json()["peltier"]
    assert content["cools"] is None and content["kelvin"] is None and content["Pi_V"] > 0.0
    page = tmp_path / "night.html"
    assert runner.invoke(main, ["report", str(summary.recording), "--out", str(page)]).exit_code == 0
    assert "Peltier coefficient" in page.read_text(encoding="utf-8")
    assert names_of_the_code(page.read_text(encoding="utf-8")) == []


@pytest.fixture(scope="module")
def heated(tmp_path_factory):
    """A run that also measures the thermopower of its junctions, and the true ones of the molecules."""
    folder = tmp_path_factory.mktemp("heated")
    values = {**QUICK, "holds": 3, "hold_time": 2.0, "amplitudes": "0.05", "thermopower": True, "bias": 10.0}
    world = {**WORLD, "heater.where": "tip"}
    with served_rig(folder, overrides=world, seed=1) as rig, pytest.MonkeyPatch.context() as patch:
        leave_unanalysed(patch)
        summary = rig.bench(unproved="story").run(Peltier.from_values(values), folder / "heated.h5")
        log = rig.simulated.bench.world.heated.junction.log
        heater_V = rig.simulated.bench.outputs["heater"]
    true = np.array([truth.seebeck_V_per_K for (kind, _), truth in log.items() if kind == "molecule"])
    assert (summary.end.reason, summary.end.safe, heater_V) == ("", True, 0.0)
    return summary.recording, true


def test_the_thermopower_in_the_same_holds_tests_kelvin_s_relation(heated):
    recording, true = heated
    measurement = analyse_measurement([recording])
    result = measurement.peltier
    own = result.own_kelvin
    assert (own.holds, own.junctions) == (3, 3)
    assert result.temperature_K == pytest.approx(315.0, abs=0.1)
    for hold in result.holds:
        S, sigma = hold.seebeck
        assert np.abs(true - LEAD_V_PER_K - S).min() < 5 * sigma
        assert sigma < 5e-6
    assert own.value == pytest.approx(1.0, abs=4 * own.noise_sigma)
    assert own.noise_sigma < 0.1
    content = measurement.to_json()["peltier"]
    assert content["kelvin"]["Pi_over_ST"] == own.value and content["kelvin"]["same_junctions"] == 3
    assert measurement.thermopower is None
    assert "Pi / (S T) of the same 3 junctions" in " ".join(peltier_words(result, None))
    loud = replace(result, own_kelvin=replace(own, value=-1.6, sigma=3.4))
    assert "too imprecise to test Kelvin's relation" in " ".join(peltier_words(loud, None))
    session = watched(recording)
    shown, saved = session.peltier.snapshot(), result_of(session)
    # The window looks for delays in the first two of the three holds, the analysis in all.
    assert shown.kelvin == pytest.approx(own.value, rel=1e-4)
    assert not session.thermopower.has_result
    assert saved["peltier"]["kelvin"]["same_junctions"] == 3 and "thermopower" not in saved
    session.dispose()


@pytest.mark.usefixtures("unanalysed")
@pytest.mark.parametrize("leak", [0.0, 2.5e-7])
def test_a_dummy_resistor_shows_a_leak_of_the_bias_into_the_thermocouple(campaign, tmp_path, leak):
    """The leak is odd in the bias like Peltier heat; 2.5e-7 is less than the proof refuses."""
    world = {
        **WORLD,
        "fixture.kind": "resistor",
        "fixture.resistance_ohm": RESISTANCE_OHM,
        "thermal.leak_ratio": leak,
    }
    control = DummyResistor.from_values(
        {"resistance": RESISTANCE_OHM, "amplitudes": "0.05", "holds": 4, "hold_time": 4.0, "trip_reaction": 0.05,
         "check_time": 0.05}
    )  # fmt: skip
    with served_rig(tmp_path, overrides=world, seed=1) as rig:
        bench = rig.bench()
        dummy = bench.run(control, tmp_path / "dummy.h5")
    assert dummy.end.status == "finished", dummy.end.reason
    measurement = analyse_measurement([campaign[0].recording, dummy.recording])
    verdicts = {one.name: one for one in measurement.peltier.controls}
    shown = verdicts["dummy resistor"]
    if leak:
        assert not shown.passed
    else:
        assert abs(shown.value) < 4 * shown.sigma
    assert measurement.heating is None
