"""Rows on opening traces for terminal and page: peaks, and counts of traces and samples."""

from analysis.numbers import rounded
from analysis.traces.histogram import Scale
from analysis.traces.peak_fit import PeakFit
from app.offline.traces import Analysed


def peak_row(peak: PeakFit) -> dict[str, object]:
    """Return one line of the table of peaks."""
    smallest = min((e for e in (peak.uncertainty_G0, peak.spread_G0) if e > 0), default=float("nan"))
    low, high = peak.window_G0
    width = f"{peak.sigma_G0:.2g} G0" if peak.scale is Scale.LINEAR else f"{peak.sigma_decades:.2g} decades"
    return {
        "scale": "in G" if peak.scale is Scale.LINEAR else "in log G",
        "background": peak.background if peak.background != "none" else "no",
        "conductance": rounded(peak.conductance_G0, smallest),
        "uncertainty": rounded(peak.uncertainty_G0, peak.uncertainty_G0),
        "spread": rounded(peak.spread_G0, peak.spread_G0),
        "sigma": width,
        "window": f"{low:.3g} to {high:.3g}",
        "trusted": peak.trusted,
        "verdict": "yes" if peak.trusted else "no: " + "; ".join(peak.reasons),
    }


def trace_counts(analysed: Analysed) -> list[tuple[str, str]]:
    """Return the numbers of traces and samples, kept and rejected."""
    analysis = analysed.analysis
    selection = analysis.selection
    rows = [("traces recorded", len(selection.kept) + len(selection.rejected)), ("kept", len(selection.kept))]
    rows += [(f"rejected: {reason}", n) for reason, n in selection.reasons.items()]
    rows += [
        ("samples of the kept traces", selection.samples),
        (f"wild samples left out (in {selection.wild_traces} traces)", selection.wild_samples),
        ("negative samples (counted below the logarithmic axis)", selection.negative_samples),
        ("railed samples (counted above the axis)", selection.railed_samples),
    ]
    text = [(label, f"{n:,}".replace(",", "\N{THIN SPACE}")) for label, n in rows]
    text.append(("noise floor (median absolute deviation, open)", f"{analysis.noise.mad_G0:.2g} G0"))
    return text
