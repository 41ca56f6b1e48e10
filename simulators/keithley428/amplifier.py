"""Analogue part of the simulated Keithley 428: from the input current to the output voltage."""

import math

import numpy as np
from pydantic import Field

from analysis.constants import BOLTZMANN_J_per_K
from analysis.records import FloatArray
from simulators.parameters import ParameterSection
from simulators.signal.filters import delayed, limited, one_pole

RISE_PER_TAU = float(np.log(9.0))
"""10-90 % rise time of one pole over its time constant."""


class Keithley428Parameters(ParameterSection):
    """Section ``keithley428``; ``parameters.toml`` describes each parameter and its source."""

    firmware: str
    status_filler: str
    power_up: str
    zero_correct_s: float = Field(gt=0)
    auto_suppress_s: float = Field(gt=0)
    polls_until_done: int = Field(ge=1)
    gain_error: float = Field(gt=-0.5, lt=0.5)
    inverting: bool
    fastest_rise_time_s: list[float] = Field(min_length=8, max_length=8)
    auto_filter_codes: list[int] = Field(min_length=8, max_length=8)
    output_offset_V: float
    residual_offset_V: float
    zero_correct_limit_V: float = Field(gt=0)
    input_current_A: float
    burden_V_at_full_scale: float = Field(ge=0)
    resistor_temperature_K: float = Field(ge=0)
    input_noise_V_per_rtHz: float = Field(ge=0)
    input_capacitance_F: float = Field(ge=0)
    rail_V: float = Field(gt=0)
    gain_change_transient_V: float
    gain_change_transient_s: float = Field(gt=0)


