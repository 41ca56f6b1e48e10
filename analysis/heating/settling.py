"""Check that temperature rises settle while a hold is modulated: its first periods against the others.

A voltage that decays after the modulation has begun (a preamplifier that recovers, a tip hot from the contact)
enters dT(+) and dT(-) with fixed signs and does not average out over junctions. The parabola fitted to each hold
cannot follow it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.heating.combine import scatter_or_noise
from analysis.heating.hold_estimate import HoldEstimate
from analysis.records import FloatArray
from analysis.statistics.junction_mean import effective_number, widening_of


@dataclass(frozen=True, eq=False)
class SettlingCheck:
    """Mean over junctions of the temperature rises in the first sixth of the kept periods, less those in the others.

    Parameters
    ----------
    difference_K : ndarray, shape (2,)
        Differences of dT+ and dT-.
    covariance_K2 : ndarray, shape (2, 2)
    degrees_of_freedom : float
        ``inf`` if the errors are the noise of the thermometer.
    junctions : int
    widening : tuple of float
        Of both errors where the junctions are skewed, see `analysis.heating.significance.Significance`.
    """

    difference_K: FloatArray
    covariance_K2: FloatArray
    degrees_of_freedom: float
    junctions: int
    widening: tuple[float, float] = (1.0, 1.0)

    @property
    def sigma_K(self) -> FloatArray:
        """Standard errors, shape (2,)."""
        sigma: FloatArray = np.sqrt(np.diag(self.covariance_K2))
        return sigma

    @property
    def wide_sigma_K(self) -> FloatArray:
        """Standard errors that a test goes by, shape (2,)."""
        sigma: FloatArray = self.sigma_K * self.widening
        return sigma

    def to_json(self) -> dict[str, Any]:
        """Return content for JSON."""
        return {
            "dT_pos_K": float(self.difference_K[0]),
            "dT_neg_K": float(self.difference_K[1]),
            "sigma_pos_K": float(self.sigma_K[0]),
            "sigma_neg_K": float(self.sigma_K[1]),
            "junctions": self.junctions,
        }


def settling_of(
    estimates: Sequence[HoldEstimate], rng: np.random.Generator, resamples: int
) -> SettlingCheck | None:
    """Compare first and later periods of holds of all amplitudes; None if no hold is long enough."""
    used = [e for e in estimates if not e.rejected and np.isfinite(e.settling_K).all()]
    if not used:
        return None
    weights = np.array([e.kept_s for e in used])
    values = np.array([e.settling_K for e in used])
    share = weights / weights.sum()
    noise = np.einsum("n,nij->ij", share**2, np.array([e.settling_covariance_K2 for e in used]))
    covariance, errors_from = scatter_or_noise(values, weights, noise)
    freedom = np.inf if errors_from == "noise" else effective_number(weights) - 1.0
    pos, neg = (widening_of(column, weights, rng, resamples) for column in values.T)
    return SettlingCheck(share @ values, covariance, freedom, len(used), (pos, neg))
