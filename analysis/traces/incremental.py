"""Selection and counts of a growing list of traces; the result does not depend on how the list grew."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, overload

from analysis.records import Trace
from analysis.traces.histogram import Histogram, Histogram2D
from analysis.traces.incremental_histograms import IncrementalHistograms
from analysis.traces.noise_floor import NoiseFloor
from analysis.traces.options import AnalysisOptions, OptionsFor, axes_for
from analysis.traces.selection import (
    Selection,
    SelectionRules,
    TraceSummary,
    noise_floor,
    plausible,
    usual_rules,
)


class TraceList(Protocol):
    """List of traces, in memory or on disk, to which more may be added."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Trace: ...


class IncrementalSelection:
    """Reducer of traces to a selection and histograms.

    `look` summarizes new traces. Noise floor, rules and axes depend on all traces: `decide` updates them, and counts
    again or takes back only the traces concerned. `select` counts new traces and applies the rules.

    Parameters
    ----------
    traces : TraceList
    options : callable
        Function from the usual rules for the traces to the options.
    """

    def __init__(self, traces: TraceList, options: OptionsFor) -> None:
        self._traces = traces
        self.summaries: list[TraceSummary] = []
        self._histograms: IncrementalHistograms | None = None
        self.begin(options)

    def begin(self, options: OptionsFor) -> None:
        """Discard all decisions and counts, and start again with other options."""
        self.close()
        self._options_for = options
        self._histograms = None
        self._is_kept: list[bool] = []
        self._reasons: list[str] = []
        self.noise = NoiseFloor(float("nan"), float("nan"), 0)
        self.options = AnalysisOptions()
        """Options in use; their rules are set by `decide`."""
        self.revision = 0
        """Number of changes of noise, rules or kept traces."""

    def close(self) -> None:
        """Delete the temporary file of the counts."""
        if self._histograms is not None:
            self._histograms.close()

    # ---- steps ----

    def look(self) -> None:
        """Summarize the traces added since the last call."""
        for index in range(len(self.summaries), len(self._traces)):
            self.summaries.append(TraceSummary.of(self._traces[index]))

    def decide(self) -> None:
        """Update noise, rules and axes from all traces seen, and count affected traces again."""
        before = self.noise, self.options.rules
        self.noise = noise_floor(self.summaries)
        undecided = self._options_for(SelectionRules())
        usual = usual_rules(self.summaries, self.noise, undecided.contact_G0)
        options = self._options_for(usual)
        self.options = replace(options, rules=options.rules or usual)
        self.revision += before != (self.noise, self.options.rules)
        axes = axes_for(self.noise, self.options)
        if self._histograms is None or self._histograms.axes != axes:
            self.close()
            options = self.options
            self._histograms = IncrementalHistograms(axes, options.displacement_axis, options.break_G0)
            self._is_kept = []
        elif before[1] is not None and before[1].plausible_G0 != self.rules.plausible_G0:
            self._count_again(before[1].plausible_G0)
        self._reasons = []

    def select(self) -> None:
        """Count the traces that are not counted yet, and apply the rules where they were not applied yet."""
        histograms, range_G0 = self.counted, self.rules.plausible_G0
        for index in range(len(self._reasons), len(self.summaries)):
            placed = None
            if index == len(self._is_kept):
                placed = histograms.place(self._traces[index], range_G0)
                histograms.count(index, placed)
                self._is_kept.append(False)
            reason = self.summaries[index].rejection(self.rules)
            self._reasons.append(reason)
            if self._is_kept[index] == bool(reason):
                placed = placed or histograms.place(self._traces[index], range_G0)
                histograms.keep(index, placed, -1 if reason else 1)
                self._is_kept[index] = not reason
                self.revision += 1

    def _count_again(self, before_G0: tuple[float, float]) -> None:
        """Count traces again if they have an implausible sample under the old or the new rules."""
        for index, summary in enumerate(self.summaries[: len(self._is_kept)]):
            if summary.is_plausible(before_G0) and summary.is_plausible(self.rules.plausible_G0):
                continue
            trace = self._traces[index]
            if self._is_kept[index]:
                self.counted.keep(index, self.counted.place(trace, before_G0), -1)
                self._is_kept[index] = False
            self.counted.count(index, self.counted.place(trace, self.rules.plausible_G0))

    # ---- results ----

    @property
    def is_decided(self) -> bool:
        """True once `decide` was called."""
        return self._histograms is not None

    @property
    def counted(self) -> IncrementalHistograms:
        """Counts of all traces and sums over kept ones. Raises ``RuntimeError`` before `decide`."""
        if self._histograms is None:
            raise RuntimeError("the axes are not decided yet; call decide() first")
        return self._histograms

    @property
    def rules(self) -> SelectionRules:
        """Rules in use."""
        return self.options.rules or SelectionRules()

    @property
    def kept(self) -> list[int]:
        """Indices of the kept traces."""
        return [index for index, kept in enumerate(self._is_kept) if kept]

    @property
    def reasons(self) -> list[str]:
        """Reason for which each trace is rejected; "" if it is kept."""
        return self._reasons

    @property
    def map(self) -> Histogram2D:
        """Two-dimensional histogram of the kept traces."""
        return self.counted.map

    def histograms(self, indices: Sequence[int]) -> tuple[Histogram, Histogram]:
        """Return the linear and the logarithmic histogram of some traces, one row per trace."""
        return self.counted.histograms(indices)

    def selection(self) -> Selection:
        """Return the selected traces; kept ones are read on access."""
        kept = self.kept
        rejected = [index for index, reason in enumerate(self._reasons) if reason]
        counts = self.counted.sample_counts(kept)
        return Selection(
            kept=_KeptTraces(self._traces, kept, self.rules.plausible_G0),
            rejected=tuple((self.summaries[index], self._reasons[index]) for index in rejected),
            rules=self.rules,
            wild_samples=counts.wild,
            wild_traces=counts.traces_with_wild,
            wild_in_rejected=self.counted.sample_counts(rejected).wild,
            railed_samples=counts.railed,
            negative_samples=counts.negative,
            samples=counts.samples,
        )


class _KeptTraces(Sequence[Trace]):
    """Kept traces without their wild samples, read on access."""

    def __init__(self, traces: TraceList, indices: Sequence[int], plausible_G0: tuple[float, float]) -> None:
        self._traces, self._indices, self._plausible_G0 = traces, indices, plausible_G0

    def __len__(self) -> int:
        return len(self._indices)

    @overload
    def __getitem__(self, index: int) -> Trace: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Trace]: ...

    def __getitem__(self, index: int | slice) -> Trace | Sequence[Trace]:
        if isinstance(index, slice):
            return _KeptTraces(self._traces, self._indices[index], self._plausible_G0)
        return plausible(self._traces[self._indices[index]], self._plausible_G0)
