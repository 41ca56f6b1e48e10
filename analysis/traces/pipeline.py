"""Complete offline analysis from traces to peaks, without intervention."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10
from typing import Any

import numpy as np

from analysis.conductance import CurrentCalibration, conductance_uncertainty_G0
from analysis.records import Trace
from analysis.traces.histogram import BinAxis, Histogram, Histogram2D, Scale, histogram, histogram_2d
from analysis.traces.offset import offset_remark, with_offset
from analysis.traces.overlapping_levels import ranges
from analysis.traces.peak_finder import find_candidates
from analysis.traces.peak_fit import RESAMPLES, PeakFit, fit_peak
from analysis.traces.plateaus import PlateauLengths, plateau_lengths
from analysis.traces.selection import (
    NoiseFloor,
    Selection,
    SelectionRules,
    noise_floor,
    select,
    usual_rules,
)

DISPLACEMENT_AXIS = BinAxis(Scale.LINEAR, -0.5e-9, 2.5e-9, 300)
"""Half a nanometre before the break to two and a half after it, 0.01 nm a bin."""


@dataclass(frozen=True)
class AnalysisOptions:
    """Choices of an analysis; None leaves the choice to the data.

    Parameters
    ----------
    rules : SelectionRules or None
        Rules for keeping traces; by default ``selection.usual_rules``.
    contact_G0 : float or None
        Conductance to which the contacts were closed, if known: a trace must then start above half of it.
    metallic_G0 : tuple of float
        Range of the peaks of the metal contact, in the linear histogram.
    molecular_G0 : tuple of float or None
        Range of the peaks of molecules, in the logarithmic histogram; by default from the noise up to the
        metallic range.
    linear_axis, log_axis : Axis or None
        By default -0.25 to 10 G0 in bins of 0.01 G0, and from a decade below the noise to 100 G0 with 100
        bins a decade.
    displacement_axis : Axis
        Displacement axis of the two-dimensional histogram, in metres from the last opening.
    break_G0 : float
        Conductance below which a metal contact is broken; traces are aligned there.
    background : "none", "constant" or "linear"
    resamples : int
        Number of bootstrap resamples.
    calibration : CurrentCalibration or None
        Calibration from which the uncertainty common to all conductances is reported.
    """

    rules: SelectionRules | None = None
    contact_G0: float | None = None
    metallic_G0: tuple[float, float] = (0.3, 4.0)
    molecular_G0: tuple[float, float] | None = None
    linear_axis: BinAxis | None = None
    log_axis: BinAxis | None = None
    displacement_axis: BinAxis = DISPLACEMENT_AXIS
    break_G0: float = 0.5
    background: str = "linear"
    resamples: int = RESAMPLES
    calibration: CurrentCalibration | None = None


@dataclass(frozen=True, eq=False)
class Analysis:
    """Results of the analysis of a set of traces.

    Parameters
    ----------
    selection : Selection
    noise : NoiseFloor
    linear, log : Histogram
        Histograms of the kept traces.
    map : Histogram2D
        Displacement against log conductance of the kept traces.
    peaks : tuple of PeakFit
        Peaks of the linear histogram by rising, then those of the logarithmic one by falling conductance.
    plateaus : tuple of PlateauLengths
        One for each peak.
    calibration_uncertainty_G0 : tuple of float
        One for each peak; NaN where unknown.
    """

    selection: Selection
    noise: NoiseFloor
    linear: Histogram
    log: Histogram
    map: Histogram2D
    peaks: tuple[PeakFit, ...]
    plateaus: tuple[PlateauLengths, ...]
    calibration_uncertainty_G0: tuple[float, ...]

    @property
    def remarks(self) -> tuple[str, ...]:
        """Remarks for the reader of the numbers, in sentences."""
        return tuple(filter(None, [offset_remark(self.noise, self.peaks)]))

    def to_json(self) -> dict[str, Any]:
        """Return content for JSON; unknown numbers are None."""
        selection = self.selection
        peaks = zip(self.peaks, self.plateaus, self.calibration_uncertainty_G0, strict=True)
        content = {
            "traces": {
                "total": len(selection.kept) + len(selection.rejected),
                "kept": len(selection.kept),
                "rejected": selection.reasons,
            },
            "selection": {
                "starts_above_G0": selection.rules.starts_above_G0,
                "opens_below_G0": selection.rules.opens_below_G0,
                "plausible_G0": selection.rules.plausible_G0,
                "shortest_samples": selection.rules.shortest,
                "rejected_flags": selection.rules.rejected_flags,
            },
            "samples": {
                "total": selection.samples,
                "wild_excluded": selection.wild_samples,
                "traces_with_wild": selection.wild_traces,
                "wild_in_rejected_traces": selection.wild_in_rejected,
                "negative": selection.negative_samples,
                "railed": selection.railed_samples,
            },
            "noise_floor_G0": self.noise.mad_G0,
            "offset_of_open_G0": self.noise.level_G0,
            "histogram": {
                "peaks": [_peak_json(*peak) for peak in peaks],
                "linear": _histogram_json(self.linear),
                "log": _histogram_json(self.log),
                "displacement": {"aligned": self.map.n_traces, "not_aligned": self.map.not_aligned},
            },
        }
        plain: dict[str, Any] = _plain(content)
        return plain


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
    traces = tuple(traces)
    noise = noise_floor(traces)
    selection = select(traces, options.rules or usual_rules(traces, noise, options.contact_G0))
    kept = selection.kept
    linear_axis, log_axis, coarse = axes_for(noise, options)
    linear, log = histogram(kept, linear_axis), histogram(kept, log_axis)
    peaks = peaks_in(linear, log, noise, options, rng)
    counted = histogram_2d(kept, options.displacement_axis, coarse, options.break_G0)
    return analysis_of(selection, noise, (linear, log, counted), peaks, options)


def axes_for(noise: NoiseFloor, options: AnalysisOptions) -> tuple[BinAxis, BinAxis, BinAxis]:
    """Return the axes of the linear, the logarithmic, and (conductance only) the two-dimensional histogram."""
    linear = options.linear_axis or BinAxis.linear(-0.25, 10.0, 0.01)
    log = options.log_axis or BinAxis.log(_lowest_decade(noise), 100.0, 100)
    return linear, log, BinAxis(Scale.LOG, log.low, log.high, ceil(log.bins * 0.4))


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


def analysis_of(
    selection: Selection,
    noise: NoiseFloor,
    histograms: tuple[Histogram, Histogram, Histogram2D],
    peaks: tuple[PeakFit, ...],
    options: AnalysisOptions,
) -> Analysis:
    """Assemble the analysis from selected traces, histograms (linear, log, map) and fitted peaks."""
    linear, log, counted = histograms
    return Analysis(
        selection=selection,
        noise=noise,
        linear=linear,
        log=log,
        map=counted,
        peaks=peaks,
        plateaus=tuple(_plateaus(selection.kept, peak, options.break_G0) for peak in peaks),
        calibration_uncertainty_G0=tuple(_calibration_uncertainty_G0(p, options.calibration) for p in peaks),
    )


def _lowest_decade(noise: NoiseFloor) -> float:
    if not noise.mad_G0 > 0.0:
        return 1e-6
    return float(10.0 ** min(max(floor(log10(noise.mad_G0)) - 1, -12), -2))


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


def _plateaus(traces: Sequence[Trace], peak: PeakFit, break_G0: float) -> PlateauLengths:
    """Return lengths for an atomic contact within half a quantum of its peak, for a molecule from the break of the
    metal.
    """
    centre = peak.conductance_G0
    if peak.scale is Scale.LINEAR:
        return plateau_lengths(traces, max(centre - 0.5, centre / 2.0), centre + 0.5)
    assert peak.sigma_decades is not None
    below = max(peak.window_G0[0], centre * 10.0 ** (-4.0 * peak.sigma_decades))
    return plateau_lengths(traces, below, max(break_G0, centre))


def _calibration_uncertainty_G0(peak: PeakFit, calibration: CurrentCalibration | None) -> float:
    if calibration is None:
        return float("nan")
    return float(conductance_uncertainty_G0(peak.conductance_G0, calibration))


def _peak_json(peak: PeakFit, plateau: PlateauLengths, calibration_uncertainty_G0: float) -> dict[str, Any]:
    width = {"sigma_G0": peak.sigma_G0, "sigma_decades": peak.sigma_decades}
    quartile, median, upper = plateau.quantiles_m()
    return {
        "conductance_G0": peak.conductance_G0,
        **{name: value for name, value in width.items() if value is not None},
        "scale": peak.scale.value,
        "uncertainty_G0": peak.uncertainty_G0,
        "interval_G0": peak.interval_G0,
        "spread_G0": peak.spread_G0,
        "spread_range_G0": [peak.lowest_G0, peak.highest_G0],
        "calibration_uncertainty_G0": calibration_uncertainty_G0,
        "maximum_of_histogram_G0": peak.maximum_G0,
        "share_of_resamples_for_two": peak.share_of_two,
        "trusted": peak.trusted,
        "reasons": peak.reasons,
        "window_G0": peak.window_G0,
        "background": peak.background,
        "counts_per_trace": peak.amplitude,
        "background_per_trace": peak.background_at_peak,
        "reduced_chi2": peak.reduced_chi2,
        "traces": peak.n_traces,
        "plateau": {
            "between_G0": [plateau.low_G0, plateau.high_G0],
            "traces": plateau.n,
            "median_m": median,
            "quartiles_m": [quartile, upper],
        },
    }


def _histogram_json(histogram: Histogram) -> dict[str, Any]:
    axis = histogram.axis
    return {
        "low_G0": axis.low,
        "high_G0": axis.high,
        "bins": axis.bins,
        "counted": int(histogram.counts.sum()),
        "underflow": histogram.underflow,
        "overflow": histogram.overflow,
        "undefined": histogram.undefined,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return float(value) if isfinite(value) else None
    return value
