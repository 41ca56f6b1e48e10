"""Convert clock of an input task: when each channel of a scan is converted.

Source: National Instruments, "M Series User Manual", 4-26: the first conversion comes three ticks of the convert
timebase after the sample clock, the next ones at the highest rate of the card plus 10 us; where that does not fit in
the period, they are evenly spaced.
"""

from dataclasses import dataclass

from simulators.daqmx.errors import Code, DaqError, refused_value
from simulators.rig.ni6281 import NI6281Parameters

_ROUNDING = 1e-9


@dataclass
class ConvertClock:
    """Settings of the convert clock; None where NI-DAQmx chooses."""

    rate_Hz: float | None = None
    delay_s: float | None = None

    def delay(self, card: NI6281Parameters) -> float:
        """Return the time from the sample clock to the first conversion, in s, in whole ticks."""
        if self.delay_s is None:
            return card.convert_delay_ticks / card.convert_timebase_Hz
        return round(self.delay_s * card.convert_timebase_Hz) / card.convert_timebase_Hz

    def spacing_s(self, card: NI6281Parameters, n_channels: int, period_s: float) -> float:
        """Return the time between conversions, in s, in whole ticks; ``period_s`` is infinite without a clock."""
        timebase_Hz = card.convert_timebase_Hz
        if self.rate_Hz is not None:
            return round(timebase_Hz / self.rate_Hz) / timebase_Hz
        n = max(n_channels, 1)
        shortest_s = _shortest_s(card)
        even_s = period_s / n if self.delay_s is None else (period_s - self.delay(card)) / n
        chosen_s = min(shortest_s + card.convert_padding_s, max(even_s, shortest_s))
        return int(chosen_s * timebase_Hz + _ROUNDING) / timebase_Hz

    def times_s(self, card: NI6281Parameters, n_channels: int, period_s: float) -> list[float]:
        """Return the time of each conversion after its sample clock, in s; 0 for converters at each input."""
        if card.delta_sigma:
            return [0.0] * n_channels
        delay_s, spacing_s = self.delay(card), self.spacing_s(card, n_channels, period_s)
        return [delay_s + k * spacing_s for k in range(n_channels)]

    def verify(self, card: NI6281Parameters, n_channels: int, period_s: float) -> None:
        """Check that the conversions fit in the period.

        Raises
        ------
        DaqError
            -200336 or -200337 for a delay that is too short or too long, -200081 for conversions too slow for the
            period, -200077 for a rate beyond the card's.
        """
        if card.delta_sigma:
            return
        shortest_s, least = _shortest_s(card), card.convert_delay_ticks - 1
        if self.delay_s is not None and self.delay(card) < least / card.convert_timebase_Hz - 1e-12:
            raise DaqError(Code.DELAY_FROM_SAMP_CLK_TOO_SHORT, f"Requested: {self.delay_s:g} s")
        if self.rate_Hz is not None and self.rate_Hz > card.fastest_inputs_Hz * (1 + _ROUNDING):
            raise refused_value("DAQmx_AI_ConvRate", self.rate_Hz, f"up to {card.fastest_inputs_Hz:g}")
        if self.delay_s is not None and self.delay(card) + n_channels * shortest_s > period_s * (
            1 + _ROUNDING
        ):
            longest_s = period_s - n_channels * shortest_s
            raise DaqError(
                Code.DELAY_FROM_SAMP_CLK_TOO_LONG, f"Requested: {self.delay_s:g} s\nMaximum: {longest_s:g} s"
            )
        if self.rate_Hz is None:
            return
        spacing_s = self.spacing_s(card, n_channels, period_s)
        if self.delay(card) + (n_channels - 1) * spacing_s + shortest_s > period_s * (1 + _ROUNDING):
            details = f"Convert Rate: {self.rate_Hz:g} Hz\nChannels: {n_channels}\nPeriod: {period_s:g} s"
            raise DaqError(Code.SAMPLE_RATE_NUM_CHANS_CONVERT_PERIOD_COMBO, details)


def _shortest_s(card: NI6281Parameters) -> float:
    return 1.0 / card.fastest_inputs_Hz
