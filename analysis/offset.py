"""An offset of the amplifier, seen where the junctions are open: what it does to peaks, and the sentence about it.

It is not subtracted: a leak beside the junction and what is left of tunnelling look the same.
"""

from collections.abc import Sequence
from dataclasses import replace

from analysis.peaks import PeakFit
from analysis.selection import NoiseFloor

MOST_OF_A_PEAK = 0.1
"""Share of a peak's conductance from which on an offset makes the peak untrustworthy."""

_SIGNIFICANT = 3.0  # standard errors


def known_offset_G0(noise: NoiseFloor) -> float:
    """Return the level of the open junctions; 0 where it cannot be told from zero."""
    seen = abs(noise.offset_G0) > _SIGNIFICANT * noise.offset_error_G0
    return noise.offset_G0 if seen else 0.0


def with_offset(peak: PeakFit, noise: NoiseFloor) -> PeakFit:
    """Return the peak with the offset in its systematic error, and in its verdict where it is a tenth of it."""
    offset_G0 = known_offset_G0(noise)
    if not _matters(offset_G0, peak):
        return peak
    without = peak.conductance_G0 - offset_G0
    lowest, highest = min(peak.lowest_G0, without), max(peak.highest_G0, without)
    peak = replace(peak, lowest_G0=lowest, highest_G0=highest, spread_G0=(highest - lowest) / 2.0)
    part = abs(offset_G0) / peak.conductance_G0
    if part <= MOST_OF_A_PEAK:
        return peak
    doubt = f"{part:.0%} of it are the offset: open junctions stand at {offset_G0:.2g} G0, which is not subtracted"
    return replace(peak, trusted=False, reasons=(*peak.reasons, doubt))


def disturbing_offset_G0(noise: NoiseFloor, peaks: Sequence[PeakFit]) -> float:
    """Return the offset if it exceeds the statistical error or a tenth of a peak, or hides peaks that the noise would
    not; 0 for a harmless one.
    """
    offset_G0 = known_offset_G0(noise)
    hides = noise.limit_G0 - 10.0 * noise.mad_G0 > 10.0 * noise.mad_G0
    return offset_G0 if hides or any(_matters(offset_G0, peak) for peak in peaks) else 0.0


def offset_remark(noise: NoiseFloor, peaks: Sequence[PeakFit]) -> str:
    """Return a sentence about an offset that disturbs a peak; "" without one."""
    offset_G0 = disturbing_offset_G0(noise, peaks)
    if not offset_G0:
        return ""
    side = "high" if offset_G0 > 0 else "low"
    return (
        f"Open junctions stand at {offset_G0:.2g} G0 instead of zero (an offset of the amplifier, or a leak). It is "
        f"not subtracted: all conductances are too {side} by it, and no peak is sought below {noise.limit_G0:.2g} G0. "
        "Zero the amplifier with the circuit open, or subtract it."
    )


def _matters(offset_G0: float, peak: PeakFit) -> bool:
    least = min(MOST_OF_A_PEAK * peak.conductance_G0, max(peak.uncertainty_G0, 0.0) or float("inf"))
    return abs(offset_G0) > least
