"""Temperature and Fano factor of a contact from the noise of its current.

Resistors of known conductance and temperature, measured at the same settings, calibrate the density:
s = g 4 k T_0 G + b G^2 + c. Then a contact has T = (s - b G^2 - c) / (4 k g G), the mean of both electrodes. The excess
noise of a bias is F 4 k T G (x coth x - 1) with x = e V / 2 k T, beside flicker noise A V^2 / f.
"""

import math
from dataclasses import dataclass

import numpy as np

from analysis.constants import ELEMENTARY_CHARGE_C, BOLTZMANN_J_per_K
from analysis.records import FloatArray
from analysis.transport.noise import x_coth_x

FOUR_K = 4.0 * BOLTZMANN_J_per_K


def band_density(
    frequency_Hz: FloatArray, density: FloatArray, band_Hz: tuple[float, float], duration_s: float
) -> tuple[float, float]:
    """Return the mean of a periodogram over a band, and its relative standard error 1/sqrt(B T).

    The mean of the logarithms would be too small by 2.5 dB.

    Raises
    ------
    ValueError
        If no frequency lies in the band.
    """
    inside = (frequency_Hz >= band_Hz[0]) & (frequency_Hz < band_Hz[1])
    if not inside.any():
        raise ValueError(f"the spectrum has no points from {band_Hz[0]:g} to {band_Hz[1]:g} Hz")
    return float(density[inside].mean()), 1.0 / math.sqrt((band_Hz[1] - band_Hz[0]) * duration_s)


@dataclass(frozen=True, eq=False)
class NoiseCalibration:
    """Density of a resistor, gain x 4 k T_0 G + square x G^2 + floor, with the covariance of the three."""

    gain: float
    square_V2_per_Hz: float
    floor_A2_per_Hz: float
    covariance: FloatArray

    def temperature_K(self, density_A2_per_Hz: float, conductance_S: float) -> float:
        """Return the temperature of a contact from its density."""
        thermal = density_A2_per_Hz - self.square_V2_per_Hz * conductance_S**2 - self.floor_A2_per_Hz
        return thermal / (FOUR_K * self.gain * conductance_S)

    def density_A2_per_Hz(self, temperature_K: float, conductance_S: float) -> float:
        """Return the density of a contact of a temperature."""
        thermal = self.gain * FOUR_K * temperature_K * conductance_S
        return thermal + self.square_V2_per_Hz * conductance_S**2 + self.floor_A2_per_Hz

    def sigma_K(self, density_A2_per_Hz: float, conductance_S: float, relative: float) -> float:
        """Return the standard error of `temperature_K` for a relative error of the density, with the calibration's."""
        per_thermal = 1.0 / (FOUR_K * self.gain * conductance_S)
        temperature_K = self.temperature_K(density_A2_per_Hz, conductance_S)
        slopes = -per_thermal * np.array(
            [FOUR_K * temperature_K * conductance_S, conductance_S**2, 1.0], dtype=np.float64
        )
        own_K = per_thermal * relative * density_A2_per_Hz
        return math.sqrt(own_K**2 + float(slopes @ self.covariance @ slopes))


def calibrate_noise(
    conductance_S: FloatArray, density_A2_per_Hz: FloatArray, relative: FloatArray, temperature_K: float
) -> NoiseCalibration:
    """Fit the densities of resistors, which need three different conductances.

    Parameters
    ----------
    conductance_S, density_A2_per_Hz : ndarray, shape (n,)
        An open input is a resistor of conductance 0.
    relative : ndarray, shape (n,)
        Relative standard errors of the densities.
    temperature_K : float
        Temperature of the resistors.

    Raises
    ------
    ValueError
        With fewer than three conductances.
    """
    if len(np.unique(conductance_S)) < 3:
        raise ValueError("a calibration of noise needs resistors of at least three conductances")
    columns = np.column_stack(
        [FOUR_K * temperature_K * conductance_S, conductance_S**2, np.ones_like(conductance_S)]
    )
    size = np.abs(columns).max(axis=0)
    scaled = columns / size / (relative * density_A2_per_Hz)[:, None]
    covariance = np.linalg.inv(scaled.T @ scaled)
    solution = covariance @ (scaled.T @ (1.0 / relative))
    gain, square, floor = (float(x) for x in solution / size)
    return NoiseCalibration(gain, square, floor, covariance / np.outer(size, size))


