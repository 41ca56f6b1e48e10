"""What a recording says about itself, and one line of its index of traces."""

import datetime
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal

from analysis.recording.errors import NoSuchChannel


@dataclass(frozen=True)
class Channel:
    """One recorded quantity.

    Parameters
    ----------
    name : str
        "current", "thermocouple", "bias", "z" on a rig; imported files also have "conductance", "extension" ...
    unit : str
        Unit of the stored numbers: "V" on a rig; "" where an imported file does not tell.
    role : str
        What it is, in words ("output of the current amplifier").
    dtype : str
        How it is stored: "f8", or "f4" where the source had no more digits.
    """

    name: str
    unit: str = "V"
    role: str = ""
    dtype: Literal["f8", "f4"] = "f8"


@dataclass(frozen=True)
class Calibration:
    """A number that turns raw samples into physics, as it stood when the run began.

    Parameters
    ----------
    value : float
        The calibration, in ``unit``.
    unit : str
        Its unit ("m/V", "ohm", "V/K").
    uncertainty : float or None
        One standard deviation, same unit; None where nobody determined it.
    date : str or None
        ISO date on which it was determined.
    source : str
        How it was found, in words.
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
    """Everything that was known when the run began. A number that nobody knows is listed in ``unknowns``.

    Parameters
    ----------
    procedure : str
        Name of the procedure, or of the kind of import ("import igor").
    channels : tuple of Channel
        In the order of the rows of ``Block.data``.
    rate_Hz : float
        Samples per second and channel; NaN where an imported file does not tell.
    started : str
        Wall time of the first sample, ISO 8601 with time zone; "" where unknown.
    title, sample, notes : str
        In the user's words.
    parameters : mapping
        The procedure's parameters, with units in their names.
    rig : mapping
        Content of the rig file.
    settings : mapping
        What was set at the start, SI ("current_gain_V_per_A", "bias_V", "series_resistance_ohm",
        "opening_speed_m_per_s"); later changes are SETTING events.
    calibrations : mapping of str to Calibration
    versions : mapping
        Program and library versions.
    seed : int or None
        Of the random numbers, where the run used any.
    provenance : "rig" or "imported"
    sources : tuple of str
        Names of the imported files.
    unknowns : tuple of str
        What could not be known, one phrase each.
    """

    procedure: str
    channels: tuple[Channel, ...]
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
                raise TypeError(f"{wrong[0]} of the header is no {name}")
        if self.rate_Hz <= 0:
            raise ValueError(f"rate_Hz is {self.rate_Hz}; it must be positive, or NaN where unknown")

    @property
    def channel_names(self) -> tuple[str, ...]:
        """Names of the channels in their order."""
        return tuple(channel.name for channel in self.channels)

    def channel(self, name: str) -> Channel:
        """The channel of that name. Raises ``NoSuchChannel`` (a ``KeyError``) naming those that there are."""
        for channel in self.channels:
            if channel.name == name:
                return channel
        raise NoSuchChannel(f"no channel {name!r}; this recording has {', '.join(self.channel_names)}")

    def to_json(self) -> dict[str, Any]:
        """What JSON can hold: NaN becomes null, dates their ISO form. Raises ``TypeError`` for anything else."""
        content = {f.name: getattr(self, f.name) for f in fields(self)}
        content["channels"] = [asdict(channel) for channel in self.channels]
        content["calibrations"] = {name: asdict(c) for name, c in self.calibrations.items()}
        plain: dict[str, Any] = _plain(content)
        return plain

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "RunHeader":
        """The inverse of `to_json`. Fields added by later versions of the program are ignored."""
        known = {f.name: content[f.name] for f in fields(cls) if f.name in content}
        known["channels"] = tuple(Channel(**c) for c in known["channels"])
        known["calibrations"] = {
            name: Calibration(**{**c, "value": math.nan if c["value"] is None else c["value"]})
            for name, c in known.get("calibrations", {}).items()
        }
        known["rate_Hz"] = math.nan if known.get("rate_Hz") is None else known["rate_Hz"]
        for name in ("sources", "unknowns"):
            known[name] = tuple(known.get(name, ()))
        return cls(**known)


@dataclass(frozen=True)
class TraceEntry:
    """One line of the index of traces. A rejected trace stays in the index, with its reason.

    Parameters
    ----------
    number : int
        Running number from 0. An entry added later with the same number replaces the earlier one.
    start, stop : int
        Range of samples.
    ended : str
        As in `analysis.records.Trace`.
    flags : tuple of str
    kept : bool
        False when the selection rejected it.
    reason : str
        Why it was rejected; "" for a kept one.
    bias_V : float
        NaN where unknown.
    source : str
        Where it came from ("PullOutConductanceBlock_1.ibw column 3"); "" on a rig.
    settings : mapping
        What held for this trace alone, SI, units in the names.
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
        if not all(isinstance(value, int) for value in (self.number, self.start, self.stop)):
            raise TypeError(f"trace {self.number!r} is samples {self.start!r} to {self.stop!r}")
        if not 0 <= self.start <= self.stop:
            raise ValueError(f"trace {self.number}: samples {self.start} to {self.stop} are not a range")

    def rejected(self, reason: str) -> "TraceEntry":
        """The same trace, not kept, for this reason."""
        return replace(self, kept=False, reason=reason)

    def to_json(self) -> dict[str, Any]:
        """What JSON can hold."""
        plain: dict[str, Any] = _plain({f.name: getattr(self, f.name) for f in fields(self)})
        return plain

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "TraceEntry":
        """The inverse of `to_json`."""
        known = {f.name: content[f.name] for f in fields(cls) if f.name in content}
        known["flags"] = tuple(known.get("flags", ()))
        known["kept"] = bool(known.get("kept", True))
        known["bias_V"] = math.nan if known.get("bias_V") is None else known["bias_V"]
        return cls(**known)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):  # a numpy scalar or array
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    json.dumps(value)  # raises TypeError for what is left that JSON cannot hold
    return value
