"""Times at which the channels of a scan are converted, set and read back.

The card has one converter. An output on the inputs' clock moves at the tick, so a channel that is converted right
after it still shows the previous value (NI KnowledgeBase kA0VU0000004ywr0AA). The first conversion therefore waits
until the outputs have moved. Where the card refuses that, the first channel is scanned twice and its first reading is
dropped: the second one comes later.
"""

import warnings
from dataclasses import dataclass
from math import isfinite
from typing import Any

from nidaqmx.constants import DigitalWidthUnits, TaskMode
from nidaqmx.errors import DaqError, DaqFunctionNotSupportedError, DaqWarning, RpcError

from drivers.errors import InstrumentFault

DELAY_S = 20e-6
"""Wait from the tick of the clock to the first conversion: outputs have settled to 1e-8 of a step."""

USUAL_DELAY_S = 150e-9
"""Delay of a card that does not report it: three ticks of its 20 MHz timebase (M Series manual, 4-26)."""

FILTER_SETTLING_S = 60e-6
"""Time between conversions with the 40 kHz filter, which follows the multiplexer: 3e-7 of the step from the previous
channel is left. NI-DAQmx warns of shorter ones (200038)."""

TOLERANCE_S = 1e-6
"""Largest difference between a set and a read-back time; the card rounds to 50 ns."""


_REFUSED = (DaqError, DaqFunctionNotSupportedError, RpcError)


@dataclass(frozen=True)
class ScanTiming:
    """Times and ranges of a scan as the card reports them.

    Parameters
    ----------
    times_s : tuple of float
        Time from the tick of the clock to the conversion of each channel.
    spacing_s : float
        Time between conversions.
    clock_Hz : float
        Rate of the sample clock.
    ranges_V : tuple of float
        Range of each channel, plus and minus.
    filtered : bool
        True if the card's 40 kHz filter is on.
    doubled : bool
        True if the first channel is scanned twice, so that the first row of a read is to be dropped.
    """

    times_s: tuple[float, ...]
    spacing_s: float
    clock_Hz: float
    ranges_V: tuple[float, ...]
    filtered: bool
    doubled: bool = False


def filter_fits(n_channels: int, clock_Hz: float) -> bool:
    """Return True if the 40 kHz filter settles between the conversions of a scan at this rate."""
    return DELAY_S + n_channels * FILTER_SETTLING_S <= 1.0 / clock_Hz


def delay_fits(n_channels: int, clock_Hz: float, fastest_Hz: float) -> bool:
    """Return True if a scan at this rate leaves time to wait for the outputs; the card has a fastest rate in all."""
    return DELAY_S + n_channels / fastest_Hz <= 1.0 / clock_Hz


def set_delay(task: Any, filtered: bool) -> bool:
    """Make the first conversion wait for the outputs; return False if the card refuses.

    With the filter, conversions are also spaced so that it settles.
    """
    timing = task.timing
    try:
        timing.delay_from_samp_clk_delay_units = DigitalWidthUnits.SECONDS
        timing.delay_from_samp_clk_delay = DELAY_S
        if filtered:
            timing.ai_conv_rate = 1.0 / FILTER_SETTLING_S
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DaqWarning)
            task.control(TaskMode.TASK_VERIFY)
        return abs(timing.delay_from_samp_clk_delay - DELAY_S) <= TOLERANCE_S
    except _REFUSED:
        return False


def read_timing(
    task: Any, n_channels: int, filtered: bool, doubled: bool, simultaneous: bool = False
) -> ScanTiming:
    """Return times and ranges as the card has coerced them, without those of a reading that is dropped."""
    timing = task.timing
    ranges_V = tuple(float(channel.ai_rng_high) for channel in task.ai_channels)[int(doubled) :]
    clock_Hz = float(timing.samp_clk_rate)
    if simultaneous:
        return ScanTiming((0.0,) * n_channels, 0.0, clock_Hz, ranges_V, filtered)
    converts_Hz = float(timing.ai_conv_rate)
    if not (converts_Hz > 0 and isfinite(converts_Hz)):
        raise InstrumentFault(
            f"The card says that it converts {converts_Hz:g} inputs per second; reset it in NI MAX."
        )
    spacing_s = 1.0 / converts_Hz
    try:
        timing.delay_from_samp_clk_delay_units = DigitalWidthUnits.SECONDS
        first_s = float(timing.delay_from_samp_clk_delay)
    except _REFUSED:
        first_s = USUAL_DELAY_S
    times_s = tuple(round(first_s + (k + doubled) * spacing_s, 12) for k in range(n_channels))
    return ScanTiming(times_s, spacing_s, clock_Hz, ranges_V, filtered, doubled)


def enable_filter(task: Any) -> bool:
    """Switch the 40 kHz filter of all channels on; return False if the card has none."""
    try:
        task.ai_channels.all.ai_lowpass_enable = True
        return bool(task.ai_channels[0].ai_lowpass_enable)
    except _REFUSED:
        return False
