"""Expected errors: what they say, and which runs they refuse."""

import math
from dataclasses import replace

import pytest

from app.acquisition.run_checks import check, expectation, resolved
from app.acquisition.simulated_rig import SimulationSettings, rig_file_text
from app.config.rig import load_rig
from procedures.controls import ZeroAmplitude
from procedures.errors import ImpossibleSetting
from procedures.expectation import Expectation
from procedures.heating import Heating
from procedures.thermopower import Thermopower
from procedures.thermopower_controls import HalfAmplitude
from simulators.parameters import load_parameters
from tests.procedures.test_thermopower import ADDRESSES

EXPECTED = Expectation("thermopower", 0.5e-6, 10e-6, "uV/K", 1e6, 100, "junctions")


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    parameters = load_parameters(overrides={"heater.where": "tip", "sample.species": "BDA"})
    path = tmp_path_factory.mktemp("rig") / "rig.toml"
    path.write_text(rig_file_text(SimulationSettings("fast", 1), parameters, ADDRESSES), "utf-8")
    return load_rig(path)


def thermopower(procedure=Thermopower, **values):
    return procedure.from_values({"conductance": 0.005, **values})


def test_ten_per_cent_take_the_square_of_the_ratio_of_errors():
    assert EXPECTED.factor == pytest.approx(0.25)
    assert "5 % of the 10 uV/K looked for; 10 % takes 25 junctions, about 0.5 h" in EXPECTED.sentence(7200.0)
    assert "10 % takes 1 junction, about 2 min" in replace(EXPECTED, sigma=1e-7).sentence(7200.0)
    assert "of the 9130 uV/K looked for" in replace(EXPECTED, value=9.13e-3).sentence(7200.0)
    assert "thermopower: 110 uV/K, 1.1 % of" in replace(EXPECTED, sigma=1.1e-4, value=1e-2).sentence(60.0)
    far = replace(EXPECTED, sigma=20e-6)
    assert (far.factor, far.weak, far.hopeless) == (pytest.approx(400.0), True, True)
    assert "2 times the 10 uV/K" in far.sentence(math.nan) and " h" not in far.sentence(math.nan)
    nothing = replace(far, value=math.nan)
    assert not nothing.weak and nothing.sentence(1.0) == "Expected error of the thermopower: 20 uV/K."


def test_the_error_falls_with_the_root_of_the_number_of_junctions(rig):
    few, many = (expectation(thermopower(holds=n), rig) for n in (10, 40))
    assert few.sigma == pytest.approx(2.0 * many.sigma)
    assert (few.cycles, few.repeats) == (30, "junctions")


def test_a_run_without_a_chance_is_refused_with_its_hours_unless_it_is_wanted(rig):
    values = {"holds": 1, "expected_thermopower": 0.05}
    with pytest.raises(ImpossibleSetting, match=r"about \d+ h.*set anyway"):
        check(thermopower(**values), rig)
    check(thermopower(**values, anyway=True), rig)


def test_a_control_tells_its_error_but_expects_nothing(rig):
    expected = expectation(thermopower(HalfAmplitude, holds=1, expected_thermopower=0.05), rig)
    assert expected.sigma > 0.0 and math.isnan(expected.factor)


def test_a_temperature_rise_has_the_error_of_the_papers_tip_as_it_is_sampled(rig):
    """0.61 mK/rtHz x sqrt(1.124 (3 x 1.713 + 2.375 x 3.24 Hz / 12.25 Hz) / 500 s), in place of a calibration.

    Of the factors 1.124 is that of 6 samples left out after each edge, and 1.713 the noise folded down behind 1 kHz.
    """
    values = {"conductance": 0.002, "contact_threshold": 0.5, "holds": 100, "hold_time": 5.0}
    expected = expectation(Heating.from_values({**values, "amplitudes": (0.9,)}), rig)
    assert expected.sigma == pytest.approx(69.2e-6, rel=0.005)
    assert expected.value == pytest.approx(72_800 * 7.748e-5 * 0.002 * 0.81 / 2, rel=0.02)
    assert "for want of a calibration" in expected.assumed
    assert expectation(ZeroAmplitude.from_values(values), rig) is None


def test_a_check_of_the_rig_tells_the_errors_of_typical_runs(rig):
    assert [label for label, _, _ in resolved(rig)] == [
        "Thermopower",
        "Thermal conductance",
        "Thermal conductance while opening",
    ]
