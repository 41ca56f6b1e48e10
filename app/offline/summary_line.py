"""One-line result of a recording's traces, for lists of recordings."""

from analysis.numbers import with_error
from analysis.traces.peak_fit import PeakFit
from analysis.traces.result import Analysis

MOST_PEAKS = 3


def peaks_line(analysis: Analysis) -> str:
    """Return the trusted peaks with their errors, "1.003 ± 0.012 G0, (2.07 ± 0.04)×10⁻³ G0", or "no peak"."""
    trusted = [peak for peak in analysis.peaks if peak.trusted][:MOST_PEAKS]
    return ", ".join(_peak(peak) for peak in trusted) or "no peak"


def _peak(peak: PeakFit) -> str:
    return f"{with_error(peak.conductance_G0, peak.uncertainty_G0)} G0"
