"""I-V curves of many junctions: map, hysteresis, transition voltages, one level in each; and the shared J-V files."""

import os
from pathlib import Path

import numpy as np
import pytest

from analysis.constants import G0_S
from analysis.held_statistics import iv_curves, single_level, transition_voltage
from analysis.held_statistics.sweep_rows import points_of, sweep_row
from analysis.iv.curves import Curve
from analysis.iv.iv_map import histogram_counts, hysteresis, iv_map, iv_quartiles
from analysis.iv.junction_points import FALLING, RISING, junction_points, sweep_direction
from analysis.iv.single_level import fit_level, fit_levels
from analysis.iv.sweeps import Sweep
from analysis.iv.transition_voltages import baldea_level, transition_voltage_of_points, transition_voltages
from analysis.statistics.junction_mean import one_sigma_half
from analysis.statistics.result import RecordSet
from analysis.statistics.statistic import StatisticError
from tests.support.physics.weyl import normal

FOLDER = os.environ.get("HOTJUNCTION_RECORDINGS")
COLD_K = 1.0
K = np.arange(1, 21)
LEVEL_eV, WIDTH_eV = 0.8 + 0.05 * normal(K * np.sqrt(2)), 0.03 * (1 + 0.2 * normal(K * np.sqrt(3)))
VOLTAGE_V = np.array([0.04 * i for i in range(-30, 31) if i])
PER_CURVE_V = [
    0.914306, 0.980664, 0.885185, 0.950973, 0.842095, 0.923767, 0.998892, 0.899363, 0.961289, 0.864042,
    0.933022, 1.03569, 0.909319, 0.973836, 0.882876, 0.945421, 0.826291, 0.918951, 0.99239, 0.893687,
]  # fmt: skip
"""Reference, from the exact curves."""


def current_A(energy_eV, gamma_eV, voltage_V):
    """One level at 0 K with a symmetric drop."""
    up, down = (energy_eV + voltage_V / 2) / gamma_eV, (energy_eV - voltage_V / 2) / gamma_eV
    return G0_S * gamma_eV * (np.arctan(up) - np.arctan(down))


@pytest.fixture(scope="module")
def points():
    """The reference's twenty junctions, swept up."""
    curves = [current_A(e, g, VOLTAGE_V) for e, g in zip(LEVEL_eV, WIDTH_eV, strict=True)]
    return junction_points([Curve(f"{i}", VOLTAGE_V, row) for i, row in enumerate(curves)])


def test_transition_voltages_of_the_reference(points):
    found = transition_voltages(points.voltage_V, points.mean_A, points.mean_ln, 1)
    assert found.by_junction_V == pytest.approx(PER_CURVE_V, rel=4e-3)
    assert found.by_junction_V.mean() == pytest.approx(0.92660295, abs=1e-3)
    assert found.of_mean_curve_V == pytest.approx(0.9104110796717756, rel=4e-3)
    fine_V = np.linspace(0.02, 1.2, 600)
    one = transition_voltage_of_points(fine_V, np.log(current_A(0.8, 0.03, fine_V)))
    assert one == pytest.approx(0.9261472137976061, rel=3e-3)


def test_level_and_asymmetry_from_both_polarities():
    level_eV, asymmetry = baldea_level(1.190866431872827, -0.7464219874453543)
    assert level_eV == pytest.approx(0.8, abs=1e-9)
    assert asymmetry == pytest.approx(0.1, abs=1e-9)


def test_one_level_in_each_junction_and_in_the_mean_curve(points):
    fits = fit_levels(points.voltage_V, points.mean_A, COLD_K)
    energy, gamma = (np.array([getattr(fit, name) for fit in fits]) for name in ("energy_eV", "gamma_eV"))
    assert all(fit.described for fit in fits)
    assert energy.mean() == pytest.approx(0.800201646670461, abs=1e-5)
    assert gamma.mean() == pytest.approx(0.030820695073150606, rel=1e-4)
    assert energy.std(ddof=1) / np.sqrt(20) == pytest.approx(0.010531459229322805, rel=1e-3)
    mean = fit_level(points.voltage_V, points.mean_A.mean(axis=0), COLD_K)
    assert mean.energy_eV == pytest.approx(
        0.7860, abs=1e-3
    )  # the reference weighs by the error of the mean: 0.78569
    assert mean.energy_eV < energy.mean() - 0.01


