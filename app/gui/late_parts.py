"""Parts of a window that are imported late, so that it starts soon: plots, evaluations, procedures, slow libraries."""

from importlib import import_module

from analysis.statistics.registry import STATISTICS
from app.viewmodels.registry import VIEWS
from procedures.registry import PROCEDURES

SLOW_TO_IMPORT = (
    "app.catalogue.rows",
    "app.replay.library",
    "app.replay.model_lookup",
    "scipy.optimize",
    "scipy.special",
    "scipy.stats",
)


def load_all_parts() -> None:
    """Import them all, so that the first results of a run need not wait."""
    for registry in (VIEWS, STATISTICS, PROCEDURES):
        for name in registry:
            if registry.built_in(name):
                registry[name]
    for title in VIEWS:
        if VIEWS.built_in(title):
            import_module(VIEWS[title].plot.partition(":")[0])
    for name in SLOW_TO_IMPORT:
        import_module(name)
