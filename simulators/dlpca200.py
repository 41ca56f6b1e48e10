"""Simulated FEMTO DLPCA-200 on digital lines. Source: BLISS (ESRF), ``femto.py``, as for pins and gains."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from analysis.records import FloatArray
from simulators.parameters import Parameters, ParameterSection
from simulators.signal.one_pole_stage import OnePoleStage


class DLPCA200Parameters(ParameterSection):
    """Section ``dlpca200`` of ``parameters.toml``."""

    gain_pins: list[str] = Field(min_length=3, max_length=3)
    low_noise_pin: str
    overload_pin: str
    inverting: bool
    gain_error: float = Field(gt=-0.5, lt=0.5)
    bandwidth_Hz: list[float] = Field(min_length=7, max_length=7)
    noise_A_per_rtHz: list[float] = Field(min_length=7, max_length=7)
    input_ohm: float = Field(ge=0)
    offset_V: float
    rail_V: float = Field(gt=0)


class SimulatedDLPCA200:
    """DLPCA-200 whose gain follows the levels of three lines, low noise a fourth; a fifth shows an overload."""

    wire: ClassVar[str] = "lines"
    bias_V = 0.0

    def __init__(self, parameters: Parameters, rng: np.random.Generator) -> None:
        self.parameters = p = parameters.section("dlpca200", DLPCA200Parameters)
        self.input_ohm = p.input_ohm
        self._stage = OnePoleStage(rng, 1e5, 1e-6, p.rail_V, p.offset_V)
        self.follow({})

    @staticmethod
    def rig_keys(parameters: Parameters) -> dict[str, Any]:
        """Return the keys of the rig file that describe its wires and its input."""
        p = parameters.section("dlpca200", DLPCA200Parameters)
        lines = {f"gain_line_{bit}": pin for bit, pin in enumerate(p.gain_pins)}
        return {
            **lines,
            "low_noise_line": p.low_noise_pin,
            "overload_line": p.overload_pin,
            "input_resistance_ohm": p.input_ohm,
        }

    def follow(self, levels: Mapping[str, bool]) -> None:
        """Take the levels of the card's lines; a line that was never driven is low."""
        p = self.parameters
        code = sum(1 << bit for bit, pin in enumerate(p.gain_pins) if levels.get(pin))
        code = min(code, len(p.bandwidth_Hz) - 1)
        gain = 10.0 ** (code + (3 if levels.get(p.low_noise_pin) else 5)) * (1 + p.gain_error)
        self._stage.gain = -gain if p.inverting else gain
        self._stage.tau_s = 1.0 / (2.0 * np.pi * p.bandwidth_Hz[code])
        self._stage.noise_per_rtHz = p.noise_A_per_rtHz[code]

    @property
    def levels(self) -> dict[str, bool]:
        """Levels of the lines that it drives."""
        return {self.parameters.overload_pin: self._stage.overloaded}

    def amplify(
        self, current_A: FloatArray, dt: float, noise_A2_per_Hz: FloatArray, at_s: float | None = None
    ) -> FloatArray:
        """Return the output in V (n,), ``at_s`` into each step or at its end, for a current (n,) held during it."""
        return self._stage.amplify(current_A, dt, noise_A2_per_Hz, at_s)

    def recall(self, settings: Mapping[str, Any]) -> None:
        """Do nothing in a playback: only an overload could be read."""
