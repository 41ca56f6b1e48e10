"""SRS SR570 current preamplifier, a listen-only instrument on a serial line.

Sources: the drivers of instrumental (``sr570.py``) and of BLISS (ESRF); the SR570's manual, appendix A. 9600 baud, 8
data bits, no parity, two stop bits; CR LF ends a command. It has no address and never answers, so every setting is a
shadow of what was sent, and only the signal can prove the link: its input offset current (IOON) is a test current.
General knowledge, not found in a public source: the output reaches +-5 V.
"""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

from pymeasure.adapters import Adapter
from pyvisa.constants import Parity, StopBits

from drivers.amplifier import Provenance, Wire, key
from drivers.limits import position_in
from drivers.visa import VisaInstrument

SENSITIVITIES_A_per_V = tuple(step * 10.0**decade for decade in range(-12, -2) for step in (1, 2, 5))[:28]
"""1 pA/V to 1 mA/V in steps 1-2-5 (SENS 0 to 27)."""

GAINS_V_per_A = tuple(1.0 / sensitivity for sensitivity in SENSITIVITIES_A_per_V)
OFFSETS_A = tuple(step * 10.0**decade for decade in range(-12, -2) for step in (1, 2, 5))
"""Input offset currents, 1 pA to 5 mA in steps 1-2-5 (IOLV 0 to 29)."""

LOWPASS_Hz = (0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6)
USUAL_LOWPASS_Hz = 3e3
"""1 kHz would be too slow for three levels of the bias."""

GAIN_MODES = ("low noise", "high bandwidth", "low drift")
LOWPASS_6_dB = 3
"""Filter type (FLTT) of one pole."""

RISE_CORNER = math.log(9.0) / (2.0 * math.pi)
"""10-90 % rise time times corner frequency of one pole."""

ROUNDING = 1 + 1e-9


