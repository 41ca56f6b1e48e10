"""Transmission for comparison with a measurement: fitted to the mean I-V of held junctions, or given.

A current determines the distance of a level from E_F and its coupling, but not its side: with the levels half way
between the electrodes a level and its mirror image carry the same current and heat opposite electrodes. The side is
taken from the sign of the measured heat; the size of the asymmetry remains a prediction.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analysis.constants import G0_S
from analysis.fitting.data import CurrentData, JunctionData
from analysis.fitting.families import Parameter, TransmissionFamily, level_family
from analysis.fitting.jackknife import TWO_SIGMA, groups_of, half_interval, interval
from analysis.fitting.least_squares import fit
from analysis.fitting.problem import Problem
from analysis.heating.prediction import Prediction, predict
from analysis.iv.junction_curves import JunctionCurves
from analysis.iv.mean import MeanIV
from analysis.records import FloatArray
from analysis.transport.landauer import currents, linear_response
from analysis.transport.transmission import FlatTransmission, LevelTransmission, Transmission, levels_of

ROOM_K = 300.0

STRAIGHT = 0.02
"""Distance from a straight line, as a share of the largest current, below which a curve shows no level."""

BAD_MISFIT = 0.05
"""Misfit, as a share of the largest current, above which a fit does not describe its curve."""

SYMMETRY_AT, ASYMMETRIC = 0.9, 0.05
"""Share of the largest bias at which the currents of both polarities are compared, and their allowed difference."""


@dataclass(frozen=True, eq=False)
class JunctionModel:
    """A transmission and its source.

    Parameters
    ----------
    transmission : Transmission
    source : str
        Description of the source.
    temperature_K : float
        Temperature of both electrodes.
    parameters : mapping of str to (value, error)
        Those that were fitted; the error is statistical: half the 68 % interval, from junctions left out
        (`analysis.fitting.jackknife`), NaN where unknown.
    intervals_95 : mapping of str to (low, high)
        Of those whose error is known.
    replicas : tuple of Transmission
        One for each junction, or group of junctions, left out.
    misfit : float
        Root mean square distance from the fitted curve, over its largest current; NaN for a given model.
    remarks : tuple of str
    side_known : bool
        False if the side of E_F on which the level lies is unknown.
    fitted_level : bool
        True for the level of `model_of_iv`, whose side the current does not determine.
    """

    transmission: Transmission
    source: str
    temperature_K: float = ROOM_K
    parameters: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    replicas: tuple[Transmission, ...] = ()
    misfit: float = float("nan")
    remarks: tuple[str, ...] = ()
    side_known: bool = True
    fitted_level: bool = False
    intervals_95: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def conductance_G0(self) -> float:
        """Conductance at zero bias."""
        return float(linear_response(self.transmission, self.temperature_K).conductance_G0)

    @property
    def seebeck_V_per_K(self) -> float:
        """Seebeck coefficient at zero bias."""
        return float(linear_response(self.transmission, self.temperature_K).seebeck_V_per_K)

    def current_A(self, bias_V: ArrayLike) -> FloatArray:
        """Return the current at each bias."""
        return currents(self.transmission, bias_V, self.temperature_K, self.temperature_K).current_A

    def predicted(self, bias_V: ArrayLike, resistance_K_per_W: float) -> Prediction:
        """Predict heats and temperature rises at these amplitudes for a tip of this thermal resistance."""
        return predict(self.transmission, bias_V, resistance_K_per_W, self.temperature_K)

    def error_of(self, quantity: Callable[["JunctionModel"], FloatArray]) -> FloatArray | None:
        """Statistical error of what follows from the model, in its shape: half a 68 % interval; None if given."""
        if len(self.replicas) < 2:
            return None
        return half_interval([quantity(replace(self, transmission=t, replicas=())) for t in self.replicas])

    def turned_to(self, asymmetry_K: float) -> "JunctionModel":
        """Return the model, or its mirror image, that heats the probe more at the hotter polarity.

        Parameters
        ----------
        asymmetry_K : float
            dT(-) - dT(+): positive for a level above E_F.
        """
        levels = levels_of(self.transmission)
        if self.side_known or not levels:
            return self
        mirrored = levels[0].energy_eV * asymmetry_K < 0.0
        if not mirrored:
            return replace(self, side_known=True)
        parameters = {
            name: (-value, error) if name.startswith("energy_eV") else (value, error)
            for name, (value, error) in self.parameters.items()
        }
        intervals = {
            name: (-high, -low) if name.startswith("energy_eV") else (low, high)
            for name, (low, high) in self.intervals_95.items()
        }
        return replace(
            self,
            transmission=_mirror(self.transmission),
            replicas=tuple(_mirror(t) for t in self.replicas),
            parameters=parameters,
            intervals_95=intervals,
            side_known=True,
        )

    def to_json(self) -> dict[str, Any]:
        """Return content for JSON."""
        return {
            "source": self.source,
            "temperature_K": self.temperature_K,
            "conductance_G0": self.conductance_G0,
            "seebeck_V_per_K": self.seebeck_V_per_K,
            "parameters": {
                n: {"value": v, "error": e, "interval_95": list(self.intervals_95.get(n, (np.nan, np.nan)))}
                for n, (v, e) in self.parameters.items()
            },
            "misfit": self.misfit,
            "side_known": self.side_known,
            "remarks": list(self.remarks),
        }


def model_of_iv(iv: MeanIV, temperature_K: float = ROOM_K) -> JunctionModel:
    """Fit one level with equal couplings, half way between the electrodes; a constant if the curve is straight.

    Its errors come from leaving out junctions; a single junction has none.
    """
    slope_S, misfit = _straight_line(iv.voltage_V, iv.current_A)
    if misfit < STRAIGHT:
        means = [np.delete(iv.by_junction_A, out, axis=0).mean(axis=0) for out in groups_of(iv.junctions)]
        values = [_conductance_G0(_straight_line(iv.voltage_V, mean)[0]) for mean in means]
        constant, error, intervals = _conductance_G0(slope_S), float("nan"), {}
        if values:
            error = float(half_interval(np.array(values)))
            low, high = interval(constant, np.array(values), TWO_SIGMA)
            intervals["transmission"] = (float(low), float(high))
        return JunctionModel(
            FlatTransmission(constant),
            f"constant transmission, fitted to the mean I-V of {iv.junctions} junctions",
            temperature_K,
            {"transmission": (constant, error)},
            tuple(FlatTransmission(v) for v in values),
            misfit,
            ("The I-V curve is straight: it shows no dependence of the transmission on the energy.",),
            intervals_95=intervals,
        )
    family = _one_level(_conductance_G0(_slope_at_zero_S(iv)))
    source = f"one level with equal couplings, fitted to the mean I-V of {iv.junctions} junctions"
    model = model_of_family(family, iv, source, temperature_K)
    bad = ("One level of this kind does not describe this curve.",) if model.misfit > BAD_MISFIT else ()
    remarks = (*bad, *model.remarks, *_remark_on_symmetry(iv))
    return replace(model, side_known=False, fitted_level=True, remarks=remarks)


def model_of_family(
    family: TransmissionFamily, iv: MeanIV, source: str, temperature_K: float = ROOM_K
) -> JunctionModel:
    """Fit a family to the mean curve.

    Raises
    ------
    ValueError
        As `analysis.fitting.least_squares.fit` does.
    """
    curves = JunctionCurves(iv.voltage_V, iv.by_junction_A)
    current = curves.mean() if iv.junctions > 1 else _weighed_alike(iv)
    data = JunctionData(current, temperature_probe_K=temperature_K, temperature_substrate_K=temperature_K)
    best = fit(Problem(data, family), curves.replicas())
    errors = best.errors if best.replicas else np.full(best.values.shape, np.nan)
    ends = np.transpose(best.error.interval(TWO_SIGMA)) if best.replicas else ()
    model_A = currents(best.transmission, iv.voltage_V, temperature_K, temperature_K).current_A
    misfit = float(np.sqrt(np.mean((model_A - iv.current_A) ** 2)) / np.abs(iv.current_A).max())
    return JunctionModel(
        best.transmission,
        source,
        temperature_K,
        {n: (float(v), float(e)) for n, v, e in zip(best.names, best.values, errors, strict=True)},
        tuple(family.transmission(values) for values in best.replicas),
        misfit,
        tuple(f"{name} is at the limit of its range." for name in best.at_bound),
        intervals_95={n: (float(low), float(high)) for n, (low, high) in zip(best.names, ends, strict=False)},
    )


def _one_level(conductance_G0: float) -> TransmissionFamily:
    energy = Parameter("energy_eV", 0.7, 0.02, 5.0)
    gamma = Parameter("gamma_eV", min(0.7 * max(conductance_G0, 1e-8) ** 0.5, 1.0), 1e-6, 3.0, True)
    return level_family([[energy, gamma, gamma, 0.5]])


def _remark_on_symmetry(iv: MeanIV) -> tuple[str, ...]:
    """Return a remark if the currents of the two polarities differ: a level half way between the electrodes makes them
    equal.
    """
    near = SYMMETRY_AT * iv.largest_V
    pos, neg = abs(float(iv.current_at(near))), abs(float(iv.current_at(-near)))
    sigma = np.hypot(*np.interp([near, -near], iv.voltage_V, iv.sd_A) / [pos, neg]) / np.sqrt(iv.junctions)
    if not abs(pos / neg - 1.0) > max(ASYMMETRIC, 3.0 * sigma):
        return ()
    return (
        f"|I(+V)|/|I(-V)| is {pos / neg:.2f} at {near:.2g} V: the level is not half way between the electrodes, unlike "
        "the fitted one.",
    )


def _mirror(transmission: Transmission) -> LevelTransmission:
    return LevelTransmission(
        [replace(level, energy_eV=-level.energy_eV) for level in levels_of(transmission)]
    )


def _weighed_alike(iv: MeanIV) -> CurrentData:
    """Return the curve of a single junction, without known errors, every point weighted by its size."""
    size = np.abs(iv.current_A)
    return CurrentData(iv.voltage_V, iv.current_A, 0.1 * np.maximum(size, 0.02 * size.max()))


def _straight_line(V: FloatArray, current: FloatArray) -> tuple[float, float]:
    """Return the slope of the line through the origin in siemens, and its distance from the curve as `misfit`."""
    slope = float(V @ current / (V @ V))
    return slope, float(np.sqrt(np.mean((current - slope * V) ** 2)) / np.abs(current).max())


def _slope_at_zero_S(iv: MeanIV) -> float:
    near = np.abs(iv.voltage_V) <= 0.15 * iv.largest_V
    V, current = iv.voltage_V[near], iv.current_A[near]
    return float(V @ current / (V @ V))


def _conductance_G0(siemens: float) -> float:
    return max(siemens / G0_S, 0.0)