class CurrentAmplifier:
    """Current amplifier with feedback resistor, x10 stage, filter, suppression and zero check.

    One pole of time constant tau = t_rise / ln 9 filters the input. Noise of every sample, as a current, at any
    sampling rate (aliasing included):

    - the source's white noise and the Johnson noise ``4 k T / Rf``, of density S together, through that pole:
      variance ``S / (4 tau)``, coloured by it;
    - the input transistor's e_n across the input capacitance C, which grows with frequency up to the
      amplifier's own corner tau_0: variance ``(e_n C)^2 / (4 tau tau_0 (tau + tau_0))``, treated as white
      because nearly all of it lies far above the sampling rate.

    Parameters
    ----------
    parameters : Keithley428Parameters
    rng : numpy Generator
        Source of the noise.

    Attributes
    ----------
    zero_check : bool
        True if the input is disconnected and the output shows the offset.
    suppression_A : float
        Current subtracted at the input.
    correction_V : float
        Voltage that zero correct subtracts at the output.
    rise_time_s : float
        10-90 % rise time of the filter; the amplifier is never faster than ``fastest_rise_time_s``.
    overloaded : bool
        True if the last sample was beyond the rail, before or after the filter.
    input_A : float
        Last current at the input, even if zero check kept it from the amplifier.
    """

    def __init__(self, parameters: Keithley428Parameters, rng: np.random.Generator) -> None:
        self._parameters = parameters
        self._johnson_rng, self._input_rng = rng.spawn(2)
        self.zero_check = True
        self.suppression_A = 0.0
        self.correction_V = 0.0
        self.overloaded = False
        self.input_A = 0.0
        self._filtered_A = 0.0
        self._net_A = 0.0
        self._rest_s = 0.0
        self._spike_V = 0.0
        self._decade, self._enlarged = 3, 1
        self.rise_time_s = self.fastest_rise_time_s

    @property
    def gain_V_per_A(self) -> float:
        """Nominal total gain including the x10 stage, in V/A."""
        return 10.0**self._decade * self._enlarged

    @property
    def fastest_rise_time_s(self) -> float:
        """Shortest 10-90 % rise time with the present feedback resistor, in s."""
        return self._parameters.fastest_rise_time_s[self._decade - 3]

    @property
    def offset_A(self) -> float:
        """Input current equivalent to all offsets, in A."""
        offset_V = self._parameters.output_offset_V - self.correction_V
        return self._parameters.input_current_A + offset_V / self.gain_V_per_A

    def set_gain(self, decade: int, enlarged: int) -> None:
        """Set the gain to 10^decade V/A times ``enlarged`` (1 or 10); a spike follows unless zero check is on."""
        if (decade, enlarged) != (self._decade, self._enlarged) and not self.zero_check:
            self._spike_V = self._parameters.gain_change_transient_V
        self._decade, self._enlarged = decade, enlarged

    @property
    def input_noise_V_per_rtHz(self) -> float:
        """Voltage noise at the input, which drives a current through what is connected to it."""
        return self._parameters.input_noise_V_per_rtHz

    @property
    def input_ohm(self) -> float:
        """Input resistance, in ohm, that causes the burden voltage: 2 ohm at 1e5 V/A."""
        return self._parameters.burden_V_at_full_scale * 10.0**self._decade / self._parameters.rail_V

    def amplify(
        self, current_A: FloatArray, dt: float, noise_A2_per_Hz: FloatArray, at_s: float | None = None
    ) -> tuple[FloatArray, bool]:
        """Return the output in V (n,) in each step of ``dt`` seconds, and True if any was overloaded.

        The current and the density of its white noise, both (n,), are constant during a step; the output is that
        ``at_s`` after its beginning, by default at its end.
        """
        n = len(current_A)
        if not n:
            return np.zeros(0), False
        p = self._parameters
        gain = self.gain_V_per_A * (1.0 + p.gain_error)
        rail_A = p.rail_V / gain
        entering_A = p.input_current_A - self.suppression_A
        net_A = np.zeros(n) if self.zero_check else current_A + entering_A
        density = self._johnson_density() + (0.0 if self.zero_check else noise_A2_per_Hz)
        until_s = dt if at_s is None else at_s
        volts = gain * self._filter(limited(net_A, rail_A), density, dt, until_s)
        volts += p.output_offset_V - self.correction_V
        self._add_spike(volts, dt)
        beyond = (np.abs(net_A) > rail_A) | (np.abs(volts) > p.rail_V)
        self.overloaded = bool(beyond[-1])
        self.input_A = float(current_A[-1])
        sign = -1.0 if p.inverting else 1.0
        return sign * limited(volts, p.rail_V), bool(beyond.any())

    def _filter(self, net_A: FloatArray, density: FloatArray | float, dt: float, at_s: float) -> FloatArray:
        """Return the current after the pole, with all noise; ``density`` is that of the white noise before it."""
        p = self._parameters
        tau_0 = self.fastest_rise_time_s / RISE_PER_TAU
        tau = max(self.rise_time_s, self.fastest_rise_time_s) / RISE_PER_TAU
        pole = math.exp(-dt / tau)
        kick_A = np.sqrt(density * ((1.0 - pole**2) / (4.0 * tau)))
        kicks_A = kick_A * self._johnson_rng.standard_normal(len(net_A))
        rest_s = dt - at_s
        if rest_s != self._rest_s:  # other samples than before: let the last step end first
            left = math.exp(-self._rest_s / tau)
            self._net_A = self._filtered_A = left * self._filtered_A + (1.0 - left) * self._net_A
            self._rest_s = rest_s
        if rest_s:
            begun = math.exp(-at_s / tau)
            kicks_A += (1.0 - begun) * net_A + (begun - pole) * delayed(net_A, self._net_A)
        else:
            kicks_A += (1.0 - pole) * net_A
        filtered_A = one_pole(kicks_A, pole, self._filtered_A)
        self._filtered_A, self._net_A = float(filtered_A[-1]), float(net_A[-1])
        white_A = (
            p.input_noise_V_per_rtHz * p.input_capacitance_F / math.sqrt(4.0 * tau * tau_0 * (tau + tau_0))
        )
        return filtered_A + white_A * self._input_rng.standard_normal(len(net_A))

    def _johnson_density(self) -> float:
        """Return 4 k T / Rf in A^2/Hz, one-sided."""
        return 4.0 * BOLTZMANN_J_per_K * self._parameters.resistor_temperature_K / 10.0**self._decade

    def _add_spike(self, volts: FloatArray, dt: float) -> None:
        """Add the rest of the last gain change's transient, in place."""
        if not self._spike_V:
            return
        decay = np.exp(-dt / self._parameters.gain_change_transient_s)
        spike = one_pole(np.zeros(len(volts)), decay, self._spike_V)
        volts += spike
        self._spike_V = float(spike[-1]) if abs(spike[-1]) > 1e-30 else 0.0
