"""Simulated amplifiers that are set by hand: one pole and a rail each, and no wire."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from analysis.records import FloatArray
from simulators.parameters import Parameters, ParameterSection
from simulators.signal.current_stage import CurrentStage
from simulators.signal.filters import RC, RCChain


class ManualCurrentParameters(ParameterSection):
    """Section ``manual_current_amplifier`` of ``parameters.toml``."""

    gain_V_per_A: float = Field(gt=0)
    inverting: bool
    rise_time_s: float = Field(gt=0)
    rail_V: float = Field(gt=0)
    offset_V: float
    noise_A_per_rtHz: float = Field(ge=0)
    input_ohm: float = Field(ge=0)


class SimulatedManualCurrentAmplifier:
    """Home-made current amplifier of fixed settings."""

    wire: ClassVar[str] = ""
    bias_V = 0.0

    def __init__(self, parameters: Parameters, rng: np.random.Generator) -> None:
        p = parameters.section("manual_current_amplifier", ManualCurrentParameters)
        self.input_ohm = p.input_ohm
        gain = -p.gain_V_per_A if p.inverting else p.gain_V_per_A
        self._stage = CurrentStage(rng, gain, p.rise_time_s, p.rail_V, p.offset_V, p.noise_A_per_rtHz)

    @staticmethod
    def rig_keys(parameters: Parameters) -> dict[str, Any]:
        """Return the keys of the rig file that describe it."""
        p = parameters.section("manual_current_amplifier", ManualCurrentParameters)
        return {
            "gain_V_per_A": p.gain_V_per_A,
            "inverting": p.inverting,
            "rise_time_s": p.rise_time_s,
            "rail_V": p.rail_V,
            "noise_A_per_rtHz": p.noise_A_per_rtHz,
        }

    def amplify(self, current_A: FloatArray, dt: float, noise_A2_per_Hz: FloatArray) -> FloatArray:
        """Return the output in V (n,) at the end of each step, for a current (n,) held during the step."""
        return self._stage.amplify(current_A, dt, noise_A2_per_Hz)

    def recall(self, settings: Mapping[str, Any]) -> None:
        """Do nothing in a playback: it answers no query."""


class ManualVoltageParameters(ParameterSection):
    """Section ``manual_voltage_preamplifier`` of ``parameters.toml``."""

    gain: float = Field(gt=0)
    inverting: bool
    lowpass_Hz: float = Field(gt=0)
    rail_V: float = Field(gt=0)
    offset_V: float
    noise_V_per_rtHz: float = Field(ge=0)


class SimulatedManualPreamplifier:
    """Home-made voltage preamplifier of fixed settings."""

    wire: ClassVar[str] = ""

    def __init__(self, parameters: Parameters, rng: np.random.Generator) -> None:
        self._parameters = parameters.section("manual_voltage_preamplifier", ManualVoltageParameters)
        self._rng = rng
        self._chain: RCChain | None = None
        self._built_for = (0.0, 0.0)

    @staticmethod
    def rig_keys(parameters: Parameters) -> dict[str, Any]:
        """Return the keys of the rig file that describe it."""
        p = parameters.section("manual_voltage_preamplifier", ManualVoltageParameters)
        return {
            "gain": p.gain,
            "inverting": p.inverting,
            "lowpass_Hz": p.lowpass_Hz,
            "rail_V": p.rail_V,
            "noise_V_per_rtHz": p.noise_V_per_rtHz,
        }

    def amplify(self, volts: FloatArray, dt: float, noise_V2_per_Hz: float) -> FloatArray:
        """Return the output in V (n,) at the end of each step, for an input (n,) held during the step."""
        p = self._parameters
        if self._chain is None or self._built_for != (dt, noise_V2_per_Hz):
            charge = self._chain.charge if self._chain else {}
            density = noise_V2_per_Hz + p.noise_V_per_rtHz**2
            self._chain = RCChain([RC("pole", "low", p.lowpass_Hz)], dt, density, charge)
            self._built_for = dt, noise_V2_per_Hz
        gain = -p.gain if p.inverting else p.gain
        output_V = gain * (self._chain.feed(volts, self._rng) + p.offset_V)
        return np.clip(output_V, -p.rail_V, p.rail_V)

    def recall(self, settings: Mapping[str, Any]) -> None:
        """Do nothing in a playback: it answers no query."""
