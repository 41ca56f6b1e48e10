"""`hotjunction calibrate` on the simulated rig: finds what its world was told, within its own errors."""

import json
from contextlib import contextmanager
from math import hypot

import numpy as np
import pytest
from click.testing import CliRunner

from analysis.recording import Recording
from app.cli import main
from app.config.calibrated_rig import load_calibrated_rig
from tests.support.rig.rigs import QUICK, quick, served_rig, without_wires

pytestmark = pytest.mark.usefixtures("unanalysed")

R_P, S_TC = 72800.0, 16.3e-6
SR560_GAIN = 1.005
"""True over nominal gain of the simulated preamplifier."""


def invoke(*words, code=0):
    result = CliRunner().invoke(main, ["calibrate", *map(str, words)])
    assert result.exit_code == code, result.output
    return result


@contextmanager
def unwired(folder, **world):
    """A rig that the command reaches by no wire."""
    with served_rig(folder, **world) as rig, without_wires(rig):
        yield rig


@contextmanager
def calibrated(folder, kind, *options, **overrides):
    """The rig, and what the command says about it as JSON."""
    with unwired(folder, overrides=overrides.get("world")) as rig:
        out = folder / f"{kind}.h5"
        result = CliRunner().invoke(
            main, ["calibrate", kind, "--rig", str(rig.file), "--out", str(out), "--json", *options]
        )
        assert result.exit_code == 0, result.output
        yield rig, json.loads(result.stdout)


def test_thermal_resistance_from_a_heater(tmp_path):
    world = {"fixture.kind": "heater", "fixture.heater_ohm": 1e5, "thermal.resistance_K_per_W": 65000.0}
    options = ("--heater", "1e5", "--holds", "3", "--seebeck", "16.3", "--seebeck-uncertainty", "0.1")
    with calibrated(tmp_path, "thermometer", *options, world=world) as (rig, found):
        assert rig.is_safe()

    record = found["record"]
    product = record["thermal_resistance_K_per_W"] * record["seebeck_V_per_K"]
    relative = hypot(
        record["thermal_resistance_uncertainty_K_per_W"] / record["thermal_resistance_K_per_W"], 0.1 / 16.3
    )
    assert product == pytest.approx(65000.0 * S_TC * SR560_GAIN, rel=2 * 0.003), (
        "the preamplifier's gain is in it"
    )
    assert record["thermal_resistance_K_per_W"] == pytest.approx(65000.0, rel=2 * relative)
    assert record["correlation"] == pytest.approx(-0.94, abs=0.03), "nearly all of its error is S_TC's"
    assert record["probe"] == "simulated"
    assert not [remark for remark in found["remarks"] if "LOOK" in remark]


def test_a_thermometer_that_is_not_what_was_known_is_told(tmp_path):
    world = {"fixture.kind": "heater", "fixture.heater_ohm": 1e5}
    with unwired(tmp_path, overrides=world) as rig:
        wrong = rig.file.read_text("utf-8").replace("= 72800.0", "= 60000.0")
        rig.file.write_text(wrong, "utf-8")
        words = ("--rig", rig.file, "--out", tmp_path / "x.h5", "--heater", "1e5", "--holds", "2")
        result = invoke("thermometer", *words)

    assert "DISAGREES WITH 60000" in result.stdout
    assert "Not saved" in result.stderr
    assert load_calibrated_rig(rig.file).probe.thermal_resistance_K_per_W == 60000.0


def test_a_contact_serves_with_its_share_of_the_power(tmp_path):
    """A dummy with a heater of the same power stands for it: the heat is known, but not from a resistance."""
    world = {"fixture.kind": "heater", "fixture.heater_ohm": 1e5}
    with calibrated(tmp_path, "thermometer", "--heater", "1e5", "--holds", "2", world=world) as (rig, found):
        again = invoke(
            "thermometer",
            "--rig",
            rig.file,
            "--from",
            tmp_path / "thermometer.h5",
            "--share",
            "0.5",
            "--json",
        )

    whole, half = (one["record"]["thermal_resistance_K_per_W"] for one in (found, json.loads(again.stdout)))
    assert half == pytest.approx(2 * whole), "the same warmth from half the power"


