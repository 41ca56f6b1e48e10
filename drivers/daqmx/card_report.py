"""Properties of a card at the start of a run, as it reports them: ranges, times, temperature, calibrations."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from nidaqmx.errors import DaqError, DaqFunctionNotSupportedError, RpcError

from drivers.daqmx.scan_timing import ScanTiming
from drivers.pxi import PXIController, translated

_ABSENT = (DaqError, DaqFunctionNotSupportedError, RpcError)

MOST_AGE = timedelta(days=365)
MOST_WARMER_K = 10.0
"""Age of a calibration, and distance from the temperature of the last self-calibration, beyond which to warn."""


@dataclass(frozen=True)
class CardReport:
    """Properties of a card; None or NaN where it doesn't report them.

    Parameters
    ----------
    product_number : int
    scan_times_s : mapping of str to float
        Time from the tick of the clock to the conversion of each input.
    convert_spacing_s : float
    clock_Hz : float
        Rate of the sample clock.
    input_ranges_V : mapping of str to float
        Range of each input, plus and minus.
    filtered : bool
        True if the 40 kHz filter of the inputs is on.
    first_channel_doubled : bool
    output_ranges_V : mapping of str to (float, float)
    temperature_C, self_calibrated_C : float
        Temperature of the card now, and at its last self-calibration.
    self_calibrated, externally_calibrated : datetime or None
    """

    product_number: int
    scan_times_s: Mapping[str, float]
    convert_spacing_s: float
    clock_Hz: float
    input_ranges_V: Mapping[str, float]
    filtered: bool
    first_channel_doubled: bool
    output_ranges_V: Mapping[str, tuple[float, float]]
    temperature_C: float
    self_calibrated_C: float
    self_calibrated: datetime | None
    externally_calibrated: datetime | None

    def warnings(self, now: datetime) -> Iterator[str]:
        """Yield a sentence for each fact that makes the card's accuracy doubtful."""
        warmer_K = self.temperature_C - self.self_calibrated_C
        if abs(warmer_K) > MOST_WARMER_K:
            yield (
                f"the card is at {self.temperature_C:.0f} C, {abs(warmer_K):.0f} K "
                f"{'above' if warmer_K > 0 else 'below'} its last self-calibration: self-calibrate it in NI MAX"
            )
        for when, kind, remedy in (
            (self.self_calibrated, "self-calibration", "self-calibrate it in NI MAX"),
            (self.externally_calibrated, "external calibration", "send it to a calibration laboratory"),
        ):
            if when is not None and now - when > MOST_AGE:
                yield f"the last {kind} of the card was on {when:%Y-%m-%d}, more than a year ago: {remedy}"

    def settings(self) -> dict[str, Any]:
        """Return the report for a recording's settings."""
        return {
            "product_number": self.product_number,
            "convert_spacing_s": self.convert_spacing_s,
            "clock_Hz": self.clock_Hz,
            "input_ranges_V": dict(self.input_ranges_V),
            "filtered": self.filtered,
            "first_channel_doubled": self.first_channel_doubled,
            "output_ranges_V": {name: list(range_V) for name, range_V in self.output_ranges_V.items()},
            **{name: value for name, value in self._numbers() if not math.isnan(value)},
            **{name: when.isoformat() for name, when in self._dates() if when is not None},
        }

    def _numbers(self) -> tuple[tuple[str, float], ...]:
        return ("temperature_C", self.temperature_C), ("self_calibrated_C", self.self_calibrated_C)

    def _dates(self) -> tuple[tuple[str, datetime | None], ...]:
        return (
            ("self_calibrated", self.self_calibrated),
            ("externally_calibrated", self.externally_calibrated),
        )


def read_report(
    controller: PXIController,
    name: str,
    inputs: Sequence[str],
    timing: ScanTiming,
    output_ranges_V: Mapping[str, tuple[float, float]],
) -> CardReport:
    """Read the properties of a card. Raises ``InstrumentLost``; a property that the card doesn't have is left out."""
    with translated("read the properties of the card"):
        device = controller.nidaqmx_device(name)
        return CardReport(
            product_number=int(device.product_num),
            scan_times_s=dict(zip(inputs, timing.times_s, strict=True)),
            convert_spacing_s=timing.spacing_s,
            clock_Hz=timing.clock_Hz,
            input_ranges_V=dict(zip(inputs, timing.ranges_V, strict=True)),
            filtered=timing.filtered,
            first_channel_doubled=timing.doubled,
            output_ranges_V=dict(output_ranges_V),
            temperature_C=_number(lambda: device.cal_dev_temp),
            self_calibrated_C=_number(lambda: device.self_cal_last_temp),
            self_calibrated=_date(lambda: device.self_cal_last_date_and_time),
            externally_calibrated=_date(lambda: device.ext_cal_last_date_and_time),
        )


def _number(read: Callable[[], Any]) -> float:
    try:
        return float(read())
    except _ABSENT:
        return math.nan


def _date(read: Callable[[], datetime]) -> datetime | None:
    try:
        when = read()
    except (*_ABSENT, ValueError):  # never calibrated: month 0
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)
