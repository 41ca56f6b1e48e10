"""Statistics by name. A built-in one has a line here; a plug-in uses `register`."""

from analysis.registry import Registry
from analysis.statistics.statistic import Statistic

STATISTICS: Registry[Statistic] = Registry(
    "statistic",
    {
        "plateau": (
            "analysis.trace_statistics.plateau:STATISTIC",
            "Lengths of a plateau by five definitions",
        ),
        "yield": (
            "analysis.trace_statistics.junction_yield:STATISTIC",
            "Share of traces with a plateau, for several windows and lengths",
        ),
        "temporal": (
            "analysis.trace_statistics.temporal:STATISTIC",
            "Histogram against the number of the trace, or time",
        ),
        "drift": (
            "analysis.trace_statistics.drift:STATISTIC",
            "Drift of the peak, the open level, noise and bias; change points",
        ),
        "enough": (
            "analysis.trace_statistics.enough_traces:STATISTIC",
            "Whether the traces are enough for a peak of a wanted width",
        ),
        "conditional": (
            "analysis.trace_statistics.conditional:STATISTIC",
            "Histograms of the traces for which a condition holds, and of the others",
        ),
        "correlation": (
            "analysis.trace_statistics.correlation:STATISTIC",
            "Two-dimensional correlation histogram, and memory between traces",
        ),
        "alignment": (
            "analysis.trace_statistics.alignment:STATISTIC",
            "Traces aligned by first fall, last fall or cross-correlation",
        ),
        "directions": (
            "analysis.trace_statistics.opening_closing:STATISTIC",
            "Opening and closing traces, their correlation and hysteresis",
        ),
        "slope": (
            "analysis.trace_statistics.tunnelling_slope:STATISTIC",
            "Decades of conductance per nanometre after the break",
        ),
        "full-scale": (
            "analysis.trace_statistics.full_scale:STATISTIC",
            "Full scale of the amplifier, and levels corrected for traces beyond it",
        ),
        "clusters": (
            "analysis.trace_statistics.clustering:STATISTIC",
            "Clusters of traces without labels, with stability and a null",
        ),
        "open-level": (
            "analysis.trace_statistics.open_level:STATISTIC",
            "Level of open junctions, and each peak with it subtracted",
        ),
        "iv-curves": (
            "analysis.held_statistics.iv_curves:STATISTIC",
            "I-V curves of many junctions: map, quartiles, rectification, hysteresis",
        ),
        "transition-voltage": (
            "analysis.held_statistics.transition_voltage:STATISTIC",
            "Transition voltage of each junction, and the level from both polarities",
        ),
        "single-level": (
            "analysis.held_statistics.single_level:STATISTIC",
            "One level fitted to each junction, and the share that it describes",
        ),
        "flicker": (
            "analysis.held_statistics.flicker:STATISTIC",
            "Exponent of the flicker noise of held junctions",
        ),
        "telegraph": (
            "analysis.held_statistics.telegraph:STATISTIC",
            "Held junctions that switch between two levels, and their dwell times",
        ),
    },
)


def register(name: str, statistic: Statistic, sentence: str) -> None:
    """Add a statistic, after the others. Raises ``NameTaken`` if another one has this name."""
    STATISTICS.register(name, statistic, sentence)
