"""Sinusoidal bias of an exact frequency, and the response of a current to it, boxcar by boxcar."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import pi, sqrt
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from analysis.constants import G0_S
from analysis.records import FloatArray
from analysis.spectra.lock_in import LockIn

LEAST_SAMPLES = 8
"""Least samples of a period: fewer make stairs of a sine, whose steps excite the amplifier."""

METALLIC_S = 0.8 * G0_S
"""Conductance above which a boxcar shows the metallic contact."""


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


@dataclass(frozen=True, eq=False)
class ComplexPoints:
    """Complex amplitudes of looped-back bias and current of short boxcars, as a recording may hold them; shape (n,)."""

    bias_V: NDArray[np.complex128]
    current_A: NDArray[np.complex128]


@dataclass(frozen=True)
class Demodulation:
    """Conversion of a current beside an alternating bias to the admittance of the junction.

    Parameters
    ----------
    sine : Sine
    rate_Hz : float
    length : int
        Samples of a boxcar, a whole number of periods; or points, of a recording that holds points.
    lag_s : float
        Delay of the current against the bias.
    series_ohm : float
        Resistance in series with the junction, which the result is without.
    stray_S : complex
        Admittance with the tip away, its lag in it, which the result is without.
    """

    sine: Sine
    rate_Hz: float
    length: int
    lag_s: float = 0.0
    series_ohm: float = 0.0
    stray_S: complex = 0.0

    def response(
        self, bias_V: FloatArray, current_A: FloatArray, points: ComplexPoints | None = None
    ) -> Response:
        """Demodulate a current with the looped-back bias as reference, both of shape (n,).

        With ``points`` both are the means of points, whose amplitudes are known.
        """
        if points is not None:
            n = len(bias_V) // self.length
            rows = np.stack([points.bias_V, points.current_A, bias_V, current_A])[:, : n * self.length]
            bias, current, mean_V, mean_A = rows.reshape(4, n, self.length).mean(axis=2)
            return Response(self.length, self._admittance_S(bias, current), mean_V.real, mean_A.real)
        period = self.sine.period_samples(self.rate_Hz)
        lock_in = LockIn(self.sine.frequency_Hz, self.rate_Hz, self.length // period)
        (bias, current), (mean_V, mean_A) = lock_in.feed(np.stack([bias_V, current_A]))
        return Response(self.length, self._admittance_S(bias, current), mean_V, mean_A)

    def running_conductance_S(
        self, bias_V: FloatArray, current_A: FloatArray, points: ComplexPoints | None = None
    ) -> FloatArray:
        """Return the conductance of a boxcar about each sample, shape (n,); NaN for half a boxcar at both ends.

        Neighbouring values share all but two of their samples.
        """
        n = len(bias_V)
        running_S = np.full(n, np.nan)
        if n < self.length:
            return running_S
        if points is None:
            period = self.sine.period_samples(self.rate_Hz)
            wave = np.exp(-2j * pi / period * (np.arange(n) % period))
            points = ComplexPoints(bias_V * wave, current_A * wave)
        bias, current = (_running_sum(values, self.length) for values in (points.bias_V, points.current_A))
        first = self.length // 2
        running_S[first : first + bias.size] = self._admittance_S(bias, current).real
        return running_S

    def _admittance_S(
        self, bias: NDArray[np.complex128], current: NDArray[np.complex128]
    ) -> NDArray[np.complex128]:
        """Return the admittance of the junction alone, with the lag corrected."""
        turned = np.exp(2j * pi * float(self.sine.frequency_Hz) * self.lag_s)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(1.0 / (1.0 / ((current / bias - self.stray_S) * turned) - self.series_ohm))


def _running_sum(values: NDArray[np.complex128], length: int) -> NDArray[np.complex128]:
    """Return the sum of each ``length`` neighbours, shape (n - length + 1,)."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    return np.asarray(total[length:] - total[:-length])


def mean_admittance_S(found: Response) -> tuple[complex, float]:
    """Return the mean admittance of all boxcars, and the standard error of each part; NaN for a single boxcar."""
    Y = found.admittance_S
    scatter = np.concatenate([Y.real - Y.real.mean(), Y.imag - Y.imag.mean()])
    freedom = 2 * (len(Y) - 1)
    sigma_S = float(np.sqrt((scatter @ scatter) / freedom / len(Y))) if freedom else float("nan")
    return complex(Y.mean()), sigma_S


def lag_of_conductance_s(admittance_S: complex, frequency_Hz: float) -> float:
    """Return the lag of the current, from the admittance of a conductor: a metallic contact has no phase of its own."""
    return -float(np.angle(admittance_S)) / (2.0 * pi * frequency_Hz)


def late_capacitance_S(capacitance_F: float, lag_s: float, frequency_Hz: float) -> complex:
    """Return the admittance that a capacitance shows if its current is late, the inverse of `lag_of_capacitance_s`."""
    omega = 2.0 * pi * frequency_Hz
    return complex(1j * omega * capacitance_F * np.exp(-1j * omega * lag_s))


def lag_of_capacitance_s(admittance_S: complex, frequency_Hz: float) -> float:
    """Return the lag of the current, from what flows with the tip retracted: a capacitance alone leads by 90 degrees.

    The result lies between -1/2 and 1/2 of a period.
    """
    turns = 0.25 - float(np.angle(admittance_S)) / (2.0 * pi)
    return float((turns + 0.5) % 1.0 - 0.5) / frequency_Hz


@dataclass(frozen=True)
class SineBias:
    """Alternating bias of a step with the facts that its demodulation needs, as recorded.

    Parameters
    ----------
    sine : Sine
    average_s : float
        Length of a boxcar.
    lag_s, capacitance_F : float
        Lag of the current with the tip away, and the capacitance that conducts there.
    """

    sine: Sine
    average_s: float
    lag_s: float
    capacitance_F: float

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Return what a recording has of a step; older ones lack the capacitance."""
        sine, capacitance_F = Sine.from_json(content), float(content.get("capacitance_F") or 0.0)
        return cls(sine, float(content["average_s"]), float(content["lag_s"]), capacitance_F)

    @property
    def stray_S(self) -> complex:
        """Admittance with the tip away."""
        return late_capacitance_S(self.capacitance_F, self.lag_s, float(self.sine.frequency_Hz))

    def boxcar(self, rate_Hz: float, points: ComplexPoints | None) -> int:
        """Return the length of a boxcar in samples, or in points."""
        if points is None:
            return self.sine.boxcar_samples(rate_Hz, self.average_s)
        return max(1, round(self.average_s * rate_Hz))

    def lag_of_contact_s(
        self, bias_V: FloatArray, current_A: FloatArray, rate_Hz: float, points: ComplexPoints | None = None
    ) -> float:
        """Return the lag of the current of a metallic contact; that with the tip away where there is none.

        The bias is a stair of the card's steps. A capacitance answers it with spikes, whose samples are late by another
        time than those of a conductor: half a step, 10 us at 50 kHz, which is 2 % of the conductance at 3.1 kHz.
        """
        if len(bias_V) < (length := self.boxcar(rate_Hz, points)):
            return self.lag_s
        demodulation = Demodulation(self.sine, rate_Hz, length, stray_S=self.stray_S)
        Y = demodulation.response(bias_V, current_A, points).admittance_S
        metal = Y[np.abs(Y) >= METALLIC_S]
        frequency_Hz = float(self.sine.frequency_Hz)
        return lag_of_conductance_s(complex(metal.sum()), frequency_Hz) if metal.size else self.lag_s
