"""Analysis from traces to peaks without intervention, of a finished set of traces or of one that grows."""

from collections.abc import Iterable
from math import isfinite

import numpy as np

from analysis.conductance import CurrentCalibration, conductance_uncertainty_G0
from analysis.records import Trace
from analysis.traces.histogram import BinAxis, Histogram, Scale
from analysis.traces.incremental import IncrementalSelection
from analysis.traces.noise_floor import NoiseFloor
from analysis.traces.offset import with_offset
from analysis.traces.options import AnalysisOptions, OptionsFor
from analysis.traces.overlapping_levels import ranges
from analysis.traces.peak_finder import find_candidates
from analysis.traces.peak_fit import PeakFit, fit_peak
from analysis.traces.plateaus import PlateauLengths, lengths_between
from analysis.traces.result import Analysis


def analyse(traces: Iterable[Trace], options: AnalysisOptions, rng: np.random.Generator) -> Analysis:
    """Select traces, count them into histograms, find peaks and fit them.

    Parameters
    ----------
    traces : iterable of Trace
    options : AnalysisOptions
        ``AnalysisOptions()`` suits any set of traces.
    rng : Generator
        Random numbers for the bootstrap.
    """
    return analyse_by(traces, lambda usual: options, rng)


def analyse_by(traces: Iterable[Trace], options: OptionsFor, rng: np.random.Generator) -> Analysis:
    """Analyse traces as `analyse` does, with options that may depend on the usual rules."""
    growing = IncrementalSelection(tuple(traces), options)
    growing.look()
    growing.decide()
    growing.select()
    histograms = growing.histograms(growing.kept)
    peaks = peaks_in(*histograms, growing.noise, growing.options, rng)
    analysis = analysis_of(growing, peaks, histograms=histograms)
    growing.close()
    return analysis


def peaks_of(
    growing: IncrementalSelection, rng: np.random.Generator, most: int | None = None
) -> tuple[PeakFit, ...]:
    """Fit the peaks of the kept traces, at most an even selection of ``most`` of them; ordered as in `Analysis`."""
    kept = growing.kept
    chosen = kept[:: max(1, -(-len(kept) // most))] if most else kept
    return peaks_in(*growing.histograms(chosen), growing.noise, growing.options, rng)


def analysis_of(
    growing: IncrementalSelection,
    peaks: tuple[PeakFit, ...],
    plateaus: tuple[PlateauLengths, ...] | None = None,
    histograms: tuple[Histogram, Histogram] | None = None,
) -> Analysis:
    """Assemble the analysis of the traces selected so far from their fitted peaks.

    ``plateaus`` are the lengths between `plateau_bounds` of each peak; measured in the kept traces if not given.
    ``histograms`` are those of the kept traces, if the caller has them already.
    """
    selection, options = growing.selection(), growing.options
    if plateaus is None:
        bounds = [plateau_bounds(peak, options.break_G0) for peak in peaks]
        plateaus = lengths_between(selection.kept, bounds)
    linear, log = histograms or growing.histograms(growing.kept)
    return Analysis(
        selection=selection,
        noise=growing.noise,
        linear=linear,
        log=log,
        map=growing.map,
        peaks=peaks,
        plateaus=plateaus,
        calibration_uncertainty_G0=tuple(_calibration_uncertainty_G0(p, options.calibration) for p in peaks),
    )


def peaks_in(
    linear: Histogram, log: Histogram, noise: NoiseFloor, options: AnalysisOptions, rng: np.random.Generator
) -> tuple[PeakFit, ...]:
    """Return the peaks of the metal (linear histogram), then those of molecules (logarithmic one), ordered as in
    `Analysis`.
    """
    molecular = options.molecular_G0 or (_above(noise, log.axis), options.metallic_G0[0])
    peaks = (
        *_peaks(linear, options.metallic_G0, options, rng),
        *reversed(_peaks(log, molecular, options, rng)),
    )
    return tuple(with_offset(peak, noise) for peak in peaks)


def _above(noise: NoiseFloor, axis: BinAxis) -> float:
    return max(noise.limit_G0, axis.low) if isfinite(noise.limit_G0) else axis.low


def _peaks(
    histogram: Histogram, range_G0: tuple[float, float], options: AnalysisOptions, rng: np.random.Generator
) -> tuple[PeakFit, ...]:
    if not histogram.n_traces or not range_G0[0] < range_G0[1]:
        return ()
    low, high = (float(x) for x in histogram.axis.coordinate(range_G0))
    high = min(high, histogram.top)
    candidates = find_candidates(histogram, range_G0[0], float(histogram.axis.value(high)))
    return tuple(
        fit_peak(
            histogram,
            candidate,
            rng,
            options.background,
            resamples=options.resamples,
            within=within,
            neighbours=[other.centre for other in candidates if other is not candidate],
        )
        for candidate, within in zip(candidates, ranges(candidates, low, high), strict=True)
    )


def plateau_bounds(peak: PeakFit, break_G0: float) -> tuple[float, float]:
    """Return the bounds of a peak's plateau: for an atomic contact half a quantum around it, for a molecule from the
    low edge of its peak to the break of the metal.
    """
    centre = peak.conductance_G0
    if peak.scale is Scale.LINEAR:
        return max(centre - 0.5, centre / 2.0), centre + 0.5
    assert peak.sigma_decades is not None
    return max(peak.window_G0[0], centre * 10.0 ** (-4.0 * peak.sigma_decades)), max(break_G0, centre)


def _calibration_uncertainty_G0(peak: PeakFit, calibration: CurrentCalibration | None) -> float:
    if calibration is None:
        return float("nan")
    return float(conductance_uncertainty_G0(peak.conductance_G0, calibration))
