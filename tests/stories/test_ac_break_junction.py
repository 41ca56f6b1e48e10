"""A run beside an alternating bias on the simulated rig: conductance by a lock-in, thermopower by the mean current."""

import re

import numpy as np
import pytest

from analysis.recording import Recording
from analysis.records import EventKind
from analysis.thermoelectric.ac_traces import ac_traces, points_of
from app.offline.analyse import analyse_measurement
from app.replay.player import Player
from app.report.ac_sections import ac_numbers, ac_sections
from app.report.heating_text import print_measurement
from app.viewmodels.session import Session
from procedures.ac_break_junction import ACBreakJunction
from procedures.ac_controls import ACResistor
from tests.conftest import leave_unanalysed, resample_less
from tests.stories.test_thermopower import WORLD
from tests.support.rig.rigs import served_rig

pytestmark = pytest.mark.usefixtures("few_resamples")

FAST = {**WORLD, "heater.expansion_s": 0.02, "molecule.BDA.binding_probability": 1.0}
QUICK = {
    "conductance": 0.006,
    "window_percent": 85.0,
    "contact_threshold": 3.0,
    "approach_speed": 100.0,
    "withdraw_speed": 5.0,
    "past_break": 0.6,
    "longest_withdrawal": 4.0,
    "heater_clearance": 15.0,
    "baseline_time": 0.02,
    "lag_time": 0.1,
    "average": 2.0,
    "ac_amplitude": 10.0,
    "dwell": 0.05,
    "holds": 6,
    "at_once": 6,
    "dT": "0 20",
}


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    """Summary of a run, and the true thermopowers and capacitance."""
    folder = tmp_path_factory.mktemp("ac")
    with served_rig(folder, overrides=FAST, seed=3) as rig, pytest.MonkeyPatch.context() as patch:
        leave_unanalysed(patch)
        text = rig.file.read_text("utf-8")
        rig.file.write_text(re.sub(r"rise_time_s = \S+", "rise_time_s = 1e-5", text), "utf-8")
        summary = rig.bench(unproved="story").run(ACBreakJunction.from_values(QUICK), folder / "ac.h5")
        log = rig.simulated.bench.world.heated.junction.log
        true = [one.seebeck_V_per_K for (kind, _), one in log.items() if kind == "molecule"]
        yield summary, np.array(true), rig.simulated.bench.outputs


@pytest.fixture(scope="module")
def result(night):
    with pytest.MonkeyPatch.context() as patch:
        resample_less(patch)
        return analyse_measurement([night[0].recording])


def test_the_run_ends_safely_at_its_own_rate(night):
    summary, _, outputs = night
    assert (summary.end.reason, summary.end.safe, outputs["heater"]) == ("", True, 0.0)
    with Recording(summary.recording) as recording:
        assert recording.rate_Hz == 50_000.0
        assert recording.header.rig["daq"]["rate_Hz"] == 50_000.0


def test_the_sine_has_no_gap_while_the_tip_moves(night):
    """The looped-back bias follows one sine through the whole withdrawal."""
    with Recording(night[0].recording) as recording:
        for trace in ac_traces(recording):
            n = len(trace.bias_V) // 16 * 16
            periods = trace.bias_V[16:n].reshape(-1, 16)
            assert np.abs(periods - periods.mean(axis=0)).max() < 0.1 * trace.sine.rms_V
            assert periods.std() == pytest.approx(0.01, rel=0.02)


def test_lag_and_capacitance_are_those_of_the_rig(night, result):
    """The bias is converted 8 us before the current, one update late, by an amplifier 5 us late; 0.2 pF lie beside."""
    assert result.ac.capacitance_F == pytest.approx(2e-13, rel=0.1)
    assert abs(result.ac.lag_s) < 3e-5


def test_the_lock_in_shows_the_contact_and_the_open_gap(night):
    with Recording(night[0].recording) as recording:
        traces = [points_of(trace) for trace in ac_traces(recording)]
    assert all(points.conductance_G0[0] > 3.0 for points in traces)
    assert all(abs(points.conductance_G0[-1]) < 5e-4 for points in traces), "no capacitance in phase"


def test_the_thermopower_is_that_of_the_molecules(night, result):
    """Some six traces at each difference: 1.6 uV/K between junctions, and 15 uV of noise at 20 K; five sigma."""
    heated = result.ac.thermopower
    assert [one.junctions >= 3 for one in heated.sets] == [True, True], heated.excluded
    assert heated.line.slope + 1.9e-6 == pytest.approx(night[1].mean(), abs=5 * 2.0e-6)


def test_the_histogram_comes_from_the_lock_in(result):
    kept = result.histogram.analysis.selection.kept
    assert len(kept) == 12
    assert all(trace.bias_V == pytest.approx(0.01) for trace in kept)
    assert not any("was set" in warning for warning in result.warnings)


