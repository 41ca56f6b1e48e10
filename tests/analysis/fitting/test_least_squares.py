"""Fits recover what made the data, with honest uncertainties, and say what the data cannot tell."""

import numpy as np
import pytest

from analysis.fitting.data import CurrentData, HeatingData, JunctionData, LogCurrentData, Measured
from analysis.fitting.families import BuiltFamily, Parameter, level_family
from analysis.fitting.least_squares import fit, fit_thoroughly
from analysis.fitting.problem import Problem
from analysis.fitting.profile_likelihood import profile_likelihood
from analysis.iv.transition_voltage import transition_voltage, transition_voltage_of_curve
from analysis.transport.landauer import currents, linear_response
from analysis.transport.level_derivatives import level_slopes
from analysis.transport.molecules import benzene
from analysis.transport.transmission import BreitWignerLevel, FlatTransmission, LevelTransmission

V = np.linspace(-1.3, 1.3, 200)
PAPER_V = np.array([0.74, 0.95, 1.08, 1.18, 1.27])
ENERGY = Parameter("energy_eV", 0.6, -2.0, 2.0)
GAMMA = Parameter("gamma_eV", 0.02, 1e-4, 1.0, logarithmic=True)
OTHER_GAMMA = Parameter("other_gamma_eV", 0.02, 1e-4, 1.0, logarithmic=True)
TIED = [ENERGY, GAMMA, GAMMA, 0.5]
LUMO = LevelTransmission([BreitWignerLevel(0.9, 0.04, 0.04)])


def noisy(transmission, rng, relative=0.01, bias=V, **temperatures):
    current = currents(transmission, bias, **temperatures).current_A
    sigma = relative * np.abs(current) + 1e-10
    return CurrentData(bias, current + sigma * rng.normal(size=bias.size), sigma)


def exact(transmission, bias=V):
    return CurrentData(bias, currents(transmission, bias).current_A)


def heating(transmission, rng, sigma_W=5e-9):
    bias = np.concatenate([PAPER_V, -PAPER_V])
    x = currents(transmission, bias)
    sigma = np.full(bias.size, sigma_W)
    heats = (q + sigma * rng.normal(size=bias.size) for q in (x.heat_probe_W, x.heat_total_W))
    return HeatingData(bias, next(heats), sigma, next(heats), sigma)


def said(result, words):
    return any(words in remark for remark in result.remarks)


def test_slopes_are_those_of_the_integrals():
    levels = np.array([[0.9, 0.04, 0.05, 0.4], [-1.1, 0.03, 0.02, 0.5]])
    found = level_slopes(levels, V, 0.026, 0.024)
    for place in np.ndindex(levels.shape):
        step = np.zeros(levels.shape)
        step[place] = 1e-5
        above, below = (level_slopes(levels + sign * step, V, 0.026, 0.024).values for sign in (1, -1))
        by_difference = (above - below) / 2e-5
        slopes = found.slopes[:, place[0], place[1]]
        assert np.max(np.abs(slopes - by_difference)) < 1e-6 * np.max(np.abs(slopes))


@pytest.mark.parametrize(("energy", "start"), [(0.9, 0.4), (0.3, 1.2), (-0.7, -0.2), (0.05, 0.8)])
@pytest.mark.parametrize("width", [0.002, 0.05, 0.4])
def test_exact_data_give_the_parameters_back_from_far_starts(energy, start, width):
    family = level_family(
        [[Parameter("energy_eV", start, *sorted((0.0, 2 * np.sign(energy)))), GAMMA, GAMMA, 0.5]]
    )
    result = fit(
        Problem(JunctionData(exact(LevelTransmission([BreitWignerLevel(energy, width, width)]))), family)
    )
    assert result.converged
    assert result.values == pytest.approx([energy, width], rel=1e-6)


def test_noise_scatters_the_parameters_by_the_errors_that_are_stated():
    """A hundred experiments: the pulls (value - truth)/error have mean 0, deviation 1; chi^2 averages to n - p."""
    rng = np.random.default_rng(1)
    family = level_family([TIED])
    results = [fit(Problem(JunctionData(noisy(LUMO, rng)), family)) for _ in range(100)]
    pulls = np.array([(r.values - [0.9, 0.04]) / r.errors for r in results])
    assert np.all(np.abs(pulls.mean(axis=0)) < 4 / np.sqrt(100))
    assert np.all(np.abs(pulls.std(axis=0) - 1) < 4 / np.sqrt(200))
    scale = np.mean([r.chi_square for r in results])
    assert scale == pytest.approx(198, abs=4 * np.sqrt(2 * 198 / 100))
    correlation = np.corrcoef(pulls.T)[0, 1]
    assert correlation == pytest.approx(results[0].correlation[0, 1], abs=0.15)


