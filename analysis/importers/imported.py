"""Common form of the content of one imported file, independent of the other files."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from numpy.typing import NDArray

from analysis.importers.quantities import ImportedColumn
from analysis.recording.header import RecordedChannel

SETTINGS = {
    "bias_V": "bias",
    "series_resistance_ohm": "series resistance",
    "opening_speed_m_per_s": "opening speed",
    "current_gain_V_per_A": "gain of the current amplifier",
    "extension_m_per_V": "extension of the piezo per volt",
}
"""Settings that the files or the user may give, with their labels."""

CALCULATED = "conductance calculated"
"""Flag of a trace whose conductance the import calculated from current and voltage."""

SWEEP = "I-V"
"""Flag of a trace in which the bias was swept, not the distance."""


class ForeignFile(Exception):
    """A file that cannot be imported; the message is one line with the file and the reason."""


@dataclass(frozen=True)
class ImportOptions:
    """Information from the user that the files lack. None: the user does not have it either.

    Parameters
    ----------
    settings : mapping
        Any of `SETTINGS`, SI.
    rate_Hz : float
        NaN if unknown.
    units : mapping
        Unit by channel name ("current": "nA"). For a file that holds one nameless quantity, a single entry also
        gives the name.
    """

    settings: Mapping[str, float] = field(default_factory=dict)
    rate_Hz: float = math.nan
    units: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Piece:
    """Some columns of equal length from one file: a trace, or a part of one.

    Parameters
    ----------
    file : str
        Name of the file.
    quantities : tuple of Quantity
    place : str
        Place in the file ("column 3"); "" for the whole file.
    rate_Hz : float
        NaN if the file does not give it.
    settings : mapping
        Settings of this trace in the file, SI; the keys of `SETTINGS` are used, others kept.
    group : str
        Pieces of the same group and length are quantities of one trace; "" for a piece of its own.
    remarks : tuple of str
        Features recognised or assumed, for the summary.
    """

    file: str
    quantities: tuple[ImportedColumn, ...]
    place: str = ""
    rate_Hz: float = math.nan
    settings: Mapping[str, Any] = field(default_factory=dict)
    group: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """File, and place in it."""
        return f"{self.file} {self.place}".strip()


@dataclass(frozen=True, eq=False)
class ImportedTrace:
    """One trace in SI. ``quantities`` have equal length, shape (n,); channels may be missing.

    ``rejected`` is the reason why no analysis should use it; "" otherwise.
    """

    source: str
    quantities: tuple[ImportedColumn, ...]
    bias_V: float
    settings: Mapping[str, Any]
    flags: tuple[str, ...] = ()
    rejected: str = ""

    def __len__(self) -> int:
        return len(self.quantities[0].values)

    def values(self, name: str) -> NDArray[Any] | None:
        """Return the values of a quantity; None if the trace does not have it."""
        return next((quantity.values for quantity in self.quantities if quantity.name == name), None)


@dataclass(frozen=True, eq=False)
class ImportedTraces:
    """All traces of an import, with the sources of their properties.

    Parameters
    ----------
    traces : tuple of ImportedTrace
    channels : tuple of Channel
        Every quantity that any trace has.
    rate_Hz : float
        NaN if unknown.
    settings : mapping
        Settings common to all traces, SI.
    from_file, from_options : tuple of str
        Properties given by the files and by the options, in phrases.
    unknowns : tuple of str
        Unknown properties, in phrases.
    counts : mapping of str to int
        Numbers of omitted and unusual values, by kind ("samples of padding trimmed").
    sources : tuple of str
        Names of the files.
    """

    traces: tuple[ImportedTrace, ...]
    channels: tuple[RecordedChannel, ...]
    rate_Hz: float
    settings: Mapping[str, Any]
    from_file: tuple[str, ...]
    from_options: tuple[str, ...]
    unknowns: tuple[str, ...]
    counts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    sources: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Number and kind of the traces, and their files."""
        what = "I-V sweeps" if all(SWEEP in trace.flags for trace in self.traces) else "traces"
        files = self.sources[0] if len(self.sources) == 1 else f"{len(self.sources)} files"
        return f"{len(self.traces)} {what} from {files}"
