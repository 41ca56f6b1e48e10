"""FEMTO DLPCA-200 current amplifier, set by digital lines of the data acquisition card.

Source: BLISS (ESRF), ``femto.py``: gain code 0 to 6 on pins 10 (least significant bit), 11 and 12; pin 14 high = low
noise, low = high speed; low noise has 1e3 to 1e9 V/A, high speed 1e5 to 1e11 V/A. Nothing but an overload can be read
back. General knowledge, not found in a public source: output +-10 V; an overload makes its line high; the bandwidths
below, from the data sheet. Whether it inverts is not known either: `hotjunction calibrate amplifier` measures it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from drivers.amplifier import CurrentAmplifier, Provenance, Wire, key
from drivers.daqmx.lines import DigitalLines
from drivers.limits import position_in

LOW_NOISE_V_per_A = (1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9)
HIGH_SPEED_V_per_A = (1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11)
GAINS_V_per_A = tuple(sorted({*LOW_NOISE_V_per_A, *HIGH_SPEED_V_per_A}))

LOW_NOISE_Hz = (5e5, 5e5, 4e5, 2e5, 5e4, 7e3, 1.1e3)
HIGH_SPEED_Hz = (5e5, 5e5, 4e5, 2e5, 5e4, 7e3, 1.1e3)
"""Bandwidths (-3 dB) by gain code."""

RISE_BANDWIDTH = 0.35


def code_of(gain_V_per_A: float, high_speed: bool) -> int:
    """Return the gain code, 0 to 6. Raises ``OutOfRange`` for a gain that this mode does not have."""
    mode, gains = ("high speed", HIGH_SPEED_V_per_A) if high_speed else ("low noise", LOW_NOISE_V_per_A)
    return position_in(f"gain of the DLPCA-200 at {mode} (V/A)", gain_V_per_A, gains)


def completed(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table of the rig file with the rise time of its gain, unless it states another (of a filter behind it).

    Raises
    ------
    ValueError
        For a gain that the mode does not have, or lines that are not different ones.
    """
    high_speed = bool(table.get("high_speed", False))
    code = code_of(table.get("gain_V_per_A", 1e5), high_speed)
    names = ("gain_line_0", "gain_line_1", "gain_line_2", "low_noise_line", "overload_line")
    lines = [line for name in names if (line := table.get(name))]
    if len(set(lines)) < len(lines):
        raise ValueError(f"its lines must differ, but are {', '.join(map(str, lines))}")
    bandwidth_Hz = (HIGH_SPEED_Hz if high_speed else LOW_NOISE_Hz)[code]
    return {"rise_time_s": RISE_BANDWIDTH / bandwidth_Hz, **table}


@dataclass(frozen=True, kw_only=True)
class DLPCA200Keys:
    """Keys of the rig file. Lines are those of ``device``, by default the DAQ's card, as "port0/line2"."""

    gain_line_0: str = key()
    gain_line_1: str = key()
    gain_line_2: str = key()
    low_noise_line: str = key()
    overload_line: str = key("")
    device: str = key("")
    gain_V_per_A: float = key(1e5, choices=GAINS_V_per_A, label="Gain", tip="Gain of the DLPCA-200")
    high_speed: bool = key(False)
    rise_time_s: float = key(label="Rise time", tip="10 to 90 %: that of its gain, or of a filter behind it")


@dataclass(frozen=True)
class DLPCA200Settings:
    """Settings as sent to its lines."""

    gain_V_per_A: float
    high_speed: bool
    rise_time_s: float


class DLPCA200(CurrentAmplifier):
    """DLPCA-200 on digital lines.

    Parameters
    ----------
    lines : DigitalLines
        Lines of its card.
    keys : DLPCA200Keys
    """

    product: ClassVar[str] = "FEMTO DLPCA-200"
    provenance: ClassVar[Provenance] = Provenance.SENT
    full_scale_V: ClassVar[float] = 10.0
    Keys: ClassVar[type[DLPCA200Keys]] = DLPCA200Keys
    on_lines: ClassVar[bool] = True
    completed = staticmethod(completed)

    def __init__(self, lines: DigitalLines, keys: DLPCA200Keys) -> None:
        self._lines = lines
        self._keys = keys
        self._sent: DLPCA200Settings | None = None

    @classmethod
    def at(cls, keys: DLPCA200Keys, wire: Wire = str) -> Self:
        """Open the lines of its card without driving them."""
        return cls(wire(keys.device), keys)

    @staticmethod
    def place(keys: DLPCA200Keys) -> str:
        """Return its lines."""
        return (
            f"{keys.device or 'card of the DAQ'}: gain {keys.gain_line_0}, {keys.gain_line_1}, {keys.gain_line_2}, "
            f"low noise {keys.low_noise_line}, overload {keys.overload_line or 'not wired'}"
        )

    def apply(self, keys: DLPCA200Keys) -> DLPCA200Settings:
        """Send gain and mode."""
        code = code_of(keys.gain_V_per_A, keys.high_speed)
        gain_lines = (keys.gain_line_0, keys.gain_line_1, keys.gain_line_2)
        levels = {line: bool(code >> bit & 1) for bit, line in enumerate(gain_lines)}
        self._lines.write({**levels, keys.low_noise_line: not keys.high_speed})
        self._keys = keys
        self._sent = DLPCA200Settings(keys.gain_V_per_A, keys.high_speed, keys.rise_time_s)
        return self._sent

    @property
    def state(self) -> DLPCA200Settings:
        """Return the settings sent; before that what the rig file states."""
        keys = self._keys
        return self._sent or DLPCA200Settings(keys.gain_V_per_A, keys.high_speed, keys.rise_time_s)

    @property
    def overloaded(self) -> bool | None:
        """Return True if its overload line is high; None if that is not wired."""
        return self._lines.read(self._keys.overload_line) if self._keys.overload_line else None

    def report(self) -> tuple[str, str]:
        """Return what can be said of it: only an overload can be read."""
        seen = {True: "reports an overload", False: "no overload", None: "its overload line is not wired"}
        advice = "Its lines are driven at the start of a run; its switches must stand at REMOTE."
        return seen[self.overloaded], advice

    def close(self) -> None:
        """Close the connection to its card; the lines hold."""
        self._lines.close()
