"""Settings of an SR560: what each may be, the commands that set them, and what a thermocouple forbids."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import partial
from typing import Any

from drivers.errors import OutOfRange
from drivers.limits import member_of, number_between, on_or_off, position_in, whole_between

GAINS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)
LOWPASS_Hz = (0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6)
HIGHPASS_Hz = LOWPASS_Hz[:12]

UNVERIFIED = "unverified: as commanded; the SR560 cannot be read"


class InputCoupling(IntEnum):
    """Input coupling (CPLG). AC adds a 0.03 Hz high-pass and limits a low-pass to 6 dB/octave."""

    GROUND = 0
    DC = 1
    AC = 2


class Reserve(IntEnum):
    """Dynamic reserve (DYNR)."""

    LOW_NOISE = 0
    HIGH_RESERVE = 1
    CALIBRATION = 2


class FilterMode(IntEnum):
    """Filter mode (FLTM); numbers are decibels per octave."""

    BYPASS = 0
    LOWPASS_6 = 1
    LOWPASS_12 = 2
    HIGHPASS_6 = 3
    HIGHPASS_12 = 4
    BANDPASS = 5


class Source(IntEnum):
    """Input source (SRCE): A, A minus B, B."""

    A = 0
    A_B = 1
    B = 2


COMMANDS: dict[str, tuple[str, Callable[[str, Any], int]]] = {
    "coupling": ("CPLG", partial(member_of, choices=InputCoupling)),
    "source": ("SRCE", partial(member_of, choices=Source)),
    "inverted": ("INVT", on_or_off),
    "reserve": ("DYNR", partial(member_of, choices=Reserve)),
    "gain": ("GAIN", partial(position_in, choices=GAINS)),
    "vernier_percent": ("UCGN", partial(whole_between, low=0, high=100)),
    "vernier_on": ("UCAL", on_or_off),
    "filter_mode": ("FLTM", partial(member_of, choices=FilterMode)),
    "highpass_Hz": ("HFRQ", partial(position_in, choices=HIGHPASS_Hz)),
    "lowpass_Hz": ("LFRQ", partial(position_in, choices=LOWPASS_Hz)),
    "blanked": ("BLINK", on_or_off),
}
"""Command of each setting and the converter of its value to the command's number; in the order of sending.

It is not documented whether UCGN switches the vernier on, so UCAL is sent after it.
"""


@dataclass(frozen=True)
class SR560Settings:
    """Settings of an SR560: requested, or as last commanded. None: leave unchanged, or never commanded.

    Raises OutOfRange for a value or a combination of filters that the instrument does not have.
    """

    coupling: InputCoupling | str | None = None
    source: Source | str | None = None
    inverted: bool | None = None
    reserve: Reserve | str | None = None
    gain: float | None = None
    vernier_on: bool | None = None
    vernier_percent: int | None = None
    filter_mode: FilterMode | str | None = None
    highpass_Hz: float | None = None
    lowpass_Hz: float | None = None
    blanked: bool | None = None
    provenance: str = UNVERIFIED

    def __post_init__(self) -> None:
        for setting, (_, option) in COMMANDS.items():
            value = getattr(self, setting)
            if value is not None:
                number = option(f"{setting} of the SR560", value)
                if isinstance(number, IntEnum):
                    object.__setattr__(self, setting, number)
        if self.coupling is InputCoupling.AC and self.filter_mode is FilterMode.LOWPASS_12:
            raise OutOfRange("filter mode of the SR560 with AC coupling", "lowpass 12", "lowpass 6")
        if (
            self.filter_mode is FilterMode.BANDPASS
            and self.highpass_Hz is not None
            and self.lowpass_Hz is not None
        ):
            number_between(
                "high-pass corner of the SR560's band (Hz)", self.highpass_Hz, HIGHPASS_Hz[0], self.lowpass_Hz
            )

    def words(self) -> list[str]:
        """Return the command of each setting that is not None, in the order of sending."""
        values = [(setting, getattr(self, setting)) for setting in COMMANDS]
        return [_word(setting, value) for setting, value in values if value is not None]

    def over(self, older: "SR560Settings") -> "SR560Settings":
        """Return these settings, with None filled in from ``older``."""
        return replace(
            older, **{name: getattr(self, name) for name in COMMANDS if getattr(self, name) is not None}
        )

    def unknown(self) -> tuple[str, ...]:
        """Return the names of the settings that are None."""
        return tuple(setting for setting in COMMANDS if getattr(self, setting) is None)

    @property
    def total_gain(self) -> float | None:
        """Gain with its sign and vernier (in percent of the calibrated gain); None if unknown."""
        if self.gain is None or self.inverted is None or self.vernier_on is None:
            return None
        if self.vernier_on and self.vernier_percent is None:
            return None
        vernier = self.vernier_percent / 100 if self.vernier_on and self.vernier_percent is not None else 1.0
        return self.gain * vernier * (-1.0 if self.inverted else 1.0)


def _word(setting: str, value: object) -> str:
    command, option = COMMANDS[setting]
    return f"{command} {int(option(f'{setting} of the SR560', value))}"


def refuse_for_thermocouple(settings: SR560Settings) -> None:
    """Refuse settings that block a thermocouple's steady voltage: AC coupling, any high-pass.

    Raises
    ------
    OutOfRange
        Names the setting.
    """
    if settings.coupling is InputCoupling.AC:
        raise OutOfRange(
            "input coupling of the SR560 for a thermocouple", "AC", "DC (or ground, to check the link)"
        )
    passing_dc = (None, FilterMode.BYPASS, FilterMode.LOWPASS_6, FilterMode.LOWPASS_12)
    if settings.filter_mode not in passing_dc:
        raise OutOfRange(
            "filter mode of the SR560 for a thermocouple", settings.filter_mode, "bypass or low-pass"
        )
