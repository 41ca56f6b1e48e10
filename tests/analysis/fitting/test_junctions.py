"""Fits to the mean of junctions: weights, errors from junctions left out, whatever the number of voltages."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm, t

from analysis.constants import G0_S
from analysis.fitting.data import CurrentData, HeatingData, JunctionData
from analysis.fitting.families import Parameter, level_family
from analysis.fitting.jackknife import groups_of, jackknife_error
from analysis.fitting.least_squares import fit
from analysis.fitting.problem import Problem
from analysis.iv.junction_curves import JunctionCurves
from analysis.transport.landauer import currents
from analysis.transport.transmission import BreitWignerLevel, LevelTransmission

COLD_K = 1.0
"""The golden curves are of 0 K."""

ENERGY = Parameter("energy_eV", 0.7, 0.1, 3.0)
GAMMA = Parameter("gamma_eV", 0.02, 1e-4, 1.0, logarithmic=True)
FAMILY = level_family([[ENERGY, GAMMA, GAMMA, 0.5]])


def golden_junctions(voltage_V):
    """Twenty junctions without a random number: currents (20, n) in A."""
    k = np.arange(1, 21)
    e = 0.8 + 0.05 * norm.ppf(k * np.sqrt(2) % 1)
    g = 0.03 * (1 + 0.2 * norm.ppf(k * np.sqrt(3) % 1))
    e, g = e[:, None], g[:, None]
    return G0_S * g * (np.arctan((e + voltage_V / 2) / g) - np.arctan((e - voltage_V / 2) / g))


def cold(current, **more):
    return JunctionData(current, temperature_probe_K=COLD_K, temperature_substrate_K=COLD_K, **more)


def fitted(curves):
    return fit(Problem(cold(curves.mean()), FAMILY), curves.replicas())


def sixty(steps=30):
    """Voltages from -1.2 to 1.2 V without 0."""
    return np.setdiff1d(np.arange(-steps, steps + 1), [0]) * (1.2 / steps)


def test_golden_values_of_twenty_junctions():
    """Toolbox item 13: value, error by junctions left out, and what the covariance would say."""
    curves = JunctionCurves(sixty(), golden_junctions(sixty()))
    found = fitted(curves)
    assert found.values == pytest.approx([0.785686021348363, 0.03087288100865795], rel=1e-6)
    # The golden errors weigh each replica anew; ours keep the weights, which moves them by 0.3 %.
    assert found.error.standard == pytest.approx([0.01131169910938734, 0.0012736384222622017], rel=5e-3)
    low, high = found.error.interval()
    reach = t.ppf(
        0.5 + 0.6826894921 / 2, 19
    )  # few junctions near to resonance: farther below than Student's t
    assert high[0] == pytest.approx(found.values[0] + reach * found.error.standard[0])
    assert 1.0 < (found.values[0] - low[0]) / (high[0] - found.values[0]) < 1.3
    width = jackknife_error(np.log([x[1] for x in found.replicas]))
    assert low[1] == pytest.approx(found.values[1] * np.exp(-reach * width))
    assert found.errors == pytest.approx((high - low) / 2)
    assert found.reduced_chi_square == pytest.approx(0.00037368028162768524, rel=1e-3)
    naive = fit(Problem(cold(curves.mean()), FAMILY))
    assert naive.errors == pytest.approx([0.012826880472580682, 0.0006801134069314901], rel=1e-3)


def test_golden_errors_do_not_depend_on_the_number_of_voltages():
    few, many = (fitted(JunctionCurves(v, golden_junctions(v))) for v in (sixty(), sixty(300)))
    assert many.values == pytest.approx([0.7860207935927433, 0.03088898548331086], rel=1e-5)
    assert many.error.standard == pytest.approx([0.011280994105651447, 0.0012730597126497688], rel=5e-3)
    assert many.error.standard == pytest.approx(few.error.standard, rel=0.01)


def test_each_junction_is_left_out_once_in_groups_of_equal_size():
    for count in (2, 3, 50, 51, 60, 100, 101, 1000):
        groups = groups_of(count)
        assert sorted(np.concatenate(groups)) == list(range(count))
        assert len(groups) == count if count <= 50 else 20 <= len(groups) <= 50
        assert np.ptp([len(group) for group in groups]) <= 1
    assert groups_of(1) == ()


def test_the_error_of_a_mean_is_its_standard_error():
    x = np.random.default_rng(0).normal(size=12)
    left_out = [np.delete(x, i, axis=0).mean() for i in range(12)]
    assert jackknife_error(np.array(left_out)) == pytest.approx(x.std(ddof=1) / np.sqrt(12))


def test_weights_are_errors_of_the_mean_and_of_few_junctions_smooth():
    V = sixty()
    many = JunctionCurves(V, golden_junctions(V))
    assert many.standard_error == pytest.approx(many.current_A.std(axis=0, ddof=1) / np.sqrt(20))
    rng = np.random.default_rng(1)
    few = JunctionCurves(V, 1e-9 * rng.normal(size=(3, V.size)))
    raw = few.current_A.std(axis=0, ddof=1)
    assert raw.max() / raw.min() > 10
    assert few.standard_error.max() / few.standard_error.min() < 3


def test_equal_curves_and_missing_points():
    V = sixty()
    same = JunctionCurves(V, np.tile(golden_junctions(V)[0], (4, 1)))
    assert same.mean().sigma_A is None
    gaps = golden_junctions(V)
    gaps[3, :20] = np.nan
    found = JunctionCurves(V, gaps).mean()
    assert found.current_A[0] == pytest.approx(np.delete(gaps[:, 0], 3).mean())
    assert found.current_A[-1] == pytest.approx(gaps[:, -1].mean())


def test_curves_that_differ_as_wholes_are_worth_a_few_values():
    rng, V = np.random.default_rng(2), sixty()
    assert JunctionCurves(V, golden_junctions(V)).independent < 2
    noise = JunctionCurves(V, rng.normal(size=(40, V.size)))
    assert noise.independent > 0.5 * V.size


def test_a_joint_fit_does_not_depend_on_the_number_of_voltages():
    """Heats of another level: how far they pull the fit must not depend on how densely the I-V was taken."""
    bias = np.array([0.7, 0.9, 1.1, -0.7, -0.9, -1.1])
    heat = currents(
        LevelTransmission([BreitWignerLevel(0.82, 0.03, 0.03)]), bias, COLD_K, COLD_K
    ).heat_probe_W
    heating = HeatingData(bias, heat, np.full(bias.size, 0.05 * np.abs(heat).max()))
    found = []
    for V in (sixty(), sixty(300)):
        curves = JunctionCurves(V, golden_junctions(V))
        data = cold(curves.mean().worth(curves.independent), heating=heating)
        replicas = [x.worth(curves.independent) for x in curves.replicas()]
        found.append(fit(Problem(data, FAMILY), replicas))
    assert found[1].values == pytest.approx(found[0].values, rel=5e-3)
    assert found[1].error.standard == pytest.approx(found[0].error.standard, rel=0.03)
    alone = fitted(JunctionCurves(sixty(), golden_junctions(sixty())))
    assert alone.values[0] + 0.01 < found[0].values[0]


def test_errors_of_a_joint_fit_hold_what_the_other_data_leave_open():
    """Without scatter of the junctions only the heat's error is left, and is that of the covariance."""
    V = sixty()
    current = currents(LevelTransmission([BreitWignerLevel(0.8, 0.03, 0.03)]), V, COLD_K, COLD_K).current_A
    curves = JunctionCurves(V, current * (1 + np.linspace(-1e-6, 1e-6, 5))[:, None])
    heating = HeatingData(np.array([1.1, -1.1]), np.array([1e-7, 1e-7]), np.array([1e-9, 1e-9]))
    problem = Problem(cold(curves.mean(), heating=heating), FAMILY)
    problem = replace(
        problem, data=cold(replace(curves.mean(), sigma_A=np.full(V.size, 1e-6)), heating=heating)
    )
    found = fit(problem, [replace(x, sigma_A=np.full(V.size, 1e-6)) for x in curves.replicas()])
    naive = fit(problem)
    assert found.error.standard[1] == pytest.approx(naive.error.standard[1], rel=0.2)
    assert np.all(found.error.degrees_of_freedom > 4)


