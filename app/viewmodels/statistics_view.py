"""View of statistics over traces and held junctions that grow record by record.

Rows are added, results drawn again as their number grows. The rows are those of `hotjunction analyze --statistics`, so
the result is the same.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analysis.disk_backed_list import DiskBackedList
from analysis.junction_noise.stretches import HeldStretch
from analysis.recording import RunHeader
from analysis.records import Trace
from analysis.statistics.registry import STATISTICS
from analysis.statistics.result import RecordSet, StatisticResult
from analysis.statistics.statistic import STRETCHES, TRACES, Statistic, StatisticError
from analysis.traces.incremental import IncrementalSelection
from analysis.traces.selection import plausible
from app.offline.statistics import SEED, facts_of, without_result
from app.viewmodels.histogram_view import HistogramModel
from app.viewmodels.rows_on_disk import RowsOnDisk, packed
from app.viewmodels.view import AS_PLAYED, Growth, RecordView

log = logging.getLogger(__name__)

LEAST_TRACES, EVERY = 10, 10
"""Minimum number of traces for a result, and of new traces for another one."""

LEAST_STRETCHES = 5
"""Minimum number of held stretches for a result, and of new ones for another one."""

GROWTH = 0.25
"""Relative growth of the number of records that makes new results due: all of them take a second."""


@dataclass(frozen=True, eq=False)
class StatisticsSnapshot:
    """Results by the names of the statistics, the number of kept traces, and the reason if there are none."""

    results: Mapping[str, StatisticResult] = field(default_factory=dict)
    traces: int = 0
    problem: str = ""


_BIASED = "No statistics: the withdrawals of this procedure stop on plateaus, which would bias them."


class StatisticsModel(RecordView[StatisticsSnapshot]):
    """View of the live statistics.

    Parameters
    ----------
    traces : DiskBackedList of Trace
        Traces so far, added to by the session.
    stretches : DiskBackedList of HeldStretch
        Stretches of held junctions so far.
    histogram : HistogramModel
        Decides which traces are kept; its work comes first.
    header : RunHeader
    name : str
        Name of the recording.
    """

    plot = "app.gui.plots.statistics:StatisticsPlot"
    shows = Trace | HeldStretch

    @staticmethod
    def replay_texts(header: RunHeader, filled: Collection[str]) -> Mapping[str, str]:
        """Return the text of the empty plot of a recording, by its title."""
        return {"statistics": f"Statistics over the traces appear here {AS_PLAYED}"}

    def __init__(
        self,
        traces: DiskBackedList[Trace],
        stretches: DiskBackedList[HeldStretch],
        histogram: HistogramModel,
        header: RunHeader,
        name: str = "",
    ) -> None:
        super().__init__(StatisticsSnapshot())
        self._traces, self._stretches, self._histogram = traces, stretches, histogram
        self._header, self._name = header, name
        self._statistics: dict[str, Statistic] | None = None
        self._rows = RowsOnDisk()
        self._plausible_G0: tuple[float, float] | None = None
        self._held_rows = RowsOnDisk()
        self._of_held: dict[str, StatisticResult] = {}
        self._of_traces: dict[str, StatisticResult] = {}
        self._due = Growth(GROWTH, LEAST_TRACES, EVERY)
        self._held_due = Growth(GROWTH, LEAST_STRETCHES, LEAST_STRETCHES)
        self._drawn: tuple[int, int] | None = None

    @property
    def statistics(self) -> dict[str, Statistic]:
        """Statistics that are shown, by name; those of plug-ins included."""
        if self._statistics is None:
            live = {name: STATISTICS[name] for name in STATISTICS}
            self._statistics = {name: s for name, s in live.items() if s.live and s.of in (TRACES, STRETCHES)}
        return self._statistics

    def _of(self, kind: str) -> list[tuple[str, Statistic]]:
        return [(name, statistic) for name, statistic in self.statistics.items() if statistic.of == kind]

    def work(self, thorough: bool = False) -> None:
        """Reduce new records to rows, and compute the statistics if due."""
        held = self._work_on_stretches(thorough)
        if not self._histogram.fair:
            if held or not self._of_held:
                problem = "" if self._of_held else _BIASED
                self._shown = StatisticsSnapshot(self._of_held, 0, problem)
            return
        if self._work_on_traces(thorough) or held:
            kept = len(self._histogram.selection.kept)
            self._shown = StatisticsSnapshot({**self._of_traces, **self._of_held}, kept)

    def _work_on_traces(self, thorough: bool) -> bool:
        """Reduce new traces; return True if there are new results."""
        selection = self._histogram.selection
        if not selection.is_decided:
            return False
        self._reduce(selection)
        kept = selection.kept
        state = selection.revision, len(kept)
        if not (self._due.due(len(kept)) or (thorough and kept and state != self._drawn)):
            return False
        self._due.at = len(kept)
        self._drawn = state
        rules = facts_of(self._header, [self._name], selection.rules, selection.noise)
        self._of_traces = {}
        for name, statistic in self._of(TRACES):
            indices = kept if statistic.selected else range(len(self._rows))
            self._conclude(self._of_traces, name, self._rows.of(name, indices), rules)
        return True

    def _work_on_stretches(self, thorough: bool) -> bool:
        """Reduce new stretches of held junctions; return True if there are new results."""
        for index in range(len(self._held_rows), len(self._stretches)):
            stretch = self._stretches[index]
            self._held_rows.put(index, self._reduced({name: stretch for name, _ in self._of(STRETCHES)}))
        if not self._held_due.due(len(self._held_rows), thorough):
            return False
        made_of = facts_of(self._header, [self._name])
        self._of_held = {}
        for name, _ in self._of(STRETCHES):
            rows = self._held_rows.of(name, range(len(self._held_rows)))
            self._conclude(self._of_held, name, rows, made_of)
        return True

    def _reduce(self, selection: IncrementalSelection) -> None:
        """Add rows of new traces; make those again whose plausible samples have changed with the rules."""
        range_G0, before_G0 = selection.rules.plausible_G0, self._plausible_G0
        if before_G0 is not None and range_G0 != before_G0:
            for index, summary in enumerate(selection.summaries[: len(self._rows)]):
                if not (summary.is_plausible(before_G0) and summary.is_plausible(range_G0)):
                    self._rows.put(index, self._row(index, range_G0))
        self._plausible_G0 = range_G0
        for index in range(len(self._rows), len(selection.summaries)):
            self._rows.put(index, self._row(index, range_G0))

    def _row(self, index: int, range_G0: tuple[float, float]) -> dict[str, bytes]:
        trace = self._traces[index]
        cleaned = plausible(trace, range_G0)
        return self._reduced(
            {name: cleaned if statistic.selected else trace for name, statistic in self._of(TRACES)}
        )

    def _reduced(self, records: Mapping[str, Any]) -> dict[str, bytes]:
        """Return the row of each statistic from its record, packed."""
        rows = {}
        for name, record in records.items():
            statistic = self.statistics[name]
            try:
                rows[name] = packed(statistic.reduce(record, statistic.options))
            except Exception:  # a plug-in must not stop the other statistics
                log.exception("The statistic %s failed and is no longer shown", name)
                del self.statistics[name]
        return rows

    def _conclude(
        self, results: dict[str, StatisticResult], name: str, rows: Sequence[Any], made_of: RecordSet
    ) -> None:
        """Add the result of a statistic; one that fails is no longer shown."""
        statistic = self.statistics[name]
        options = statistic.options
        try:
            results[name] = statistic.conclude(rows, options, made_of, np.random.default_rng(SEED))
        except StatisticError as error:
            results[name] = without_result(statistic, len(rows), options, str(error))
        except Exception:
            log.exception("The statistic %s failed and is no longer shown", name)
            del self.statistics[name]
