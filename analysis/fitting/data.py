"""Data that a model of a junction is fitted to: currents, heats, linear response; all with uncertainties."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray


@dataclass(frozen=True, eq=False)
class Term:
    """Measured values of one kind, shape (n,), and their weight in a fit.

    The weight is their uncertainties (n,), one for all, or a matrix (n, n) that turns deviations into independent ones
    of unit variance.
    """

    measured: FloatArray
    weight: FloatArray | float

    def whitened(self, values: FloatArray) -> FloatArray:
        """Return values (..., n) in units of their uncertainties."""
        weight = np.asarray(self.weight)
        return np.asarray(values @ weight.T if weight.ndim == 2 else values / weight)


@dataclass(frozen=True, eq=False)
class CurrentData:
    """An I-V curve, or the mean of many.

    Parameters
    ----------
    voltage_V, current_A : ndarray, shape (n,)
    sigma_A : ndarray, shape (n,), or None
        Standard error of each current; for a mean, that of the mean, not the scatter of the averaged values. None:
        all equal and unknown, estimated from the scatter about the fit.
    """

    voltage_V: FloatArray
    current_A: FloatArray
    sigma_A: FloatArray | None = None

    def __post_init__(self) -> None:
        _check("current", self.voltage_V, self.current_A, self.sigma_A)

    @property
    def term(self) -> "Term":
        """Currents for a fit; without uncertainties, in units of the largest."""
        return Term(self.current_A, np.abs(self.current_A).max() if self.sigma_A is None else self.sigma_A)

    def worth(self, independent: float) -> "CurrentData":
        """Weigh all points together like ``independent`` ones: for a fit jointly with other data."""
        if self.sigma_A is None:
            return self
        return replace(self, sigma_A=self.sigma_A * np.sqrt(self.voltage_V.size / independent))

    def thinned(self, most: int) -> "CurrentData":
        """Return up to ``most`` points, evenly through the sorted voltages."""
        few = spread_through(self.voltage_V, most)
        sigma_A = None if self.sigma_A is None else self.sigma_A[few]
        return CurrentData(self.voltage_V[few], self.current_A[few], sigma_A)


@dataclass(frozen=True, eq=False)
class LogCurrentData:
    """A mean I-V curve of junctions whose currents differ by factors: the logarithm of |I| is fitted.

    Parameters
    ----------
    voltage_V, current_A : ndarray, shape (n,)
        No current may be zero; its sign is ignored.
    sigma_ln : ndarray, shape (n,)
        Standard error of ln|I|.
    """

    voltage_V: FloatArray
    current_A: FloatArray
    sigma_ln: FloatArray

    def __post_init__(self) -> None:
        _check("current", self.voltage_V, self.current_A, self.sigma_ln)
        if not np.all(self.current_A):
            raise ValueError("current: a value is zero and has no logarithm; leave out that point")

    @property
    def sigma_A(self) -> FloatArray:
        """Standard error of the current to first order."""
        return np.abs(self.current_A) * self.sigma_ln

    @property
    def term(self) -> "Term":
        """Logarithms of the currents for a fit."""
        return Term(np.log(np.abs(self.current_A)), self.sigma_ln)

    def worth(self, independent: float) -> "LogCurrentData":
        """Weigh all points together like ``independent`` ones: for a fit jointly with other data."""
        return replace(self, sigma_ln=self.sigma_ln * np.sqrt(self.voltage_V.size / independent))

    def thinned(self, most: int) -> "LogCurrentData":
        """Return up to ``most`` points, evenly through the sorted voltages."""
        few = spread_through(self.voltage_V, most)
        return LogCurrentData(self.voltage_V[few], self.current_A[few], self.sigma_ln[few])


@dataclass(frozen=True, eq=False)
class HeatingData:
    """Heat in the probe at each bias, both polarities, optionally with the measured I V as ``heat_total_W``.

    Q_P and Q_Total are fitted as functions of the bias at which both were measured, so that neither axis of their
    plot is taken as exact. Arrays have shape (n,).

    Parameters
    ----------
    voltage_V, heat_probe_W, sigma_W : ndarray
        Heats dT/R_P with their standard errors, statistical only.
    heat_total_W, sigma_total_W : ndarray, optional
        Measured I V, without scale or correlation.
    correlation : float
        Correlation of the heats in the probe at opposite biases, which share their baseline.
    scale_sigma : float
        Relative uncertainty of the divisor of all heats in the probe (R_P, Seebeck coefficient of the
        thermocouple). If above zero it adds the parameter ``scale``: measured = scale * heat.
    """

    voltage_V: FloatArray
    heat_probe_W: FloatArray
    sigma_W: FloatArray
    heat_total_W: FloatArray | None = None
    sigma_total_W: FloatArray | None = None
    correlation: float = 0.0
    scale_sigma: float = 0.0

    def __post_init__(self) -> None:
        _check("heat", self.voltage_V, self.heat_probe_W, self.sigma_W)
        if (self.heat_total_W is None) != (self.sigma_total_W is None):
            raise ValueError("heat_total_W and sigma_total_W must be given together")
        if self.heat_total_W is not None:
            _check("total heat", self.voltage_V, self.heat_total_W, self.sigma_total_W)
        if not (np.isfinite(self.scale_sigma) and self.scale_sigma >= 0):
            raise ValueError(f"heat: scale_sigma = {self.scale_sigma} must be 0 or more")
        _ = self.whitening

    @cached_property
    def whitening(self) -> FloatArray:
        """Matrix that turns deviations of the heats into independent ones of unit variance, (n, n)."""
        covariance = paired_covariance(self.voltage_V, self.sigma_W, self.correlation)
        try:
            return np.linalg.inv(np.linalg.cholesky(covariance))
        except np.linalg.LinAlgError:
            raise ValueError("heat: the covariance matrix of the errors is not positive definite") from None

    @property
    def terms(self) -> tuple[Term, ...]:
        """Heats in the probe for a fit; then the total heats, if they were measured."""
        probe = Term(self.heat_probe_W, self.whitening)
        if self.heat_total_W is None or self.sigma_total_W is None:
            return (probe,)
        return probe, Term(self.heat_total_W, self.sigma_total_W)


def paired_covariance(voltage_V: FloatArray, sigma: FloatArray, correlation: float) -> FloatArray:
    """Return the covariance of values that are correlated at opposite biases; in the unit of ``sigma`` squared.

    One baseline for both polarities and white noise give +1/2.
    """
    if not -1 < correlation < 1:
        raise ValueError(f"a correlation of {correlation} must lie between -1 and 1")
    opposite = np.isclose(voltage_V[:, None], -voltage_V, rtol=1e-6, atol=0) & (voltage_V[:, None] != 0)
    return np.asarray(np.outer(sigma, sigma) * (np.eye(voltage_V.size) + correlation * opposite))


@dataclass(frozen=True)
class Measured:
    """A number and its standard deviation."""

    value: float
    sigma: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.value) and np.isfinite(self.sigma) and self.sigma > 0):
            raise ValueError(
                f"{self.value} with uncertainty {self.sigma}: both must be finite, the second above 0"
            )


@dataclass(frozen=True, eq=False)
class JunctionData:
    """All data on one kind of junction, fitted with one set of parameters. Temperatures in kelvin.

    ``thermal_conductance_W_per_K`` is that of the electrons at a fixed bias, as the rupture of a junction measures it:
    L2/T of the Onsager integrals, larger by G S^2 T than at zero current. ``peltier_V`` is the heat into the probe
    per current at a small bias, odd in it; S T without floating probes, and with those that take up heat not.
    ``ac_seebeck_V_per_K`` is the thermopower of openings beside an alternating bias: a measurement of its own.
    """

    current: CurrentData | LogCurrentData | None = None
    heating: HeatingData | None = None
    conductance_G0: Measured | None = None
    seebeck_V_per_K: Measured | None = None
    thermal_conductance_W_per_K: Measured | None = None
    peltier_V: Measured | None = None
    ac_seebeck_V_per_K: Measured | None = None
    temperature_probe_K: float = 300.0
    temperature_substrate_K: float = 300.0

    def __post_init__(self) -> None:
        if min(self.temperature_probe_K, self.temperature_substrate_K) <= 0:
            raise ValueError("temperatures must be above 0 K")
        if self.size == 0:
            raise ValueError("there is nothing to fit: no current, no heat, and nothing of linear response")
        if not self.sigma_known and self.joint:
            raise ValueError(
                "a joint fit weighs one kind of data against another: give sigma_A for the current"
            )

    @cached_property
    def named_terms(self) -> tuple[tuple[str, Term], ...]:
        """Everything measured, with its name: currents, heats in the probe, total heats, linear response."""
        curve = () if self.current is None else (("I-V", self.current.term),)
        heats = () if self.heating is None else self.heating.terms
        named_heats = zip(("heat in the probe", "total heat"), heats, strict=False)
        numbers = (
            (name, Term(np.array([x.value]), x.sigma)) for name, x in self.linear_response if x is not None
        )
        return (*curve, *named_heats, *numbers)

    @property
    def linear_response(self) -> tuple[tuple[str, Measured | None], ...]:
        """Coefficients of linear response, with their names."""
        return (
            ("conductance", self.conductance_G0),
            ("thermopower", self.seebeck_V_per_K),
            ("thermal conductance", self.thermal_conductance_W_per_K),
            ("Peltier coefficient", self.peltier_V),
            ("AC thermopower", self.ac_seebeck_V_per_K),
        )

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """Everything measured, in the order of ``named_terms``."""
        return tuple(term for _, term in self.named_terms)

    @property
    def size(self) -> int:
        """Number of measured values."""
        return sum(x.measured.size for x in self.terms)

    @property
    def n_current(self) -> int:
        """Number of currents."""
        return 0 if self.current is None else self.current.current_A.size

    @property
    def joint(self) -> bool:
        """True if there are other data than currents."""
        return 0 < self.n_current < self.size

    @property
    def scaled(self) -> bool:
        """True if the scale of the heats is a parameter."""
        return self.heating is not None and self.heating.scale_sigma > 0

    @property
    def sigma_known(self) -> bool:
        """False if the uncertainty of the currents must be taken from the scatter about the fit."""
        return self.current is None or self.current.sigma_A is not None

    @property
    def tells_sign(self) -> bool:
        """True if heat or thermopower distinguishes a level above E_F from one below."""
        telling = (self.heating, self.seebeck_V_per_K, self.peltier_V, self.ac_seebeck_V_per_K)
        return any(x is not None for x in telling)

    def thinned(self, most: int) -> "JunctionData":
        """Return up to ``most`` currents, evenly through the voltages, and all other data: for a first search."""
        return self if self.current is None else replace(self, current=self.current.thinned(most))

    def with_values(self, values: Sequence[FloatArray]) -> "JunctionData":
        """Return the same measurement with other values, one array for each of ``terms``."""
        new = dict(zip((name for name, _ in self.named_terms), values, strict=True))
        current, heating = self.current, self.heating
        if current is not None:
            measured = np.exp(new["I-V"]) if isinstance(current, LogCurrentData) else new["I-V"]
            current = replace(current, current_A=measured)
        if heating is not None:
            heating = replace(
                heating, heat_probe_W=new["heat in the probe"], heat_total_W=new.get("total heat")
            )
        conductance, seebeck, thermal, peltier, beside_ac = (
            x and replace(x, value=float(new[name][0])) for name, x in self.linear_response
        )
        return replace(
            self,
            current=current,
            heating=heating,
            conductance_G0=conductance,
            seebeck_V_per_K=seebeck,
            thermal_conductance_W_per_K=thermal,
            peltier_V=peltier,
            ac_seebeck_V_per_K=beside_ac,
        )


def spread_through(voltage_V: FloatArray, points: int) -> NDArray[np.intp]:
    """Return the indices of up to ``points`` values, evenly through the sorted voltages."""
    order = np.argsort(voltage_V, kind="stable")
    return order[np.unique(np.linspace(0, order.size - 1, points).astype(np.intp))]


def _check(what: str, voltage: FloatArray, values: FloatArray, sigma: FloatArray | None) -> None:
    shapes = {np.shape(x) for x in (voltage, values, sigma) if x is not None}
    if len(shapes) != 1 or len(next(iter(shapes))) != 1 or not np.size(values):
        raise ValueError(
            f"{what}: voltage, values and uncertainties must be of one length, not {sorted(shapes)}"
        )
    if not all(np.isfinite(x).all() for x in (voltage, values, sigma) if x is not None):
        raise ValueError(f"{what}: a value is not a finite number")
    if sigma is not None and not (np.asarray(sigma) > 0).all():
        raise ValueError(f"{what}: every uncertainty must be above zero")
