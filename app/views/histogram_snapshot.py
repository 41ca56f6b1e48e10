"""Conductance histograms as pictures: counts in the units of their axes, with fitted peaks to be drawn over them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analysis.histogram import Scale
from analysis.peaks import PeakFit
from analysis.records import FloatArray
from analysis.selection import SelectionRules

CURVE_POINTS = 200


@dataclass(frozen=True, eq=False)
class Peak:
    """A fitted peak, ready to be drawn over its histogram.

    Parameters
    ----------
    label : str
        "0.97 ± 0.01 G0".
    conductance_G0, uncertainty_G0, spread_G0 : float
        As of ``analysis.peaks.PeakFit``.
    scale : "linear" or "log"
        Which histogram it belongs to.
    trusted : bool
    reasons : tuple of str
        Why not, if not.
    x : ndarray, shape (n,)
        G/G0 or log10 G/G0, over its window.
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
    """Two-dimensional histogram: ``counts`` (displacements, conductances) of samples per cell, ends of both axes.

    Displacement counts from the last break, in nm; conductance is log10 G/G0. ``displaced`` tells whether the
    displacement of any trace is known.
    """

    counts: NDArray[np.int64]
    displacement_nm: tuple[float, float]
    log10_G: tuple[float, float]
    traces: int
    not_aligned: int
    displaced: bool = True


@dataclass(frozen=True, eq=False)
class HistogramSnapshot:
    """The histograms as they stand.

    Parameters
    ----------
    G_G0, linear_counts : ndarray, shape (bins,)
        Centres of the bins in G0, and counts per bin and trace.
    log10_G, log_counts : ndarray, shape (bins,)
        The same in log10 G/G0.
    map : MapSnapshot or None
    peaks : tuple of Peak
    fitted_traces : int
        How many the peaks were fitted to; 0 before the first fit.
    kept, rejected : int
    reasons : mapping of str to int
        Why traces were rejected.
    noise_log10_G : float
        log10 G/G0 below which nothing is told from noise; NaN where unknown.
    offset_G0 : float
        Level of the open junctions, not subtracted, where it disturbs a peak; else 0.
    rules : SelectionRules or None
        That were applied.
    problem : str
        Why there is nothing to be seen, if so.
    until : int
        Sample before which the last of the traces ended.
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
    """A fitted peak with its curve over its window."""
    linear = peak.scale is Scale.LINEAR
    low, high = peak.window_G0 if linear else np.log10(peak.window_G0)
    x = np.linspace(float(low), float(high), CURVE_POINTS)
    fit, background = peak.curve(x if linear else 10.0**x)
    return Peak(
        label=f"{value_with_error(peak.conductance_G0, peak.uncertainty_G0)} G0",
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


def value_with_error(value: float, error: float) -> str:
    """A number to the two digits that its error leaves: "0.972 ± 0.011", "2.030e-03 ± 0.050e-03"."""
    if not (np.isfinite(value) and np.isfinite(error) and error > 0.0):
        return f"{value:.3g}"
    power = int(np.floor(np.log10(abs(value)))) if value else 0
    power = 0 if -2 <= power <= 3 else power
    digits = max(0, 1 - int(np.floor(np.log10(error / 10.0**power))))
    exponent = f"e{power:+03d}" if power else ""
    return f"{value / 10.0**power:.{digits}f}{exponent} ± {error / 10.0**power:.{digits}f}{exponent}"
