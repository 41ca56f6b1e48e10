"""One transmission for I-V, heat, thermopower and thermal conductance: its numbers, and when there is none."""

import math
from collections import Counter

import numpy as np
import pytest

from analysis.line_fit import Line
from analysis.thermoelectric.ac_run import ACAnalysis
from analysis.thermoelectric.peltier_mean import NOTHING, Mean
from analysis.thermoelectric.peltier_run import PeltierAnalysis
from analysis.thermoelectric.thermal_conductance import UNKNOWN, Estimate, ThermalConductanceAnalysis
from analysis.thermoelectric.thermopower import ThermopowerAnalysis
from analysis.transport.landauer import linear_response
from analysis.transport.transmission import FlatTransmission
from app.offline.analyse import analyse_measurement
from app.offline.joint_fit import joint_fit
from app.report.joint_sections import contributions_table, joint_sections, joint_words
from tests.support.recordings.made_recordings import LEVEL, made_heating, made_iv

RESPONSE = linear_response(LEVEL, 300.0)
SEEBECK_V_per_K = float(RESPONSE.seebeck_V_per_K)
ELECTRONS_W_per_K = float(RESPONSE.L2_W) / 300.0
PHONONS_W_per_K = 17e-12
LEAD_V_per_K = 1.9e-6
MODEL = """
temperature_K = 300.0
bias_drop = 0.5
[transmission]
kind = "levels"
[[transmission.levels]]
energy_eV = { start = -0.5, min = -3.0, max = 3.0 }
gamma_probe_eV = { start = 0.05, min = 1e-6, max = 1.0 }
gamma_substrate_eV = "gamma_probe_eV"
"""


def thermopower(seebeck_V_per_K=SEEBECK_V_per_K, sigma=0.5e-6):
    """Return a thermopower of the junction; that of the lead comes off the measured one."""
    line = Line(seebeck_V_per_K - LEAD_V_per_K, 0.0, sigma, 1e-6, 0.0, 0.5, 1)
    none = (math.nan, math.nan)
    return ThermopowerAnalysis((), line, 0.012, none, none, None, None, none, none, Counter(), (), 1e-7)


def conductance(W_per_K=ELECTRONS_W_per_K + PHONONS_W_per_K, sigma=2e-12):
    return ThermalConductanceAnalysis(
        "2w", Estimate(W_per_K, sigma), sigma, 0.007, 0.0, W_per_K, 0.0, UNKNOWN, UNKNOWN, None, None, None,
        (), (), (), 0, 0,
    )  # fmt: skip


@pytest.fixture(scope="module")
def measurement(tmp_path_factory):
    path, rng = tmp_path_factory.mktemp("campaign"), np.random.default_rng(1)
    made_heating(path / "heating.h5", rng)
    made_iv(path / "iv.h5", rng)
    return analyse_measurement([path])


def peltier(seebeck_V_per_K=SEEBECK_V_per_K, relative=0.05):
    """Return the coefficient of the loop, junction and lead, as the heated tip shows it."""
    value = (seebeck_V_per_K - LEAD_V_per_K) * 300.0
    mean = Mean(value, relative * abs(value), relative * abs(value), 20, 20)
    return PeltierAnalysis(mean, NOTHING, 0.014, 300.0, (), None, (), Counter(), ())


def beside_ac(seebeck_V_per_K=SEEBECK_V_per_K, sigma=0.8e-6):
    none = np.empty(0)
    return ACAnalysis(None, 1e-5, 1e-13, thermopower(seebeck_V_per_K, sigma), none, none, none, none)


def of(measurement, **changed):
    return {"iv": measurement.iv, "heating": measurement.heating, "thermopower": None, "conductance": None,
            "given": None, **changed}  # fmt: skip


def words(joint):
    return " ".join(joint_words(joint))


def test_recordings_of_iv_and_heat_are_fitted_together_in_report_and_json(measurement):
    (section,) = joint_sections(measurement)
    assert len(section.figures) == 1 and len(section.tables[0].rows) == 3
    fit = measurement.to_json()["joint_fit"]["fit"]
    energy = fit["parameters"]["energy_eV"]
    assert energy["value"] == pytest.approx(0.9, abs=4 * energy["error"])
    assert energy["error"] < 0.02
    assert "Only the heat in the probe tells on which side of E_F" in words(measurement.joint)


def test_all_four_find_the_level_and_say_what_each_adds(measurement, tmp_path):
    model = tmp_path / "level.toml"
    phonons = f"[measured]\nphonon_W_per_K = {{ value = {PHONONS_W_per_K}, sigma = 1e-12 }}\n"
    model.write_text(MODEL + phonons, "utf-8")
    joint = joint_fit(
        **of(measurement, thermopower=thermopower(), conductance=conductance(), given=model), samples=1
    )
    assert joint.measured == ("I-V", "heat", "thermopower", "thermal conductance")
    named = [row[0] for row in contributions_table(joint).rows]
    assert named == ["I-V", "heat in the probe", "total heat", "thermopower", "thermal conductance"]
    energy = next(one for name, one in joint.report["parameters"].items() if name.startswith("energy"))
    assert energy["value"] == pytest.approx(0.9, abs=4 * energy["error"])
    assert not joint.poor and joint.phonons_W_per_K is None


