"""Comparison of no probe, voltage probe and voltage-temperature probe: which model the data support, if they decide.

The three models are fitted to the same data with the same errors, so that chi^2 is -2 ln L up to a common constant.
AICc = chi^2 + 2k + 2k(k+1)/(n-k-1) (Hurvich and Tsai, Biometrika 76, 297 (1989)) and BIC = chi^2 + k ln n add a
penalty for the number of parameters k; n counts the measured values and the prior of the scale.

A model is excluded if its AICc exceeds the lowest by `DECISIVE` or more, which makes it less than a twentieth as
likely. For two models of equally many parameters, whose chi^2 is expected to differ by s, the wrong one is excluded
with a probability of at most 0.7 %, for any s.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy

from analysis.buettiker.errors import ProbeError
from analysis.buettiker.fit_circuit import CircuitFamily
from analysis.buettiker.fit_coupling import CouplingInterval, coupling
from analysis.buettiker.fit_family import KINDS, Kind, ProbedFamily
from analysis.buettiker.nonequilibrium import ProbedCurrents, probed_currents
from analysis.fitting.data import CurrentData, JunctionData
from analysis.fitting.least_squares import fit_in_stages, refit
from analysis.fitting.problem import Problem
from analysis.fitting.result import FitResult
from analysis.records import FloatArray

DECISIVE = 6.0
"""Difference of AICc above which a model is excluded."""

_BADLY = 6.0  # standard deviations of chi^2 beyond which no model describes the data
_UNLIKELY = 1e-3  # probability of a chi^2 that small or smaller if errors are not overstated
_SHARES = (0.03, 0.3, 1.0, 3.0)  # of the lead widths: starts of the search for a probe's width

CircuitFit = FitResult[CircuitFamily]


@dataclass(frozen=True, eq=False)
class FittedModel:
    """One fitted model.

    Attributes
    ----------
    kind : Kind
    fit : FitResult
    coupling : Coupling or None
        Interval of the probe's width; None without a probe, for a fixed width, and for an excluded model.
    at_heats : ProbedCurrents or None
        The whole circuit at the biases of the heats (of the currents, without heats): the probe's potentials, its
        heat, the entropy. None if it does not settle.
    unsettled : str
        Reason why it does not settle.
    """

    kind: Kind
    fit: CircuitFit
    coupling: CouplingInterval | None
    at_heats: ProbedCurrents | None
    unsettled: str = ""

    @property
    def n_parameters(self) -> int:
        """Number of parameters k, including the scale."""
        return len(self.fit.values)

    @property
    def aicc(self) -> float:
        """Corrected Akaike information criterion; infinite with too few values for it."""
        k, n = self.n_parameters, self.fit.problem.n_residuals
        return self.fit.chi_square + 2 * k + (2 * k * (k + 1) / (n - k - 1) if n > k + 1 else np.inf)

    @property
    def bic(self) -> float:
        """Bayesian information criterion."""
        return self.fit.chi_square + self.n_parameters * float(np.log(self.fit.problem.n_residuals))


@dataclass(frozen=True, eq=False)
class ProbeComparison:
    """The models fitted to one set of data.

    ``expected`` is the mean excess of chi^2 of each other model if the best model is true as fitted: the power of
    these data to decide, independent of their actual noise.
    """

    data: JunctionData
    candidates: tuple[FittedModel, ...]
    expected: dict[Kind, float]

    def __getitem__(self, kind: Kind) -> FittedModel:
        """Return the candidate with a kind of probe."""
        return next(x for x in self.candidates if x.kind == kind)

    @cached_property
    def best(self) -> FittedModel:
        """The model of the lowest AICc."""
        return min(self.candidates, key=lambda x: x.aicc)

    @property
    def delta_aicc(self) -> dict[Kind, float]:
        """AICc above the lowest."""
        return {x.kind: _apart(x.aicc, self.best.aicc) for x in self.candidates}

    @property
    def delta_bic(self) -> dict[Kind, float]:
        """BIC above the lowest."""
        least = min(x.bic for x in self.candidates)
        return {x.kind: x.bic - least for x in self.candidates}

    @property
    def weights(self) -> dict[Kind, float]:
        """Akaike weights: likelihoods of the models relative to their sum."""
        likely = {kind: float(np.exp(-0.5 * x)) for kind, x in self.delta_aicc.items()}
        return {kind: x / sum(likely.values()) for kind, x in likely.items()}

    @property
    def alive(self) -> tuple[Kind, ...]:
        """Models that are not excluded, best first."""
        delta = self.delta_aicc
        return tuple(sorted((k for k in delta if delta[k] < DECISIVE), key=lambda k: delta[k]))

    @property
    def describes(self) -> bool:
        """True if the best model describes the data."""
        freedom = self.best.fit.degrees_of_freedom
        return self.best.fit.chi_square <= freedom + _BADLY * float(np.sqrt(2 * max(freedom, 1)))

    @property
    def too_cautious(self) -> bool:
        """True if the data lie so close to the best model that their errors must be overstated."""
        freedom = self.best.fit.degrees_of_freedom
        return freedom > 0 and bool(scipy.special.chdtr(freedom, self.best.fit.chi_square) < _UNLIKELY)

    @property
    def supported(self) -> Kind | None:
        """The only model that these data support; None if they do not decide, or if no model describes them."""
        return self.alive[0] if len(self.alive) == 1 and self.describes else None


def compare_probes(data: JunctionData, family: ProbedFamily, starts: int = 4) -> ProbeComparison:
    """Fit a junction without probe, with voltage probes, and with voltage-temperature probes.

    Parameters
    ----------
    data : JunctionData
    family : ProbedFamily
        Its ``kind`` is not used.
    starts : int
        As in `analysis.fitting.least_squares.fit_in_stages`.

    Raises
    ------
    ValueError
        As `fit_in_stages` does; for currents without an uncertainty.
    """
    if data.current is not None and not (isinstance(data.current, CurrentData) and data.sigma_known):
        raise ValueError("models are compared by likelihood, so the current needs its uncertainty, sigma_A")
    fits: dict[Kind, CircuitFit] = {}
    for kind in KINDS:
        problem = Problem(data, CircuitFamily(family.of(kind)))
        near = [x for other in fits.values() for x in _translated(other, problem)]
        fits[kind] = fit_in_stages(problem, near, starts)
    comparison = ProbeComparison(data, tuple(_candidate(kind, x) for kind, x in fits.items()), {})
    without = fits["none"].chi_square
    candidates = tuple(
        replace(x, coupling=coupling(x.fit, without)) if x.kind in comparison.alive else x
        for x in comparison.candidates
    )
    return ProbeComparison(data, candidates, _expected(comparison.best.fit, fits))


def _candidate(kind: Kind, fitted: CircuitFit) -> FittedModel:
    data = fitted.problem.data
    bias = fitted.problem.biased.bias_V if data.heating is None else data.heating.voltage_V
    junction = fitted.problem.family.junctions.junction(
        fitted.problem.own(fitted.values), data.temperature_probe_K, data.temperature_substrate_K
    )
    try:
        return FittedModel(kind, fitted, None, probed_currents(junction, bias))
    except ProbeError as error:
        return FittedModel(kind, fitted, None, None, str(error))


def _translated(other: CircuitFit, problem: Problem[CircuitFamily]) -> list[FloatArray]:
    """Return starts of a model from the outcome of another, by the parameters' names."""
    values = dict(zip(other.names, other.values, strict=True))
    junctions = problem.family.junctions
    start = np.array([values.get(p.name, p.start) for p in problem.parameters])
    index = junctions.index_of("gamma_floating_eV")
    if index is None:
        return [start]
    starts = [start]
    if other.problem.family.junctions.kind == "none":
        _, tip, substrate, _ = junctions.fields(problem.own(start))
        each = np.arange(start.size)
        starts = [np.where(each == index, share * (tip + substrate), start) for share in _SHARES]
    both = ((x, junctions.exchanged(x)) for x in starts)
    return [x for pair in both for x in pair if x is not None]


def _expected(best: CircuitFit, fits: dict[Kind, CircuitFit]) -> dict[Kind, float]:
    """Return chi^2 of the other models fitted to the best one's prediction."""
    noiseless = best.problem.noiseless(best.values)
    if noiseless is None:
        return {}
    expected = {}
    for kind, fitted in fits.items():
        if fitted is not best:
            problem = replace(fitted.problem, data=noiseless)
            expected[kind] = refit(problem, fitted.values, fitted.state).chi_square
    return expected


def _apart(value: float, least: float) -> float:
    return 0.0 if value == least else value - least  # also if both are infinite
