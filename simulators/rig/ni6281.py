"""Analogue front end of the NI 6281: one multiplexed 18-bit converter, and 16-bit output stages.

NI-DAQmx's view of them (tasks, buffers, triggers) is in the ``daq_*`` modules.
Source: National Instruments, "PXI/PCI/USB-6281 Specifications" and "M Series User Manual".
"""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from simulators.parameters import ParameterSection

FloatArray = NDArray[np.float64]

InputSignal = Literal["current", "thermocouple", "bias", "z", "ground"]
OutputSignal = Literal["bias", "z"]


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
    bias_loop_back: float
    z_loop_back: float

    def signal(self, terminal: str) -> str:
        """Return the signal at a terminal ("ai0"); "ground" for one that isn't listed."""
        return getattr(self, terminal, "ground")


class NI6281Parameters(ParameterSection):
    """Properties of the card, within bounds that keep it realistic."""

    device: str = Field(pattern=r"^[A-Za-z]\w*$")
    product_type: str
    serial_number: int = Field(ge=0, lt=2**32)
    driver_version: list[int] = Field(min_length=3, max_length=3)
    input_ranges_V: list[float] = Field(min_length=1)
    input_noise_V: list[float]
    input_bits: int = Field(ge=8, le=24)
    input_most_V: float = Field(gt=0)
    crosstalk_adjacent_dB: float = Field(lt=0)
    crosstalk_other_dB: float = Field(lt=0)
    timebase_Hz: float = Field(ge=0)
    delta_sigma: bool
    input_delay_samples: int = Field(ge=0)
    outputs: int = Field(ge=2, le=4)
    category: str
    fastest_one_input_Hz: float = Field(gt=0)
    fastest_inputs_Hz: float = Field(gt=0)
    output_ranges_V: list[float] = Field(min_length=1)
    output_bits: int = Field(ge=8, le=24)
    output_fifo_samples: int = Field(ge=1)
    fastest_output_Hz: float = Field(gt=0)
    power_up_V: float
    refuses_idle_behaviour: bool
    forgets_count_after_abort: bool
    count_after_stop: Literal["right", "zero", "stale", "error"]
    wiring: Wiring

    @model_validator(mode="after")
    def _ranges_rise(self) -> "NI6281Parameters":
        if len(self.input_noise_V) != len(self.input_ranges_V):
            raise ValueError("input_noise_V needs one value for each of input_ranges_V")
        for ranges in (self.input_ranges_V, self.output_ranges_V):
            if sorted(ranges) != ranges or ranges[0] <= 0:
                raise ValueError("ranges must be positive and rise")
        return self

    def noise_V(self, range_V: float) -> float:
        """Return the converter's rms noise in one of its input ranges, in V."""
        return self.input_noise_V[self.input_ranges_V.index(range_V)]


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


class Converter:
    """Converter scanned by one task: crosstalk in the multiplexer, noise, codes.

    Channels are converted one after the other, so the crosstalk of a channel comes from the latest conversion of
    each neighbour: in this scan for those before it, in the previous scan for those after it.

    Parameters
    ----------
    card : NI6281Parameters
        Noise, crosstalk, codes.
    ranges_V : sequence of float
        Input range of each scanned channel, in the order of the scan.
    rng : Generator
        Source of the noise.
    """

    def __init__(self, card: NI6281Parameters, ranges_V: Sequence[float], rng: np.random.Generator) -> None:
        self._rng = rng
        self._most_V = card.input_most_V
        self._noise_V = np.array([card.noise_V(range_V) for range_V in ranges_V])
        self._lsb_V = np.array(ranges_V)[:, np.newaxis] / 2 ** (card.input_bits - 1)
        self._codes = 2 ** (card.input_bits - 1)
        coupling = _coupling(len(ranges_V), card.crosstalk_adjacent_dB, card.crosstalk_other_dB)
        self._earlier = np.tril(coupling)
        self._later = np.triu(coupling)
        self._last_scan = np.zeros((len(ranges_V), 1))

    def convert(self, volts: FloatArray) -> FloatArray:
        """Digitise the voltages at the terminals.

        Parameters
        ----------
        volts : ndarray, shape (n_channels, n)
            Voltages at the terminals, one column for each scan.

        Returns
        -------
        ndarray, shape (n_channels, n)
            Readings in volts: whole codes, clipped at the rails.
        """
        seen = np.clip(volts, -self._most_V, self._most_V)
        if len(seen) > 1:
            before = np.concatenate((self._last_scan, seen[:, :-1]), axis=1)
            self._last_scan = seen[:, -1:]
            seen = seen + self._earlier @ seen + self._later @ before
        noise = self._rng.standard_normal(seen.T.shape).T * self._noise_V[:, np.newaxis]
        codes = np.rint((seen + noise) / self._lsb_V)
        return np.clip(codes, -self._codes, self._codes - 1) * self._lsb_V


def _coupling(n: int, adjacent_dB: float, other_dB: float) -> FloatArray:
    """Return the crosstalk into each channel (row) from every other (column); the previous channel is adjacent."""
    coupling = np.full((n, n), 10 ** (other_dB / 20))
    index = np.arange(n)
    coupling[index, index - 1] = 10 ** (adjacent_dB / 20)
    np.fill_diagonal(coupling, 0.0)
    return coupling


class OutputStage:
    """One analogue output, with the smallest range that contains the channel's limits."""

    def __init__(self, card: NI6281Parameters, limits: Limits) -> None:
        self.range_V = smallest_range(limits, card.output_ranges_V) or card.output_ranges_V[-1]
        self._codes = 2 ** (card.output_bits - 1)
        self._lsb_V = self.range_V / self._codes

    def volts(self, values_V: FloatArray) -> FloatArray:
        """Return the voltages at the terminal for requested values; any shape."""
        return np.clip(np.rint(values_V / self._lsb_V), -self._codes, self._codes - 1) * self._lsb_V
