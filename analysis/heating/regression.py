"""Least-squares regression of a thermometer's voltage on the levels, a polynomial in time, and lines such as the mains.

Everything that depends only on the choice of samples is calculated once for holds that use the same samples.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.heating.layout import Layout, Roles
from analysis.heating.noise import Bands, white_and_pink
from analysis.heating.wandering_lines import WanderingLines
from analysis.records import FloatArray


@dataclass(frozen=True, eq=False)
class Fit:
    """Result of a regression.

    Parameters
    ----------
    levels_V : ndarray, shape (levels,)
        Voltage of each level above the zero level, in the order of `Regression.active`; if the first samples have
        levels of their own, those of the first samples, then those of the others.
    covariance_V2 : ndarray, shape (levels, levels)
        Covariance from the noise of the residuals, white and 1/f.
    residual_V : ndarray, shape (used,)
    white_V2_per_Hz : float
        One-sided density of the white part of the noise.
    corner_Hz : float
        Frequency at which the 1/f part equals it; ``inf`` without a white part.
    """

    levels_V: FloatArray
    covariance_V2: FloatArray
    residual_V: FloatArray
    white_V2_per_Hz: float
    corner_Hz: float


class Regression:
    """The regression for one choice of samples.

    y = sum_l a_l [sample is at level l] + polynomial + sum_m (s_m + s'_m t) sin(2 pi f_m t)
    + (c_m + c'_m t) cos(2 pi f_m t); the terms in t follow a line that is slightly off its frequency.

    The estimates are weighted sums of samples; the covariance is that of these sums for noise of the one-sided
    density ``a + b/f``. a and b are fitted to the residuals' spectrum between a sixth of the modulation frequency
    and 16 times it, where these sums have their weight, without these lines. Both polarities share the
    zero level, so that two estimates of equal thirds have the correlation +1/2.

    Parameters
    ----------
    plan : Layout
        From the first used sample to the last.
    used : ndarray of bool, shape (n,)
        True for each sample that is used.
    roles : Roles
    rate_Hz, modulation_Hz : float
    baseline_order : int
    lines_Hz : sequence of float
    first : ndarray of bool, shape (n,), optional
        Samples whose levels get their own coefficients, and a step of the baseline; the coefficients of the other
        samples follow. The polynomial and the lines are common.

    Attributes
    ----------
    active : tuple of int
        Roles that have a coefficient (one of each kind with ``first``): all except zero.
    at : ndarray of int, shape (used,)
        Indices of the used samples.
    length : int
        Samples of the plan.
    rate_Hz : float

    Raises
    ------
    ValueError
        If the samples do not determine all coefficients.
    """

    def __init__(
        self,
        plan: Layout,
        used: NDArray[np.bool_],
        roles: Roles,
        rate_Hz: float,
        modulation_Hz: float,
        baseline_order: int,
        lines_Hz: Sequence[float],
        first: NDArray[np.bool_] | None = None,
    ) -> None:
        self.active = tuple(role for role in range(len(roles.bias_V)) if role != roles.zero)
        self.at = np.flatnonzero(used)
        self.length = len(used)
        x = np.linspace(-1.0, 1.0, len(used))[self.at]
        levels = [plan.role[self.at] == role for role in self.active]
        steps = []
        if first is not None:
            steps = [first[self.at]]
            levels = [level & part for part in (steps[0], ~steps[0]) for level in levels]
        phases = [2.0 * np.pi * f_Hz / rate_Hz * self.at for f_Hz in lines_Hz]
        lines = [wave(phase) * shape for phase in phases for wave in (np.sin, np.cos) for shape in (1.0, x)]
        from numpy.polynomial import legendre  # slow to import

        columns = np.column_stack([*levels, legendre.legvander(x, baseline_order), *lines, *steps])
        self._columns = np.asfortranarray(columns)
        of_lines = slice(len(levels) + baseline_order + 1, columns.shape[1] - len(steps), 2)
        self._lines = WanderingLines(self.at, rate_Hz, self._columns.T[of_lines])
        gram = self._columns.T @ self._columns
        size = np.sqrt(np.diag(gram))
        if not size.all() or np.linalg.eigvalsh(gram / np.outer(size, size))[0] < 1e-9:
            raise ValueError("too few samples to separate levels, baseline and lines")
        self._inverse = np.linalg.inv(gram)
        self._levels = len(levels)
        self.weights = self._inverse[: self._levels] @ self._columns.T
        self._padded = 1 << (len(used) - 1).bit_length()
        self.rate_Hz = rate_Hz
        spectrum = np.fft.rfft(self.spread(self.weights, self._padded))
        f_Hz = np.fft.rfftfreq(self._padded, 1.0 / rate_Hz)
        self._white = rate_Hz / 2.0 * self.weights @ self.weights.T
        self._pink = np.real((spectrum[:, 1:] / f_Hz[1:]) @ spectrum[:, 1:].conj().T) * f_Hz[1]
        low_Hz = max(modulation_Hz / 6.0, 2.0 * rate_Hz / len(used))
        high_Hz = min(16.0 * modulation_Hz, 0.4 * rate_Hz)
        self._bands = Bands(len(used), self._padded, rate_Hz, (low_Hz, high_Hz), lines_Hz)

    @property
    def samples(self) -> int:
        """Number of samples that are used."""
        return len(self.at)

    @property
    def nbytes(self) -> int:
        """Memory of its arrays with a value for each sample."""
        return 2 * self._columns.nbytes + self.weights.nbytes + self.at.nbytes

    def levels_V(self, volts: FloatArray) -> FloatArray:
        """Return the voltages of the levels for many series at once: (..., n) to (..., levels)."""
        used = volts[..., self.at]
        return (used - used.mean(axis=-1, keepdims=True)) @ self.weights.T

    def response(self, frequency_Hz: float) -> NDArray[np.complex128]:
        """Return what a line of unit amplitude adds to each level, as an amplitude with phase; shape (levels,)."""
        return np.asarray(self.weights @ np.exp(2j * np.pi * frequency_Hz / self.rate_Hz * self.at))

    def covariance_V2(self, white_V2_per_Hz: float, pink_V2: float) -> FloatArray:
        """Return the covariance of the levels for noise of the one-sided density ``white + pink / f``."""
        return white_V2_per_Hz * self._white + pink_V2 * self._pink

    def fit(self, volts: FloatArray) -> Fit:
        """Fit one series, shape (n,), that begins with the first sample of the plan."""
        y = volts[self.at]
        y = y - y.mean()
        coefficients = self._inverse @ (self._columns.T @ y)
        residual = y - self._columns @ coefficients
        lines = self._lines.of(residual)
        residual -= lines
        power = self.spectrum_V2_per_Hz(residual)
        white, pink = white_and_pink(self._bands.mean(power), self._bands.inverse_f, self._bands.count)
        return Fit(
            levels_V=coefficients[: self._levels] - self.weights @ lines,
            covariance_V2=self.covariance_V2(white, pink),
            residual_V=residual,
            white_V2_per_Hz=white,
            corner_Hz=pink / white if white > 0.0 else float("inf"),
        )

    def spectrum_V2_per_Hz(self, residual_V: FloatArray) -> FloatArray:
        """Return the one-sided periodogram of residuals, with 0 V for the samples that are not used."""
        spread = np.fft.rfft(self.spread(residual_V, self._padded))
        return 2.0 / (self.rate_Hz * self.samples) * (spread.real**2 + spread.imag**2)

    def spread(self, values: FloatArray, length: int) -> FloatArray:
        """Return values of the used samples, shape (..., used), at their places among zeros, shape (..., length)."""
        out = np.zeros((*values.shape[:-1], length))
        out[..., self.at] = values
        return out
