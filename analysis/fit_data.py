"""What a transmission model is fitted to: currents, heats, conductance, thermopower, each with its uncertainty."""

from dataclasses import dataclass

import numpy as np

from analysis.records import FloatArray


@dataclass(frozen=True, eq=False)
class CurrentData:
    """An I-V curve, or the mean of many.

    Parameters
    ----------
    voltage_V, current_A : ndarray, shape (n,)
    sigma_A : ndarray, shape (n,), or None
        Standard deviation of each current. None: all equal and unknown, estimated from the scatter about the fit.
    """

    voltage_V: FloatArray
    current_A: FloatArray
    sigma_A: FloatArray | None = None

    def __post_init__(self) -> None:
        _check("current", self.voltage_V, self.current_A, self.sigma_A)


@dataclass(frozen=True, eq=False)
class LogCurrentData:
    """A mean I-V curve of junctions whose currents differ by factors: the logarithm of |I| is what is fitted.

    Parameters
    ----------
    voltage_V, current_A : ndarray, shape (n,)
        No current of zero; its sign is not looked at.
    sigma_ln : ndarray, shape (n,)
        Standard deviation of ln|I|.
    """

    voltage_V: FloatArray
    current_A: FloatArray
    sigma_ln: FloatArray

    def __post_init__(self) -> None:
        _check("current", self.voltage_V, self.current_A, self.sigma_ln)
        if not np.all(self.current_A):
            raise ValueError("current: a value is zero and has no logarithm")

    @property
    def sigma_A(self) -> FloatArray:
        """Standard deviation of the current to first order."""
        return np.abs(self.current_A) * self.sigma_ln


@dataclass(frozen=True, eq=False)
class HeatingData:
    """Heat in the probe at each bias, both polarities; with ``heat_total_W`` the measured I V beside it.

    The plot of Q_P against Q_Total is fitted through the bias that both were measured at, so that neither axis
    is taken for exact. Arrays of shape (n,).
    """

    voltage_V: FloatArray
    heat_probe_W: FloatArray
    sigma_W: FloatArray
    heat_total_W: FloatArray | None = None
    sigma_total_W: FloatArray | None = None

    def __post_init__(self) -> None:
        _check("heat", self.voltage_V, self.heat_probe_W, self.sigma_W)
        if (self.heat_total_W is None) != (self.sigma_total_W is None):
            raise ValueError("heat_total_W and sigma_total_W belong together")
        if self.heat_total_W is not None:
            _check("total heat", self.voltage_V, self.heat_total_W, self.sigma_total_W)


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
    """Everything known of one kind of junction, fitted with one set of parameters. Temperatures in kelvin."""

    current: CurrentData | LogCurrentData | None = None
    heating: HeatingData | None = None
    conductance_G0: Measured | None = None
    seebeck_V_per_K: Measured | None = None
    temperature_probe_K: float = 300.0
    temperature_substrate_K: float = 300.0

    def __post_init__(self) -> None:
        if min(self.temperature_probe_K, self.temperature_substrate_K) <= 0:
            raise ValueError("temperatures must be above 0 K")
        if self.size == 0:
            raise ValueError("there is nothing to fit: no current, heat, conductance or thermopower")
        if not self.sigma_known and self.current is not None and self.size > self.current.current_A.size:
            raise ValueError(
                "a joint fit weighs one kind of data against another: give sigma_A for the current"
            )

    @property
    def size(self) -> int:
        """Number of measured values."""
        total = int(self.conductance_G0 is not None) + int(self.seebeck_V_per_K is not None)
        if self.current is not None:
            total += self.current.current_A.size
        if self.heating is not None:
            total += self.heating.heat_probe_W.size * (1 if self.heating.heat_total_W is None else 2)
        return total

    @property
    def sigma_known(self) -> bool:
        """False where the scatter about the fit must stand for the uncertainty of the currents."""
        return self.current is None or self.current.sigma_A is not None

    @property
    def tells_sign(self) -> bool:
        """True where heat or thermopower distinguishes a level above E_F from one below."""
        return self.heating is not None or self.seebeck_V_per_K is not None


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
