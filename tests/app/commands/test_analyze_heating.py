"""analyze on recordings of held junctions: the JSON is what the API says, and trouble is said in words."""

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from analysis.heating.heating import analyse_heating
from analysis.heating.runs import HeatingRun
from analysis.recording import Recording
from analysis.transport.landauer import currents
from analysis.transport.transmission import BreitWignerLevel, FlatTransmission, LevelTransmission
from app.acquisition.summary import results_of
from app.cli import main
from app.offline.analyse import analyse_measurement
from app.offline.traces import BOOTSTRAP_SEED
from tests.support.recordings.made_recordings import CALIBRATIONS, LEVEL, R_P, SETTINGS, made_heating, made_iv

MODEL = """
temperature_K = 300.0
[transmission]
kind = "levels"
levels = [{{ energy_eV = {energy}, gamma_probe_eV = 0.04, gamma_substrate_eV = 0.04 }}]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A measurement with I-V and one control."""
    path, rng = tmp_path_factory.mktemp("campaign"), np.random.default_rng(1)
    made_heating(path / "heating.h5", rng, ruptured=2)
    made_iv(path / "iv.h5", rng)
    control = {"procedure": "control out-of-contact", "control": "out of contact", "transmission": None}
    made_heating(path / "out-of-contact.h5", rng, amplitudes_V=(1.2,), **control)
    return path


@pytest.fixture(scope="module")
def measurement(folder):
    """The whole folder, analysed once for all who only look at it."""
    return analyse_measurement([folder])


@pytest.fixture(scope="module")
def heating(folder):
    """The recording of the held junctions alone."""
    return analyse_measurement([folder / "heating.h5"]).heating


def analyzed(*arguments):
    return CliRunner().invoke(main, ["analyze", *map(str, arguments)])


def test_json_has_the_numbers_of_the_api_and_says_why_there_is_no_histogram(folder):
    result = analyzed(folder / "heating.h5", "--json")
    assert result.exit_code == 0, result.output
    content = json.loads(result.stdout)
    with Recording(folder / "heating.h5") as recording:
        expected = analyse_heating([HeatingRun.of(recording)], np.random.default_rng(BOOTSTRAP_SEED))
    assert content["heating"] == expected.to_json()
    for entry, point in zip(content["heating"]["points"], expected.points, strict=True):
        for key in (
            "amplitude_V", "junctions", "dT_pos_K", "dT_neg_K", "sigma_pos_K", "sigma_neg_K", "cov_K2",
            "q_total_pos_W", "q_total_neg_W", "q_probe_pos_W", "q_probe_neg_W",
        ):  # fmt: skip
            assert entry[key] == getattr(point, key), key
        assert entry["q_probe_neg_W"] == pytest.approx(entry["dT_neg_K"] / R_P)
    assert content["heating"]["scale_relative"] == pytest.approx(np.hypot(500 / 72_800, 0.2 / 16.3))
    assert content["recording"]["procedure"] == "heating"
    assert not {"histogram", "traces"} & set(content)
    assert any("stopped on plateaus" in warning for warning in content["warnings"])


def test_points_are_what_the_junctions_were_made_to_do(measurement):
    for point in measurement.heating.points:
        truth = currents(LEVEL, [point.amplitude_V, -point.amplitude_V])
        assert point.dT_pos_K == pytest.approx(R_P * truth.heat_probe_W[0], abs=3.5 * point.sigma_pos_K)
        assert point.dT_neg_K == pytest.approx(R_P * truth.heat_probe_W[1], abs=3.5 * point.sigma_neg_K)
        assert point.q_total_pos_W == pytest.approx(truth.heat_total_W[0], rel=0.12)


def test_holds_that_were_evaluated_alone_give_the_same_together(folder, measurement, heating):
    paths = [folder / "heating.h5", folder / "out-of-contact.h5"]
    controls = analyse_measurement(paths[1:]).heating
    alone = {path: one.runs[0] for path, one in zip(paths, (heating, controls), strict=True)}

    together = analyse_measurement([folder], evaluated=alone)

    assert together.heating.runs == tuple(alone.values())  # the same objects: not evaluated again
    assert together.to_json() == measurement.to_json()
    anew = analyse_measurement(paths[1:], evaluated=alone, first_periods=5)
    assert anew.heating.runs[0] is not alone[paths[1]]


