"""Peaks of a conductance histogram: position, uncertainty, and a verdict on their trustworthiness.

In a linear histogram (metal contacts) a peak is one Gaussian on a background; in a logarithmic one (molecules) one
peak that may lean, or two overlapping Gaussians, see ``analysis.traces.overlapping_levels``. Two errors are reported
side by side. The statistical one comes from a bootstrap over traces (the samples of a trace are not independent, so
counts have no Poisson errors) that chooses maximum and window again for each resample. The spread is over reasonable
windows and backgrounds; it is often larger.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.records import FloatArray
from analysis.traces.gaussian import fit_gaussians
from analysis.traces.histogram import Histogram, Scale
from analysis.traces.histogram_stretch import HistogramStretch, PeakShape
from analysis.traces.overlapping_levels import HALF_RANGES, level_at
from analysis.traces.peak_diagnostics import (
    PeakDiagnostics,
    Resamples,
    best,
    chosen_anew,
    fit_from_nine,
    flank_seen,
    least_sigma,
    other_minimum,
    settled_window,
    variants,
)
from analysis.traces.peak_finder import PeakCandidate

BACKGROUNDS = ("none", "constant", "linear")
"""Backgrounds by their number of terms."""

RESAMPLES = 300
"""Number of bootstrap resamples: its own error is then 4 % of the uncertainty."""


@dataclass(frozen=True, eq=False)
class PeakFit:
    """A peak on a background, fitted to a histogram.

    Parameters
    ----------
    scale : Scale
        "linear": a Gaussian in G; "log": in log10 G.
    conductance_G0 : float
        Maximum; the middle of ``interval_G0`` if several fits are possible.
    sigma_G0, sigma_decades : float or None
        Standard deviation on the scale of the histogram, of a skewed peak its width at the maximum; the other is None.
    uncertainty_G0 : float
        Statistical error: half of ``interval_G0``; NaN if the fit failed.
    interval_G0 : tuple of float
        68 % interval, from a bootstrap over traces.
    spread_G0 : float
        Systematic error: half the range of the centres over windows and backgrounds.
    lowest_G0, highest_G0 : float
        That range, including the centre itself.
    maximum_G0 : float
        Centre of a single Gaussian fitted to the maximum alone; not a level where two overlap.
    share_of_two : float
        Share of the resamples that two overlapping Gaussians describe better than one peak; NaN in a linear histogram.
    window_G0 : tuple of float
        Window of the fit.
    background : str
        "none", "constant" or "linear".
    amplitude : float
        Height above the background, counts per bin and trace.
    background_at_peak : float
        Height of the background under the centre, counts per bin and trace.
    reduced_chi2 : float
        Mean square of the residuals in units of the standard error of each bin (from trace to trace), per
        degree of freedom. Neighbouring bins are correlated, so it need not be 1.
    n_traces : int
        Traces with a sample in the window.
    trusted : bool
    reasons : tuple of str
        Reasons not to trust the peak; empty if ``trusted``.
    fit : Shape
        The fit itself, in the coordinate of the axis.
    """

    scale: Scale
    conductance_G0: float
    sigma_G0: float | None
    sigma_decades: float | None
    uncertainty_G0: float
    interval_G0: tuple[float, float]
    spread_G0: float
    lowest_G0: float
    highest_G0: float
    maximum_G0: float
    share_of_two: float
    window_G0: tuple[float, float]
    background: str
    amplitude: float
    background_at_peak: float
    reduced_chi2: float
    n_traces: int
    trusted: bool
    reasons: tuple[str, ...]
    fit: PeakShape

    def curve(self, conductance_G0: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return fitted counts per bin and trace, and the same without the peak, at these conductances (n,)."""
        g = np.asarray(conductance_G0, dtype=float)
        whole, background = self.fit.curve(g if self.scale is Scale.LINEAR else np.log10(g))
        return whole[0], background[0]


def fit_peak(
    histogram: Histogram,
    candidate: PeakCandidate,
    rng: np.random.Generator,
    background: str = "linear",
    window_G0: tuple[float, float] | None = None,
    resamples: int = RESAMPLES,
    within: tuple[float, float] | None = None,
    neighbours: Sequence[float] = (),
) -> PeakFit:
    """Fit one peak, with both errors and a verdict.

    Parameters
    ----------
    histogram : Histogram
    candidate : Candidate
        Estimated position, width and range of the peak.
    rng : Generator
        Random numbers for the bootstrap.
    background : "none", "constant" or "linear"
    window_G0 : tuple of float, optional
        Window of the fit; by default 4 sigma to either side, within the candidate's range, on a linear axis, and 1.5
        decades on a logarithmic one.
    resamples : int
        Number of bootstrap resamples of the traces.
    within : tuple of float, optional
        Range of the fit on a logarithmic axis, as coordinates; by default the candidate's range.
    neighbours : sequence of float
        Coordinates of other maxima.

    Raises
    ------
    ValueError
        If the background is unknown, or the window holds fewer bins than the fit has parameters.
    """
    if background not in BACKGROUNDS:
        raise ValueError(f"background {background!r} is not one of {', '.join(BACKGROUNDS)}")
    terms = BACKGROUNDS.index(background)
    axis = histogram.axis
    window = None
    if window_G0 is not None:
        window = float(axis.coordinate(window_G0[0])), float(axis.coordinate(window_G0[1]))
    if axis.scale is Scale.LINEAR:
        return _contact_peak(histogram, candidate, rng, terms, window, resamples)
    within = window or within or (candidate.low, candidate.high)
    return _molecular_peak(histogram, candidate, neighbours, rng, terms, within, resamples)


