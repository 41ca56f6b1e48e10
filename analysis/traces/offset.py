"""Offset of the amplifier from the level of open junctions: its effect on peaks, and a remark for the user.

It is not subtracted: a leak beside the junction and residual tunnelling look the same.
"""

from collections.abc import Sequence
from dataclasses import replace

from analysis.traces.noise_floor import NoiseFloor
from analysis.traces.peak_fit import PeakFit

MOST_OF_A_PEAK = 0.1
"""Share of a peak's conductance above which an offset makes the peak untrustworthy."""

_SIGNIFICANT = 3.0  # standard errors


def known_offset_G0(noise: NoiseFloor) -> float:
    """Return the level of the open junctions; 0 if it is not significant."""
    significant = abs(noise.offset_G0) > _SIGNIFICANT * noise.offset_error_G0
    return noise.offset_G0 if significant else 0.0


def with_offset(peak: PeakFit, noise: NoiseFloor) -> PeakFit:
    """Return the peak with the offset in its systematic error, untrusted if the offset exceeds a tenth of it."""
    offset_G0 = known_offset_G0(noise)
    if not _matters(offset_G0, peak):
        return peak
    without = peak.conductance_G0 - offset_G0
    lowest, highest = min(peak.lowest_G0, without), max(peak.highest_G0, without)
    peak = replace(peak, lowest_G0=lowest, highest_G0=highest, spread_G0=(highest - lowest) / 2.0)
    share = abs(offset_G0) / peak.conductance_G0
    if share <= MOST_OF_A_PEAK:
        return peak
    reason = (
        f"offset {share:.0%} of the peak: open junctions read {offset_G0:.2g} G0, which is not subtracted"
    )
    return replace(peak, trusted=False, reasons=(*peak.reasons, reason))


def disturbing_offset_G0(noise: NoiseFloor, peaks: Sequence[PeakFit]) -> float:
    """Return the offset if it exceeds a peak's statistical error or a tenth of a peak, or hides peaks; otherwise 0."""
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
        f"Open junctions read {offset_G0:.2g} G0 instead of zero (amplifier offset or leak, or traces that end before "
        "the junction opens). This is not subtracted: "
        f"all conductances are too {side} by it, and no peak is sought below {noise.limit_G0:.2g} G0. "
        "Zero the amplifier with the circuit open, or subtract the offset."
    )


def _matters(offset_G0: float, peak: PeakFit) -> bool:
    least = min(MOST_OF_A_PEAK * peak.conductance_G0, max(peak.uncertainty_G0, 0.0) or float("inf"))
    return abs(offset_G0) > least