def test_a_folder_is_one_measurement(folder):
    content = json.loads(analyzed(folder, "--json").stdout)
    assert {part["procedure"] for part in content["recordings"]} == {
        "heating",
        "iv",
        "control out-of-contact",
    }
    done = {control["name"] for control in content["heating"]["controls"] if control["done"]}
    assert done == {"out of contact", "closure", "first periods"}
    assert content["iv"]["junctions"] == 20
    assert len(content["iv"]["current_A"]) == len(content["iv"]["voltage_V"]) == len(content["iv"]["sd_A"])
    model = content["transmission"]
    energy = model["parameters"]["energy_eV"]
    assert energy["value"] == pytest.approx(0.9, abs=3e-3)
    assert model["conductance_G0"] == pytest.approx(0.002, rel=0.15)
    entry, point = model["predicted"][-1], content["heating"]["points"][-1]
    # The I-V of other junctions, a tenth apart in conductance, predicts the heat of these.
    assert entry["asymmetry_K"] == pytest.approx(point["asymmetry_K"], rel=0.15)
    assert entry["same_power_V"] == pytest.approx(point["amplitude_V"], rel=0.05)


@pytest.mark.parametrize("energy_eV", [0.9, -0.9])
def test_the_heat_tells_the_side_of_the_level_that_the_current_does_not(tmp_path, energy_eV):
    rng = np.random.default_rng(2)
    level = LevelTransmission([BreitWignerLevel(energy_eV, 0.04, 0.04)])
    iv = made_iv(tmp_path / "iv.h5", rng, transmission=level)
    alone = analyse_measurement([iv]).transmission
    assert not alone.side_known
    made_heating(tmp_path / "heating.h5", rng, amplitudes_V=(1.2,), transmission=level)
    found = analyse_measurement([tmp_path]).transmission
    assert found.side_known
    assert found.parameters["energy_eV"][0] == pytest.approx(energy_eV, abs=3e-3)
    assert found.transmission.levels[0].energy_eV == found.parameters["energy_eV"][0]
    assert all(np.sign(t.levels[0].energy_eV) == np.sign(energy_eV) for t in found.replicas)


def test_a_straight_curve_shows_no_level(tmp_path):
    iv = made_iv(
        tmp_path / "iv.h5", np.random.default_rng(3), peak_V=0.06, transmission=FlatTransmission(1.0)
    )
    model = analyse_measurement([iv]).transmission
    value, error = model.parameters["transmission"]
    assert value == pytest.approx(1.0, abs=3.5 * error)
    assert error == pytest.approx(0.1 / np.sqrt(20), rel=0.6)  # ten groups tell a spread to a quarter or so
    assert "straight" in model.remarks[0]


def test_a_given_transmission_takes_the_place_of_the_fit(folder, tmp_path):
    (tmp_path / "model.toml").write_text(MODEL.format(energy="0.8"))
    content = json.loads(analyzed(folder, "--transmission", tmp_path / "model.toml", "--json").stdout)
    assert content["transmission"]["source"] == "model.toml"
    assert content["transmission"]["parameters"] == {}
    free = "{ start = 0.6, min = 0.1, max = 2.0 }"
    (tmp_path / "free.toml").write_text(MODEL.format(energy=free))
    content = json.loads(analyzed(folder, "--transmission", tmp_path / "free.toml", "--json").stdout)
    # With the width told exactly, the mean conductance of the curves, 3 % off at random, moves the level.
    assert content["transmission"]["parameters"]["energy_eV"]["value"] == pytest.approx(0.9, rel=0.03)


def test_interrupted_runs_are_put_together(folder, tmp_path):
    rng = np.random.default_rng(4)
    parts = [
        made_iv(tmp_path / f"{i}.h5", rng, curves=12, started=f"2026-11-2{i}T08:00:00+00:00")
        for i in range(2)
    ]
    assert analyse_measurement(parts).iv.junctions == 24
    both = analyse_measurement(
        [folder / "heating.h5", made_heating(tmp_path / "2.h5", rng, amplitudes_V=(1.2,), holds=5)]
    )
    assert [point.junctions for point in both.heating.points] == [12, 17]


def test_text_has_tables_with_errors_exclusions_and_controls(folder):
    result = analyzed(folder)
    assert result.exit_code == 0, result.output
    for words in (
        "dT(+) (mK)",
        "Asymmetry",
        "current changed by more than a factor of 2",
        "out of contact",
        "Scale error",
        "1.41 %",
    ):
        assert words in result.stdout, words
    assert "negative" in result.stdout  # the level lies above E_F
    assert "No control experiment was done" not in result.stdout
    alone = analyzed(folder / "heating.h5")
    assert "No control experiment was done" in alone.stdout


