"""Thermopower from the response at twice the frequency of a heater, free of offsets and of the heater's time constant.

Complex amplitudes X stand for x(t) = Re[X exp(i 4 pi f_h t)]. Current and thermometer come from the same hold; each has
a lag of its own amplifier. The imaginary part of the result must vanish, which is a control.
"""

import cmath
import math


def heater_amplitude_K(
    peak_V: float, heater_ohm: float, kelvin_per_W: float, heater_Hz: float, time_constant_s: float
) -> tuple[float, complex]:
    """Return the mean rise and the complex amplitude of the rise at 2 f_h of a sine-driven heater, in K.

    The power v^2/R of a sine has the mean V^2/2R and the same amplitude at twice its frequency; one pole delays it.
    """
    mean_K = kelvin_per_W * peak_V**2 / (2.0 * heater_ohm)
    return mean_K, mean_K / (1.0 + 4.0j * math.pi * heater_Hz * time_constant_s)


def delayed(amplitude: complex, frequency_Hz: float, lag_s: float) -> complex:
    """Return the amplitude of a signal that lags by ``lag_s``."""
    return amplitude * cmath.exp(-2.0j * math.pi * frequency_Hz * lag_s)


def seebeck_from_two_omega(
    current_A: complex,
    difference_K: complex,
    conductance_S: float,
    heater_Hz: float,
    current_lag_s: float = 0.0,
    thermometer_lag_s: float = 0.0,
) -> complex:
    """Return -(I / G) / dT at 2 f_h, with both lags corrected: S in V/K, and an imaginary part that must be 0.

    Parameters
    ----------
    current_A, difference_K : complex
        Amplitudes of current and T_probe - T_substrate at twice the frequency of the heater.
    conductance_S, heater_Hz : float
    current_lag_s, thermometer_lag_s : float
        Delays of the two channels.
    """
    corrected = cmath.exp(4.0j * math.pi * heater_Hz * (current_lag_s - thermometer_lag_s))
    return -(current_A / conductance_S) / difference_K * corrected


def two_omega_sigma_V_per_K(
    noise_A2_per_Hz: float, window_s: float, conductance_S: float, amplitude_K: float
) -> float:
    """Return the standard error of S: sqrt(S_I(2f) / T) / (G |dT|)."""
    return math.sqrt(noise_A2_per_Hz / window_s) / (conductance_S * amplitude_K)