@pytest.mark.parametrize(
    ("noise", "words"),
    [("equal", None), ("grows", "grow with |I|"), ("moves together", "neighbouring voltages are correlated")],
)
def test_noise_that_is_not_what_the_errors_assume_is_remarked(noise, words):
    """Each kind on 20 sets: found in 19 at least, and in white noise by chance in none."""
    rng, V = np.random.default_rng(3), sixty()
    exact = currents(LevelTransmission([BreitWignerLevel(0.8, 0.03, 0.03)]), V, COLD_K, COLD_K).current_A
    family = level_family([[0.8, GAMMA, GAMMA, 0.5]])
    hits = 0
    for _ in range(20):
        white = rng.normal(size=V.size)
        if noise == "moves together":
            white = np.convolve(rng.normal(size=V.size + 9), np.ones(10) / np.sqrt(10), "valid")
        size = 0.05 * np.abs(exact) if noise == "grows" else 0.01 * np.abs(exact).max()
        found = fit(Problem(cold(CurrentData(V, exact + size * white)), family))
        remarks = [x for x in found.remarks if "grow with" in x or "are correlated" in x]
        hits += any(words in x for x in remarks) if words else bool(remarks)
    assert hits >= 19 if words else hits == 0


@pytest.mark.parametrize(("factor", "said"), [(1.0, False), (0.1, True)])
def test_a_chi_square_that_is_too_small_is_remarked(factor, said):
    rng, V = np.random.default_rng(4), sixty()
    exact = currents(LevelTransmission([BreitWignerLevel(0.8, 0.03, 0.03)]), V, COLD_K, COLD_K).current_A
    noise = factor * 1e-9 * rng.normal(size=V.size)
    found = fit(Problem(cold(CurrentData(V, exact + noise, np.full(V.size, 1e-9))), FAMILY))
    assert any("is too small" in x for x in found.remarks) == said
