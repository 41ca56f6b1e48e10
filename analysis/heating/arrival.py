"""Arrival of an edge of the bias in the other inputs, in samples from its arrival in the looped back bias.

The card has one converter, which its inputs share in turn. An output that runs on the inputs' clock moves at the
tick; the input that is scanned first is converted 150 ns later, before the output has moved, and shows the previous
level. All others show the new one. Current and thermocouple therefore lead the looped back bias by one sample
(NI KnowledgeBase kA0VU0000004ywr0AA; M Series manual 4-18).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from analysis.heating.holds import Hold
from analysis.heating.lag import measure_lag
from analysis.recording.header import RunHeader

ARRIVAL = "current_first_arrival"
"""Calibration in a recording's header: arrival of the current relative to the looped back bias, in s."""

CONVERT_DELAY = "convert_delay_s"
"""Setting in a recording's header: from the tick of the clock to the first conversion."""

SETTLED_OUTPUT_S = 5e-6
"""Conversion delay from which an output has settled when the first input is converted."""


@dataclass(frozen=True)
class Arrivals:
    """Samples at which channels may first show an edge (0: with the looped back bias), and warnings for the user."""

    samples: tuple[int, ...]
    warnings: tuple[str, ...] = ()


def scan_arrival(header: RunHeader) -> int:
    """Return the sample at which inputs may show an edge, from the order of the scan: -1, 0 or +1.

    Inputs scanned after a bias that is scanned first lead it by one sample; an input scanned first lags by one.
    A recording without the conversion delay is treated as one from a card that shares its converter; one without a
    looped back bias, or from another program, as one that scans the bias first.
    """
    if float(header.settings.get(CONVERT_DELAY) or 0.0) >= SETTLED_OUTPUT_S:
        return 0
    names = header.channel_names
    if header.provenance == "imported" or "bias" not in names or names[0] == "bias":
        return -1
    return int(names[0] in ("current", "thermocouple"))


def arrivals_of(header: RunHeader, holds: Iterable[Hold], rate_Hz: float) -> Arrivals:
    """Collect the arrivals given by the order of the scan, the lag calibration and the holds themselves.

    Parameters
    ----------
    header : RunHeader
    holds : iterable of Hold
        The first holds of the recording; may be empty.
    rate_Hz : float
    """
    samples, warnings = [0, scan_arrival(header)], []
    calibrated = header.calibrations.get(ARRIVAL)
    if calibrated is not None:
        samples.append(round(calibrated.value * rate_Hz))
    try:
        measured = measure_lag(holds).first_arrival
    except ValueError:
        measured = None
    if measured is not None:
        samples.append(measured)
        if calibrated is not None and abs(measured - calibrated.value * rate_Hz) > 1.0:
            warnings.append(
                f"the current first follows the bias at sample {measured:+d}, but at sample "
                f"{calibrated.value * rate_Hz:+.0f} in the lag calibration: the order of the inputs or the clock has "
                "changed; calibrate the lag again"
            )
    return Arrivals(tuple(samples), tuple(warnings))
