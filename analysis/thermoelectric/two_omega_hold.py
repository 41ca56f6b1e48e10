"""Thermovoltage of one hold beside an alternating heater: current and temperature at twice the heater's frequency.

    I = G (V - V_off - S dT) + I_off,   v = -I(2f) / G = S dT(2f)

Offsets, drift and the heater's own voltage, which has the frequency f, have no part at 2f. A tip that expands modulates
the conductance at 2f, too, about 90 degrees late; that part is read at both biases, and its share of the offsets is
taken out. So are the known filters of both amplifiers. The voltage that is left out of phase with the temperature shows
a lag or a pick-up, and must vanish.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.heating.mask import Filters
from analysis.records import FloatArray
from analysis.thermoelectric.modulated_step import fitted_amplitude, lines_Hz, waves
from analysis.thermoelectric.open_circuit import OpenCircuit
from analysis.thermoelectric.thermopower_holds import ThermopowerHold

NEARBY = 0.3
"""Half-width of the band about 2f, as a share of it, in which the noise of the current is read."""


@dataclass(frozen=True)
class TwoOmega:
    """Amplitude of T_tip - T_substrate, and the voltage in phase with it and 90 degrees behind, with its error."""

    amplitude_K: float
    in_phase_V: float
    quadrature_V: float
    sigma_V: float

    def on(self, fit: OpenCircuit) -> OpenCircuit:
        """Return a hold's line with the voltage at 2f in place of that at 0 Hz."""
        G = fit.conductance_S
        return replace(
            fit,
            open_circuit_V=self.in_phase_V,
            short_circuit_A=-G * self.in_phase_V,
            sigma_open_circuit_V=self.sigma_V,
            sigma_short_circuit_A=G * self.sigma_V,
        )


def passed(filters: Filters, frequency_Hz: float) -> tuple[complex, complex]:
    """Return the complex response of the current amplifier and of the thermometer's preamplifier."""
    omega = 2.0 * math.pi * frequency_Hz
    current = 1.0 / complex(1.0, omega * filters.current_s)
    thermometer = 1.0 / complex(1.0, omega * filters.thermometer_s) ** filters.poles
    return current, thermometer


def two_omega(
    hold: ThermopowerHold,
    keep: NDArray[np.bool_],
    conductance_S: float,
    filters: Filters,
    seebeck_V_per_K: float,
    mains_Hz: float = 0.0,
) -> TwoOmega:
    """Return the response of a hold at twice the frequency of its heater.

    Parameters
    ----------
    hold : ThermopowerHold
        Without missing samples. At dT = 0 the heater is off, and the amplitude is 0 K.
    keep : ndarray of bool, shape (n,)
        Samples away from the edges of the bias.
    conductance_S : float
    filters : Filters
    seebeck_V_per_K : float
        S_TC.
    mains_Hz : float
        0: no line is fitted.
    """
    time_s = np.arange(len(hold.bias_V)) / hold.rate_Hz
    rows = waves(time_s, hold.thermal_Hz, lines_Hz(mains_Hz, hold.thermal_Hz))
    of_current, of_thermometer = passed(filters, hold.thermal_Hz)
    amplitude_A, sigma_A = _current_A(hold, keep, rows, time_s)
    tip = fitted_amplitude(-hold.thermocouple_V / seebeck_V_per_K, rows) / of_thermometer
    across = tip + _amplitude(hold.base_K, rows) - _amplitude(hold.substrate_K, rows)
    voltage = -amplitude_A / of_current / conductance_S
    sigma_V = sigma_A / abs(of_current) / conductance_S
    if hold.difference_K == 0.0:
        return TwoOmega(0.0, voltage.real, voltage.imag, sigma_V)
    turned = voltage * abs(across) / across
    return TwoOmega(abs(across), turned.real, -turned.imag, sigma_V)


def _amplitude(rise_K: FloatArray | float, rows: FloatArray) -> complex:
    """Return the amplitude of a thermometer's rise; 0 where there is none."""
    return 0.0j if isinstance(rise_K, float) else fitted_amplitude(rise_K, rows[:2])


def _current_A(
    hold: ThermopowerHold, keep: NDArray[np.bool_], rows: FloatArray, time_s: FloatArray
) -> tuple[complex, float]:
    """Return the amplitude of the current at constant conductance, and the standard error of both its parts.

    A conductance that drifts makes lines at odd multiples of the bias's frequency; its slope is fitted beside it.
    """
    keep = keep & np.isfinite(hold.current_A)
    volts = hold.bias_V / max(float(np.nanmax(np.abs(hold.bias_V))), 1e-12)
    along = np.linspace(-1.0, 1.0, len(time_s))
    design = np.vstack([rows, volts, np.ones(len(time_s)), along, along * volts, volts * rows[:2]])[:, keep]
    current_A = hold.current_A[keep]
    solution = np.linalg.solve(design @ design.T, design @ current_A)
    spread = np.zeros(len(keep))
    spread[keep] = current_A - solution @ design
    count = int(keep.sum())
    power = 2.0 / (hold.rate_Hz * count) * np.abs(np.fft.rfft(spread)) ** 2
    f_Hz = np.fft.rfftfreq(len(keep), 1.0 / hold.rate_Hz)
    band = np.abs(f_Hz - hold.thermal_Hz) <= NEARBY * hold.thermal_Hz
    density = max(float(power[band].mean()), float(power[1:].mean()))
    of_bias, unbiased_A = solution[len(rows) : len(rows) + 2]
    breathing = complex(solution[-2], -solution[-1]) / of_bias
    amplitude_A = complex(solution[0], -solution[1]) - breathing * unbiased_A
    return amplitude_A, math.sqrt(density * hold.rate_Hz / count)