def test_the_statistics_give_both_means_with_their_names(points):
    rng = np.random.default_rng(1)
    cold = single_level.LevelOptions(temperature_K=COLD_K)
    result = single_level.level_of_points(points, cold, RecordSet(), rng)
    share, level = (number.estimate for number in result.numbers[:2])
    assert share.value == 1.0
    assert level.value == pytest.approx(0.8002, abs=1e-4)
    assert level.se == pytest.approx(0.01053, rel=0.01)
    assert [row[0] for row in result.tables[0].rows[:2]] == ["of the mean curve", "mean over curves"]
    assert result.data["verdict"] == "one level describes these curves"
    voltages = transition_voltage.transition_of_points(
        points, transition_voltage.TransitionOptions(), RecordSet(), rng
    )
    plus = voltages.numbers[0].estimate
    assert (plus.value, plus.n) == (pytest.approx(0.9266, abs=1e-3), 20)
    assert plus.se == pytest.approx(0.0121, rel=0.1)


def test_the_map_counts_every_point_once(points):
    x, log_uA = points.bias_V, np.log10(np.abs(points.current_A) * 1e6)
    edges_V = np.linspace(-1.2, 1.2, 25)
    counts = histogram_counts(x, log_uA, np.append(edges_V[:-1], 1.2 + 1e-9), np.linspace(-4, 1, 51))
    assert counts.sum() == 1200
    assert counts.max() == 15
    assert np.unravel_index(np.argmax(counts), counts.shape) == (4, 30)
    found = iv_map(points)
    assert (found.counts_per_curve.sum(), found.left_out) == (pytest.approx(1200 / 20), 0)
    assert found.counts_per_curve.sum(axis=1) == pytest.approx(np.ones(60))
    quartiles = iv_quartiles(points)
    assert (quartiles.lower < quartiles.median).all() and (quartiles.median < quartiles.upper).all()


def test_directions_and_hysteresis():
    quarter = np.linspace(0.0, 1.0, 21)
    loop_V = np.concatenate([quarter, quarter[-2::-1], -quarter[1:], -quarter[-2::-1]])
    direction = sweep_direction(loop_V + 0.002 * np.sin(np.arange(loop_V.size)))
    assert (direction[:20] == RISING).all() and (direction[23:58] == FALLING).all()
    assert (direction[64:] == RISING).all()
    same = junction_points([Curve("same", loop_V, loop_V)])
    assert hysteresis(same) == pytest.approx([0.0], abs=1e-12)
    shifted = np.where(direction == RISING, loop_V * 1.1, loop_V * 0.9)
    turned = junction_points([Curve("turned", loop_V, shifted)])
    assert hysteresis(turned)[0] == pytest.approx(0.2, abs=0.02)


def test_noise_about_zero_gives_no_level_and_no_minimum():
    """Null control: a straight line has no transition voltage, noise is described by no level."""
    rng = np.random.default_rng(2)
    line = [
        Curve(f"{i}", VOLTAGE_V, 1e-8 * VOLTAGE_V * (1 + 1e-3 * rng.standard_normal(60))) for i in range(6)
    ]
    with pytest.raises(StatisticError, match="sweep to a larger voltage"):
        transition_voltage.transition_of_points(
            junction_points(line), transition_voltage.TransitionOptions(), RecordSet(), rng
        )
    noise = [Curve(f"{i}", VOLTAGE_V, 1e-12 * rng.standard_normal(60)) for i in range(6)]
    options = single_level.LevelOptions()
    result = single_level.level_of_points(junction_points(noise), options, RecordSet(), rng)
    assert result.data["verdict"] == "one level does not describe these curves"
    assert len(result.numbers) == 1