def test_without_uncertainties_errors_come_from_the_scatter():
    rng = np.random.default_rng(2)
    data = noisy(LUMO, rng, 0.0)
    uniform = data.current_A + 2e-9 * rng.normal(size=V.size)
    given = fit(Problem(JunctionData(CurrentData(V, uniform, np.full(V.size, 2e-9))), level_family([TIED])))
    scatter = fit(Problem(JunctionData(CurrentData(V, uniform)), level_family([TIED])))
    assert not scatter.sigma_known
    assert scatter.values == pytest.approx(given.values, rel=1e-6)
    assert scatter.error.standard == pytest.approx(given.errors * np.sqrt(given.reduced_chi_square), rel=1e-3)


def test_the_sign_of_the_level_is_open_in_a_symmetric_current_and_said_to_be():
    result = fit(Problem(JunctionData(noisy(LUMO, np.random.default_rng(3))), level_family([TIED])))
    assert said(result, "sign of the level position is not determined")


def test_heat_in_the_probe_decides_the_sign():
    """The wrong sign as a start: a joint fit finds the right one, and says by how much the other is worse."""
    rng = np.random.default_rng(4)
    wrong = Parameter("energy_eV", -0.6, -2.0, 2.0)
    data = JunctionData(noisy(LUMO, rng), heating(LUMO, rng))
    result = fit(Problem(data, level_family([[wrong, GAMMA, GAMMA, 0.5]])))
    assert abs(result.values[0] - 0.9) < 4 * result.errors[0]
    assert said(result, "the data determine the sign")


def test_exchange_of_the_widths_is_said_and_their_mean_is_known():
    data = JunctionData(exact(LevelTransmission([BreitWignerLevel(0.9, 0.02, 0.08)])))
    result = fit(Problem(data, level_family([[ENERGY, GAMMA, OTHER_GAMMA, 0.5]])))
    assert sorted(result.values[1:]) == pytest.approx([0.02, 0.08], rel=1e-4)
    assert said(result, "can be exchanged")
    noise = fit(
        Problem(
            JunctionData(noisy(LUMO, np.random.default_rng(5))),
            level_family([[ENERGY, GAMMA, OTHER_GAMMA, 0.5]]),
        )
    )
    assert np.sqrt(noise.values[1] * noise.values[2]) == pytest.approx(0.04, rel=0.02)


def test_parameters_that_enter_only_as_a_product_get_no_error():
    """Far below resonance a number of molecules and a width are one parameter."""
    molecules = Parameter("molecules", 3.0, 1e-3, 1e6, logarithmic=True)
    bias = np.linspace(-0.05, 0.05, 21)
    data = exact(LevelTransmission([BreitWignerLevel(1.5, 1e-4, 1e-4)]), bias)
    fixed = level_family([[1.5, GAMMA, GAMMA, 0.5]])
    result = fit(
        Problem(JunctionData(CurrentData(bias, data.current_A, np.full(21, 1e-14))), fixed, molecules)
    )
    assert np.all(np.isinf(result.errors) | (result.errors > 10 * result.values))
    assert said(result, "combinations of them") or said(result, "almost one parameter")


def test_bounds_hold_and_are_reported():
    low = Parameter("energy_eV", 0.5, 0.0, 0.8)
    result = fit(
        Problem(JunctionData(noisy(LUMO, np.random.default_rng(6))), level_family([[low, GAMMA, GAMMA, 0.5]]))
    )
    assert result.values[0] <= 0.8
    assert result.at_bound == ("energy_eV",)
    assert said(result, "ended on its bound")
    assert said(result, "does not describe these data")


def test_a_search_that_leaves_the_bounds_for_good_is_soon_given_up():
    """The current of no level: each of the four searches went on outside for a hundred evaluations."""
    current_A = 1e-7 * V + 4e-8 * V**2
    data = LogCurrentData(V, current_A, np.full(V.size, 0.01))
    energy = Parameter("energy_eV", 0.7, 0.02, 5.0)
    result = fit(Problem(JunctionData(data), level_family([[energy, GAMMA, GAMMA, 0.5]])))
    assert result.at_bound == ("energy_eV",)
    assert result.values[0] == pytest.approx(5.0)
    assert result.evaluations < 300


