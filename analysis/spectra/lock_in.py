"""Lock-in amplifier in software: complex amplitudes at an exact frequency, from blocks of samples or from an array.

The reference is a measured channel (the looped-back bias, the read-back power), never a command. The filter is a boxcar
over whole periods, so that offsets and harmonics vanish exactly. Amplitudes X stand for x(t) = Re[X exp(i 2 pi f t)].
"""

import cmath
import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray


class LockIn:
    """Demodulator that is fed blocks of any length.

    Parameters
    ----------
    frequency_Hz : Fraction
        Frequency of the reference, exact.
    rate_Hz : float
        Sample rate.
    periods : int
        Length of the boxcar in periods of the reference.

    Raises
    ------
    ValueError
        If that many periods are not a whole number of samples, or are fewer than two samples a period.
    """

    def __init__(self, frequency_Hz: Fraction, rate_Hz: float, periods: int) -> None:
        length = periods * Fraction(rate_Hz) / frequency_Hz
        if length.denominator != 1 or length < 2 * periods:
            raise ValueError(
                f"{periods} periods of {float(frequency_Hz):g} Hz are {float(length):g} samples at {rate_Hz:g} "
                "samples/s; choose a whole number, of at least two samples a period"
            )
        self.length = int(length)
        turns, per = (frequency_Hz / Fraction(rate_Hz)).as_integer_ratio()
        phase = 2.0 * np.pi * np.array([turns * n % per / per for n in range(self.length)])
        self._wave = 2.0 / self.length * np.exp(-1j * phase)
        self._kept = np.empty((0, 0))

    def feed(self, samples: FloatArray) -> tuple[NDArray[np.complex128], FloatArray]:
        """Take samples, shape (channels, n), and return the boxcars that they complete.

        Returns
        -------
        amplitude : ndarray of complex, shape (channels, boxcars)
        mean : ndarray, shape (channels, boxcars)
            Mean of each channel, through the same filter.
        """
        kept = np.concatenate([self._kept, samples], axis=1) if self._kept.size else samples
        whole = kept.shape[1] // self.length * self.length
        boxcars = kept[:, :whole].reshape(len(kept), -1, self.length)
        self._kept = kept[:, whole:].copy()
        return boxcars @ self._wave, boxcars.mean(axis=-1)


@dataclass(frozen=True)
class Admittance:
    """Y = I/V at one frequency, with the lag of the current corrected: G in phase, omega C in quadrature."""

    complex_S: complex
    frequency_Hz: float

    @property
    def conductance_S(self) -> float:
        """In-phase part; the modulus |Y| is larger, by the capacitance."""
        return self.complex_S.real

    @property
    def capacitance_F(self) -> float:
        """Capacitance beside the junction, in F."""
        return self.complex_S.imag / (2.0 * math.pi * self.frequency_Hz)


def admittance(
    bias_V: complex, current_A: complex, frequency_Hz: float, current_lag_s: float = 0.0
) -> Admittance:
    """Return the admittance from the amplitudes of bias and current, the current delayed by ``current_lag_s``."""
    turned = cmath.exp(2.0j * math.pi * frequency_Hz * current_lag_s)
    return Admittance(current_A / bias_V * turned, frequency_Hz)


def seebeck_from_mean_current(
    current_A: float, offset_A: float, conductance_S: float, offset_V: float, difference_K: float
) -> float:
    """Return S = -((I - I_off)/G - V_off) / dT in V/K from the mean current beside an alternating bias.

    ``offset_A`` is the amplifier's, ``offset_V`` that of the bias, from the metallic contact of the same trace.
    """
    return -((current_A - offset_A) / conductance_S - offset_V) / difference_K