def test_sweeps_with_the_same_values_count_once_and_broken_ones_are_counted():
    ramp = np.interp(np.arange(201) / 200, [0, 0.25, 0.75, 1], [0, 1.2, -1.2, 0])
    rng = np.random.default_rng(3)
    rows = []
    for i, (e, g) in enumerate(zip(LEVEL_eV[:8], WIDTH_eV[:8], strict=True)):
        noisy = current_A(e, g, ramp) + 1e-11 * rng.standard_normal(ramp.size)
        kind = "ruptured" if i == 7 else "whole"
        rows.append(sweep_row(Sweep(i, (0, 201), ramp, noisy, kind=kind, junction=i), None))
    rows.append(rows[0])
    made = points_of(rows)
    assert made.junctions == 7
    assert made.notes == (
        "1 of 9 curves are left out: 1 ruptured.",
        "1 curves hold the same values as another and count once.",
    )
    result = iv_curves.curves_of_points(made, iv_curves.CurvesOptions((0.9,)), RecordSet(), rng)
    ratio = next(n for n in result.numbers if n.name.startswith("rectification")).estimate
    assert abs(ratio.value) < 5e-3
    assert [picture.title for picture in result.pictures[1:]] == [
        "I-V curves, voltage rising", "I-V curves, voltage falling",
    ]  # fmt: skip
    with pytest.raises(StatisticError, match="at_V"):
        iv_curves.curves_of_points(made, iv_curves.CurvesOptions((9.0,)), RecordSet(), rng)
    with pytest.raises(StatisticError, match="1 of 1 curves are left out: 1 ruptured"):
        points_of(rows[7:8])


@pytest.fixture(scope="module")
def egain():
    if not FOLDER:
        pytest.skip("HOTJUNCTION_RECORDINGS does not name the folder of real recordings")
    files = sorted((Path(FOLDER) / "egain-decanethiol").glob("*.txt"))
    data = [np.loadtxt(path, skiprows=1) for path in files]
    return junction_points([Curve(p.name, d[:, 0], d[:, 2]) for p, d in zip(files, data, strict=True)])


def test_egain_currents_count_a_file_once(egain):
    reference = {
        -1.5: (-4.024682474647916, 0.2063540806511725),
        -0.1: (-7.293088852769121, 0.05191828089890696),
        1.0: (-3.9076377716164132, 0.19433140606695526),
    }
    rng = np.random.default_rng(1)
    for volts, (mean, error) in reference.items():
        found = iv_curves.current_at(egain, volts, rng)
        assert (found.value, found.n) == (pytest.approx(mean, rel=1e-9), 10)
        assert found.se >= error * (1 - 1e-9)
    at_one = iv_curves.current_at(egain, 1.0, rng)
    assert one_sigma_half(at_one) == pytest.approx(
        0.20573976142628628 * at_one.se / 0.19433140606695526, rel=1e-4
    )
    result = iv_curves.curves_of_points(egain, iv_curves.CurvesOptions((1.0,)), RecordSet(), rng)
    ratio = next(n for n in result.numbers if n.name.startswith("rectification")).estimate
    assert (ratio.value, ratio.se) == (pytest.approx(1.8086906208434066), pytest.approx(0.17807989845354402))
    by_mean = result.tables[0].rows[1]
    assert by_mean[3] == pytest.approx(
        1.94, rel=0.25
    )  # of the junctions' log means; the reference pools points


def test_egain_transition_voltages(egain):
    found = [transition_voltages(egain.voltage_V, egain.mean_A, egain.mean_ln, sign) for sign in (1, -1)]
    assert [f.found for f in found] == [4, 9]
    negative = found[1].by_junction_V[np.isfinite(found[1].by_junction_V)]
    assert negative == pytest.approx(
        [0.29588, 0.3902, 0.41173, 0.61077, 0.37123, 0.31182, 0.66901, 0.4095, 0.47959], abs=1e-5
    )
    assert found[1].of_log_mean_curve_V == pytest.approx(0.39819525590519445)
    result = transition_voltage.transition_of_points(
        egain, transition_voltage.TransitionOptions(), RecordSet(), np.random.default_rng(1)
    )
    minus = result.numbers[1].estimate
    assert (minus.value, minus.n) == (pytest.approx(0.4388573045153201), 9)
    assert minus.se >= 0.04237840461530454 * (1 - 1e-9)
    assert "1 of 10 junctions have no minimum" in minus.doubts[-1]
    assert "only 4: 0.25, 0.325, 0.199, 0.257" in result.numbers[0].estimate.doubts


@pytest.mark.parametrize("molecules_free", [False, True])
def test_one_level_does_not_describe_egain_junctions(egain, molecules_free):
    options = single_level.LevelOptions(molecules_free=molecules_free)
    result = single_level.level_of_points(egain, options, RecordSet(), np.random.default_rng(1))
    assert result.data["verdict"] == "one level does not describe these curves"
    assert result.numbers[0].estimate.value == 0.0
    assert len(result.numbers) == 1
    assert all(row["rms_ln"] > 1.0 for row in result.data["junctions"])
