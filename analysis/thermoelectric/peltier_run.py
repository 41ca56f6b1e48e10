"""Peltier coefficient of many junctions, with its error by bootstrap over junctions, its controls and its checks.

Each hold weighs by I^2 t, the precision that is expected of it: never by what the thermometer showed.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from analysis.constants import ELEMENTARY_CHARGE_C, BOLTZMANN_J_per_K
from analysis.distributions import normal_above, student_above
from analysis.heating.runs import EvaluatedHold, EvaluatedRun
from analysis.numbers import ASCII, with_error
from analysis.records import FloatArray
from analysis.statistics.junction_mean import covariance_of_mean, effective_number
from analysis.thermoelectric.control_verdict import ControlVerdict
from analysis.thermoelectric.peltier_controls import judge_controls
from analysis.thermoelectric.peltier_hold import AMBIENT_K, PeltierHold, Thermopowers, peltier_holds
from analysis.thermoelectric.peltier_mean import (
    NOTHING,
    Mean,
    PeltierPoint,
    coefficient_of,
    joule_of,
    kelvin_of,
    points_of,
)
from analysis.thermoelectric.thermopower import GOLD_FILM, Lead

SEEN = normal_above(2.0)
"""Chance of a value beyond 2 sigma, on one side, that counts as seen: for all levels together."""

FEW = 5
"""Number of holds below which their scatter does not decide if a level cools."""

HALF, LEAST_OFF, FAR = 0.5, 0.1, 3.0
"""Share of the Joule heat that a tip gets, least relative deviation from it that counts, and in errors."""


@dataclass(frozen=True)
class Cooling:
    """Level at which the tip is coldest against zero bias, and the chance of it if no level cooled."""

    level_V: float
    dT_K: float
    sigma_K: float
    p_value: float

    @property
    def seen(self) -> bool:
        """True if the tip cools by more than 2 sigma, with all levels that were looked at taken into account."""
        return self.p_value < SEEN

    @property
    def sentence(self) -> str:
        """The level and its temperature, in words."""
        found = f"{with_error(1e6 * self.dT_K, 1e6 * self.sigma_K, ASCII)} uK at {1e3 * self.level_V:+.3g} mV"
        return (
            f"The tip cools: {found}." if self.seen else f"No level cools the tip visibly; coldest: {found}."
        )


@dataclass(frozen=True, eq=False)
class PeltierAnalysis:
    """Result of a Peltier measurement.

    Parameters
    ----------
    coefficient : Mean
        Pi in V.
    joule : Mean
        Share of the Joule heat that the tip gets, 1/2 for a symmetric junction; NaN without a level of 0 V.
    scale_relative : float
        Relative error common to all heats: thermometer and gain of the current.
    temperature_K : float
        Mean temperature of the tip.
    points : tuple of PeltierPoint
    coldest : Cooling or None
        None without a level of 0 V, to which alone a cooling can be compared.
    controls : tuple of ControlVerdict
    excluded : mapping of str to int
    holds : tuple of PeltierHold
        Those that were used.
    own_kelvin : Mean
        Pi / (S T) with the thermopower of the same junctions; NaN where it was not measured.
    kelvin_scale : float
        Relative error of it that is common to all junctions.
    warnings : tuple of str
    lead : Lead
        The heated lead, whose Peltier heat is in the coefficient.
    """

    coefficient: Mean
    joule: Mean
    scale_relative: float
    temperature_K: float
    points: tuple[PeltierPoint, ...]
    coldest: Cooling | None
    controls: tuple[ControlVerdict, ...]
    excluded: Counter[str]
    holds: tuple[PeltierHold, ...]
    own_kelvin: Mean = NOTHING
    kelvin_scale: float = math.nan
    warnings: tuple[str, ...] = ()
    lead: Lead = GOLD_FILM

    @property
    def junction_V(self) -> float:
        """Peltier coefficient of the junction alone: measured one plus that of the lead."""
        return self.coefficient.value + self.lead.seebeck_V_per_K * self.temperature_K

    @property
    def sigma_junction_V(self) -> float:
        """Standard error of `junction_V`."""
        return math.hypot(self.sigma_V, self.lead.sigma_V_per_K * self.temperature_K)

    @property
    def closure(self) -> str:
        """Sentence on the thermometer if the tip gets another share of the Joule heat than one half; else ""."""
        share, sigma = self.joule.value, math.hypot(self.joule.sigma, HALF * _known(self.scale_relative))
        if not abs(share - HALF) > max(LEAST_OFF * HALF, FAR * sigma):
            return ""
        if share < -FAR * sigma:
            return (
                f"Peltier: Joule heat cools the tip ({with_error(share, sigma, ASCII)} of it, 1/2 is expected): the "
                "leads of the thermocouple are reversed, or the sign of its preamplifier is wrong, and Pi has the "
                "wrong sign."
            )
        return (
            f"Peltier: the tip gets {with_error(share, sigma, ASCII)} of the Joule heat, where 1/2 is expected: R_P or "
            "S_TC, a gain or a divider of the rig file is wrong, and Pi is likely wrong by the same factor of "
            f"{share / HALF:.2g}."
        )

    @property
    def sigma_V(self) -> float:
        """Standard error of Pi with the scale."""
        scale = self.scale_relative if math.isfinite(self.scale_relative) else 0.0
        return math.hypot(self.coefficient.sigma, scale * self.coefficient.value)

    @property
    def largest_V(self) -> float:
        """Largest amplitude; NaN without a hold."""
        return max((hold.amplitude_V for hold in self.holds), default=math.nan)

    @property
    def cubic(self) -> float:
        """Part of the odd heat at the largest amplitude that the cubic correction takes away."""
        thermal_V = 2.0 * math.pi * BOLTZMANN_J_per_K * self.temperature_K / ELEMENTARY_CHARGE_C
        return (self.largest_V / thermal_V) ** 2

    def best_kelvin(self, seebeck: tuple[float, float] | None) -> tuple[float, float] | None:
        """Return Pi / (S T) and its error: of the same junctions, else with a thermopower measured elsewhere."""
        own = self.own_kelvin
        if math.isfinite(own.value):
            return own.value, math.hypot(own.sigma, _known(self.kelvin_scale) * own.value)
        return None if seebeck is None else self.kelvin(*seebeck)

    def kelvin(self, seebeck_V_per_K: float, sigma_V_per_K: float) -> tuple[float, float]:
        """Return Pi / (S T), which is 1 by Kelvin's relation, and its error.

        S is that of the loop, measured at the terminals: the heated tip shows (S_junction - S_lead) T I as well.
        """
        product_V = seebeck_V_per_K * self.temperature_K
        ratio = self.coefficient.value / product_V
        relative = math.hypot(self.sigma_V / self.coefficient.value, sigma_V_per_K / seebeck_V_per_K)
        return ratio, abs(ratio) * relative


def analyse_peltier(
    runs: Sequence[EvaluatedRun],
    rng: np.random.Generator,
    beside: Mapping[str, Thermopowers] = MappingProxyType({}),
) -> PeltierAnalysis:
    """Combine evaluated recordings of the measurement and of its controls.

    Parameters
    ----------
    runs : sequence of EvaluatedRun
        Evaluated with ``zero_level=False``.
    rng : numpy Generator
        For the bootstrap.
    beside : mapping of str to Thermopowers
        Thermopowers of the same holds, by the name of the recording.
    """
    evaluated = [hold for run in runs for hold in run.holds]
    kinds: defaultdict[str, list[PeltierHold]] = defaultdict(list)
    for hold in peltier_holds(evaluated, beside):
        kinds[hold.control].append(hold)
    measured = kinds.pop("", [])
    used = tuple(hold for hold in measured if not hold.rejected)
    scales = [math.hypot(h.thermometer.scale_relative, _known(h.power_relative)) for h in evaluated]
    result = PeltierAnalysis(
        coefficient=coefficient_of(used, rng),
        joule=joule_of(used, rng),
        scale_relative=max(scales, default=math.nan),
        temperature_K=float(np.mean([hold.temperature_K for hold in used])) if used else AMBIENT_K,
        points=points_of(used, rng),
        coldest=coldest_of(used),
        controls=(),
        excluded=Counter(hold.rejected for hold in measured if hold.rejected),
        holds=used,
        own_kelvin=kelvin_of(used, rng),
        kelvin_scale=max((_kelvin_scale(hold) for hold in evaluated), default=math.nan),
        warnings=tuple(warning for run in runs for warning in run.warnings),
    )
    coefficients = {
        name: coefficient_of([h for h in holds if not h.rejected], rng) for name, holds in kinds.items()
    }
    controls = judge_controls(result.coefficient, result.points, kinds, coefficients)
    doubts = (result.closure,) if result.closure else ()
    return replace(result, controls=controls, warnings=(*doubts, *result.warnings))


def _kelvin_scale(hold: EvaluatedHold) -> float:
    """Return the relative error of Pi / (S T) from the scales: Pi has 1/(R_P S_TC), S has S_TC."""
    thermometer = hold.thermometer
    together = thermometer.product_relative is not None
    times = 1.0 if together else 3.0  # S_TC alone enters twice; once of it is in the scale of the heat
    scale = math.hypot(thermometer.scale_relative, math.sqrt(times) * thermometer.temperature_relative)
    return math.hypot(scale, _known(hold.power_relative))


def _known(value: float) -> float:
    return value if math.isfinite(value) else 0.0


def coldest_of(holds: Iterable[PeltierHold]) -> Cooling | None:
    """Return the level that is colder than zero bias by most standard errors; None without a level of 0 V."""
    levels: defaultdict[float, list[tuple[float, float, float]]] = defaultdict(list)
    for hold in holds:
        if hold.levels is None or not hold.levels.has_zero:
            continue
        for level, bias_V in enumerate(hold.levels.bias_V):
            if level != hold.levels.reference:
                sigma_K = math.sqrt(hold.levels.covariance_K2[level, level])
                levels[round(float(bias_V), 3)].append((hold.levels.dT_K[level], sigma_K, hold.kept_s))
    found = [_cooling(bias_V, np.array(rows)) for bias_V, rows in levels.items()]
    if not found:
        return None
    coldest = min(found, key=lambda one: one.p_value)
    return replace(coldest, p_value=min(1.0, len(found) * coldest.p_value))


def _cooling(bias_V: float, rows: FloatArray) -> Cooling:
    rises_K, sigmas_K, weights = rows.T
    share = weights / weights.sum()
    mean_K, noise_K = float(share @ rises_K), math.sqrt(float(np.sum((share * sigmas_K) ** 2)))
    if len(rows) < FEW:
        return Cooling(bias_V, mean_K, noise_K, normal_above(-mean_K / noise_K))
    sigma_K = max(noise_K, math.sqrt(float(covariance_of_mean(rises_K[:, None], weights)[0, 0])))
    chance = student_above(-mean_K / sigma_K, effective_number(weights) - 1.0)
    return Cooling(bias_V, mean_K, sigma_K, chance)