def test_the_noise_floor_is_the_scatter_of_the_open_lock_in(night, result):
    """Boxcars of 2 ms are independent; those of the last 20 ms show the gap."""
    with Recording(night[0].recording) as recording:
        openings = [points_of(trace).conductance_G0[-10:] for trace in ac_traces(recording)]
    scatter_G0 = np.median([np.abs(g - np.median(g)) for g in openings])
    assert result.histogram.analysis.noise.mad_G0 == pytest.approx(scatter_G0, rel=0.4)


def test_text_json_and_report_have_it(result, capsys):
    print_measurement(result)
    told = capsys.readouterr().out
    assert "10 mV rms at 3125 Hz" in told and "uV/K at 300 K" in told
    content = result.to_json()["ac"]
    assert (content["frequency_Hz"], content["amplitude_V"]) == (3125.0, 0.01)
    assert content["thermopower"]["S_V_per_K"] > 0.0
    rows = content["against_displacement"]
    assert {one["dT_K"] for one in rows} == {0.0, 20.0}
    # On the plateaus after the contact the hot junctions are above the others; 15 uV/K at 20 K.
    mean_V = [np.mean([one["median_V"] for one in rows if one["dT_K"] == dT_K]) for dT_K in (0.0, 20.0)]
    assert mean_V[1] - mean_V[0] > 1e-4
    assert all(0.0 < one["displacement_m"] < 3e-9 and one["points"] >= 5 for one in rows)
    (section,) = ac_sections(result)
    assert section.heading == "AC break junction" and len(section.figures) == 1
    assert ac_numbers(result)[0][0].startswith("thermopower S at 300 K")


def test_the_window_shows_what_the_analysis_finds(night, result):
    with Player(night[0].recording) as player:
        session = Session(player.header)
        player.play()
        while items := player.advance(3600.0):
            for item in items:
                session.feed(item)
    session.close()
    session.settle()
    shown = session.thermopower.snapshot()
    session.dispose()
    assert shown.seebeck_uV_per_K == pytest.approx(1e6 * result.ac.thermopower.line.slope)


def test_the_lag_is_a_setting_of_the_recording(night):
    with Recording(night[0].recording) as recording:
        lags = [e for e in recording.events if e.kind is EventKind.SETTING and e.name == "current_lag_s"]
        begins = [e for e in recording.events if e.name == "withdraw" and e.payload.get("phase") == "begin"]
    assert len(lags) == 1
    assert all(e.payload["sine"]["lag_s"] == lags[0].payload["value"] for e in begins)


@pytest.mark.usefixtures("unanalysed")
def test_a_resistor_shows_its_conductance_and_no_lag_of_its_own(night, tmp_path):
    """Its amplifier attenuates by half a percent at 3.1 kHz. With the lag with the tip away it would be 3 % less."""
    fixture = {"fixture.kind": "resistor", "fixture.resistance_ohm": 2.58e6}
    with served_rig(tmp_path, overrides={**FAST, **fixture}, seed=3) as rig:
        text = rig.file.read_text("utf-8")
        rig.file.write_text(re.sub(r"rise_time_s = \S+", "rise_time_s = 1e-5", text), "utf-8")
        control = ACResistor.from_values({"resistance": 2.58e6, "ac_amplitude": 10.0, "lag_time": 0.1})
        summary = rig.bench(unproved="story").run(control, tmp_path / "r.h5")
    assert summary.end.reason == ""
    resistor, lag = analyse_measurement([night[0].recording, summary.recording]).ac.thermopower.controls[-2:]
    assert (resistor.name, lag.name) == ("resistor", "resistor, lag")
    assert resistor.passed and lag.passed, resistor.sentence + lag.sentence
    assert resistor.value == pytest.approx(-0.007, abs=0.005)


@pytest.mark.usefixtures("unanalysed")
def test_a_card_whose_inputs_show_the_sine_late_sees_the_bias_from_the_beginning(tmp_path):
    """The filters of a PXI-4461 delay each input by 63 samples, longer than the first millisecond of the sine."""
    with served_rig(tmp_path, overrides=FAST, seed=3, card="PXI-4461") as rig:
        text = rig.file.read_text("utf-8")
        rig.file.write_text(re.sub(r"rise_time_s = \S+", "rise_time_s = 1e-5", text), "utf-8")
        slow = {**QUICK, "approach_speed": 20.0, "holds": 1, "dT": "0", "rate": 20.0, "ac_frequency": "1250"}
        end = rig.bench(unproved="story").run(ACBreakJunction.from_values(slow), tmp_path / "ac.h5").end
    assert (end.reason, end.safe) == ("", True)


def test_the_error_is_compared_with_what_the_procedure_expected(result):
    (one,) = result.errors
    assert (one.quantity, one.planned, one.used) == ("thermopower", 12, len(result.ac.thermopower.holds))
    assert one.reached == result.ac.thermopower.line.sigma_slope
    assert 0.2 < one.ratio < 10.0
