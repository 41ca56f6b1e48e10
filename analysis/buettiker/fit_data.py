"""Data for the comparison of models with and without a floating probe: I-V, and heat in the tip at both polarities."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.fitting.data import CurrentData, whitening
from analysis.records import FloatArray


@dataclass(frozen=True, eq=False)
class HeatPoints:
    """Heat in the tip at each bias.

    Parameters
    ----------
    voltage_V, heat_probe_W : ndarray, shape (n,)
        Heats dT/R_P, with separate points for the two polarities.
    covariance_W2 : ndarray, shape (n, n)
        Statistical covariance. Temperature rises at +V and -V share the baseline at zero bias, so they are correlated.
    scale_sigma : float
        Relative uncertainty of the divisors of all heats, R_P and the Seebeck coefficient of the thermocouple. If
        above zero it adds the parameter ``scale``: measured = scale * heat.
    """

    voltage_V: FloatArray
    heat_probe_W: FloatArray
    covariance_W2: FloatArray
    scale_sigma: float = 0.0

    def __post_init__(self) -> None:
        n = np.size(self.voltage_V)
        if not n or np.shape(self.heat_probe_W) != (n,) or np.shape(self.covariance_W2) != (n, n):
            raise ValueError("heat: voltages, heats (n,) and their covariance (n, n) must be of one length")
        if not all(np.isfinite(x).all() for x in (self.voltage_V, self.heat_probe_W, self.covariance_W2)):
            raise ValueError("heat: a value is not a finite number")
        if not (np.isfinite(self.scale_sigma) and self.scale_sigma >= 0):
            raise ValueError(f"heat: scale_sigma = {self.scale_sigma} must be 0 or more")
        _ = self.whitening

    @cached_property
    def whitening(self) -> FloatArray:
        """Matrix that turns deviations into independent ones of unit variance, (n, n)."""
        return whitening(self.covariance_W2)

    @property
    def sigma_W(self) -> FloatArray:
        """Standard deviation of each heat."""
        return np.sqrt(np.diag(self.covariance_W2))


@dataclass(frozen=True, eq=False)
class ProbeData:
    """I-V, heats, or both, of one kind of junction. Temperatures of the electrodes in kelvin."""

    current: CurrentData | None = None
    heat: HeatPoints | None = None
    temperature_probe_K: float = 300.0
    temperature_substrate_K: float = 300.0

    def __post_init__(self) -> None:
        if min(self.temperature_probe_K, self.temperature_substrate_K) <= 0:
            raise ValueError("temperatures must be above 0 K")
        if self.current is None and self.heat is None:
            raise ValueError("there is nothing to fit: no current and no heat")
        if self.current is not None and self.current.sigma_A is None:
            raise ValueError(
                "models are compared by likelihood, so the current needs its uncertainty, sigma_A"
            )

    @property
    def n_current(self) -> int:
        """Number of currents."""
        return 0 if self.current is None else self.current.voltage_V.size

    @property
    def size(self) -> int:
        """Number of measured values."""
        return self.n_current + (0 if self.heat is None else self.heat.voltage_V.size)

    @property
    def scaled(self) -> bool:
        """True if the scale of the heats is a parameter."""
        return self.heat is not None and self.heat.scale_sigma > 0

    @cached_property
    def voltage_V(self) -> FloatArray:
        """Biases of the currents, then of the heats."""
        parts = [x.voltage_V for x in (self.current, self.heat) if x is not None]
        return np.concatenate(parts)

    @cached_property
    def measured(self) -> FloatArray:
        """Measured values in the coordinates of the residuals."""
        current = np.empty(0) if self.current is None else self.current.current_A
        heat = np.empty(0) if self.heat is None else self.heat.heat_probe_W
        return self.whitened(current, heat)

    def whitened(self, current_A: FloatArray, heat_W: FloatArray) -> FloatArray:
        """Return currents (..., n) and heats (..., m) in units of their errors, made independent, (..., n + m)."""
        parts = []
        if self.current is not None and self.current.sigma_A is not None:
            parts.append(current_A / self.current.sigma_A)
        if self.heat is not None:
            parts.append(heat_W @ self.heat.whitening.T)
        return np.concatenate(parts, axis=-1)

    def thinned(self, most: int) -> "ProbeData":
        """Return all heats, and up to ``most`` currents evenly through the biases, for a first search."""
        if self.current is None or self.current.sigma_A is None or self.n_current <= most:
            return self
        order = np.argsort(self.current.voltage_V, kind="stable")
        few = order[np.unique(np.linspace(0, order.size - 1, most).astype(np.intp))]
        c = self.current
        current = CurrentData(c.voltage_V[few], c.current_A[few], self.current.sigma_A[few])
        return ProbeData(current, self.heat, self.temperature_probe_K, self.temperature_substrate_K)

    def with_values(self, current_A: FloatArray, heat_W: FloatArray) -> "ProbeData":
        """Return the same measurement with other outcomes."""
        c, h = self.current, self.heat
        return ProbeData(
            None if c is None else CurrentData(c.voltage_V, current_A, c.sigma_A),
            None if h is None else HeatPoints(h.voltage_V, heat_W, h.covariance_W2, h.scale_sigma),
            self.temperature_probe_K,
            self.temperature_substrate_K,
        )
