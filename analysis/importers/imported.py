"""Common form of the content of one imported file, independent of the other files."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from numpy.typing import NDArray

from analysis.importers.options import ImportOptions
from analysis.importers.quantities import ImportedColumn
from analysis.importers.spool import BLOCK
from analysis.recording.header import RecordedChannel
from analysis.records import SWEEP


class Setting(NamedTuple):
    """Label of a setting, the unit in which it is stated, and that unit in SI."""

    label: str
    unit: str = ""
    in_SI: float = 1.0


SETTINGS = {
    "bias_V": Setting("bias", "mV", 1e-3),
    "series_resistance_ohm": Setting("series resistance", "ohm"),
    "opening_speed_m_per_s": Setting("opening speed", "nm/s", 1e-9),
    "current_gain_V_per_A": Setting("gain of the current amplifier", "V/A"),
    "extension_m_per_V": Setting("extension of the piezo", "nm/V", 1e-9),
    "current_scale_decades": Setting("common uncertainty of the logarithm of every current", "decades"),
}
"""Settings that the files or the user may give."""

CALCULATED = "conductance calculated"
"""Flag of a trace whose conductance the import calculated from current and voltage."""

OPENING, CLOSING = "opening", "closing"
"""Flags of a trace whose conductance falls, or rises, by more than a factor of ten from end to end."""

__all__ = [
    "CALCULATED",
    "CLOSING",
    "OPENING",
    "SETTINGS",
    "SWEEP",
    "ForeignFile",
    "ImportOptions",
    "ImportedTrace",
    "ImportedTraces",
    "Piece",
    "stated",
]


def stated(name: str, *span: float) -> str:
    """Return label, value or range, and unit of a setting; of one that only the file knows its name there."""
    label, unit, in_SI = SETTINGS.get(name, Setting(name))
    return f"{label}: {' to '.join(f'{value / in_SI:.6g}' for value in span)} {unit}".rstrip()


class ForeignFile(Exception):
    """A file that cannot be imported; the message is one line with the file and the reason."""


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
    continues : bool
        True for further samples of the columns of the previous piece.
    """

    file: str
    quantities: tuple[ImportedColumn, ...]
    place: str = ""
    rate_Hz: float = math.nan
    settings: Mapping[str, Any] = field(default_factory=dict)
    group: str = ""
    remarks: tuple[str, ...] = ()
    continues: bool = False

    @property
    def source(self) -> str:
        """File, and place in it."""
        return f"{self.file} {self.place}".strip()


@dataclass(frozen=True, eq=False)
class ImportedTrace:
    """One trace; its values in SI are read and converted when they are needed.

    Parameters
    ----------
    source : str
        File, and place in it.
    read : callable
        Called with the first sample and the one after the last; returns the columns in SI, of equal length.
    start, stop : int
        Samples of the columns of the file.
    bias_V : float
        NaN if unknown, or different from sample to sample.
    settings : mapping
        Settings of this trace alone, SI.
    flags : tuple of str
    rejected : str
        Reason why no analysis should use it; "" otherwise.
    """

    source: str
    read: Callable[[int, int], tuple[ImportedColumn, ...]]
    start: int
    stop: int
    bias_V: float
    settings: Mapping[str, Any]
    flags: tuple[str, ...] = ()
    rejected: str = ""

    def __len__(self) -> int:
        return self.stop - self.start

    def blocks(self, size: int = BLOCK) -> Iterator[tuple[ImportedColumn, ...]]:
        """Yield the columns in parts of at most ``size`` samples."""
        for first in range(self.start, self.stop, size):
            yield self.read(first, min(first + size, self.stop))

    @property
    def quantities(self) -> tuple[ImportedColumn, ...]:
        """All samples of every column."""
        return self.read(self.start, self.stop)

    def values(self, name: str) -> NDArray[Any] | None:
        """Return all samples of a quantity; None if the trace does not have it."""
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
    directions : mapping of str to int
        Number of traces that open and that close.
    extremes : mapping
        Smallest and largest finite value by channel, SI.
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
    directions: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    extremes: Mapping[str, tuple[float, float]] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def title(self) -> str:
        """Number and kind of the traces, and their files."""
        n = len(self.traces)
        what = "I-V sweep" if all(SWEEP in trace.flags for trace in self.traces) else "trace"
        files = self.sources[0] if len(self.sources) == 1 else f"{len(self.sources)} files"
        return f"{n} {what}{'' if n == 1 else 's'} from {files}"
