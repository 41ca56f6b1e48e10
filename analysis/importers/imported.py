"""What every importer makes of a file, before it is known what the other files hold."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from numpy.typing import NDArray

from analysis.importers.quantities import Quantity
from analysis.recording.header import Channel

SETTINGS = {
    "bias_V": "bias",
    "series_resistance_ohm": "series resistance",
    "opening_speed_m_per_s": "opening speed",
    "current_gain_V_per_A": "gain of the current amplifier",
    "extension_m_per_V": "extension of the piezo per volt",
}
"""Settings that the files or the user may tell, and what they are called."""

CALCULATED = "conductance calculated"
"""Flag of a trace whose conductance the import calculated from current and voltage."""

SWEEP = "I-V"
"""Flag of a trace in which the bias was swept, not the distance."""


class ForeignFile(Exception):
    """A file that cannot be imported; the message is one line naming the file and why."""


@dataclass(frozen=True)
class ImportOptions:
    """What the user knows about files that don't tell. None: the user does not know either.

    Parameters
    ----------
    settings : mapping
        Any of `SETTINGS`, SI.
    rate_Hz : float
        NaN where unknown.
    units : mapping
        Unit by channel name ("current": "nA"). Of a file that holds one nameless quantity, a single entry also
        tells the name.
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
        Where in the file ("column 3"); "" for all of it.
    rate_Hz : float
        NaN where the file does not tell.
    settings : mapping
        What the file says of this trace, SI; the keys of `SETTINGS` are understood, others kept.
    group : str
        Pieces of the same group and length are quantities of one trace; "" stands alone.
    remarks : tuple of str
        What was recognised or assumed, for the summary.
    """

    file: str
    quantities: tuple[Quantity, ...]
    place: str = ""
    rate_Hz: float = math.nan
    settings: Mapping[str, Any] = field(default_factory=dict)
    group: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """File, and where in it."""
        return f"{self.file} {self.place}".strip()


@dataclass(frozen=True, eq=False)
class ImportedTrace:
    """One trace in SI. ``quantities`` are of equal length, shape (n,); not every channel needs to be there.

    ``rejected`` says why no analysis should use it; "" for all others.
    """

    source: str
    quantities: tuple[Quantity, ...]
    bias_V: float
    settings: Mapping[str, Any]
    flags: tuple[str, ...] = ()
    rejected: str = ""

    def __len__(self) -> int:
        return len(self.quantities[0].values)

    def values(self, name: str) -> NDArray[Any] | None:
        """The values of a quantity; None where the trace does not have it."""
        return next((quantity.values for quantity in self.quantities if quantity.name == name), None)


@dataclass(frozen=True, eq=False)
class ImportedTraces:
    """All traces of an import, and what is and is not known of them.

    Parameters
    ----------
    traces : tuple of ImportedTrace
    channels : tuple of Channel
        Every quantity that any trace has.
    rate_Hz : float
        NaN where unknown.
    settings : mapping
        What holds for all traces, SI.
    from_file, from_options : tuple of str
        What was found where, in words.
    unknowns : tuple of str
        What could not be known, in words.
    counts : mapping of str to int
        What was left out or stands out ("padding trimmed (samples)"), and how often.
    sources : tuple of str
        Names of the files.
    """

    traces: tuple[ImportedTrace, ...]
    channels: tuple[Channel, ...]
    rate_Hz: float
    settings: Mapping[str, Any]
    from_file: tuple[str, ...]
    from_options: tuple[str, ...]
    unknowns: tuple[str, ...]
    counts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    sources: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """How many of what from where."""
        what = "I-V sweeps" if all(SWEEP in trace.flags for trace in self.traces) else "traces"
        files = self.sources[0] if len(self.sources) == 1 else f"{len(self.sources)} files"
        return f"{len(self.traces)} {what} from {files}"