def test_a_heater_at_the_base(tmp_path):
    world = {"heater.where": "base", "heater.base_K_per_W": 2300.0, "heater.leak_A_per_V": 3e-10}
    with calibrated(tmp_path, "heater", "--holds", "2", "--save", world=world) as (rig, found):
        assert rig.is_safe()
        used = load_calibrated_rig(rig.file).heater

    record = found["record"]
    assert record["kelvin_per_W"] == pytest.approx(2300.0, abs=2 * record["kelvin_per_W_uncertainty"])
    assert record["kelvin_per_W_uncertainty"] < 1.0
    assert record["time_constant_s"] == pytest.approx(0.02, abs=2 * record["time_constant_uncertainty_s"])
    assert record["leak_A_per_V"] == pytest.approx(3e-10, rel=0.01), "0.5 % are the amplifier's"
    assert not [remark for remark in found["remarks"] if "LOOK" in remark]
    assert (used.kelvin_per_W, used.time_constant_s) == (record["kelvin_per_W"], record["time_constant_s"])


def test_a_heater_in_the_tip_whose_number_was_wrong_is_told(tmp_path):
    with unwired(tmp_path, overrides={"heater.where": "tip"}) as rig:
        wrong = rig.file.read_text("utf-8").replace("kelvin_per_W = 72800.0", "kelvin_per_W = 60000.0")
        rig.file.write_text(wrong, "utf-8")
        words = ("--rig", rig.file, "--out", tmp_path / "x.h5", "--holds", "2", "--save")
        result = invoke("heater", *words)
        shown = invoke("show", "--rig", rig.file)

    assert "DISAGREES WITH 60000" in result.stdout
    assert "too short to be measured" in result.stdout
    assert load_calibrated_rig(rig.file).heater.kelvin_per_W == pytest.approx(72800.0 * SR560_GAIN, rel=0.003)
    assert "heater of the tip, probe simulated" in shown.stdout


def test_a_heater_that_is_wired_to_a_dummy_warms_nothing(tmp_path):
    with unwired(tmp_path, overrides={"heater.where": "base", "heater.dummy": True}) as rig:
        words = ("--rig", rig.file, "--out", tmp_path / "x.h5", "--holds", "2", "--powers", "1")
        result = invoke("heater", *words, code=2)

    assert "the base did not warm" in result.output


def test_piezo_from_tunnelling(tmp_path):
    with calibrated(tmp_path, "piezo", "--gain", "1e8", "--traces", "16") as (rig, found):
        assert rig.is_safe()

    record = found["record"]
    # 2 % of hysteresis at strokes beyond 0.3 nm and 1 % of creep are in the simulated piezo, beside its 10 nm/V
    assert record["extension_nm_per_V"] == pytest.approx(10.2, abs=2 * record["uncertainty_nm_per_V"])
    assert record["uncertainty_nm_per_V"] == pytest.approx(10 * 0.5 * 0.4 / 4.5, rel=0.1), "the barrier's"
    with Recording(tmp_path / "piezo.h5") as recording:
        assert recording.header.settings["current_gain_V_per_A"] == 1e8


def test_amplifier_on_a_resistor(tmp_path):
    world = {"fixture.kind": "resistor", "fixture.resistance_ohm": 1e6}
    with calibrated(tmp_path, "amplifier", "--resistance", "1e6", "--save", world=world) as (rig, found):
        used = load_calibrated_rig(rig.file).current_amplifier

    record = found["record"]
    assert record["gain_V_per_A"] == pytest.approx(100_200.0, abs=2 * record["gain_uncertainty_V_per_A"])
    assert record["offset_V"] == pytest.approx(2e-4 + 1e-12 * 1e5, abs=3e-5)
    assert used.true_gain_V_per_A == record["gain_V_per_A"], "saved: runs use it"


def test_the_sign_of_an_inverting_amplifier_is_measured_and_what_to_write_is_told(tmp_path):
    world = {"fixture.kind": "resistor", "fixture.resistance_ohm": 1e6, "keithley428.inverting": True}
    words = ("--resistance", "1e6", "--cycles", "1", "--levels", "3")
    with calibrated(tmp_path, "amplifier", *words, world=world) as (rig, found):
        rig.file.write_text(
            rig.file.read_text("utf-8").replace(
                "[current_amplifier]", "[current_amplifier]\ninverting = true\n#"
            )
        )
        again = invoke("amplifier", "--rig", rig.file, "--from", tmp_path / "amplifier.h5", "--json", *words)

    record, look = found["record"], [remark for remark in found["remarks"] if "LOOK" in remark]
    assert record["inverting"] is True
    assert record["gain_V_per_A"] == pytest.approx(100_200.0, rel=2e-3), "without its sign"
    assert ["Write inverting = true in [current_amplifier]" in remark for remark in look] == [True]
    assert not [remark for remark in json.loads(again.stdout)["remarks"] if "LOOK" in remark]


