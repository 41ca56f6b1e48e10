"""Properties of the NI 6281, and its 16-bit output stages.

Its inputs are in `simulators.rig.converter`, NI-DAQmx's view of them (tasks, buffers, triggers) in `simulators.daqmx`.
Source: National Instruments, "PXI/PCI/USB-6281 Specifications" and "M Series User Manual".
"""

import math
from collections.abc import Iterable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from simulators.parameters import ParameterSection

FloatArray = NDArray[np.float64]

InputSignal = Literal["current", "thermocouple", "bias", "z", "heater", "base", "substrate", "ground", "open"]
OutputSignal = Literal["bias", "z"]
CALIBRATION_REFERENCE = "calibration reference"
"""Signal inside the card: the reference of its self-calibration."""

GROUNDS = "aognd", "aignd_vs_aignd"


def before_wires(output: str) -> str:
    """Return the name of an output's signal ("bias") at its own terminal, where no wire has changed it."""
    return f"{output} at its terminal"


class Wiring(ParameterSection):
    """Signals at the terminals, and factors of the loop-backs."""

    ai0: InputSignal
    ai1: InputSignal
    ai2: InputSignal
    ai3: InputSignal
    ai4: InputSignal
    ai5: InputSignal
    ai6: InputSignal
    ai7: InputSignal
    ao0: OutputSignal
    ao1: OutputSignal
    ao2: Literal["heater", "open"] = "open"
    bias_loop_back: float
    z_loop_back: float

    def signal(self, terminal: str) -> str:
        """Return the signal at a terminal ("ai0") or an internal channel; "open" for one that isn't listed."""
        if not terminal.startswith("_"):
            return getattr(self, terminal, "open")
        if terminal == "_calref_vs_aignd":
            return CALIBRATION_REFERENCE
        shown = terminal.removeprefix("_").removesuffix("_vs_aognd")
        return "ground" if shown in GROUNDS else before_wires(getattr(self, shown))

    def with_heater(self) -> "Wiring":
        """Return the wiring of a rig with a heater, where its terminals are free."""
        wanted = {"ai4": "heater", "ai5": "substrate", "ai6": "base", "ao2": "heater"}
        free = {name: signal for name, signal in wanted.items() if self.signal(name) == "open"}
        return self.model_copy(update=free)


class Sources(ParameterSection):
    """Resistance of what drives an input, in ohm."""

    current: float = Field(ge=0)
    thermocouple: float = Field(ge=0)
    bias: float = Field(ge=0)
    z: float = Field(ge=0)
    heater: float = Field(ge=0)
    base: float = Field(ge=0)
    substrate: float = Field(ge=0)
    ground: float = Field(ge=0)

    def ohm(self, signal: str) -> float:
        """Return the resistance of a signal's source; infinite for "open", 0 for an output's own terminal."""
        return math.inf if signal == "open" else float(getattr(self, signal, 0.0))


class NI6281Parameters(ParameterSection):
    """Properties of the card, within bounds that keep it realistic."""

    device: str = Field(pattern=r"^[A-Za-z]\w*$")
    product_type: str
    serial_number: int = Field(ge=0, lt=2**32)
    is_simulated: bool
    driver_version: list[int] = Field(min_length=3, max_length=3)
    input_ranges_V: list[float] = Field(min_length=1)
    input_noise_V: list[float]
    input_noise_filtered_V: list[float]
    input_gain_error_ppm: list[float]
    input_offset_error_V: list[float]
    input_gain_drift_ppm_per_K: float
    input_gain_off: float = 0.0
    timebase_off: float = 0.0
    calibration_reference_V: float = 5.0
    input_offset_drift_ppm_per_K: float
    inl_ppm: float = Field(ge=0)
    input_bits: int = Field(ge=8, le=24)
    input_most_V: float = Field(gt=0)
    timebase_Hz: float = Field(ge=0)
    delta_sigma: bool
    input_delay_samples: int = Field(ge=0)
    outputs: int = Field(ge=2, le=4)
    category: str
    input_capacitance_F: float = Field(gt=0)
    input_current_A: float = Field(ge=0)
    settling_tau_s: float = Field(gt=0)
    lowpass_Hz: float = Field(gt=0)
    convert_timebase_Hz: float = Field(gt=0)
    convert_delay_ticks: int = Field(ge=2)
    convert_padding_s: float = Field(ge=0)
    fastest_one_input_Hz: float = Field(gt=0)
    fastest_inputs_Hz: float = Field(gt=0)
    output_ranges_V: list[float] = Field(min_length=1)
    output_unipolar_V: list[float]
    output_gain_error_ppm: float = Field(ge=0)
    output_offset_error_V: float = Field(ge=0)
    output_delay_s: float = Field(ge=0)
    output_tau_s: float = Field(gt=0)
    output_slew_V_per_s: float = Field(gt=0)
    output_glitch_Vs: float
    output_bits: int = Field(ge=8, le=24)
    output_fifo_samples: int = Field(ge=1)
    fastest_output_Hz: float = Field(gt=0)
    power_up_V: float
    refuses_idle_behaviour: bool
    refuses_convert_delay: bool
    forgets_count_after_abort: bool
    count_after_stop: Literal["right", "zero", "stale", "error"]
    timebase_ppm: float = Field(ge=0)
    room_swing_K: float = Field(ge=0)
    room_period_s: float = Field(gt=0)
    temperature_C: float
    self_calibrated_C: float
    self_calibrated_days_ago: float = Field(ge=0)
    externally_calibrated_days_ago: float = Field(ge=0)
    wiring: Wiring
    source_ohm: Sources

    @model_validator(mode="after")
    def _ranges_rise(self) -> "NI6281Parameters":
        lists = "input_noise_V", "input_noise_filtered_V", "input_gain_error_ppm", "input_offset_error_V"
        for name in lists:
            if len(getattr(self, name)) != len(self.input_ranges_V):
                raise ValueError(f"{name} needs one value for each of input_ranges_V")
        for ranges in (self.input_ranges_V, self.output_ranges_V, self.output_unipolar_V):
            if sorted(ranges) != ranges or min(ranges, default=1.0) <= 0:
                raise ValueError("ranges must be positive and rise")
        return self

    def with_heater(self) -> "NI6281Parameters":
        """Return the card with a third output and the terminals of a heater."""
        return self.model_copy(update={"outputs": max(self.outputs, 3), "wiring": self.wiring.with_heater()})

    def noise_V(self, range_V: float, lowpass: bool = False) -> float:
        """Return the converter's rms noise in one of its input ranges, in V, without or with its low pass."""
        noise_V = self.input_noise_filtered_V if lowpass else self.input_noise_V
        return noise_V[self.input_ranges_V.index(range_V)]

    @property
    def lowpass_tau_s(self) -> float:
        """Time constant of the inputs' low pass."""
        return 1.0 / (2.0 * math.pi * self.lowpass_Hz)