@pytest.mark.parametrize("missing", ["thermal_resistance", "thermocouple_seebeck"])
def test_without_the_tips_calibration_there_is_a_sentence(tmp_path, missing):
    known = {name: value for name, value in CALIBRATIONS.items() if name != missing}
    path = made_heating(tmp_path / "h.h5", np.random.default_rng(5), (1.2,), holds=1, calibrations=known)
    result = analyzed(path)
    assert result.exit_code == 2
    assert "h.h5" in result.output and missing in result.output
    assert "Traceback" not in result.output


def test_a_broken_calibration_is_a_sentence(tmp_path):
    broken = {**CALIBRATIONS, "thermal_resistance": replace(CALIBRATIONS["thermal_resistance"], value=-1.0)}
    path = made_heating(tmp_path / "h.h5", np.random.default_rng(5), (1.2,), holds=1, calibrations=broken)
    result = analyzed(path, "--json")
    assert result.exit_code == 2
    assert "thermal_resistance is -1.0" in result.output


def test_without_the_gain_of_the_thermocouple_there_is_a_sentence(tmp_path):
    settings = {name: value for name, value in SETTINGS.items() if name != "thermocouple_gain"}
    path = made_heating(tmp_path / "h.h5", np.random.default_rng(5), (1.2,), holds=1, settings=settings)
    result = analyzed(path)
    assert result.exit_code == 2
    assert "thermocouple_gain" in result.output


def test_a_folder_without_recordings_is_named(tmp_path):
    result = analyzed(tmp_path)
    assert result.exit_code == 2
    assert f"{tmp_path} holds no recording" in result.output.replace("\n", "")


def test_different_samples_are_warned_of(folder, tmp_path):
    other = made_heating(tmp_path / "h.h5", np.random.default_rng(6), (1.2,), holds=3, sample="Au-BDA-Au")
    warnings = analyse_measurement([folder / "heating.h5", other]).warnings
    assert any("different samples ('Au-BDNC-Au', 'Au-BDA-Au')" in warning for warning in warnings)


def test_an_aborted_run_is_used_and_warned_of(tmp_path):
    path = made_heating(tmp_path / "h.h5", np.random.default_rng(7), (1.2,), holds=6, status="aborted")
    found = analyse_measurement([path])
    assert found.heating.points[0].junctions == 6
    assert "h.h5: this run is aborted; what was recorded is used." in found.warnings


def test_a_run_is_closed_with_pictures_of_its_own_result(folder, heating):
    plots, entries, result = results_of(folder / "heating.h5")
    points = heating.points
    highest = points[-1]
    assert result.endswith(f" mK at ±{highest.amplitude_V:g} V")
    assert [plot.name for plot in plots] == ["heating_positive", "heating_negative"]
    assert entries == []
    np.testing.assert_allclose(plots[1].signal.values, [1e3 * p.dT_neg_K for p in points])
    assert [plot.name for plot in results_of(folder / "iv.h5")[0]] == ["iv"]
    assert [len(plot.signal.values) for plot in results_of(folder / "out-of-contact.h5")[0]] == [1, 1]


def test_the_order_of_the_scan_does_not_matter(tmp_path):
    """The same signals beside a bias that was converted before its output moved: 9 % off without the lead sample."""
    simultaneous, scanned = (
        analyse_measurement(
            [made_heating(tmp_path / f"{late}.h5", np.random.default_rng(4), (1.2,), holds=5, bias_late=late)]
        ).heating
        for late in (False, True)
    )
    (point,), (other,) = simultaneous.points, scanned.points
    assert other.dT_pos_K == pytest.approx(point.dT_pos_K, abs=0.1e-3)
    assert other.dT_neg_K == pytest.approx(point.dT_neg_K, abs=0.1e-3)
    assert other.q_total_neg_W == pytest.approx(point.q_total_neg_W, rel=1e-3)
    assert {hold.lead_samples for hold in scanned.holds} == {1}
    assert {hold.lead_samples for hold in simultaneous.holds} == {0}


def test_the_reader_decides_how_many_periods_are_left_out(tmp_path):
    path = made_heating(tmp_path / "heat.h5", np.random.default_rng(5), (1.2,), holds=4)
    found = CliRunner().invoke(main, ["analyze", str(path), "--json", "--first-periods", "9"])
    heating = json.loads(found.stdout)["heating"]
    assert heating["first_periods"]["left_out"] == [9]
    assert {entry["periods"] for entry in heating["junctions"]} == {49 - 9}
    assert heating["heat_bypass"]["share_at_most"] == pytest.approx(0.00723, rel=1e-2)
    said = " ".join(CliRunner().invoke(main, ["analyze", str(path)]).stdout.split())
    assert "at most 0.72 % (R_P/(R_J + R_S)" in said
    assert "there are few junctions; their differences are" in said