def test_an_amplifier_with_nothing_at_its_input_is_told(tmp_path):
    with unwired(tmp_path, overrides={"fixture.kind": "open"}) as rig:
        words = ("--rig", rig.file, "--out", tmp_path / "x.h5", "--resistance", "1e6", "--cycles", "1")
        result = invoke("amplifier", *words, code=2)

    assert "there is no resistor of 1e+06 ohm in the circuit" in result.output


def test_lag_of_the_inputs_and_of_the_current(tmp_path):
    world = {"fixture.kind": "resistor", "fixture.resistance_ohm": 1e6}
    with calibrated(tmp_path, "lag", "--holds", "3", "--amplitude", "1", world=world) as (_, found):
        record = found["record"]

    assert record["lag_s"] == 0.0, "every channel is converted after the output of its tick"
    assert 0 < record["current_lag_s"] < 3e-4, "the amplifier's rise time is 0.3 ms"
    current = record["channels"]["current"]
    assert (current["first_arrival_s"], current["scan_time_s"]) == (0.0, pytest.approx(200e-6))
    assert current["time_constant_s"] == pytest.approx(300e-6 / np.log(9.0), rel=0.02)
    assert len(current["response"]) == 22
    assert current["response"][2] == pytest.approx(-np.expm1(-200 / 300 * np.log(9.0)), abs=0.01)


def test_noise_and_the_resolution_it_allows(tmp_path):
    with calibrated(tmp_path, "noise", "--stretches", "3", "--save") as (rig, found):
        shown = invoke("show", "--rig", rig.file).output

    record = found["record"]
    # Johnson noise of 5 kohm and 4 nV of the SR560, folded by 1.713 behind one pole of 1 kHz at 2 kHz
    assert record["white_V_per_rtHz"] == pytest.approx(9.94e-9 * 1.713**0.5 * SR560_GAIN, rel=0.03)
    assert any("500 s (a hundred junctions): 0.07" in remark for remark in found["remarks"])
    assert "noise, probe simulated" in shown


def test_show_marks_what_runs_use(tmp_path):
    with unwired(tmp_path) as rig:
        shown = invoke("show", "--rig", rig.file).output

    rows = {
        line.split("│")[2].strip(): line.split("│") for line in shown.splitlines() if line.startswith("│")
    }
    assert rows["thermometer, probe simulated"][1].strip() == "*"
    assert "72800 +- 500 K/W, 16.30 +- 0.20 uV/K" in rows["thermometer, probe simulated"][3]
    assert rows["current amplifier at 1e+05 V/A"][4].strip() == "unknown"


def test_every_run_copies_the_calibrations(tmp_path):
    with unwired(tmp_path) as rig:
        rig.bench().run(quick(1, **QUICK), tmp_path / "x.h5")

    with Recording(tmp_path / "x.h5") as recording:
        header = recording.header
    assert header.calibrations["thermal_resistance"].value == R_P
    assert header.calibrations["thermocouple_seebeck"].uncertainty == pytest.approx(0.2e-6)
    assert header.settings["thermocouple_gain"] == 5e4
    assert header.settings["thermocouple_full_scale_V"] == 5.0
    assert header.rig["probe"]["id"] == "simulated"


@pytest.mark.parametrize("words", [(), ("--out", "a.h5", "--from", "b.h5")])
def test_one_source_is_needed(tmp_path, words):
    result = invoke("lag", *words, code=2)

    assert "either --out (run the rig) or --from" in result.output


def test_a_recording_of_something_else_is_told(tmp_path):
    with unwired(tmp_path) as rig:
        rig.bench().run(quick(1), tmp_path / "x.h5")
        result = invoke("thermometer", "--rig", rig.file, "--from", tmp_path / "x.h5", code=2)

    assert "holds no modulation" in result.output
