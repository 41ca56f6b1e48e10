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
    },
)


def register(name: str, statistic: Statistic, sentence: str) -> None:
    """Add a statistic, after the others. Raises ``NameTaken`` if another one has this name."""
    STATISTICS.register(name, statistic, sentence)