def test_without_the_part_of_the_phonons_the_rest_of_the_thermal_conductance_is_theirs(measurement):
    joint = joint_fit(**of(measurement, conductance=conductance()))
    assert "thermal conductance" not in [row[0] for row in contributions_table(joint).rows]
    assert joint.phonons_W_per_K.value == pytest.approx(PHONONS_W_per_K, rel=0.02)
    assert "give phonon_W_per_K" in words(joint) and "pW/K, of phonons" in words(joint)


def test_a_thermopower_of_the_other_sign_contradicts_the_heat(measurement):
    joint = joint_fit(**of(measurement, thermopower=thermopower(-SEEBECK_V_per_K)))
    assert joint.poor and "thermopower" in joint.contradicting
    assert "describes them all" not in words(joint)


def test_thermopower_and_thermal_conductance_alone_cannot_tell(measurement):
    joint = joint_fit(None, None, thermopower(), conductance(), None)
    assert joint.result is None
    assert joint.why_not == "Only thermopower remains to be fitted."
    assert "phonon_W_per_K" in words(joint)
    assert joint.to_json()["fit"] is None


def test_peltier_coefficient_and_ac_thermopower_are_fitted_too_and_make_the_errors_smaller(measurement):
    every = joint_fit(**of(measurement, thermopower=thermopower(), peltier=peltier(), ac=beside_ac()))
    named = [row[0] for row in contributions_table(every).rows]
    assert named == [
        "I-V", "heat in the probe", "total heat", "thermopower", "Peltier coefficient", "AC thermopower",
    ]  # fmt: skip
    assert every.measured == ("I-V", "heat", "thermopower", "Peltier coefficient", "AC thermopower")
    assert not every.poor
    energies = [
        joint_fit(**of(measurement, iv=None, **more)).report["parameters"]["energy_eV"]
        for more in (
            {"thermopower": thermopower()},
            {"thermopower": thermopower(), "peltier": peltier(), "ac": beside_ac()},
        )
    ]
    assert all(one["value"] == pytest.approx(0.9, abs=4 * one["error"]) for one in energies)
    assert energies[1]["error"] < energies[0]["error"]


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"peltier": peltier(-SEEBECK_V_per_K)}, "Peltier coefficient"),
        ({"ac": beside_ac(-SEEBECK_V_per_K)}, "AC thermopower"),
    ],
)
def test_one_of_them_with_the_wrong_sign_contradicts_the_others(measurement, wrong, name):
    joint = joint_fit(**of(measurement, thermopower=thermopower(), **wrong))
    assert joint.poor and name in joint.contradicting


def test_a_straight_iv_and_its_heat_do_not_determine_a_level(tmp_path):
    rng = np.random.default_rng(1)
    made_heating(tmp_path / "heating.h5", rng, transmission=FlatTransmission(2e-3))
    made_iv(tmp_path / "iv.h5", rng, transmission=FlatTransmission(2e-3))
    (section,) = joint_sections(analyse_measurement([tmp_path]))
    assert "do not determine energy" in " ".join(section.look)


def test_a_thermopower_and_an_iv_tell_the_level(measurement):
    joint = joint_fit(measurement.iv, None, thermopower(), None, None)
    energy = joint.report["parameters"]["energy_eV"]
    assert energy["value"] == pytest.approx(0.9, abs=4 * energy["error"])
    assert "Only the thermopower tells" in words(joint)


@pytest.mark.parametrize("one", ["iv", "heating", "thermopower", "conductance", "peltier", "ac"])
def test_one_measurement_is_no_joint_fit(measurement, one):
    every = of(
        measurement, thermopower=thermopower(), conductance=conductance(), peltier=peltier(), ac=beside_ac()
    )
    alone = {name: value if name == one else None for name, value in every.items()}
    assert joint_fit(**alone) is None


def test_measurements_of_two_samples_are_not_fitted_together(measurement):
    joint = joint_fit(**of(measurement, samples=2))
    assert "different samples" in joint.why_not


def test_a_single_junction_and_a_model_without_free_numbers_are_told(measurement, tmp_path):
    made_iv(tmp_path / "iv.h5", np.random.default_rng(2), curves=1)
    alone = analyse_measurement([tmp_path / "iv.h5"]).iv
    assert "single junction" in joint_fit(**of(measurement, iv=alone)).why_not
    model = tmp_path / "fixed.toml"
    model.write_text(MODEL.replace("{ start = -0.5, min = -3.0, max = 3.0 }", "-0.7")
                     .replace("{ start = 0.05, min = 1e-6, max = 1.0 }", "0.05")
                     .replace('"gamma_probe_eV"', "0.05"), "utf-8")  # fmt: skip
    assert "no free number" in joint_fit(**of(measurement, given=model)).why_not


def test_a_metallic_contact_is_no_molecule(measurement):
    metal = ThermalConductanceAnalysis(**{**vars(conductance()), "lorenz": object()})
    assert joint_fit(measurement.iv, None, None, metal, None) is None
