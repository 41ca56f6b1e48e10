"""Peltier heat of one hold: current, heat and coefficient at its levels."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from analysis.heating.hold_estimate import LevelRises
from analysis.heating.runs import EvaluatedHold
from analysis.records import FloatArray
from analysis.thermoelectric.peltier import LARGEST_V, Peltier, peltier_of_levels
from analysis.thermoelectric.thermopower_hold import MeasuredHold

AMBIENT_K = 300.0
"""Temperature of the junction where the recording does not tell it."""

TOO_LARGE = f"a bias beyond {1e3 * LARGEST_V:g} mV, where the odd part is no Peltier coefficient"

_NOTHING = Peltier(math.nan, math.nan)


@dataclass(frozen=True)
class Thermopowers:
    """Thermopowers of the junctions of a recording.

    Parameters
    ----------
    tip_K : float
        Mean temperature of the tip; that of the room without a heater.
    of_hold : mapping of int to tuple of float
        Thermopower against the lead and the error of its noise, in V/K, by the number of the hold.
    """

    tip_K: float = AMBIENT_K
    of_hold: Mapping[int, tuple[float, float]] = field(default_factory=dict)

    @classmethod
    def of(cls, holds: Iterable[MeasuredHold]) -> "Thermopowers":
        """Return what holds beside an alternating heater give; none is left out by its thermopower."""
        kept = list(holds)
        if not kept:
            return cls()
        used = [hold for hold in kept if not hold.rejected and hold.amplitude_K > 0.0]
        of_hold = {
            hold.number: (
                hold.fit.open_circuit_V / hold.amplitude_K,
                hold.fit.sigma_open_circuit_V / hold.amplitude_K,
            )
            for hold in used
        }
        return cls(float(np.mean([hold.mean_tip_K for hold in kept])), of_hold)


@dataclass(frozen=True, eq=False)
class PeltierHold:
    """One hold with its heats in W; all NaN if it is ``rejected``.

    Parameters
    ----------
    run : str
        Name of its recording.
    number, junction : int
    control, order : str
    amplitude_V, kept_s : float
    conductance_S : float
        From the levels themselves, so that an offset of the bias does not matter.
    levels : LevelRises
    odd, even : tuple of float
        Half of the difference and half of the sum of the heats at the outer levels, with the errors of the
        thermometer's noise; the even part is NaN without a level of 0 V.
    current_A : float
        Half of the difference of the outer levels' currents.
    fit : Peltier
    weight : float
        Expected precision of the coefficient, from current and time alone.
    temperature_K : float
        That of the tip.
    seebeck : tuple of float
        Thermopower against the lead from the same hold, V/K, and the error of its noise; NaN if it was not measured.
    rejected : str
    """

    run: str
    number: int
    junction: int
    control: str
    order: str
    amplitude_V: float
    kept_s: float = 0.0
    conductance_S: float = math.nan
    levels: LevelRises | None = None
    resistance_K_per_W: float = math.nan
    odd: tuple[float, float] = (math.nan, math.nan)
    even: tuple[float, float] = (math.nan, math.nan)
    current_A: float = math.nan
    fit: Peltier = _NOTHING
    weight: float = 0.0
    temperature_K: float = AMBIENT_K
    seebeck: tuple[float, float] = (math.nan, math.nan)
    rejected: str = ""

    @property
    def Pi_over_ST(self) -> float:
        """Pi over S T of this hold; NaN without both."""
        return self.fit.Pi_V / (self.seebeck[0] * self.temperature_K) if self.seebeck[0] else math.nan


def peltier_hold(hold: EvaluatedHold, beside: Thermopowers) -> PeltierHold:
    """Return the Peltier heat of an evaluated hold, with its thermopower if that was measured."""
    temperature_K = beside.tip_K
    estimate, levels = hold.estimate, hold.estimate.rises
    name = (hold.run, estimate.number, hold.junction, hold.control, hold.order, estimate.amplitude_V)
    if estimate.rejected or levels is None:
        return PeltierHold(*name, rejected=estimate.rejected)
    if np.abs(levels.bias_V).max() > 1.05 * LARGEST_V:
        return PeltierHold(*name, rejected=TOO_LARGE)
    resistance = hold.thermometer.resistance_K_per_W
    heat_W, covariance_W2 = levels.dT_K / resistance, levels.covariance_K2 / resistance**2
    conductance_S = _conductance_S(levels, hold.series_resistance_ohm)
    try:
        fit = peltier_of_levels(
            levels.current_A, heat_W, covariance_W2, levels.reference, conductance_S, temperature_K
        )
    except ValueError:
        fit = _NOTHING
    last = len(heat_W) - 1
    half_A = 0.5 * float(levels.current_A[last] - levels.current_A[0])
    even = _part(heat_W, covariance_W2, last, 1.0) if levels.has_zero else (math.nan, math.nan)
    return PeltierHold(
        *name,
        kept_s=estimate.kept_s,
        conductance_S=conductance_S,
        levels=levels,
        resistance_K_per_W=resistance,
        odd=_part(heat_W, covariance_W2, last, -1.0),
        even=even,
        current_A=half_A,
        fit=fit,
        weight=estimate.kept_s * half_A**2,
        temperature_K=temperature_K,
        seebeck=beside.of_hold.get(estimate.number, (math.nan, math.nan)),
    )


def _part(heat_W: FloatArray, covariance_W2: FloatArray, last: int, sign: float) -> tuple[float, float]:
    """Return half of the sum (sign 1) or difference (-1) of the outer levels' heats, and its error."""
    row = np.zeros(last + 1)
    row[last], row[0] = 0.5, 0.5 * sign
    return float(row @ heat_W), math.sqrt(float(row @ covariance_W2 @ row))


def _conductance_S(levels: LevelRises, series_resistance_ohm: float) -> float:
    """Return the change of the current over that of the voltage across the junction; NaN without any."""
    amperes = float(levels.current_A[-1] - levels.current_A[0])
    volts = float(levels.bias_V[-1] - levels.bias_V[0]) - series_resistance_ohm * amperes
    return amperes / volts if volts else math.nan


def peltier_holds(
    holds: Iterable[EvaluatedHold], beside: Mapping[str, Thermopowers] = MappingProxyType({})
) -> list[PeltierHold]:
    """Return the Peltier heat of each hold, with the thermopowers of its recording (by name)."""
    alone = Thermopowers()
    return [peltier_hold(hold, beside.get(hold.run, alone)) for hold in holds]
