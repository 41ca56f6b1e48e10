"""Arrival of an edge of the bias in the other inputs, in samples from its arrival in the looped back bias.

The card has one converter, which its inputs share in turn. An output that runs on the inputs' clock moves at the
tick; an input that is converted right after it, before the output has moved, shows the previous level. All others
show the new one: they lead a looped back bias that is scanned first by one sample (NI KnowledgeBase
kA0VU0000004ywr0AA; M Series manual 4-18).
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from analysis.heating.holds import Hold
from analysis.heating.lag import EdgeResponse, measure_lag
from analysis.recording.header import RunHeader

CHANNELS = ("current", "thermocouple")
"""Channels of an estimate that follow the bias."""

CONVERT_DELAY = "convert_delay_s"
"""Setting in a recording's header: from the tick of the clock to the first conversion."""

SCAN_TIMES = "scan_times_s"
"""Setting in a recording's header: from the tick of the clock to the conversion of each channel, by name."""

SETTLED_OUTPUT_S = 5e-6
"""Time from the tick from which a conversion shows the new value of an output."""

MOST_SHIFT = 1.0
"""Samples by which a run's first arrival may differ from the calibrated one."""

MOST_SLOWER = 0.2
"""Relative difference allowed between a run's time constant and the calibrated one."""


def arrival_key(channel: str) -> str:
    """Return the name of the calibrated first arrival of a channel, in s from the looped back bias."""
    return f"{channel}_first_arrival"


def time_constant_key(channel: str) -> str:
    """Return the name of the calibrated time constant of a channel's response to an edge, in s."""
    return f"{channel}_time_constant"


@dataclass(frozen=True)
class Arrivals:
    """Samples at which channels may first show an edge (0: with the looped back bias), and warnings for the user."""

    samples: tuple[int, ...]
    warnings: tuple[str, ...] = ()


def scan_arrival(header: RunHeader, channel: str = "current") -> int:
    """Return the sample at which a channel may first show an edge, from the times of the scan: -1, 0 or +1.

    A recording with the times of its conversions gives the answer. Else inputs scanned after a bias that is scanned
    first lead it by one sample, and an input scanned first lags by one: a recording without times is treated as one
    from a card that shares its converter; one without a looped back bias, or from another program, as one that scans
    the bias first.
    """
    times_s: Mapping[str, float] = header.settings.get(SCAN_TIMES) or {}
    if "bias" in times_s and channel in times_s:
        late = {name: float(times_s[name]) >= SETTLED_OUTPUT_S for name in ("bias", channel)}
        return int(late["bias"]) - int(late[channel])
    if float(header.settings.get(CONVERT_DELAY) or 0.0) >= SETTLED_OUTPUT_S:
        return 0
    names = header.channel_names
    if header.provenance == "imported" or "bias" not in names or names[0] == "bias":
        return -1
    return int(names[0] == channel)


def arrivals_of(header: RunHeader, holds: Iterable[Hold], rate_Hz: float) -> Arrivals:
    """Collect the arrivals given by the scan, the lag calibration and the holds themselves, of each channel.

    Parameters
    ----------
    header : RunHeader
    holds : iterable of Hold
        The first holds of the recording; may be empty.
    rate_Hz : float
    """
    holds = tuple(holds)
    samples, warnings = [0], list[str]()
    for channel in CHANNELS:
        samples.append(scan_arrival(header, channel))
        calibrated = header.calibrations.get(arrival_key(channel))
        if calibrated is not None:
            samples.append(round(calibrated.value * rate_Hz))
        try:
            response = measure_lag(holds, channel=channel)
        except ValueError:
            continue
        if response.first_arrival is not None:
            samples.append(response.first_arrival)
            warnings += _unlike_calibration(header, channel, response, rate_Hz)
    return Arrivals(tuple(samples), tuple(warnings))


def _unlike_calibration(
    header: RunHeader, channel: str, response: EdgeResponse, rate_Hz: float
) -> Iterator[str]:
    """Yield a sentence for each property of a response that differs from the lag calibration."""
    arrival, calibrated = response.first_arrival, header.calibrations.get(arrival_key(channel))
    if (
        calibrated is not None
        and arrival is not None
        and abs(arrival - calibrated.value * rate_Hz) > MOST_SHIFT
    ):
        yield (
            f"the {channel} first follows the bias at sample {arrival:+d}, but at sample "
            f"{calibrated.value * rate_Hz:+.0f} in the lag calibration: the order of the inputs or the clock has "
            "changed; calibrate the lag again"
        )
    known, pole_s = header.calibrations.get(time_constant_key(channel)), response.pole_s(rate_Hz)
    if known is not None and math.isfinite(pole_s) and response.holds > 1:
        unseen_s = 0.2 / rate_Hz  # a faster decay leaves less than 1 % after one sample
        if abs(pole_s - known.value) > MOST_SLOWER * known.value and max(pole_s, known.value) > unseen_s:
            yield (
                f"the {channel} settles with {1e6 * pole_s:.0f} us after an edge of the bias, but with "
                f"{1e6 * known.value:.0f} us in the lag calibration: a filter has changed; calibrate the lag again"
            )
