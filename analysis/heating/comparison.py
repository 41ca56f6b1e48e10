"""Comparison of a heating measurement with a model's prediction, at its amplitudes and as curves over the power."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from analysis.heating.junction_model import JunctionModel
from analysis.heating.points import HeatingPoint
from analysis.heating.prediction import bias_for_power_V
from analysis.records import FloatArray

_LARGEST_V = 4.0
"""Largest bias that a molecular junction survives: a model that needs more for a power does not reach it."""

_POINTS = 120


@dataclass(frozen=True, eq=False)
class PowerCurves:
    """Predicted temperature rises against the total power; arrays of shape (n,).

    ``sigma_pos_K`` and ``sigma_neg_K`` are the statistical errors of the model; None for a model without errors.
    """

    q_total_W: FloatArray
    dT_pos_K: FloatArray
    dT_neg_K: FloatArray
    sigma_pos_K: FloatArray | None = None
    sigma_neg_K: FloatArray | None = None


@dataclass(frozen=True, eq=False)
class HeatingComparison:
    """Points and the model that they are compared with."""

    points: tuple[HeatingPoint, ...]
    model: JunctionModel

    @cached_property
    def predicted(self) -> FloatArray:
        """(dT+, dT-, Q_Total+, Q_Total-) at the amplitude of each point, shape (n_points, 4)."""
        return self._predicted(self.model)

    @cached_property
    def errors(self) -> FloatArray | None:
        """Statistical errors of `predicted`, in the same shape."""
        return self.model.error_of(self._predicted)

    @cached_property
    def asymmetry_K(self) -> FloatArray:
        """Predicted dT(-) - dT(+), shape (n_points,)."""
        return self.predicted[:, 1] - self.predicted[:, 0]

    @cached_property
    def asymmetry_sigma_K(self) -> FloatArray:
        """Statistical error of `asymmetry_K`; NaN for a model without errors."""
        errors = self.model.error_of(lambda m: np.diff(self._predicted(m)[:, :2], axis=1)[:, 0])
        return np.full(len(self.points), np.nan) if errors is None else errors

    def same_power_V(self, point: HeatingPoint) -> float:
        """Return the bias at which the model dissipates the measured power; NaN if it does not up to 4 V."""
        T = self.model.temperature_K
        return float(bias_for_power_V(self.model.transmission, point.q_total_W, _LARGEST_V, T))

    def curves(self, resistance_K_per_W: float, largest_W: float) -> PowerCurves:
        """Return curves from zero power to ``largest_W``, or as far as the model reaches below 4 V."""
        T = self.model.temperature_K
        reach_V = float(bias_for_power_V(self.model.transmission, largest_W, _LARGEST_V, T))
        if np.isnan(reach_V):
            top = self.model.predicted(_LARGEST_V, resistance_K_per_W)
            largest_W = float(min(top.q_total_pos_W, top.q_total_neg_W))
            reach_V = _LARGEST_V
        # Replicas reach the same power at a somewhat larger bias.
        bias_V = np.linspace(0.0, 1.2 * reach_V, 2 * _POINTS)
        q_W = largest_W * np.linspace(0.0, 1.0, _POINTS) ** 2

        def over_power(model: JunctionModel) -> FloatArray:
            p = model.predicted(bias_V, resistance_K_per_W)
            pairs = ((p.q_total_pos_W, p.dT_pos_K), (p.q_total_neg_W, p.dT_neg_K))
            return np.stack([np.interp(q_W, q, dT) for q, dT in pairs])

        pos, neg = over_power(self.model)
        errors = self.model.error_of(over_power)
        return PowerCurves(q_W, pos, neg, *(() if errors is None else errors))

    def to_json(self) -> list[dict[str, Any]]:
        """Return content for JSON, one entry for each point."""
        return [
            {
                "amplitude_V": point.amplitude_V,
                "dT_pos_K": float(row[0]),
                "dT_neg_K": float(row[1]),
                "q_total_pos_W": float(row[2]),
                "q_total_neg_W": float(row[3]),
                "asymmetry_K": float(asymmetry),
                "asymmetry_sigma_K": float(sigma),
                "same_power_V": self.same_power_V(point),
            }
            for point, row, asymmetry, sigma in zip(
                self.points, self.predicted, self.asymmetry_K, self.asymmetry_sigma_K, strict=True
            )
        ]

    def _predicted(self, model: JunctionModel) -> FloatArray:
        p = model.predicted([point.amplitude_V for point in self.points], 1.0)
        R_P = np.array([point.thermometer.resistance_K_per_W for point in self.points])
        return np.stack([R_P * p.dT_pos_K, R_P * p.dT_neg_K, p.q_total_pos_W, p.q_total_neg_W], axis=1)


def compare(points: Sequence[HeatingPoint], model: JunctionModel | None) -> HeatingComparison | None:
    """Return the comparison; None without a model or points."""
    return HeatingComparison(tuple(points), model) if model is not None and points else None