def _contact_peak(
    histogram: Histogram,
    candidate: PeakCandidate,
    rng: np.random.Generator,
    terms: int,
    given: tuple[float, float] | None,
    resamples: int,
) -> PeakFit:
    """Fit one Gaussian in G."""
    reach = HistogramStretch.around(histogram, candidate.low, candidate.high)
    if given is None:
        stretch = reach
        window, starts = settled_window(reach, candidate, terms)
        inside = stretch.inside(*window)
    else:
        stretch, window = HistogramStretch.around(histogram, *given), given
        inside = stretch.inside(*window)
        starts = fit_from_nine(stretch, candidate, terms, inside)
    fit = best(starts)
    resampled = stretch.resampled(resamples if fit.good[0] else 0, rng)
    resampled, which = np.unique(resampled, axis=0, return_inverse=True)  # few traces: often the same
    if given is None and len(resampled):
        boot = chosen_anew(stretch, candidate, terms, resampled)[which]
    else:
        start = fit.centre, fit.sigma
        boot = fit_gaussians(stretch.x, resampled, start, terms, inside, least_sigma(candidate))[which]
    centres, tried = variants(reach, candidate, fit)
    evidence = PeakDiagnostics(
        candidate,
        histogram.axis,
        window,
        stretch.traces_in(inside),
        stretch.dwell(fit),
        fit,
        bool(fit.good[0]),
        other_minimum(fit, starts),
        Resamples.of(boot),
        centres,
        tried,
        histogram.top,
        flank_seen(histogram, fit),
        undecided=False,
        skewness_known=True,
    )
    chi2 = stretch.reduced_chi2(fit, 3 + terms, inside)
    return _record(evidence, BACKGROUNDS[terms], float(fit.centre[0]), float("nan"), chi2)


def _molecular_peak(
    histogram: Histogram,
    candidate: PeakCandidate,
    neighbours: Sequence[float],
    rng: np.random.Generator,
    terms: int,
    within: tuple[float, float],
    resamples: int,
) -> PeakFit:
    """Fit one peak, or two Gaussians, in log G, one of them at the candidate."""
    reach = HistogramStretch.around(histogram, candidate.low, candidate.high)
    single = best(settled_window(reach, candidate, terms)[1])
    guess = max(candidate.sigma, float(single.sigma[0]))
    level = level_at(histogram, candidate.centre, neighbours, within, terms, resamples, rng, guess)
    window = (
        max(within[0], candidate.centre - HALF_RANGES[1]),
        min(within[1], candidate.centre + HALF_RANGES[1]),
    )
    stretch = HistogramStretch.around(histogram, *window)
    fitted = stretch.inside(*window)
    sigma = float(level.sigma[0])
    evidence = PeakDiagnostics(
        candidate,
        histogram.axis,
        window,
        stretch.traces_in(fitted),
        stretch.dwell(level),
        level,
        level.sigmas[0] < sigma < level.sigmas[1],
        False,
        Resamples(level.interval, 1.0 if resamples else float("nan"), level.least_amplitude),
        level.centres,
        level.tried,
        histogram.top,
        flank_seen(histogram, level),
        level.undecided,
        level.skewness_known,
    )
    chi2 = stretch.reduced_chi2(level, level.parameters, fitted)
    return _record(evidence, BACKGROUNDS[terms], float(single.centre[0]), level.share_of_two, chi2)


def _record(
    evidence: PeakDiagnostics, background: str, maximum: float, share_of_two: float, reduced_chi2: float
) -> PeakFit:
    """Convert the evidence to a peak in G0."""
    fit, axis = evidence.fit, evidence.axis
    centre, sigma = float(fit.centre[0]), float(fit.sigma[0])
    interval, extent = evidence.resamples.interval, evidence.range
    peak, single, lower, upper, lowest, highest, low, high = (
        float(value) for value in axis.value([centre, maximum, *interval, *extent, *evidence.window])
    )
    doubts = evidence.doubts()
    return PeakFit(
        scale=axis.scale,
        conductance_G0=peak,
        sigma_G0=sigma if axis.scale is Scale.LINEAR else None,
        sigma_decades=sigma if axis.scale is Scale.LOG else None,
        uncertainty_G0=(upper - lower) / 2.0,
        interval_G0=(lower, upper),
        spread_G0=(highest - lowest) / 2.0,
        lowest_G0=lowest,
        highest_G0=highest,
        maximum_G0=single,
        share_of_two=share_of_two,
        window_G0=(low, high),
        background=background,
        amplitude=float(fit.amplitude[0]),
        background_at_peak=evidence.background_at_peak,
        reduced_chi2=reduced_chi2,
        n_traces=evidence.n_traces,
        trusted=not doubts,
        reasons=doubts,
        fit=fit,
    )
