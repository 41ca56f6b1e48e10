"""View of conductance histograms that grow trace by trace, with their peaks, as `analysis.traces.pipeline` makes them.

Noise floor, selection rules and axes depend on all traces. They are updated each time the number of traces has
grown by 1 %, and only the affected traces are counted again.
"""

from collections import Counter
from collections.abc import Collection, Mapping

import numpy as np

from analysis.disk_backed_list import DiskBackedList
from analysis.recording import RunHeader
from analysis.records import Trace
from analysis.traces.incremental import IncrementalSelection
from analysis.traces.offset import disturbing_offset_G0
from analysis.traces.options import OptionsFor
from analysis.traces.peak_fit import PeakFit
from analysis.traces.pipeline import analysis_of, peaks_of
from analysis.traces.result import Analysis
from app.offline.traces import BOOTSTRAP_SEED
from app.viewmodels.histogram_snapshot import HistogramSnapshot, MapSnapshot, Peak, drawn_peak
from app.viewmodels.signals import NM
from app.viewmodels.view import AS_PLAYED, Growth, RecordView

LEAST_FITTED = 10
"""Minimum number of traces for a fit; with fewer, results jump."""

FIT_EVERY = 5
"""Minimum number of new traces for another fit, as a fit with its bootstrap takes a second."""

MOST_FITTED = 10_000
"""Maximum number of traces fitted while they come, an even selection of all; a thorough fit takes all."""


class HistogramModel(RecordView[HistogramSnapshot]):
    """View of a growing list of traces.

    Parameters
    ----------
    traces : DiskBackedList of Trace
        Traces so far, added to by the session.
    options : callable
        Function from the default rules to the options (see `app.offline.traces.options_for`).
    """

    plot = "app.gui.plots.histogram:HistogramPlot"

    @staticmethod
    def replay_texts(header: RunHeader, filled: Collection[str]) -> Mapping[str, str]:
        """Return the texts of the empty plots of a recording, by their titles."""
        return {
            "conductance histogram": f"The conductance histogram appears here, trace by trace, {AS_PLAYED}"
        }

    def __init__(self, traces: DiskBackedList[Trace], options: OptionsFor) -> None:
        super().__init__(HistogramSnapshot())
        self.fair = True
        """True if the traces are an unbiased sample; those of procedures that stop on plateaus are biased."""
        self._growing = IncrementalSelection(traces, options)
        self._begin()

    def _begin(self) -> None:
        self._rules_due, self._fit_due = Growth(0.01), Growth(0.05, LEAST_FITTED, FIT_EVERY)
        self._fitted: tuple[int, int] | None = None  # revision and number of traces of the last fit
        self._peaks: tuple[PeakFit, ...] = ()
        self._drawn_peaks: tuple[Peak, ...] = ()

    @property
    def selection(self) -> IncrementalSelection:
        """Selection and counts of the traces so far; use it in the thread of `work`."""
        return self._growing

    def decide(self, options: OptionsFor) -> None:
        """Count all traces again with other options; call in the thread of `work`."""
        self._growing.begin(options)
        self._begin()
        self.work(thorough=True)

    def work(self, thorough: bool = False) -> None:
        """Count new traces, and fit the peaks if due."""
        if not self.fair:
            self._shown = HistogramSnapshot(
                problem="No histogram: the withdrawals of this procedure stop on plateaus, which would bias it."
            )
            return
        growing = self._growing
        growing.look()
        if not growing.summaries:
            return
        if self._rules_due.due(len(growing.summaries), thorough) or not growing.is_decided:
            growing.decide()
        growing.select()
        self._shown = self._draw()
        kept = len(growing.kept)
        fitted = min(kept, kept if thorough else MOST_FITTED)
        if self._fit_due.due(kept) or (thorough and self._fitted != (growing.revision, fitted)):
            self._fit_due.at = kept
            self._fit(fitted)
            self._shown = self._draw()

    def analysis(self) -> Analysis | None:
        """Return the result of `analysis.traces.pipeline.analyse_by` for the same traces; None without traces."""
        self.work(thorough=True)
        return analysis_of(self._growing, self._peaks) if self._growing.is_decided else None

    def _fit(self, traces: int) -> None:
        self._peaks = peaks_of(self._growing, np.random.default_rng(BOOTSTRAP_SEED), traces)
        self._drawn_peaks = tuple(drawn_peak(peak) for peak in self._peaks)
        self._fitted = self._growing.revision, traces

    def _draw(self) -> HistogramSnapshot:
        growing = self._growing
        summaries, noise, histograms = growing.summaries, growing.noise, growing.counted
        linear, log, coarse = histograms.axes
        kept = len(growing.kept)
        linear_counts, log_counts = (
            np.asarray(total[1:-2] / max(kept, 1), dtype=np.float64)
            for total in (histograms.linear, histograms.log)
        )
        counted = growing.map
        displacement, limit = counted.displacement, noise.limit_G0
        return HistogramSnapshot(
            G_G0=linear.centres,
            linear_counts=linear_counts,
            log10_G=log.coordinates,
            log_counts=log_counts,
            map=MapSnapshot(
                counted.counts,
                (displacement.low / NM, displacement.high / NM),
                (float(np.log10(coarse.low)), float(np.log10(coarse.high))),
                counted.n_traces,
                counted.not_aligned,
                any(summary.displaced for summary in summaries),
            ),
            peaks=self._drawn_peaks,
            fitted_traces=self._fit_due.at,
            kept=kept,
            rejected=len(summaries) - kept,
            reasons=dict(Counter(reason for reason in growing.reasons if reason).most_common()),
            noise_log10_G=float(np.log10(limit)) if limit > 0.0 else float("nan"),
            offset_G0=disturbing_offset_G0(noise, self._peaks),
            rules=growing.rules,
            until=max(summary.samples[1] for summary in summaries),
        )
