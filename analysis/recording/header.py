"""Header of a recording, and entries of its index of traces."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from analysis.json_data import converter, from_json
from analysis.recording.errors import NoSuchChannel

DEMODULATED = "demodulated"
"""Setting of a recording that holds points of a lock-in (`analysis.spectra.demodulated`)."""


@dataclass(frozen=True)
class RecordedChannel:
    """One recorded quantity.

    Parameters
    ----------
    name : str
        "current", "thermocouple", "bias", "z" on a rig; imported files also have "conductance", "extension" ...
    unit : str
        Unit of the stored numbers: "V" on a rig; "" if an imported file does not give it.
    role : str
        Description ("output of the current amplifier").
    dtype : str
        Stored type: "f8", or "f4" if the source had no more digits.
    """

    name: str
    unit: str = "V"
    role: str = ""
    dtype: Literal["f8", "f4"] = "f8"


@dataclass(frozen=True)
class Calibration:
    """A number that converts raw samples to physical quantities, as of the start of the run.

    Parameters
    ----------
    value : float
        The calibration, in ``unit``.
    unit : str
        Its unit ("m/V", "ohm", "V/K").
    uncertainty : float or None
        One standard deviation, same unit; None if unknown.
    date : str or None
        ISO date on which it was determined.
    source : str
        Description of the source.
    """

    value: float
    unit: str
    uncertainty: float | None = None
    date: str | None = None
    source: str = ""


_FIELDS = {
    "text": ("procedure", "started", "title", "sample", "notes"),
    "mapping": ("parameters", "rig", "settings", "calibrations", "versions"),
}


@dataclass(frozen=True)
class RunHeader:
    """Everything values at the start of the run. Unknown numbers are listed in ``unknowns``.

    Parameters
    ----------
    procedure : str
        Name of the procedure, or of the kind of import ("import igor").
    channels : tuple of Channel
        In the order of the rows of ``Block.data``.
    rate_Hz : float
        Samples per second and channel; NaN if an imported file does not give it.
    started : str
        Wall time of the first sample, ISO 8601 with time zone; "" if unknown.
    title, sample, notes : str
        The user's text.
    parameters : mapping
        The procedure's parameters, with units in their names.
    rig : mapping
        Content of the rig file.
    settings : mapping
        Settings at the start, SI ("current_gain_V_per_A", "bias_V", "series_resistance_ohm",
        "opening_speed_m_per_s"); later changes are SETTING events.
    calibrations : mapping of str to Calibration
    versions : mapping
        Program and library versions.
    seed : int or None
        Seed of the random numbers, if the run used any.
    provenance : "rig" or "imported"
    sources : tuple of str
        Names of the imported files.
    unknowns : tuple of str
        Unknown properties, one phrase each.
    """

    procedure: str
    channels: tuple[RecordedChannel, ...]
    rate_Hz: float = math.nan
    started: str = ""
    title: str = ""
    sample: str = ""
    notes: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    rig: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    calibrations: Mapping[str, Calibration] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    seed: int | None = None
    provenance: Literal["rig", "imported"] = "rig"
    sources: tuple[str, ...] = ()
    unknowns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = [channel.name for channel in self.channels]
        if not names or len(set(names)) != len(names):
            raise ValueError(f"a recording needs channels with different names, not {names}")
        for name, kind in (("text", str), ("mapping", Mapping)):
            wrong = [key for key in _FIELDS[name] if not isinstance(getattr(self, key), kind)]
            if wrong:
                raise TypeError(f"{wrong[0]} of the header is not a {name}")
        if self.rate_Hz <= 0:
            raise ValueError(f"rate_Hz is {self.rate_Hz}; it must be positive, or NaN if unknown")

    @property
    def demodulated(self) -> bool:
        """True if the channels hold points of a lock-in in place of samples."""
        return bool(self.settings.get(DEMODULATED))

    @property
    def channel_names(self) -> tuple[str, ...]:
        """Names of the channels, in order."""
        return tuple(channel.name for channel in self.channels)

    def channel(self, name: str) -> RecordedChannel:
        """Return the channel of that name. Raises ``NoSuchChannel`` (a ``KeyError``) that lists the channels."""
        for channel in self.channels:
            if channel.name == name:
                return channel
        raise NoSuchChannel(f"no channel {name!r}; this recording has {', '.join(self.channel_names)}")

    def to_json(self) -> dict[str, Any]:
        """Return content for JSON: NaN becomes null, dates their ISO form. Raises ``TypeError`` for anything JSON
        cannot hold.
        """
        return _CONVERTER.unstructure(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "RunHeader":
        """Build a header from the content of `to_json`; ignore fields of later versions. Raises ``InvalidContent``."""
        return from_json(content, cls)


@dataclass(frozen=True)
class TraceEntry:
    """One line of the index of traces. A rejected trace stays in the index, with its reason.

    Parameters
    ----------
    number : int
        Running number from 0. A later entry with the same number replaces the earlier one.
    start, stop : int
        Range of samples.
    ended : str
        As in `analysis.records.Trace`.
    flags : tuple of str
    kept : bool
        False if the selection rejected it.
    reason : str
        Reason of the rejection; "" for a kept trace.
    bias_V : float
        NaN if unknown.
    source : str
        Origin ("PullOutConductanceBlock_1.ibw column 3"); "" on a rig.
    settings : mapping
        Settings of this trace alone, SI, units in the names.
    """

    number: int
    start: int
    stop: int
    ended: str = "unknown"
    flags: tuple[str, ...] = ()
    kept: bool = True
    reason: str = ""
    bias_V: float = math.nan
    source: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.stop:
            raise ValueError(
                f"trace {self.number}: samples {self.start} to {self.stop} are not a valid range"
            )

    def rejected(self, reason: str) -> "TraceEntry":
        """Return the same trace, rejected for this reason."""
        return replace(self, kept=False, reason=reason)

    def to_json(self) -> dict[str, Any]:
        """Return content for JSON."""
        return _CONVERTER.unstructure(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "TraceEntry":
        """Build an entry from the content of `to_json`. Raises ``InvalidContent``."""
        return from_json(content, cls)


_CONVERTER = converter(infinity=str)
