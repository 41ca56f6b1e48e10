"""Statements of the user about imported files: layout, columns, units, settings."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class Orientation(StrEnum):
    """Arrangement of traces in a table."""

    AUTO = "auto"
    TABLE = "table"
    ROWS = "rows"
    COLUMNS = "columns"
    PAIRS = "pairs"
    LONG = "long"


MEANINGS = {
    Orientation.AUTO: "recognised from names, shape and smoothness, and reported",
    Orientation.TABLE: "each column is a quantity of one trace",
    Orientation.ROWS: "each row is a trace",
    Orientation.COLUMNS: "each column is a trace, except those of time, displacement or bias",
    Orientation.PAIRS: "the same quantities repeat across the columns, once for each trace",
    Orientation.LONG: "all traces below one another, numbered by the column 'trace'",
}


@dataclass(frozen=True)
class Layout:
    """Arrangement of the values in a file, as far as the user states it.

    Parameters
    ----------
    orientation : Orientation
    skip_lines : int
        Lines at the beginning of a text file that are ignored.
    heading_line : int
        Line of a text file, counted from 1, that holds the names of the columns; 0 if not stated.
    """

    orientation: Orientation = Orientation.AUTO
    skip_lines: int = 0
    heading_line: int = 0


@dataclass(frozen=True)
class ColumnChoice:
    """A column of the file: its number, counted from 1, or its name; with its unit, or "" for the file's unit."""

    column: str
    unit: str = ""


@dataclass(frozen=True)
class LogAmplifier:
    """Calibration of a logarithmic current amplifier: |I| = reference_A 10^((V - zero_V) / slope_V).

    Parameters
    ----------
    reference_A, zero_V, slope_V : float
        Current at the output ``zero_V``, and volts per decade (negative if the output falls with the current).
    negative : LogAmplifier, optional
        Calibration at negative bias; without it both polarities share one.
    scale_decades : float
        Standard uncertainty of log10 of every current, shared by all points; NaN if unknown.
    """

    reference_A: float
    zero_V: float
    slope_V: float
    negative: "LogAmplifier | None" = None
    scale_decades: float = math.nan

    def __post_init__(self) -> None:
        if not (self.reference_A > 0 and math.isfinite(self.reference_A)):
            raise ValueError(f"reference current {self.reference_A:g} A: must be above zero")
        if not (self.slope_V and math.isfinite(self.slope_V) and math.isfinite(self.zero_V)):
            raise ValueError("slope of the logarithmic amplifier: must be finite and not zero")

    def current_A(self, output_V: NDArray[np.float64], bias_V: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the current, with the sign of the bias (positive where the bias is zero or unknown)."""
        positive = self.modulus_A(output_V)
        backward = np.asarray(bias_V) < 0.0
        if not backward.any():
            return positive
        reverse = self.negative or self
        return np.where(backward, -reverse.modulus_A(output_V), positive)

    def modulus_A(self, output_V: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the modulus of the current by this calibration alone."""
        return np.asarray(self.reference_A * 10.0 ** ((output_V - self.zero_V) / self.slope_V))


@dataclass(frozen=True)
class Cut:
    """Division of a long channel into traces: between two conductances, or after a number of samples.

    Parameters
    ----------
    between_G0 : tuple of float
        Conductance of the contact and of the open junction; (0, 0) if not used.
    every : int
        Number of samples; 0 if not used.
    """

    between_G0: tuple[float, float] = (0.0, 0.0)
    every: int = 0

    def __post_init__(self) -> None:
        high, low = self.between_G0
        if (high or low) and not high > low > 0:
            raise ValueError(f"cut between {high:g} and {low:g} G0: give the higher first, both above zero")


@dataclass(frozen=True)
class ImportOptions:
    """Statements of the user. None: the user does not know either.

    Parameters
    ----------
    settings : mapping
        Any of `SETTINGS`, SI.
    rate_Hz : float
        NaN if unknown.
    units : mapping
        Unit by channel name ("current": "nA"), for columns whose unit the file does not give. For a file that
        holds one nameless quantity, a single entry also gives the name.
    columns : mapping
        Column by channel name; its unit replaces that of the file.
    inverted : frozenset of str
        Channels whose sign is changed.
    offsets : mapping
        (value, unit) by channel name, subtracted before the sign is changed.
    log_amplifier : LogAmplifier, optional
        For a current that is recorded as the output of a logarithmic amplifier, in volts.
    layout : Layout
    cut : Cut
    """

    settings: Mapping[str, float] = field(default_factory=dict)
    rate_Hz: float = math.nan
    units: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, ColumnChoice] = field(default_factory=dict)
    inverted: frozenset[str] = frozenset()
    offsets: Mapping[str, tuple[float, str]] = field(default_factory=dict)
    log_amplifier: LogAmplifier | None = None
    layout: Layout = field(default_factory=Layout)
    cut: Cut = field(default_factory=Cut)


_VALUE = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*:?\s*(\S.*)?")


def parse_column(text: str) -> tuple[str, ColumnChoice]:
    """Read "current=2:nA", "current=Strom:nA" or "bias=1". Raises ``ValueError``."""
    name, sign, choice = text.partition("=")
    column, _, unit = choice.rpartition(":") if ":" in choice else (choice, "", "")
    if not (name.strip() and sign and column.strip()):
        raise ValueError(f"{text!r} is not QUANTITY=COLUMN:UNIT, such as current=2:nA or current=Strom:nA")
    return name.strip(), ColumnChoice(column.strip(), unit.strip())


def parse_value(text: str) -> tuple[float, str]:
    """Read a number with its unit, such as "0.3 nA" or "0.3:nA". Raises ``ValueError``."""
    match = _VALUE.fullmatch(text)
    if match is None or not match[2]:
        raise ValueError(f"{text!r} is not a number with a unit, such as 0.3:nA")
    return float(match[1]), match[2].strip()
