"""View of statistics over traces that grow trace by trace: rows are added, results drawn again as their number grows.

The rows of traces are those of `hotjunction analyze --statistics`, so the result is the same.
"""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analysis.disk_backed_list import DiskBackedList
from analysis.recording import RunHeader
from analysis.records import Trace
from analysis.statistics.registry import STATISTICS
from analysis.statistics.result import StatisticResult
from analysis.statistics.statistic import TRACES, Statistic, StatisticError
from analysis.traces.incremental import IncrementalSelection
from analysis.traces.selection import plausible
from app.offline.statistics import SEED, facts_of
from app.viewmodels.histogram_view import HistogramModel
from app.viewmodels.view import AS_PLAYED, Growth, RecordView

log = logging.getLogger(__name__)

LEAST_TRACES, EVERY = 10, 10
"""Minimum number of traces for a result, and of new traces for another one."""

GROWTH = 0.25
"""Relative growth of the number of traces that makes new results due: all of them take a second."""


@dataclass(frozen=True, eq=False)
class StatisticsSnapshot:
    """Results by the names of the statistics, the number of kept traces, and the reason if there are none."""

    results: Mapping[str, StatisticResult] = field(default_factory=dict)
    traces: int = 0
    problem: str = ""


class StatisticsModel(RecordView[StatisticsSnapshot]):
    """View of the live statistics.

    Parameters
    ----------
    traces : DiskBackedList of Trace
        Traces so far, added to by the session.
    histogram : HistogramModel
        Decides which traces are kept; its work comes first.
    header : RunHeader
    name : str
        Name of the recording.
    """

    plot = "app.gui.plots.statistics:StatisticsPlot"

    @staticmethod
    def replay_texts(header: RunHeader, filled: Collection[str]) -> Mapping[str, str]:
        """Return the text of the empty plot of a recording, by its title."""
        return {"statistics": f"Statistics over the traces appear here {AS_PLAYED}"}

    def __init__(
        self, traces: DiskBackedList[Trace], histogram: HistogramModel, header: RunHeader, name: str = ""
    ) -> None:
        super().__init__(StatisticsSnapshot())
        self._traces, self._histogram = traces, histogram
        self._header, self._name = header, name
        self._statistics: dict[str, Statistic] | None = None
        self._rows: list[dict[str, Any]] = []
        self._plausible_G0: tuple[float, float] | None = None
        self._due = Growth(GROWTH, LEAST_TRACES, EVERY)
        self._drawn: tuple[int, int] | None = None

    @property
    def statistics(self) -> dict[str, Statistic]:
        """Statistics that are shown, by name; those of plug-ins included."""
        if self._statistics is None:
            live = {name: STATISTICS[name] for name in STATISTICS}
            self._statistics = {name: s for name, s in live.items() if s.live and s.of == TRACES}
        return self._statistics

    def work(self, thorough: bool = False) -> None:
        """Reduce new traces to rows, and compute the statistics if due."""
        if not self._histogram.fair:
            self._shown = StatisticsSnapshot(
                problem="No statistics: the withdrawals of this procedure stop on plateaus, which would bias them."
            )
            return
        selection = self._histogram.selection
        if not selection.is_decided:
            return
        self._reduce(selection)
        kept = selection.kept
        state = selection.revision, len(kept)
        if self._due.due(len(kept)) or (thorough and kept and state != self._drawn):
            self._due.at = len(kept)
            self._drawn = state
            self._shown = StatisticsSnapshot(self._results(selection, kept), len(kept))

    def _reduce(self, selection: IncrementalSelection) -> None:
        """Add rows of new traces; make those again whose plausible samples have changed with the rules."""
        range_G0, before_G0 = selection.rules.plausible_G0, self._plausible_G0
        if before_G0 is not None and range_G0 != before_G0:
            for index, summary in enumerate(selection.summaries[: len(self._rows)]):
                if not (summary.is_plausible(before_G0) and summary.is_plausible(range_G0)):
                    self._rows[index] = self._row(index, range_G0)
        self._plausible_G0 = range_G0
        for index in range(len(self._rows), len(selection.summaries)):
            self._rows.append(self._row(index, range_G0))

    def _row(self, index: int, range_G0: tuple[float, float]) -> dict[str, Any]:
        trace = self._traces[index]
        cleaned = plausible(trace, range_G0)
        rows = {}
        for name, statistic in tuple(self.statistics.items()):
            try:
                rows[name] = statistic.reduce(cleaned if statistic.selected else trace, statistic.options)
            except Exception:  # a plug-in must not stop the other statistics
                log.exception("The statistic %s failed and is no longer shown", name)
                del self.statistics[name]
        return rows

    def _results(self, selection: IncrementalSelection, kept: list[int]) -> dict[str, StatisticResult]:
        made_of = facts_of(self._header, [self._name], selection.rules, selection.noise)
        results = {}
        for name, statistic in tuple(self.statistics.items()):
            rows = [
                self._rows[index][name] for index in (kept if statistic.selected else range(len(self._rows)))
            ]
            options = statistic.options
            try:
                results[name] = statistic.conclude(rows, options, made_of, np.random.default_rng(SEED))
            except StatisticError as error:
                reason = f"{str(error)[:1].upper()}{str(error)[1:]}."
                results[name] = StatisticResult(statistic.title, len(rows), remarks=[reason], options=options)
            except Exception:
                log.exception("The statistic %s failed and is no longer shown", name)
                del self.statistics[name]
        return results