@dataclass(frozen=True)
class ExcessNoise:
    """Fano factor and flicker coefficient A (A^2/Hz of A V^2/f) of a contact, with standard errors."""

    fano: float
    flicker_S2: float
    sigma_fano: float
    sigma_flicker_S2: float


def excess_noise(
    bias_V: FloatArray,
    frequency_Hz: FloatArray,
    excess_A2_per_Hz: FloatArray,
    sigma_A2_per_Hz: FloatArray,
    conductance_S: float,
    temperature_K: float,
    series_ohm: float = 0.0,
) -> ExcessNoise:
    """Fit S(V, f) - S(0, f) by F 4 k T G (x coth x - 1) + A V^2 / f, through the origin; x = e V / 2 k T.

    Leads in series with the contact take a share G R of the bias, and the same share of its noise.

    Parameters
    ----------
    bias_V, frequency_Hz, excess_A2_per_Hz, sigma_A2_per_Hz : ndarray, shape (n,)
        One entry for each bias and band; the bias is that across contact and leads.
    conductance_S : float
        That of contact and leads.
    temperature_K : float
    series_ohm : float
        Resistance R of the leads.

    Raises
    ------
    ValueError
        If biases and bands do not separate the two kinds of noise, or the leads alone have more resistance.
    """
    of_contact = 1.0 - conductance_S * series_ohm
    if not of_contact > 0.0:
        raise ValueError("the leads have more resistance than contact and leads together")
    x = ELEMENTARY_CHARGE_C * of_contact * bias_V / (2.0 * BOLTZMANN_J_per_K * temperature_K)
    shot = (
        FOUR_K
        * temperature_K
        * conductance_S
        * of_contact
        * np.array([x_coth_x(float(one)) - 1.0 for one in x])
    )
    columns = np.column_stack([shot, bias_V**2 / frequency_Hz])
    size = np.abs(columns).max(axis=0)
    scaled = columns / np.where(size > 0.0, size, 1.0) / sigma_A2_per_Hz[:, None]
    information = scaled.T @ scaled
    if np.linalg.eigvalsh(information)[0] <= 1e-9 * np.trace(information):
        raise ValueError("shot noise and flicker noise need several biases and several frequencies")
    covariance = np.linalg.inv(information)
    fano, flicker = (covariance @ (scaled.T @ (excess_A2_per_Hz / sigma_A2_per_Hz))) / size
    errors = np.sqrt(np.diag(covariance)) / size
    return ExcessNoise(float(fano), float(flicker), float(errors[0]), float(errors[1]))


@dataclass(frozen=True)
class RelativeFlicker:
    """Flicker noise S_I f / I^2 of contacts, per hertz at 1 Hz, with its standard error."""

    per_Hz: float
    sigma_per_Hz: float


def share_of(x: FloatArray, y: FloatArray, sigma: FloatArray) -> tuple[float, float]:
    """Return the slope of y on x through the origin, and its error: of sigma, or of several points their scatter.

    The larger error counts. Both are NaN where x is 0 throughout.
    """
    weighted = x / sigma
    size = float(weighted @ weighted)
    if not size > 0.0:
        return math.nan, math.nan
    slope, error = float(weighted @ (y / sigma)) / size, size**-0.5
    if len(x) > 1:
        apart = weighted * (y / sigma - slope * weighted)
        error = max(error, math.sqrt(len(x) / (len(x) - 1.0) * float(apart @ apart)) / size)
    return slope, error


def relative_flicker(
    current_A: FloatArray, flicker_A2: FloatArray, sigma_A2: FloatArray, common_A2: FloatArray
) -> RelativeFlicker | None:
    """Fit the flicker noise of contacts by a share of their currents squared; None where no current flows.

    Parameters
    ----------
    current_A, flicker_A2, sigma_A2 : ndarray, shape (n,)
        Mean current of each contact, and density of its flicker noise times the frequency, with its standard error.
    common_A2 : ndarray, shape (n,)
        Error that all of these densities share.
    """
    share, sigma = share_of(current_A**2, flicker_A2, sigma_A2)
    if not math.isfinite(share):
        return None
    common, _ = share_of(current_A**2, common_A2, sigma_A2)
    return RelativeFlicker(share, math.hypot(sigma, common))
