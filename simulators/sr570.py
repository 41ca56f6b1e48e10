"""Simulated SRS SR570 current preamplifier on its listen-only serial line.

Source: the SR570's manual, appendix A, as far as public drivers quote it (instrumental, BLISS).
"""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from analysis.records import FloatArray
from simulators.parameters import Parameters, ParameterSection
from simulators.signal.nearest import nearest
from simulators.signal.one_pole_stage import OnePoleStage

STEPS = (1.0, 2.0, 5.0)
SENSITIVITIES = range(28)
OFFSETS = range(30)
CORNERS_Hz = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6)
OPTIONS = {
    "SENS": SENSITIVITIES,
    "SUCM": range(2),  # calibrated, vernier
    "SUCV": range(101),
    "IOON": range(2),
    "IOLV": OFFSETS,
    "IOSN": range(2),  # negative, positive
    "IOUC": range(2),
    "IOUV": range(-1000, 1001),
    "BSON": range(2),
    "BSLV": range(-5000, 5001),  # mV
    "GNMD": range(3),  # low noise, high bandwidth, low drift
    "FLTT": range(6),  # high pass 6, 12; band pass; low pass 6, 12 dB/octave; none
    "LFRQ": range(16),
    "HFRQ": range(12),
    "INVT": range(2),
    "BLNK": range(2),
}
LONGEST_LINE = 256
_LINE = re.compile(r"(\*?[A-Z]+) *(-?[0-9]{1,4})?")


class SR570Parameters(ParameterSection):
    """Section ``sr570`` of ``parameters.toml``."""

    gain_error: float = Field(gt=-0.5, lt=0.5)
    inverting: bool
    rail_V: float = Field(gt=0)
    offset_V: float
    noise_A_per_rtHz: float = Field(ge=0)
    bandwidth_Hz: float = Field(gt=0)
    input_ohm: float = Field(ge=0)


class SimulatedSR570:
    """SR570 on its serial line and between junction and converter. It never answers.

    Attributes
    ----------
    ignored : int
        Number of unknown lines and of options out of range, which a real unit does not report.
    """

    wire: ClassVar[str] = "serial"

    def __init__(self, parameters: Parameters, rng: np.random.Generator) -> None:
        self.parameters = p = parameters.section("sr570", SR570Parameters)
        self.ignored = 0
        self.input_ohm = p.input_ohm
        self._stage = OnePoleStage(rng, 1e6, 1e-6, p.rail_V, p.offset_V, p.noise_A_per_rtHz)
        self._input = b""
        self._reset()

    @staticmethod
    def rig_keys(parameters: Parameters) -> dict[str, Any]:
        """Return the key of the rig file that describes its input."""
        return {"input_resistance_ohm": parameters.section("sr570", SR570Parameters).input_ohm}

    def _reset(self) -> None:
        self._options = dict.fromkeys(OPTIONS, 0) | {"SENS": 18, "FLTT": 5, "LFRQ": 15, "IOSN": 1}
        self._apply()

    def recall(self, settings: Mapping[str, Any]) -> None:
        """Restore the settings of a recording."""
        recorded = settings.get("current_amplifier") or {}
        if gain := recorded.get("gain_V_per_A"):
            sensitivities = [_step_A(n) for n in SENSITIVITIES]
            self._options["SENS"] = nearest(1.0 / gain, sensitivities)
        self._apply()

    # --- the serial line

    def receive(self, data: bytes) -> None:
        """Receive bytes from the line; a command is executed at its CR LF."""
        *lines, self._input = (self._input + data).split(b"\r\n")
        for line in lines:
            self._obey(line.decode("latin-1").strip(" "))
        self._input = self._input[-LONGEST_LINE:]

    def _obey(self, line: str) -> None:
        match = _LINE.fullmatch(line)
        name, option = (match[1], match[2]) if match else ("", None)
        if name == "*RST" and option is None:
            self._reset()
        elif name == "ROLD" and option is None:
            return
        elif option is not None and int(option) in OPTIONS.get(name, ()):
            self._options[name] = int(option)
            self._apply()
        else:
            self.ignored += bool(line)

    def _apply(self) -> None:
        o, p = self._options, self.parameters
        sign = 0.0 if o["BLNK"] else -1.0 if bool(o["INVT"]) != p.inverting else 1.0
        vernier = o["SUCV"] / 100.0 if o["SUCM"] else 1.0
        self._stage.gain = sign * vernier * (1.0 + p.gain_error) / _step_A(o["SENS"])
        corner_Hz = CORNERS_Hz[o["LFRQ"]] if o["FLTT"] in (2, 3, 4) else p.bandwidth_Hz
        self._stage.tau_s = 1.0 / (2.0 * np.pi * min(corner_Hz, p.bandwidth_Hz))

    # --- the signal

    @property
    def bias_V(self) -> float:
        """Voltage of its own supply at the input."""
        return self._options["BSLV"] * 1e-3 if self._options["BSON"] else 0.0

    @property
    def offset_A(self) -> float:
        """Current that it adds to the input's."""
        o = self._options
        return (1.0 if o["IOSN"] else -1.0) * _step_A(o["IOLV"]) if o["IOON"] else 0.0

    def amplify(
        self, current_A: FloatArray, dt: float, noise_A2_per_Hz: FloatArray, at_s: float | None = None
    ) -> FloatArray:
        """Return the output in V (n,), ``at_s`` into each step or at its end, for a current (n,) held during it."""
        return self._stage.amplify(current_A + self.offset_A, dt, noise_A2_per_Hz, at_s)


def _step_A(number: int) -> float:
    """Return a step of the series 1, 2, 5 from 1 pA on."""
    decade, step = divmod(number, len(STEPS))
    return STEPS[step] * 10.0 ** (decade - 12)