def test_joint_fit_of_two_levels_to_everything():
    truth = LevelTransmission(
        [BreitWignerLevel(0.86, 0.0315, 0.0315), BreitWignerLevel(-1.29, 0.0328, 0.0328)]
    )
    rng, linear = np.random.default_rng(7), linear_response(truth)
    second = (
        Parameter("second_eV", -1.0, -2.0, 0.0),
        Parameter("second_gamma_eV", 0.02, 1e-4, 1.0, logarithmic=True),
    )
    family = level_family(
        [[Parameter("first_eV", 0.7, 0.0, 2.0), GAMMA, GAMMA, 0.5], [second[0], second[1], second[1], 0.5]]
    )
    data = JunctionData(
        noisy(truth, rng),
        heating(truth, rng),
        Measured(float(linear.conductance_G0), 1e-5),
        Measured(float(linear.seebeck_V_per_K), 2e-7),
    )
    joint = fit(Problem(data, family))
    pulls = (joint.values - [0.86, 0.0315, -1.29, 0.0328]) / joint.errors
    assert np.all(np.abs(pulls) < 4)
    alone = fit_thoroughly(Problem(JunctionData(data.current), family))
    assert joint.errors[2] < 0.2 * alone.errors[2]


def test_conductance_and_thermopower_alone_fix_a_level():
    linear = linear_response(LUMO)
    data = JunctionData(
        conductance_G0=Measured(float(linear.conductance_G0), 1e-7),
        seebeck_V_per_K=Measured(float(linear.seebeck_V_per_K), 1e-10),
    )
    result = fit(Problem(data, level_family([[Parameter("energy_eV", 0.5, 0.0, 3.0), GAMMA, GAMMA, 0.5]])))
    assert result.values == pytest.approx([0.9, 0.04], rel=1e-4)


def test_asymmetric_current_gives_the_drop():
    truth = LevelTransmission([BreitWignerLevel(0.5, 0.02, 0.02, 0.3)])
    drop = Parameter("bias_drop", 0.5, 0.0, 1.0)
    positive = Parameter("energy_eV", 0.7, 0.0, 2.0)
    result = fit(Problem(JunctionData(exact(truth)), level_family([[positive, GAMMA, GAMMA, drop]])))
    assert result.values == pytest.approx([0.5, 0.02, 0.3], rel=1e-5)
    assert said(result, "sign of the level position is not determined")
    fixed = fit(Problem(JunctionData(exact(truth)), level_family([[ENERGY, GAMMA, GAMMA, 0.3]])))
    assert not said(fixed, "sign of the level position")


def test_logarithms_of_currents_are_fitted_by_factors():
    rng = np.random.default_rng(8)
    bias = V[np.abs(V) > 0.02]
    current = 5e3 * currents(LUMO, bias).current_A * np.exp(0.3 * rng.normal(size=bias.size))
    molecules = Parameter("molecules", 1e3, 1.0, 1e6, logarithmic=True)
    data = JunctionData(LogCurrentData(bias, current, np.full(bias.size, 0.3)))
    result = fit(Problem(data, level_family([[ENERGY, 0.04, 0.04, 0.5]]), molecules))
    assert np.all(np.abs(result.values - [0.9, 5e3]) < 4 * result.errors)
    assert result.chi_square == pytest.approx(bias.size, abs=4 * np.sqrt(2 * bias.size))


def test_unequal_temperatures_are_part_of_the_model():
    rng = np.random.default_rng(9)
    data = noisy(LUMO, rng, temperature_probe_K=350.0, temperature_substrate_K=290.0)
    problem = Problem(
        JunctionData(data, temperature_probe_K=350.0, temperature_substrate_K=290.0), level_family([TIED])
    )
    assert np.all(np.abs(fit(problem).values - [0.9, 0.04]) < 4 * fit(problem).errors)


def test_any_transmission_that_can_be_built_can_be_fitted():
    onsite = Parameter("onsite_eV", 0.1, -2.0, 2.0)
    gamma = Parameter("gamma_eV", 0.2, 1e-3, 2.0, logarithmic=True)
    family = BuiltFamily(lambda x: benzene((1, 4), (x[1], x[1]), x[0]).transmission(), (onsite, gamma))
    data = exact(benzene((1, 4), (0.37, 0.37), 0.45).transmission(), np.linspace(-1.5, 1.5, 31))
    onsite_eV, gamma_eV = fit(Problem(JunctionData(data), family)).values
    assert (abs(onsite_eV), gamma_eV) == pytest.approx((0.45, 0.37), rel=1e-5)  # electrons and holes alike
    flat = BuiltFamily(
        lambda x: FlatTransmission(x[0]), (Parameter("value", 0.5, 0.0, 4.0, logarithmic=True),)
    )
    assert fit(Problem(JunctionData(exact(FlatTransmission(1.7))), flat)).values == pytest.approx([1.7])


