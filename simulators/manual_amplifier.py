"""Simulated amplifiers that are set by hand: one pole and a rail each, and no wire."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from analysis.records import FloatArray
from simulators.parameters import Parameters, ParameterSection
from simulators.signal.one_pole_stage import RISE_PER_TAU, OnePoleStage


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
        self._stage = OnePoleStage(
            rng, gain, p.rise_time_s / RISE_PER_TAU, p.rail_V, p.offset_V, p.noise_A_per_rtHz
        )

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
            "input_resistance_ohm": p.input_ohm,
        }

    def amplify(
        self, current_A: FloatArray, dt: float, noise_A2_per_Hz: FloatArray, at_s: float | None = None
    ) -> FloatArray:
        """Return the output in V (n,), ``at_s`` into each step or at its end, for a current (n,) held during it."""
        return self._stage.amplify(current_A, dt, noise_A2_per_Hz, at_s)

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
        p = parameters.section("manual_voltage_preamplifier", ManualVoltageParameters)
        gain, tau_s = -p.gain if p.inverting else p.gain, 1.0 / (2.0 * np.pi * p.lowpass_Hz)
        self._stage = OnePoleStage(rng, gain, tau_s, p.rail_V, gain * p.offset_V, p.noise_V_per_rtHz)

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

    def amplify(
        self, volts: FloatArray, dt: float, noise_V2_per_Hz: float, at_s: float | None = None
    ) -> FloatArray:
        """Return the output in V (n,), ``at_s`` into each step or at its end, for an input (n,) held during it."""
        return self._stage.amplify(volts, dt, noise_V2_per_Hz, at_s)

    def recall(self, settings: Mapping[str, Any]) -> None:
        """Do nothing in a playback: it answers no query."""
