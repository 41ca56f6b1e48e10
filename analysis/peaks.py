"""Peaks of a conductance histogram: where they are, how well that is known, and whether to believe it.

Two errors are reported side by side. The statistical one is from a bootstrap over traces (a trace's samples
are not independent of each other, so counts have no Poisson errors). The spread is over reasonable windows
and backgrounds; it is often many times larger.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.candidates import Candidate
from analysis.evidence import Evidence, Stretch, best, fit_from_nine, least_sigma, settled_window, variants
from analysis.gaussian import GaussianFits, fit_gaussians
from analysis.histogram import Histogram, Scale
from analysis.records import FloatArray

BACKGROUNDS = ("none", "constant", "linear")
"""Backgrounds by their number of terms."""

RESAMPLES = 300
"""Of the bootstrap: its own error is then 4 % of the uncertainty."""


@dataclass(frozen=True, eq=False)
class PeakFit:
    """A Gaussian on a background, fitted to a histogram.

    Parameters
    ----------
    scale : Scale
        "linear": a Gaussian in G; "log": in log10 G.
    conductance_G0 : float
        Centre.
    sigma_G0, sigma_decades : float or None
        Standard deviation; which of them depends on the scale, the other is None.
    uncertainty_G0 : float
        Statistical: half the central 68 % of the centres of a bootstrap over traces; NaN if the fit failed.
    spread_G0 : float
        Systematic: half the range of the centres over windows and backgrounds.
    lowest_G0, highest_G0 : float
        That range; the centre itself belongs to it.
    window_G0 : tuple of float
        Where the histogram was fitted.
    background : str
        "none", "constant" or "linear".
    amplitude : float
        Height above the background, counts per bin and trace.
    background_at_peak : float
        Height of the background under the centre, counts per bin and trace.
    reduced_chi2 : float
        Mean square of the residuals in units of the standard error of each bin (from trace to trace), per
        degree of freedom. Neighbouring bins are correlated: it need not be 1.
    n_traces : int
        Traces with a sample in the window.
    trusted : bool
    reasons : tuple of str
        Why not, if not.
    fits : GaussianFits
        The fit itself (a batch of one), in the axis' coordinate.
    """

    scale: Scale
    conductance_G0: float
    sigma_G0: float | None
    sigma_decades: float | None
    uncertainty_G0: float
    spread_G0: float
    lowest_G0: float
    highest_G0: float
    window_G0: tuple[float, float]
    background: str
    amplitude: float
    background_at_peak: float
    reduced_chi2: float
    n_traces: int
    trusted: bool
    reasons: tuple[str, ...]
    fits: GaussianFits

    def curve(self, conductance_G0: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Fitted counts per bin and trace, and the background in it, at these conductances (n,)."""
        g = np.asarray(conductance_G0, dtype=float)
        whole, background = self.fits.curve(g if self.scale is Scale.LINEAR else np.log10(g))
        return whole[0], background[0]


def fit_peak(
    histogram: Histogram,
    candidate: Candidate,
    rng: np.random.Generator,
    background: str = "linear",
    window_G0: tuple[float, float] | None = None,
    resamples: int = RESAMPLES,
) -> PeakFit:
    """Fit one peak, with both errors and a verdict.

    Parameters
    ----------
    histogram : Histogram
    candidate : Candidate
        Where the peak is thought to be, how wide, and how far it reaches.
    rng : Generator
        Of the bootstrap.
    background : "none", "constant" or "linear"
    window_G0 : tuple of float, optional
        Where to fit; by default 3.5 sigma to either side, within the candidate's reach.
    resamples : int
        Bootstrap resamples of the traces.

    Raises
    ------
    ValueError
        If the background is unknown, or the window holds fewer bins than the fit has parameters.
    """
    if background not in BACKGROUNDS:
        raise ValueError(f"background {background!r} is none of {', '.join(BACKGROUNDS)}")
    terms = BACKGROUNDS.index(background)
    axis = histogram.axis
    reach = Stretch.around(histogram, candidate.low, candidate.high)
    if window_G0 is None:
        stretch, window = reach, settled_window(reach, candidate, terms)
    else:
        window = float(axis.coordinate(window_G0[0])), float(axis.coordinate(window_G0[1]))
        stretch = Stretch.around(histogram, *window)
    inside = stretch.inside(*window)
    starts = fit_from_nine(stretch, candidate, terms, inside)
    fit = best(starts)
    resampled = stretch.resampled(resamples if fit.good[0] else 0, rng)
    start = fit.centre, fit.sigma
    boot = fit_gaussians(stretch.x, resampled, start, terms, inside, least_sigma(candidate))
    centres, tried = variants(reach, candidate, fit)
    n_traces, dwell = stretch.traces_in(inside), stretch.dwell(fit)
    evidence = Evidence(candidate, axis.step, window, n_traces, dwell, fit, starts, boot, centres, tried)
    return _record(axis.scale, background, evidence, stretch.reduced_chi2(fit, inside))


def _record(scale: Scale, background: str, evidence: Evidence, reduced_chi2: float) -> PeakFit:
    """What the evidence says, in G0."""
    fit = evidence.fit
    centre, sigma, amplitude = float(fit.centre[0]), float(fit.sigma[0]), float(fit.amplitude[0])
    values = np.array([centre, *evidence.interval, *evidence.range, *evidence.window])
    peak, lower, upper, lowest, highest, low, high = (
        values if scale is Scale.LINEAR else np.power(10.0, values)
    )
    doubts = evidence.doubts()
    return PeakFit(
        scale=scale,
        conductance_G0=float(peak),
        sigma_G0=sigma if scale is Scale.LINEAR else None,
        sigma_decades=sigma if scale is Scale.LOG else None,
        uncertainty_G0=float(upper - lower) / 2.0,
        spread_G0=float(highest - lowest) / 2.0,
        lowest_G0=float(lowest),
        highest_G0=float(highest),
        window_G0=(float(low), float(high)),
        background=background,
        amplitude=amplitude,
        background_at_peak=evidence.background_at_peak,
        reduced_chi2=reduced_chi2,
        n_traces=evidence.n_traces,
        trusted=not doubts,
        reasons=doubts,
        fits=fit,
    )
