"""Snapshot of conductance histograms: counts in the units of their axes, with fitted peaks."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analysis.numbers import with_error
from analysis.records import FloatArray
from analysis.traces.histogram import Scale
from analysis.traces.peak_fit import PeakFit
from analysis.traces.selection import SelectionRules

CURVE_POINTS = 200


@dataclass(frozen=True, eq=False)
class Peak:
    """Fitted peak with its curve.

    Parameters
    ----------
    label : str
        "0.97 ± 0.01 G0".
    conductance_G0, uncertainty_G0, spread_G0 : float
        Values of ``analysis.traces.peak_fit.PeakFit``.
    scale : "linear" or "log"
        Histogram to which the peak was fitted.
    trusted : bool
    reasons : tuple of str
        Reasons not to trust it.
    x : ndarray, shape (n,)
        G/G0 or log10 G/G0 over the window of the fit.
    fit, background : ndarray, shape (n,)
        Counts per bin and trace.
    """

    label: str
    conductance_G0: float
    uncertainty_G0: float
    spread_G0: float
    scale: str
    trusted: bool
    reasons: tuple[str, ...]
    x: FloatArray
    fit: FloatArray
    background: FloatArray


@dataclass(frozen=True, eq=False)
class MapSnapshot:
    """Two-dimensional histogram: ``counts`` of samples per cell (displacement, conductance), and ends of both axes.

    The displacement is relative to the last break, in nm; the conductance is log10 G/G0. ``displaced`` is True if
    the displacement of any trace is known.
    """

    counts: NDArray[np.int64]
    displacement_nm: tuple[float, float]
    log10_G: tuple[float, float]
    traces: int
    not_aligned: int
    displaced: bool = True


@dataclass(frozen=True, eq=False)
class HistogramSnapshot:
    """State of the histograms.

    Parameters
    ----------
    G_G0, linear_counts : ndarray, shape (bins,)
        Centres of linear bins in G0, and counts per bin and trace.
    log10_G, log_counts : ndarray, shape (bins,)
        Centres of logarithmic bins in log10 G/G0, and counts per bin and trace.
    map : MapSnapshot or None
    peaks : tuple of Peak
    fitted_traces : int
        Number of traces in the last fit; 0 before the first.
    kept, rejected : int
    reasons : mapping of str to int
        Number of rejected traces by reason.
    noise_log10_G : float
        Noise limit, log10 G/G0; NaN if unknown.
    offset_G0 : float
        Offset of the open junctions if it disturbs a peak (it is not subtracted), else 0.
    rules : SelectionRules or None
        Selection rules in use.
    problem : str
        Why there is no histogram; "" if there is.
    until : int
        Sample after the last trace.
    """

    G_G0: FloatArray = field(default_factory=lambda: np.empty(0))
    linear_counts: FloatArray = field(default_factory=lambda: np.empty(0))
    log10_G: FloatArray = field(default_factory=lambda: np.empty(0))
    log_counts: FloatArray = field(default_factory=lambda: np.empty(0))
    map: MapSnapshot | None = None
    peaks: tuple[Peak, ...] = ()
    fitted_traces: int = 0
    kept: int = 0
    rejected: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    noise_log10_G: float = float("nan")
    offset_G0: float = 0.0
    rules: SelectionRules | None = None
    problem: str = ""
    until: int = 0


def drawn_peak(peak: PeakFit) -> Peak:
    """Return a fitted peak with its curve over its window."""
    linear = peak.scale is Scale.LINEAR
    low, high = peak.window_G0 if linear else np.log10(peak.window_G0)
    x = np.linspace(float(low), float(high), CURVE_POINTS)
    fit, background = peak.curve(x if linear else 10.0**x)
    return Peak(
        label=f"{with_error(peak.conductance_G0, peak.uncertainty_G0)} G0",
        conductance_G0=peak.conductance_G0,
        uncertainty_G0=peak.uncertainty_G0,
        spread_G0=peak.spread_G0,
        scale=peak.scale.value,
        trusted=peak.trusted,
        reasons=peak.reasons,
        x=x,
        fit=fit,
        background=background,
    )
