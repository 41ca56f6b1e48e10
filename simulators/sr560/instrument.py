"""Simulated Stanford Research SR560 voltage preamplifier: volts in, volts out, and its listen-only serial port.

Commands from the SR560 manual, appendix A.
"""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from analysis.records import FloatArray
from simulators.parameters import Parameters
from simulators.signal.filters import RC
from simulators.sr560.amplifier import SR560Parameters, VoltageAmplifier
from simulators.sr560.recall import sr560_commands
from simulators.sr560.tables import GAINS, CORNERS_Hz

OPTIONS = {
    "BLINK": range(2),  # not blanked, blanked
    "CPLG": range(3),  # ground, DC, AC
    "DYNR": range(3),  # low noise, high reserve, calibration gains
    "FLTM": range(6),  # bypass, low pass 6 and 12 dB/octave, high pass 6 and 12 dB/octave, bandpass
    "GAIN": range(15),
    "HFRQ": range(12),
    "LFRQ": range(16),
    "INVT": range(2),  # not inverted, inverted
    "SRCE": range(3),  # A, A-B, B
    "UCAL": range(2),  # calibrated, vernier
    "UCGN": range(101),  # vernier, percent
}
ADDRESSES = range(4)
LONGEST_LINE = 256

_LINE = re.compile(r"(\*?[A-Z]+) *([0-9]{1,3})?")


class SimulatedSR560:
    """SR560 on its serial line and between probe and converter.

    It never answers. A line is one command in capitals and ends in CR LF; unknown commands are ignored. Three commands
    are always obeyed (LALL, LISN, UNLS), the others only while the unit is addressed. After power-up it is not (the
    manual leaves this open, so a driver should not rely on it).

    The signal is the thermocouple's, between A and B, with B at the probe's ground: sources A and A-B show it, source
    B shows nothing.

    Parameters
    ----------
    parameters : Parameters
        Parameters of the rig; the section ``sr560`` is used.
    rng : numpy Generator
        Source of the noise.
    line_address : int
        0 to 3, as set by switch SW601.

    Attributes
    ----------
    ignored : int
        Number of unknown lines and of options out of range, which a real unit does not report.
    line_address : int
    listening : bool
        True while it is addressed.
    """

    wire: ClassVar[str] = "serial"

    def __init__(self, parameters: Parameters, rng: np.random.Generator, line_address: int = 0) -> None:
        if line_address not in ADDRESSES:
            raise ValueError(f"SR560 address {line_address} is out of range; allowed: 0 to 3")
        self.parameters = parameters.section("sr560", SR560Parameters)
        self.ignored = 0
        self.listening = False
        self._amplifier = VoltageAmplifier(self.parameters, rng)
        self.line_address = line_address
        self._input = b""
        self._options = dict.fromkeys(OPTIONS, 0)
        self._reset()
        if self.ignored:
            raise ValueError(
                f"sr560.reset_commands = {self.parameters.reset_commands} has an illegal command"
            )

    def recall(self, settings: Mapping[str, Any]) -> None:
        """Restore the settings of a recording."""
        self.receive(sr560_commands(settings, self.line_address).encode("ascii"))

    # --- the serial line

    def receive(self, data: bytes) -> None:
        """Receive bytes from the line; a command is executed at its CR LF."""
        *lines, self._input = (self._input + data).split(b"\r\n")
        for line in lines:
            self._obey(line.decode("latin-1").strip(" "))
        self._input = self._input[-LONGEST_LINE:]

    # --- the signal

    @property
    def overloaded(self) -> bool:
        """True if the overload lamp is on: the last sample exceeded the limit of input, filters or output."""
        return self._amplifier.overloaded

    def amplify(
        self, volts: FloatArray, dt: float, noise_V2_per_Hz: float = 0.0, at_s: float | None = None
    ) -> FloatArray:
        """Return the output in V (n,) for an input (n,) held during each step of ``dt`` s.

        ``noise_V2_per_Hz`` is the one-sided density of the source's white noise. The output is that ``at_s`` after
        the beginning of each step, by default at its end.
        """
        return self._amplifier.amplify(volts, dt, noise_V2_per_Hz, at_s)

    # --- commands

    def _obey(self, line: str) -> None:
        match = _LINE.fullmatch(line)
        if not match:
            self.ignored += bool(line)
            return
        name, option = match[1], int(match[2]) if match[2] else None
        match name, option:
            case (("LALL" | "UNLS"), None):
                self.listening = name == "LALL"
            case "LISN", int() if option in ADDRESSES:
                self.listening = self.listening or option == self.line_address
            case "ROLD", None:
                if self.listening:
                    self._amplifier.reset_overload()
            case "*RST", None:
                if self.listening:
                    self._reset()
            case _ if option is not None and option in OPTIONS.get(name, ()):
                if self.listening:
                    self._set(name, option)
            case _:
                self.ignored += 1

    def _reset(self) -> None:
        """Execute *RST; the address status stays."""
        before, self.listening = self.listening, True
        for command in self.parameters.reset_commands:
            self._obey(command)
        self.listening = before

    def _set(self, name: str, option: int) -> None:
        """Set an option and apply the settings to the amplifier."""
        self._options[name] = option
        o, amplifier = self._options, self._amplifier
        sign = 0.0 if o["BLINK"] else -1.0 if o["INVT"] else 1.0
        amplifier.gain = sign * GAINS[o["GAIN"]] * (o["UCGN"] / 100.0 if o["UCAL"] else 1.0)
        amplifier.connected = o["CPLG"] != 0 and o["SRCE"] != 2
        amplifier.ac_coupled = o["CPLG"] == 2
        amplifier.high_reserve = o["DYNR"] == 1
        amplifier.filters = self._filters()

    def _filters(self) -> tuple[RC, ...]:
        """Return the filter sections in use. AC coupling uses one, which limits a low pass to 6 dB/octave."""
        low_Hz, high_Hz = CORNERS_Hz[self._options["LFRQ"]], CORNERS_Hz[self._options["HFRQ"]]
        first_low, second_low = RC("first", "low", low_Hz), RC("second", "low", low_Hz)
        first_high, second_high = RC("first", "high", high_Hz), RC("second", "high", high_Hz)
        modes: tuple[tuple[RC, ...], ...] = (
            (),
            (first_low,),
            (first_low,) if self._options["CPLG"] == 2 else (first_low, second_low),
            (first_high,),
            (first_high, second_high),
            (first_low, second_high),
        )
        return modes[self._options["FLTM"]]