def test_profile_likelihood_of_a_well_known_parameter_is_its_error():
    problem = Problem(JunctionData(noisy(LUMO, np.random.default_rng(10))), level_family([TIED]))
    result = fit(problem)
    profile = profile_likelihood(result, "energy_eV")
    assert profile.high - result.values[0] == pytest.approx(result.errors[0], rel=0.05)
    assert result.values[0] - profile.low == pytest.approx(result.errors[0], rel=0.05)
    assert profile.chi_square.min() == pytest.approx(result.chi_square, rel=1e-6)
    with pytest.raises(ValueError, match="energy_eV"):
        profile_likelihood(result, "energy")


def test_profile_likelihood_of_a_fit_with_a_parameter_without_bounds():
    free = Parameter("energy_eV", 0.6)
    problem = Problem(
        JunctionData(noisy(LUMO, np.random.default_rng(10))), level_family([[free, GAMMA, GAMMA, 0.5]])
    )
    result = fit(problem)
    profile = profile_likelihood(result, "gamma_eV", points=9)
    assert profile.high - result.values[1] == pytest.approx(result.errors[1], rel=0.2)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_of_two_mirror_images_the_one_on_the_side_of_the_start_is_taken(side):
    start = Parameter("energy_eV", 0.6 * side, -2.0, 2.0)
    problem = Problem(
        JunctionData(noisy(LUMO, np.random.default_rng(12))), level_family([[start, GAMMA, GAMMA, 0.5]])
    )
    assert fit_thoroughly(problem, 4).values[0] == pytest.approx(0.9 * side, rel=0.02)


def test_profile_likelihood_stays_open_where_the_data_say_nothing():
    """Far below resonance: twice the width and a quarter of the molecules carry the same current."""
    bias = np.linspace(-0.05, 0.05, 21)
    current = currents(LevelTransmission([BreitWignerLevel(1.5, 1e-3, 1e-3)]), bias).current_A
    molecules = Parameter("molecules", 1.0, 1e-2, 1e2, logarithmic=True)
    family = level_family([[1.5, GAMMA, GAMMA, 0.5]])
    problem = Problem(JunctionData(CurrentData(bias, current, np.full(21, 1e-13))), family, molecules)
    profile = profile_likelihood(fit(problem), "molecules")
    assert (profile.low, profile.high) == (-np.inf, np.inf)
    assert np.ptp(profile.values) > 1.0


@pytest.mark.parametrize("energy", [0.4, 0.9])
def test_transition_voltage_of_a_curve_is_that_of_its_model(energy):
    level = LevelTransmission([BreitWignerLevel(energy, 0.02, 0.02)])
    exact_V = transition_voltage(level)
    assert transition_voltage(level, polarity=-1) == pytest.approx(-exact_V, rel=1e-9)
    step = 1e-4
    log_I = np.log(currents(level, exact_V * np.exp([-step, step])).current_A)
    assert np.diff(log_I)[0] / (2 * step) == pytest.approx(2.0, abs=1e-5)
    data = noisy(level, np.random.default_rng(11), bias=np.linspace(-1.6, 1.6, 321))
    for polarity in (1, -1):
        found = transition_voltage_of_curve(data.voltage_V, data.current_A, data.sigma_A, polarity)
        assert found.value == pytest.approx(polarity * exact_V, abs=max(5 * found.sigma, 0.02 * exact_V))


def test_transition_voltage_beyond_the_data_is_not_invented():
    bias = np.linspace(0.01, 0.5, 50)
    assert transition_voltage_of_curve(bias, currents(LUMO, bias).current_A) is None
    assert np.isnan(transition_voltage(FlatTransmission(1.0)))


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (lambda: Parameter("a", 2.0, 0.0, 1.0), "start"),
        (lambda: Parameter("a", 0.0, 0.0, 1.0, logarithmic=True), "positive"),
        (lambda: CurrentData(V, V, np.zeros(V.size)), "above zero"),
        (lambda: CurrentData(V, V[1:]), "one length"),
        (lambda: LogCurrentData(V, np.zeros(V.size), np.ones(V.size)), "zero"),
        (lambda: JunctionData(), "nothing to fit"),
        (lambda: JunctionData(CurrentData(V, V), conductance_G0=Measured(1.0, 0.1)), "sigma_A"),
        (
            lambda: fit(Problem(JunctionData(CurrentData(V, V)), level_family([[0.9, 0.1, 0.1, 0.5]]))),
            "no free",
        ),
        (
            lambda: fit(Problem(JunctionData(CurrentData(V[:1], V[:1])), level_family([TIED]))),
            "1 value cannot determine",
        ),
        (
            lambda: fit(
                Problem(JunctionData(CurrentData(V, np.zeros(V.size), np.ones(V.size))), level_family([TIED]))
            ),
            "every current is zero",
        ),
    ],
)
def test_impossible_fits_are_refused(wrong, why):
    with pytest.raises(ValueError, match=why):
        wrong()
