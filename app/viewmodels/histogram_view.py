"""View of conductance histograms that grow trace by trace, with their peaks; it agrees with `analysis.traces.pipeline`.

Noise floor, selection rules and axes depend on all traces. They are updated each time the number of traces has
grown by 1 %, and only the affected traces are counted again.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import overload

import numpy as np

from analysis.records import Trace
from analysis.traces.offset import disturbing_offset_G0
from analysis.traces.peak_fit import PeakFit
from analysis.traces.pipeline import Analysis, AnalysisOptions, analysis_of, axes_for, peaks_in
from analysis.traces.selection import NoiseFloor, Selection, SelectionRules
from app.offline.traces import BOOTSTRAP_SEED
from app.viewmodels.disk_backed_list import DiskBackedList
from app.viewmodels.histogram_snapshot import HistogramSnapshot, MapSnapshot, Peak, drawn_peak
from app.viewmodels.incremental_histograms import IncrementalHistograms, plausible
from app.viewmodels.signals import NM
from app.viewmodels.trace_summary import TraceSummary, noise_of, rules_of
from app.viewmodels.view import Growth, RecordView

LEAST_FITTED = 10
"""Minimum number of traces for a fit; with fewer, results jump."""

FIT_EVERY = 5
"""Minimum number of new traces for another fit, as a fit with its bootstrap takes a second."""

MOST_FITTED = 10_000
"""Maximum number of fitted traces, an even selection of all, which limits the memory of the bootstrap."""

OptionsFor = Callable[[SelectionRules], AnalysisOptions]
"""Function from the default rules for the data to the options of the analysis (see `app.offline.traces.ByHand`)."""


class HistogramModel(RecordView[HistogramSnapshot]):
    """View of a growing list of traces.

    Parameters
    ----------
    traces : Shelf of Trace
        Traces so far, added to by the session.
    options : callable
        Function from the default rules to the options.
    """

    def __init__(self, traces: DiskBackedList[Trace], options: OptionsFor) -> None:
        super().__init__(HistogramSnapshot())
        self._traces = traces
        self.fair = True
        """True if the traces are an unbiased sample; those of procedures that stop on plateaus are biased."""
        self._digests: list[TraceSummary] = []
        self._displaced, self._until = False, 0
        self._begin(options)

    def _begin(self, options: OptionsFor) -> None:
        self._options_for = options
        self._tally: IncrementalHistograms | None = None
        self._kept: list[bool] = []
        self._reasons: list[str] = []
        self._rules_due, self._fit_due = Growth(0.01), Growth(0.05, LEAST_FITTED, FIT_EVERY)
        self._noise = NoiseFloor(float("nan"), float("nan"), 0)
        self._usual = SelectionRules()
        self._options = AnalysisOptions()
        self._stale = True
        """True if something has changed since the last fit."""
        self._peaks: tuple[PeakFit, ...] = ()
        self._drawn_peaks: tuple[Peak, ...] = ()

    def decide(self, options: OptionsFor) -> None:
        """Count all traces again with other options; call in the thread of `work`."""
        if self._tally is not None:
            self._tally.close()
        self._begin(options)
        self.work(thorough=True)

    def work(self, thorough: bool = False) -> None:
        """Count new traces, and fit the peaks if due."""
        if not self.fair:
            self._shown = HistogramSnapshot(
                problem="No histogram: the withdrawals of this procedure stop on plateaus, which would bias it."
            )
            return
        self._look()
        if not self._digests:
            return
        selected = len(self._reasons)
        if self._rules_due.due(len(self._digests), thorough) or self._tally is None:
            self._decide_rules()
            selected = 0
        self._count()
        self._select(selected)
        self._shown = self._draw()
        kept = [index for index, kept in enumerate(self._kept) if kept]
        if self._fit_due.due(len(kept)) or (thorough and self._stale and kept):
            self._fit_due.at = len(kept)
            self._fit(kept)
            self._shown = self._draw()

    def analysis(self) -> Analysis | None:
        """Return the result of `analysis.traces.pipeline.analyse` for the same traces; None without traces."""
        self.work(thorough=True)
        if self._tally is None:
            return None
        kept = [index for index, kept in enumerate(self._kept) if kept]
        selection = self._selection(kept)
        linear, log = self._tally.histograms(kept)
        return analysis_of(selection, self._noise, (linear, log, self._tally.map), self._peaks, self._options)

    # ---- steps ----

    def _look(self) -> None:
        for index in range(len(self._digests), len(self._traces)):
            trace = self._traces[index]
            self._digests.append(TraceSummary.of(trace))
            self._until = max(self._until, trace.samples[1])
            self._displaced = self._displaced or bool(np.isfinite(trace.displacement_m).any())

    def _decide_rules(self) -> None:
        """Update noise, rules and axes from all traces, and count affected traces again."""
        noise, self._noise = self._noise, noise_of(self._digests)
        undecided = self._options_for(SelectionRules())
        usual = rules_of(self._digests, self._noise, undecided.contact_G0)
        before, options = self._options.rules, self._options_for(usual)
        self._options = replace(options, rules=options.rules or usual)
        self._stale |= (noise, before) != (self._noise, self._options.rules)
        axes = axes_for(self._noise, self._options)
        if self._tally is None or self._tally.axes != axes:
            if self._tally is not None:
                self._tally.close()
            self._tally = IncrementalHistograms(axes, self._options.displacement_axis, self._options.break_G0)
            self._kept, self._reasons = [], []
        elif before is not None and before.plausible_G0 != self._rules.plausible_G0:
            self._count_anew(before.plausible_G0)

    @property
    def _rules(self) -> SelectionRules:
        assert self._options.rules is not None
        return self._options.rules

    def _count_anew(self, before_G0: tuple[float, float]) -> None:
        """Count traces again if they have an implausible sample under the old or the new rules."""
        assert self._tally is not None
        for index, digest in enumerate(self._digests[: len(self._kept)]):
            if digest.is_plausible(before_G0) and digest.is_plausible(self._rules.plausible_G0):
                continue
            trace = self._traces[index]
            if self._kept[index]:
                self._tally.keep(index, trace, before_G0, -1)
                self._kept[index] = False
            self._tally.count(index, trace, self._rules.plausible_G0)

    def _count(self) -> None:
        assert self._tally is not None
        for index in range(len(self._kept), len(self._digests)):
            self._tally.count(index, self._traces[index], self._rules.plausible_G0)
            self._kept.append(False)

    def _select(self, first: int) -> None:
        """Apply the selection rules to the traces from index ``first`` on."""
        assert self._tally is not None
        del self._reasons[first:]
        for index in range(first, len(self._digests)):
            reason = self._digests[index].rejection(self._rules)
            self._reasons.append(reason)
            if self._kept[index] == (not reason):
                continue
            self._tally.keep(index, self._traces[index], self._rules.plausible_G0, -1 if reason else 1)
            self._kept[index] = not reason
            self._stale = True

    def _fit(self, kept: Sequence[int]) -> None:
        assert self._tally is not None
        chosen = kept[:: -(-len(kept) // MOST_FITTED)]
        linear, log = self._tally.histograms(chosen)
        rng = np.random.default_rng(BOOTSTRAP_SEED)
        self._peaks = peaks_in(linear, log, self._noise, self._options, rng)
        self._drawn_peaks = tuple(drawn_peak(peak) for peak in self._peaks)
        self._stale = False

    def _selection(self, kept: Sequence[int]) -> Selection:
        assert self._tally is not None
        rejected = [(index, reason) for index, reason in enumerate(self._reasons) if reason]
        counts = self._tally.sample_counts(kept)
        return Selection(
            kept=_Kept(self._traces, kept, self._rules.plausible_G0),
            rejected=[(self._without_samples(index), reason) for index, reason in rejected],
            rules=self._rules,
            wild_samples=counts.wild,
            wild_traces=counts.traces_with_wild,
            wild_in_rejected=self._tally.sample_counts([index for index, _ in rejected]).wild,
            railed_samples=counts.railed,
            negative_samples=counts.negative,
            samples=counts.samples,
        )

    def _without_samples(self, index: int) -> Trace:
        digest, nothing = self._digests[index], np.empty(0)
        return Trace(digest.number, (0, 0), nothing, nothing, float("nan"), digest.ended, digest.flags)

    def _draw(self) -> HistogramSnapshot:
        tally = self._tally
        assert tally is not None
        linear, log, coarse = tally.axes
        kept = sum(self._kept)
        linear_counts, log_counts = (
            np.asarray(total[1:-2] / max(kept, 1), dtype=np.float64) for total in (tally.linear, tally.log)
        )
        counted = tally.map
        low, high = self._options.displacement_axis.low, self._options.displacement_axis.high
        limit = self._noise.limit_G0
        return HistogramSnapshot(
            G_G0=linear.centres,
            linear_counts=linear_counts,
            log10_G=log.coordinates,
            log_counts=log_counts,
            map=MapSnapshot(
                counted.counts,
                (low / NM, high / NM),
                (float(np.log10(coarse.low)), float(np.log10(coarse.high))),
                counted.n_traces,
                counted.not_aligned,
                self._displaced,
            ),
            peaks=self._drawn_peaks,
            fitted_traces=self._fit_due.at,
            kept=kept,
            rejected=len(self._kept) - kept,
            reasons=dict(Counter(reason for reason in self._reasons if reason).most_common()),
            noise_log10_G=float(np.log10(limit)) if limit > 0.0 else float("nan"),
            offset_G0=disturbing_offset_G0(self._noise, self._peaks),
            rules=self._rules,
            until=self._until,
        )


class _Kept(Sequence[Trace]):
    """Kept traces, read from disk on access."""

    def __init__(
        self, traces: DiskBackedList[Trace], indices: Sequence[int], plausible_G0: tuple[float, float]
    ) -> None:
        self._traces, self._indices, self._plausible_G0 = traces, indices, plausible_G0

    def __len__(self) -> int:
        return len(self._indices)

    @overload
    def __getitem__(self, index: int) -> Trace: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Trace]: ...

    def __getitem__(self, index: int | slice) -> Trace | Sequence[Trace]:
        if isinstance(index, slice):
            return _Kept(self._traces, self._indices[index], self._plausible_G0)
        return plausible(self._traces[self._indices[index]], self._plausible_G0)
