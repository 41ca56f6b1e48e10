"""Fits tell which floating probe made the data where the data can tell, and say so where they cannot."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from analysis.buettiker.fit_circuit import CircuitFamily
from analysis.buettiker.fit_comparison import DECISIVE, compare_probes
from analysis.buettiker.fit_coupling import coupling
from analysis.buettiker.fit_family import KINDS, ProbedFamily
from analysis.buettiker.fit_report import remarks, verdict
from analysis.buettiker.nonequilibrium import probed_currents
from analysis.fitting.data import CurrentData, HeatingData, JunctionData, Measured, paired_covariance
from analysis.fitting.families import Conditions, Parameter
from analysis.fitting.least_squares import fit_in_stages, refit
from analysis.fitting.problem import Problem
from analysis.transport.huckel import bonded, chain_bonds
from analysis.transport.landauer import currents
from analysis.transport.transmission import BreitWignerLevel, LevelTransmission

R_P = 72_800.0  # K/W, Lee et al., Nature 498, 209 (2013)
SCALE_SIGMA = 0.014
PAPER_V = np.array([0.74, 0.95, 1.08, 1.18, 1.27])
HEAT_V = np.concatenate([PAPER_V, -PAPER_V])
IV_V = np.linspace(-1.3, 1.3, 40)


def width(name):
    return Parameter(name, 0.05, 1e-6, 3.0, logarithmic=True)


@cache
def family(sites=1, floating=((1,),), tied=False):
    tip = width("gamma_probe_eV")
    return ProbedFamily(
        Parameter("level_eV", 0.6, -2.0, 2.0),
        tip,
        tip if tied else width("gamma_substrate_eV"),
        width("gamma_floating_eV"),
        hamiltonian_eV=bonded(sites, chain_bonds(sites), 0.3),
        substrate_sites=(sites,),
        floating_sites=floating,
    )


@cache
def exact(of, kind, truth, voltage_V):
    """The whole circuit without noise; the same experiment is done many times."""
    return probed_currents(of.of(kind).junction(np.array(truth), 300.0, 300.0), np.array(voltage_V))


def measured(of, kind, truth, rng, mK=0.1, scale=1.0, heat_V=HEAT_V, scale_sigma=SCALE_SIGMA):
    """Return data like those of a campaign: I to 1 %, dT to ``mK`` with the correlation of a shared baseline."""
    current = exact(of, kind, tuple(truth), tuple(IV_V)).current_A
    heat = scale * exact(of, kind, tuple(truth), tuple(heat_V)).heat_probe_W
    sigma = 0.01 * np.abs(current) + 1e-11
    sigma_W = np.full(heat_V.size, 1e-3 * mK / R_P)
    iv = CurrentData(IV_V, current + sigma * rng.normal(size=IV_V.size), sigma)
    noisy_W = rng.multivariate_normal(heat, paired_covariance(heat_V, sigma_W, 0.5))
    return JunctionData(iv, HeatingData(heat_V, noisy_W, sigma_W, correlation=0.5, scale_sigma=scale_sigma))


def problem(data, of):
    return Problem(data, CircuitFamily(of))


@cache
def compared(of, kind, truth, seed, mK=0.1):
    """The three models on one experiment, for all who only look at them."""
    return compare_probes(measured(of, kind, truth, np.random.default_rng(seed), mK), of)


LEVEL = [0.9, 0.03, 0.06, 0.03]  # eV: level, tip, substrate, floating
PAIR = [0.9, 0.08, 0.04, 0.03]


@pytest.mark.parametrize(
    ("of", "values"),
    [
        (family(), [0.8, 0.04, 0.08, 0.05]),
        (family(2, ((1,),)), [0.7, 0.1, 0.05, 0.03]),
        (family(3, ((1,), (2, 3))), [0.9, 0.1, 0.2, 0.04]),
        (family(tied=True), [0.8, 0.05, 1e-5]),  # almost two equal widths where a probe only broadens
        (family(2, ((1,),), tied=True), [0.7, 0.3, 1.20001]),  # beside an exceptional point
        (family(2, ((1,),), tied=True), [0.7, 0.3, 1.2]),  # at it: slopes from differences of quadratures
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_fast_circuit_is_the_full_solution_and_its_slopes(of, values, kind):
    of = of.of(kind)
    values = np.array(values[: len(of.parameters)])
    bias = np.array([-1.2, 0.05, 0.6])
    found = CircuitFamily(of).response(values, Conditions(bias))

    def full(x):
        circuit = probed_currents(of.junction(x, 300.0, 300.0), bias)
        return np.stack([circuit.current_A, circuit.heat_probe_W])

    assert np.stack([found.current_A, found.heat_probe_W]) == pytest.approx(full(values), rel=1e-9)
    for i in range(values.size):
        step = np.where(np.arange(values.size) == i, 1e-4 * values, 0.0)
        slope = (full(values + step) - full(values - step)) / (2 * step[i])
        assert found.slopes[:, i] == pytest.approx(slope, rel=1e-4, abs=1e-5 * np.abs(slope).max())


def test_without_a_probe_it_is_the_landauer_current_of_a_level():
    found = CircuitFamily(family()).response(np.array(LEVEL[:3]), Conditions(HEAT_V))
    level = currents(LevelTransmission([BreitWignerLevel(*LEVEL[:3])]), HEAT_V)
    assert found.current_A == pytest.approx(level.current_A, rel=1e-10)
    assert found.heat_probe_W == pytest.approx(level.heat_probe_W, rel=1e-10)


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_to_a_width_beyond_all_bounds_does_not_end_the_search(kind):
    wide = Parameter("gamma_probe_eV", 0.05, 1e-7, np.inf, logarithmic=True)
    of = replace(family(), gamma_probe_eV=wide, kind=kind)
    at = problem(JunctionData(CurrentData(IV_V, IV_V, np.ones(IV_V.size))), of)
    far = at.natural(np.array([0.5, 1e6, 0.0, 0.0])[: len(of.parameters)])
    with np.errstate(all="ignore"):  # as in a search
        result = at.evaluated(far)
    assert result is None or result.residual.shape == (IV_V.size,)


def test_a_thermalised_probe_on_one_level_only_broadens_it():
    """Currents and heats are those of the level with other widths, which therefore fits such data exactly."""
    of = family().of("voltage-temperature")
    values = np.array([0.5, 0.03, 0.06, 0.05])
    hot = probed_currents(of.junction(values, 300.0, 300.0), HEAT_V)
    leads = of.broadened(values).gammas_eV
    total, tip = sum(float(x[0, 0]) for x in leads.values()), float(leads["probe"][0, 0])
    broad = currents(LevelTransmission([BreitWignerLevel(0.5, tip, total - tip)]), HEAT_V)
    assert total == pytest.approx(0.14)
    assert hot.current_A == pytest.approx(broad.current_A, rel=1e-9)
    assert hot.heat_probe_W == pytest.approx(broad.heat_probe_W, rel=1e-9)
    cold = probed_currents(family().of("voltage").junction(values, 300.0, 300.0), HEAT_V)
    assert cold.current_A == pytest.approx(hot.current_A, rel=1e-9)
    lacking = hot.heat_probe_W - cold.heat_probe_W
    assert lacking == pytest.approx(0.03 / 0.09 * cold.heat_floating_W[0], rel=1e-8)


@pytest.mark.parametrize(
    ("of", "truth", "mK"), [(family(), LEVEL, 0.1), (family(2), PAIR, 0.5)], ids=["level", "pair"]
)
def test_a_voltage_probe_is_found_with_its_parameters(of, truth, mK):
    found = compared(of, "voltage", tuple(truth), 1, mK)
    assert found.supported == "voltage"
    assert min(x for kind, x in found.delta_aicc.items() if kind != "voltage") > DECISIVE
    best = found["voltage"].fit
    assert np.all(np.abs(best.values - [*truth, 1.0]) < 4 * best.errors)
    assert not found["voltage"].coupling.consistent_with_none
    assert "These data support a voltage probe" in verdict(found)[0]
    assert any("the choice of probe matters here" in x for x in verdict(found))


def test_a_voltage_temperature_probe_is_found_where_there_are_two_sites():
    of = family(2)
    found = compare_probes(measured(of, "voltage-temperature", PAIR, np.random.default_rng(3), 0.5), of)
    assert found.supported == "voltage-temperature"
    best = found["voltage-temperature"].fit
    assert np.all(np.abs(best.values - [*PAIR, 1.0]) < 4 * best.errors)
    assert np.abs(found["voltage-temperature"].at_heats.heat_floating_W).max() == 0
    lost = found["voltage"].at_heats
    books = lost.heat_probe_W + lost.heat_substrate_W + lost.heat_floating_W.sum(axis=0)
    assert books == pytest.approx(lost.heat_total_W, rel=1e-10)
    assert np.abs(lost.heat_floating_W).max() > 1e-9


def test_errors_are_the_scatter_of_the_parameters():
    """Experiments, each with its own error of scale: pulls of mean 0 and deviation 1, chi^2 of the right size."""
    n, inside = 32, [0.6, 0.03, 0.06, 0.03]  # a level that enters the window: all widths are well known
    rng, truth = np.random.default_rng(4), np.array([*inside, 1.0])
    of = family().of("voltage")
    fits = [
        refit(problem(measured(of, "voltage", inside, rng, scale=1 + SCALE_SIGMA * pull), of), truth)
        for pull in rng.normal(size=n)
    ]
    pulls = np.array([(x.values - truth)[:4] / x.errors[:4] for x in fits])
    assert np.all(np.abs(pulls.mean(axis=0)) < 4 / np.sqrt(n))
    assert np.all(np.abs(pulls.std(axis=0) - 1) < 4 / np.sqrt(2 * n))
    freedom = fits[0].degrees_of_freedom
    assert np.mean([x.chi_square for x in fits]) == pytest.approx(freedom, abs=4 * np.sqrt(2 * freedom / n))


def test_interval_of_the_width_holds_as_often_as_it_says():
    """Each end at 95 %: of sixteen intervals 1.6 leave the truth out on average, six in three of a thousand cases."""
    rng, of = np.random.default_rng(5), family()
    truth, outside = [0.6, 0.03, 0.06, 0.0008], 0
    for _ in range(16):
        data = measured(of, "voltage", truth, rng)
        none = refit(problem(data, of.of("none")), np.array([*truth[:3], 1.0]))
        found = refit(problem(data, of.of("voltage")), np.array([*truth, 1.0]))
        interval = coupling(found, none.chi_square)
        outside += not interval.low_eV <= truth[3] <= interval.high_eV
    assert outside <= 5


@pytest.mark.parametrize(
    ("of", "kind", "truth", "mK"),
    [
        (family(), "voltage-temperature", LEVEL, 0.1),  # only broadens: nobody could tell
        (family(), "voltage", [0.9, 0.03, 0.06, 0.0003], 0.1),  # hardly coupled
        (family(2), "voltage-temperature", [0.9, 0.08, 0.04, 0.0005], 0.5),
        (family(), "none", LEVEL[:3], 0.5),
    ],
    ids=["level broadened", "level hardly", "pair hardly", "nothing"],
)
def test_it_says_where_the_data_cannot_tell(of, kind, truth, mK):
    found = compare_probes(measured(of, kind, truth, np.random.default_rng(6), mK), of)
    assert found.supported is None
    assert kind in found.alive
    assert "cannot distinguish" in verdict(found)[0]


def test_few_points_with_much_noise_cannot_tell_what_many_can():
    of, truth = family(), [0.9, 0.03, 0.06, 0.012]
    rng = np.random.default_rng(7)
    few = compare_probes(measured(of, "voltage", truth, rng, 0.5, heat_V=np.array([0.74, -0.74])), of)
    many = compare_probes(measured(of, "voltage", truth, rng, 0.1), of)
    assert few.supported is None
    assert many.supported == "voltage"
    assert few["voltage"].coupling.high_eV > many["voltage"].coupling.high_eV


def test_no_probe_bounds_the_width_of_a_probe():
    found = compare_probes(measured(family(2), "none", PAIR[:3], np.random.default_rng(8)), family(2))
    for kind in ("voltage", "voltage-temperature"):
        interval = found[kind].coupling
        assert interval.consistent_with_none
        assert interval.low_eV == 0.0
        assert 0 < interval.high_eV < 0.2 * (PAIR[1] + PAIR[2])
    assert any("is not needed: gamma_floating_eV < " in x for x in verdict(found))


def test_an_error_of_calibration_is_not_taken_for_a_probe():
    """Heats all 2.5 % too small look like a voltage probe that swallows them, unless their scale may be wrong."""
    of, rng = family(tied=True), np.random.default_rng(9)
    truth = [0.9, 0.04]
    honest = measured(of, "none", truth, rng, scale=0.975)
    told = compare_probes(honest, of)
    assert told.supported is None
    assert "none" in told.alive
    assert told["none"].fit.value("scale") == pytest.approx(0.975, abs=4 * told["none"].fit.errors[-1])
    sure = replace(honest, heating=replace(honest.heating, scale_sigma=0.0))
    misled = compare_probes(sure, of)
    assert misled.delta_aicc["none"] > DECISIVE


def test_the_prior_holds_the_scale_and_the_data_narrow_it():
    found = compared(family(), "voltage", tuple(LEVEL), 1)["voltage"].fit
    data = found.problem.data
    assert found.names[-1] == "scale"
    assert 0 < found.errors[-1] < SCALE_SIGMA
    assert found.problem.n_residuals == data.size + 1


def test_the_covariance_of_both_polarities_counts():
    """A common shift of both polarities is likelier than an opposite one where their correlation is +1/2."""
    data = measured(family(), "none", LEVEL[:3], np.random.default_rng(11))
    sigma = data.heating.sigma_W[0]
    pair = np.where(np.abs(HEAT_V) == PAPER_V[0], sigma, 0.0)
    together, opposite = (data.heating.whitening @ (x * pair) for x in (np.ones(10), np.sign(HEAT_V)))
    assert together @ together == pytest.approx(2 / 1.5)
    assert opposite @ opposite == pytest.approx(2 / 0.5)


def test_data_that_no_model_describes_give_no_verdict():
    data = measured(family(), "voltage", LEVEL, np.random.default_rng(12))
    bent = data.with_values([data.current.current_A, data.heating.heat_probe_W * (1 + HEAT_V**2)])
    found = compare_probes(bent, family())
    assert found.supported is None
    assert not found.describes
    assert "None of the three models describes" in verdict(found)[0]


def test_exchange_of_the_leads_is_open_without_a_voltage_probe_and_told_with_one():
    found = compared(family(), "voltage", tuple(LEVEL), 1)
    assert any("can be exchanged" in x for x in remarks(found["none"]))
    assert not any("can be exchanged" in x for x in remarks(found["voltage"]))
    assert any("separately" in x or "almost one" in x for x in remarks(found["voltage-temperature"]))


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (lambda: compare_probes(JunctionData(CurrentData(IV_V, IV_V)), family()), "sigma_A"),
        (
            lambda: compare_probes(JunctionData(seebeck_V_per_K=Measured(1e-5, 1e-6)), family()),
            "cannot determine",
        ),
        (lambda: HeatingData(HEAT_V, HEAT_V, np.ones(10), scale_sigma=-0.1), "scale_sigma"),
        (lambda: paired_covariance(HEAT_V, HEAT_V, 1.0), "correlation"),
        (lambda: ProbedFamily(0.9, 0.1, 0.1, 0.1, floating_sites=((2,),), kind="voltage"), "site 2"),
        (lambda: ProbedFamily(0.9, 0.1, 0.1, 0.1, floating_sites=()), "at least one site"),
        (
            lambda: fit_in_stages(
                problem(JunctionData(CurrentData(IV_V, IV_V, IV_V**2 + 1)), ProbedFamily(0.9, 0.1, 0.1, 0.1))
            ),
            "no free",
        ),
        (
            lambda: fit_in_stages(
                problem(JunctionData(CurrentData(IV_V[:1], IV_V[:1], np.ones(1))), family())
            ),
            "cannot determine",
        ),
    ],
)
def test_impossible_fits_are_refused(wrong, why):
    with pytest.raises(ValueError, match=why):
        wrong()
