"""Sinusoidal bias of an exact frequency, and the response of a current to it, boxcar by boxcar."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import pi, sqrt
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray
from analysis.spectra.lock_in import LockIn

LEAST_SAMPLES = 8
"""Least samples of a period: fewer make stairs of a sine, whose steps excite the amplifier."""


@dataclass(frozen=True)
class Sine:
    """Bias offset + sqrt(2) rms sin(2 pi f t), from phase 0 at its first sample."""

    rms_V: float
    frequency_Hz: Fraction
    offset_V: float = 0.0

    @property
    def largest_V(self) -> float:
        """Largest modulus of the bias."""
        return abs(self.offset_V) + sqrt(2.0) * self.rms_V

    def period_samples(self, rate_Hz: float) -> int:
        """Return the samples of one period. Raises ``ValueError`` if they are not a whole number, or fewer than 8."""
        samples = Fraction(rate_Hz) / self.frequency_Hz
        if samples.denominator != 1 or samples < LEAST_SAMPLES:
            raise ValueError(
                f"{float(self.frequency_Hz):g} Hz is {float(samples):.5g} samples a period at {rate_Hz:g} samples/s; "
                f"choose a whole number of {LEAST_SAMPLES} or more, such as {rate_Hz / 16:g} Hz"
            )
        return int(samples)

    def bias_V(self, rate_Hz: float, n: int) -> FloatArray:
        """Return the first n samples, shape (n,). Raises ``ValueError`` as `period_samples`."""
        phase = 2.0 * pi / self.period_samples(rate_Hz) * np.arange(n)
        return np.asarray(self.offset_V + sqrt(2.0) * self.rms_V * np.sin(phase))

    def boxcar_samples(self, rate_Hz: float, average_s: float) -> int:
        """Return the samples of the whole periods nearest to a time, at least one period."""
        period = self.period_samples(rate_Hz)
        return period * max(1, round(average_s * rate_Hz / period))

    def to_json(self) -> dict[str, Any]:
        """Return content for a recording."""
        return {"rms_V": self.rms_V, "frequency_Hz": str(self.frequency_Hz), "offset_V": self.offset_V}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Return the sine of a recording."""
        frequency_Hz = Fraction(content["frequency_Hz"])
        return cls(float(content["rms_V"]), frequency_Hz, float(content.get("offset_V", 0.0)))


@dataclass(frozen=True, eq=False)
class Response:
    """Boxcars of a current beside an alternating bias, arrays of shape (boxcars,).

    ``admittance_S`` has the lag corrected: conductance in phase, omega C in quadrature. ``bias_V`` and ``current_A``
    are the means over the same boxcars.
    """

    length: int
    admittance_S: NDArray[np.complex128]
    bias_V: FloatArray
    current_A: FloatArray

    @property
    def conductance_S(self) -> FloatArray:
        """In-phase part."""
        return self.admittance_S.real


def response(
    bias_V: FloatArray,
    current_A: FloatArray,
    sine: Sine,
    rate_Hz: float,
    length: int,
    lag_s: float,
    series_ohm: float = 0.0,
) -> Response:
    """Demodulate a current with the looped-back bias as reference.

    Parameters
    ----------
    bias_V, current_A : ndarray, shape (n,)
    sine : Sine
    rate_Hz : float
    length : int
        Samples of a boxcar, a whole number of periods.
    lag_s : float
        Delay of the current against the bias.
    series_ohm : float
        Resistance in series with the junction, which the result is without.
    """
    lock_in = LockIn(sine.frequency_Hz, rate_Hz, length // sine.period_samples(rate_Hz))
    (bias, current), (mean_V, mean_A) = lock_in.feed(np.stack([bias_V, current_A]))
    return Response(length, _admittance_S(bias, current, sine, lag_s, series_ohm), mean_V, mean_A)


def running_conductance_S(
    bias_V: FloatArray,
    current_A: FloatArray,
    sine: Sine,
    rate_Hz: float,
    length: int,
    lag_s: float,
    series_ohm: float = 0.0,
) -> FloatArray:
    """Return the conductance of a boxcar about each sample, shape (n,); NaN for half a boxcar at both ends.

    Parameters as of `response`. Neighbouring values share all but two of their samples.
    """
    n, period = len(bias_V), sine.period_samples(rate_Hz)
    found = np.full(n, np.nan)
    if n < length:
        return found
    wave = np.exp(-2j * pi / period * (np.arange(n) % period))
    bias, current = (_running_sum(values * wave, length) for values in (bias_V, current_A))
    first = length // 2
    found[first : first + bias.size] = _admittance_S(bias, current, sine, lag_s, series_ohm).real
    return found


def _running_sum(values: NDArray[np.complex128], length: int) -> NDArray[np.complex128]:
    """Return the sum of each ``length`` neighbours, shape (n - length + 1,)."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    return np.asarray(total[length:] - total[:-length])


def _admittance_S(
    bias: NDArray[np.complex128],
    current: NDArray[np.complex128],
    sine: Sine,
    lag_s: float,
    series_ohm: float,
) -> NDArray[np.complex128]:
    """Return the admittance of the junction alone, with the lag corrected."""
    turned = np.exp(2j * pi * float(sine.frequency_Hz) * lag_s)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(1.0 / (bias / (current * turned) - series_ohm))


def lag_of_capacitance_s(admittance_S: complex, frequency_Hz: float) -> float:
    """Return the lag of the current, from what flows with the tip retracted: a capacitance alone leads by 90 degrees.

    The result lies between -1/2 and 1/2 of a period.
    """
    turns = 0.25 - float(np.angle(admittance_S)) / (2.0 * pi)
    return float((turns + 0.5) % 1.0 - 0.5) / frequency_Hz
