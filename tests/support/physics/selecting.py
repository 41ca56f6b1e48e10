"""Selection of whole lists of traces, by the product's own incremental rules."""

from collections.abc import Sequence

from analysis.records import Trace
from analysis.traces import selection
from analysis.traces.incremental import IncrementalSelection
from analysis.traces.noise_floor import NoiseFloor
from analysis.traces.options import AnalysisOptions
from analysis.traces.selection import Selection, SelectionRules, TraceSummary


def summaries(traces: Sequence[Trace]) -> list[TraceSummary]:
    """Return the summary of each trace."""
    return [TraceSummary.of(trace) for trace in traces]


def noise_floor(traces: Sequence[Trace]) -> NoiseFloor:
    """Return the noise floor of traces."""
    return selection.noise_floor(summaries(traces))


def usual_rules(
    traces: Sequence[Trace], noise: NoiseFloor, contact_G0: float | None = None
) -> SelectionRules:
    """Return the usual rules for traces."""
    return selection.usual_rules(summaries(traces), noise, contact_G0)


def rejection(trace: Trace, rules: SelectionRules) -> str:
    """Return the reason for which the rules reject a trace; "" if they keep it."""
    return TraceSummary.of(trace).rejection(rules)


def select(traces: Sequence[Trace], rules: SelectionRules) -> Selection:
    """Apply rules to traces."""
    growing = IncrementalSelection(traces, lambda usual: AnalysisOptions(rules=rules))
    growing.look()
    growing.decide()
    growing.select()
    return growing.selection()