class Limits(NamedTuple):
    """Limits configured for a channel, in V."""

    min_V: float
    max_V: float

    @property
    def reach_V(self) -> float:
        """Largest magnitude within the limits, in V."""
        return max(abs(self.min_V), abs(self.max_V))


def smallest_range(limits: Limits, ranges_V: Iterable[float]) -> float | None:
    """Return the smallest of the ascending ranges that contains the limits; None if none does.

    Source: NI-DAQmx Help, "Input Limit Coercion".
    """
    return next((range_V for range_V in ranges_V if limits.reach_V <= range_V), None)


def output_range(card: NI6281Parameters, limits: Limits) -> Limits | None:
    """Return the output range of the finest step that contains the limits; None if none does."""
    ranges = [Limits(-range_V, range_V) for range_V in card.output_ranges_V]
    ranges += [Limits(0.0, range_V) for range_V in card.output_unipolar_V]
    holding = [one for one in ranges if one.min_V <= limits.min_V and limits.max_V <= one.max_V]
    return min(holding, key=lambda one: one.max_V - one.min_V, default=None)


class OutputStage:
    """One analogue output, with the finest range that contains the channel's limits."""

    def __init__(self, card: NI6281Parameters, limits: Limits) -> None:
        range_V = output_range(card, limits) or Limits(-card.output_ranges_V[-1], card.output_ranges_V[-1])
        codes = 2**card.output_bits
        self.step_V = (range_V.max_V - range_V.min_V) / codes
        self._lowest = round(range_V.min_V / self.step_V)
        self._highest = self._lowest + codes - 1

    def volts(self, values_V: FloatArray) -> FloatArray:
        """Return the voltages at the terminal for requested values; any shape."""
        return np.clip(np.rint(values_V / self.step_V), self._lowest, self._highest) * self.step_V


def on_wire(card: NI6281Parameters, before_V: FloatArray, after_V: FloatArray, at_s: float) -> FloatArray:
    """Return an output's voltage a time after the tick of a change; shapes (n,).

    It moves at its largest slew, then with its time constant; a step across 0 V, where the most significant bit
    changes, adds a glitch.
    """
    since_s = at_s - card.output_delay_s
    if since_s <= 0.0:
        return before_V
    step_V = before_V - after_V
    if not step_V.any():
        return after_V
    tau_s = card.output_tau_s
    fastest_V = card.output_slew_V_per_s * tau_s
    glitch_V = card.output_glitch_Vs / tau_s * math.exp(-since_s / tau_s)
    glitches_V = glitch_V * ((before_V < 0.0) != (after_V < 0.0))
    if np.abs(step_V).max() <= fastest_V:
        return after_V + step_V * math.exp(-since_s / tau_s) + glitches_V
    slewing_s = np.maximum(np.abs(step_V) - fastest_V, 0.0) / card.output_slew_V_per_s
    left_V = np.minimum(np.abs(step_V), fastest_V) * np.exp(-np.maximum(since_s - slewing_s, 0.0) / tau_s)
    left_V += card.output_slew_V_per_s * np.maximum(slewing_s - since_s, 0.0)
    return after_V + np.copysign(left_V, step_V) + glitches_V
