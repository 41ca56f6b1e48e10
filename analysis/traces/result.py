"""Results of the analysis of a set of traces."""

from dataclasses import dataclass
from typing import Any

from analysis.json_data import to_json
from analysis.traces.halves import halves_remark
from analysis.traces.histogram import Histogram, Histogram2D
from analysis.traces.noise_floor import NoiseFloor
from analysis.traces.offset import offset_remark
from analysis.traces.peak_fit import PeakFit
from analysis.traces.plateaus import PlateauLengths
from analysis.traces.selection import Selection


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
        remarks = offset_remark(self.noise, self.peaks), halves_remark(self.linear, self.log, self.peaks)
        return tuple(filter(None, remarks))

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
        return to_json(content)


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