def completed(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table of the rig file with the rise time of its low-pass filter."""
    lowpass_Hz = table.get("lowpass_Hz", USUAL_LOWPASS_Hz)
    if not isinstance(lowpass_Hz, int | float) or lowpass_Hz <= 0:
        return dict(table)
    return {"rise_time_s": RISE_CORNER / lowpass_Hz, **table}


@dataclass(frozen=True, kw_only=True)
class SR570Keys:
    """Keys of the rig file."""

    address: str = key()
    visa: str = key("")
    gain_V_per_A: float = key(
        1e5,
        choices=GAINS_V_per_A,
        label="Gain",
        tip="Gain of the SR570: 1 V over its sensitivity",
        settable=True,
    )
    lowpass_Hz: float = key(
        USUAL_LOWPASS_Hz, choices=LOWPASS_Hz, label="Low pass", tip="Corner frequency of the SR570's filter"
    )
    rise_time_s: float = key(label="Rise time", tip="10 to 90 %, that of its filter")
    gain_mode: Literal["low noise", "high bandwidth", "low drift"] = key("low noise")
    test_current: bool = key(True)


@dataclass(frozen=True)
class SR570Settings:
    """Settings of an SR570 as last commanded; None: never commanded."""

    gain_V_per_A: float | None = None
    lowpass_Hz: float | None = None
    rise_time_s: float | None = None
    gain_mode: str | None = None
    bias_supply_on: bool | None = None
    offset_current_on: bool | None = None
    inverted: bool | None = None


class SR570(VisaInstrument):
    """Current preamplifier. Reading a setting gives the last value commanded.

    Connecting sends nothing.

    Parameters
    ----------
    adapter : str or pymeasure Adapter
        VISA resource string ("ASRL3::INSTR"), or adapter.

    Raises
    ------
    NotFound
        If the line cannot be opened. The presence of the unit cannot be verified.
    """

    product: ClassVar[str] = "SR570"
    provenance: ClassVar[Provenance] = Provenance.SENT
    full_scale_V: ClassVar[float] = 5.0
    Keys: ClassVar[type[SR570Keys]] = SR570Keys
    shown: ClassVar[tuple[tuple[str, str], ...]] = (
        ("gain_mode", "mode"),
        ("bias_supply_on", "internal bias"),
    )
    completed = staticmethod(completed)

    def __init__(self, adapter: Adapter | str | int, name: str = "SR570", **options: Any) -> None:
        line = {"baud_rate": 9600, "data_bits": 8, "parity": Parity.none, "stop_bits": StopBits.two}
        super().__init__(adapter, name, **{"asrl": line, "write_termination": "\r\n", **options})
        self._shadow = SR570Settings()
        self._seal()

    @classmethod
    def at(cls, keys: SR570Keys, wire: Wire = str) -> Self:
        """Open the amplifier of a rig file."""
        return cls(wire(keys.address), visa_library=keys.visa)

    @staticmethod
    def place(keys: SR570Keys) -> str:
        """Return its address."""
        return keys.address

    def apply(self, keys: SR570Keys) -> SR570Settings:
        """Send all settings that the signal passes; nothing of its own is put on the input."""
        self._send(
            "BSON 0",
            "BSLV 0",
            "IOON 0",
            f"SENS {position_in('gain of the SR570 (V/A)', keys.gain_V_per_A, GAINS_V_per_A)}",
            "SUCM 0",
            f"GNMD {GAIN_MODES.index(keys.gain_mode)}",
            f"LFRQ {position_in('low pass of the SR570 (Hz)', keys.lowpass_Hz, LOWPASS_Hz)}",
            f"FLTT {LOWPASS_6_dB}",
            "INVT 0",
            "BLNK 0",
        )
        self._shadow = SR570Settings(
            gain_V_per_A=keys.gain_V_per_A,
            lowpass_Hz=keys.lowpass_Hz,
            rise_time_s=RISE_CORNER / keys.lowpass_Hz,
            gain_mode=keys.gain_mode,
            bias_supply_on=False,
            offset_current_on=False,
            inverted=False,
        )
        return self._shadow

    def _send(self, *commands: str) -> None:
        self._shadow = SR570Settings()  # unknown until all have been sent
        for command in commands:
            self.write(command)

    @property
    def state(self) -> SR570Settings:
        """Get the settings last commanded."""
        return self._shadow

    @property
    def gain_V_per_A(self) -> float | None:
        """Set the gain, 1e3 to 1e12 V/A (SENS); reading gives the last value commanded."""
        return self._shadow.gain_V_per_A

    @gain_V_per_A.setter
    def gain_V_per_A(self, value: float) -> None:
        self.write(f"SENS {position_in('gain of the SR570 (V/A)', value, GAINS_V_per_A)}")
        self._shadow = SR570Settings(**{**vars(self._shadow), "gain_V_per_A": value})

    @property
    def overloaded(self) -> None:
        """Get None: only its lamp shows an overload."""
        return None

    @contextmanager
    def inject(self, current_A: float) -> Iterator[float]:
        """Add its input offset current while the context is open; gives the next smaller one that it has, in A."""
        wanted_A = abs(current_A) * ROUNDING
        level = max((n for n, size in enumerate(OFFSETS_A) if size <= wanted_A), default=0)
        self.write(f"IOLV {level}")
        self.write(f"IOSN {int(current_A > 0)}")
        try:
            self.write("IOON 1")
            yield math.copysign(OFFSETS_A[level], current_A)
        finally:
            self.write("IOON 0")

    def report(self) -> tuple[str, str]:
        """Return all that can be said of an instrument that does not answer."""
        return (
            "listens only; its line opens and takes what is sent",
            "Look at its front panel: power or battery, and the overload lamp.",
        )

    def to_safe(self) -> str:
        """Switch its bias supply off (sent, not read back)."""
        self.write("BSON 0")
        return f"{self.name}: bias supply off was sent"
