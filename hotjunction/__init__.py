"""hotjunction for notebooks and scripts: recordings, their analysis, fits, predictions, and a rig to measure with.

>>> import hotjunction as hj
>>> measurement = hj.analyze("night.h5")                    # doctest: +SKIP
>>> for peak in measurement.histogram.analysis.peaks:       # doctest: +SKIP
...     print(peak.conductance_G0, peak.uncertainty_G0)

All quantities are in SI units, except where a name says another one (``conductance_G0``, ``level_eV``). Errors are
Python's own (``FileNotFoundError``, ``ValueError``) and those listed here; each message is one sentence for its reader.

The package imports its siblings (``analysis``, ``app``, ``drivers``, ``procedures``, ``simulators``) from its own
folder. It therefore works beside a file of yours with one of these names; that file can't be imported in the same
session, so rename it if you need both.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hotjunction import _rooms

_rooms.load()

from hotjunction.exports import export, to_xarray  # noqa: E402
from hotjunction.models import compare_probes, fit, predict, predict_terminals  # noqa: E402
from hotjunction.recordings import Recordings, analyze, open  # noqa: E402
from hotjunction.rigs import procedure, procedures, simulated_rig  # noqa: E402
from hotjunction.statistics import compare, statistic  # noqa: E402

if TYPE_CHECKING:
    from analysis.recording import RecordingError
    from app.acquisition.bench import Bench, Observer, RunSummary
    from app.config.toml import FileError
    from drivers.errors import RigError
    from procedures.errors import ImpossibleSetting

__version__ = "0.2.0"

_WHERE = {
    "Bench": "app.acquisition.bench",
    "FileError": "app.config.toml",
    "ImpossibleSetting": "procedures.errors",
    "Observer": "app.acquisition.bench",
    "RecordingError": "analysis.recording",
    "RigError": "drivers.errors",
    "RunSummary": "app.acquisition.bench",
}
"""Modules of names imported at first use, as they import h5py, pydantic and the drivers."""

__all__ = [
    "Bench",
    "FileError",
    "ImpossibleSetting",
    "Observer",
    "RecordingError",
    "Recordings",
    "RigError",
    "RunSummary",
    "analyze",
    "compare",
    "compare_probes",
    "export",
    "fit",
    "open",
    "predict",
    "predict_terminals",
    "procedure",
    "procedures",
    "simulated_rig",
    "statistic",
    "to_xarray",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'hotjunction' has no attribute {name!r}")
    value = getattr(import_module(_WHERE[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
