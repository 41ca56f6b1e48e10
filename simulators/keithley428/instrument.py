"""Simulated Keithley 428 current amplifier: current in, volts out, and the GPIB connector.

It follows four public drivers of the instrument (MX, BLISS, GDA and an STM break-junction program) where they agree,
and otherwise Keithley's sister instruments (617, 6512, 6487).
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any, ClassVar

import numpy as np

from analysis.records import FloatArray
from simulators.keithley428.amplifier import CurrentAmplifier, Keithley428Parameters
from simulators.keithley428.commands import (
    ERROR_FLAGS,
    NOT_REMOTE,
    OVERLOAD,
    RISE_TIME_CONFLICT,
    SUPPRESS_WITH_ZERO_CHECK,
    TOO_LARGE_TO_SUPPRESS,
    ZERO_CORRECT_FAILED,
    CommandError,
    Word,
    parse,
)
from simulators.keithley428.recall import keithley428_commands
from simulators.keithley428.settings import Settings
from simulators.parameters import Parameters

TERMINATORS = (b"\r\n", b"\n\r", b"\r", b"\n")
LONGEST_STRING = 512
READY, ERROR, SERVICE_REQUEST = 16, 32, 64


@dataclass
class ZeroingTask:
    """Zero correct (letter C) or auto-suppress (N) in progress."""

    letter: str
    left_s: float
    polls_left: int
    charge_C: float = 0.0
    seen_s: float = 0.0


class SimulatedKeithley428:
    """Keithley 428 on the bus and at its input. It has no clock.

    Zero correct (C2) and auto-suppress (N2) take time, during which the Ready bit of the serial poll is off.
    They are done when ``amplify`` has covered that time or, without samples, after ``polls_until_done`` consecutive
    serial polls. With K0 and K1 the bus holds an earlier command off until they are done, which here is at once; with
    K2 and K3 it is executed meanwhile.

    Parameters
    ----------
    parameters : Parameters
        Parameters of the rig; the section ``keithley428`` is used.
    rng : numpy Generator
        Source of the noise.

    Attributes
    ----------
    remote_enable : bool
        REN line of the bus. While it is off, commands are refused (U1 flag 2).
    """

    wire: ClassVar[str] = "gpib"
    _asked: int | None
    _task: ZeroingTask | None

    def __init__(self, parameters: Parameters, rng: np.random.Generator) -> None:
        self.parameters = parameters.section("keithley428", Keithley428Parameters)
        self.remote_enable = True
        self._amplifier = CurrentAmplifier(self.parameters, rng)
        self._factory = self._power_up = Settings()
        self._input = ""
        self._service_requested = False
        self.device_clear()
        self.receive(self.parameters.power_up.encode("latin-1"))
        if self._errors:
            raise ValueError(f"keithley428.power_up = {self.parameters.power_up!r} is not a legal string")
        self._power_up = copy.deepcopy(self._settings)
        self._factory = self._power_up
        self._machine_word()  # raises now, not at the first U0, if the filler can't be formatted

    def recall(self, settings: Mapping[str, Any]) -> None:
        """Restore the settings of a recording."""
        self.receive(keithley428_commands(settings).encode("ascii"))

    # --- the bus

    def receive(self, data: bytes) -> None:
        """Receive bytes from the bus. A string is executed at its X; the rest waits for one.

        A string with an illegal word is not executed at all.
        """
        *strings, rest = (self._input + data.decode("latin-1")).split("X")
        for text in strings:
            self._execute(text)
        self._input = rest[:LONGEST_STRING]

    def send(self) -> bytes:
        """Return the reply when addressed to talk: the word requested by U, once, or else the suppression."""
        words = (self._machine_word, self._error_word, self._bias_word, self._gain_word, self._firmware_word)
        asked, self._asked = self._asked, None
        text = f"428I{self._settings.suppression_A:+.3E}" if asked is None else words[asked]()
        return text.encode("latin-1") + TERMINATORS[self._settings.options["Y"]]

    @property
    def eoi(self) -> bool:
        """True if the last byte of a reply comes with END (K0, K2)."""
        return self._settings.options["K"] in (0, 2)

    def serial_poll(self) -> int:
        """Return the status byte: 16 ready, 32 error until U1 is read, 64 service requested until this poll."""
        if self._task is not None:
            self._task.polls_left -= 1
            if self._task.polls_left == 0:
                self._finish(self._task)
        status = self._status() | (SERVICE_REQUEST if self._service_requested else 0)
        self._service_requested = False
        return status

    def device_clear(self) -> None:
        """Restore the power-up settings: the parameter ``power_up``, or those saved by L1 since."""
        self._settings = copy.deepcopy(self._power_up)
        self._input = ""
        self._asked = None
        self._task = None
        self._errors: set[int] = set()
        self._service_requested = False
        self._status_before = READY
        self._apply()

    # --- the input and the output

    @property
    def bias_V(self) -> float:
        """Present output of its own bias supply, in V."""
        return self._settings.active_bias_V

    @property
    def input_ohm(self) -> float:
        """Input resistance at the present gain, in ohm."""
        return self._amplifier.input_ohm

    @property
    def input_noise_V_per_rtHz(self) -> float:
        """Voltage noise at the input; it drives no current while zero check has disconnected it."""
        return 0.0 if self._amplifier.zero_check else self._amplifier.input_noise_V_per_rtHz

    def amplify(
        self,
        current_A: FloatArray,
        dt: float,
        noise_A2_per_Hz: FloatArray | float = 0.0,
        at_s: float | None = None,
    ) -> FloatArray:
        """Return the output in V (n,) for a current (n,) held during each step of ``dt`` s.

        ``noise_A2_per_Hz``, shape (n,) or a scalar, is the one-sided density of the source's white noise. The output
        is that ``at_s`` after the beginning of each step, by default at its end.
        """
        volts = np.empty(len(current_A))
        noise = (
            noise_A2_per_Hz
            if isinstance(noise_A2_per_Hz, np.ndarray)
            else np.full(len(volts), noise_A2_per_Hz)
        )
        start = 0
        while start < len(volts):
            stop = min(len(volts), start + self._steps_until_done(len(volts), dt))
            part = slice(start, stop)
            volts[part], overloaded = self._amplifier.amplify(current_A[part], dt, noise[part], at_s)
            if overloaded:
                self._raise(OVERLOAD)
            self._pass_time(current_A[part], dt)
            start = stop
        return volts

    # --- commands

    def _execute(self, text: str) -> None:
        if self._task is not None and self._settings.options["K"] in (0, 1):
            self._finish(self._task)
        try:
            if not self.remote_enable:
                raise CommandError(NOT_REMOTE)
            words = parse(text)
            for word in words:
                self._obey(word)
            self._check_rise_time(words)
        except CommandError as error:
            self._raise(error.flag)
        self._update_service_request()

    def _obey(self, word: Word) -> None:
        settings = self._settings
        match word:
            case "D", str(text):
                settings.display = text
            case "S", tuple(suppression):
                settings.set_suppression(*suppression)
            case "V", float(volts):
                settings.set_bias(volts)
            case "U", (int() | None) as asked:
                self._asked = asked
            case "L", 0:
                self._settings = copy.deepcopy(self._factory)
            case "L", 1:
                self._power_up = copy.deepcopy(settings)
            case "N", 2 if settings.zero_check:
                raise CommandError(SUPPRESS_WITH_ZERO_CHECK)
            case str(letter), int(option):
                settings.options[letter] = option
                if letter in "CN":
                    self._start(letter, option)
                elif letter in "RWZ" and settings.options["Z"]:
                    settings.options["T"] = self.parameters.auto_filter_codes[settings.decade - 3]
        self._apply()

    def _check_rise_time(self, words: list[Word]) -> None:
        slow_enough = not 0.0 < self._amplifier.rise_time_s < self._amplifier.fastest_rise_time_s
        if not slow_enough and any(letter in "PRTZ" for letter, _ in words):
            raise CommandError(RISE_TIME_CONFLICT)

    def _apply(self) -> None:
        """Apply the settings to the amplifier; zero check first, as it shields the output from a change of gain."""
        settings, amplifier = self._settings, self._amplifier
        amplifier.zero_check = settings.zero_check
        amplifier.set_gain(settings.decade, settings.enlarge)
        amplifier.suppression_A = settings.active_suppression_A
        amplifier.rise_time_s = settings.filter_rise_time_s

    # --- commands that take time

    def _start(self, letter: str, option: int) -> None:
        p = self.parameters
        seconds = p.zero_correct_s if letter == "C" else p.auto_suppress_s
        self._task = ZeroingTask(letter, seconds, p.polls_until_done) if option == 2 else None

    def _steps_until_done(self, steps: int, dt: float) -> int:
        if self._task is None:
            return steps
        return max(1, ceil(self._task.left_s / dt - 1e-6))

    def _pass_time(self, current_A: FloatArray, dt: float) -> None:
        task = self._task
        if task is None:
            return
        task.left_s -= len(current_A) * dt
        task.seen_s += len(current_A) * dt
        task.charge_C += float(current_A.sum()) * dt
        task.polls_left = self.parameters.polls_until_done
        if task.left_s < 1e-6 * dt:
            self._finish(task)

    def _finish(self, task: ZeroingTask) -> None:
        self._task = None
        try:
            if task.letter == "C":
                self._correct_zero()
            else:
                mean_A = task.charge_C / task.seen_s if task.seen_s else self._amplifier.input_A
                self._auto_suppress(mean_A + self._amplifier.offset_A)
        except CommandError as error:
            self._raise(error.flag)
        self._apply()
        self._update_service_request()

    def _correct_zero(self) -> None:
        offset_V = self.parameters.output_offset_V
        if abs(offset_V) > self.parameters.zero_correct_limit_V:
            raise CommandError(ZERO_CORRECT_FAILED)
        self._amplifier.correction_V = offset_V - self.parameters.residual_offset_V

    def _auto_suppress(self, amps: float) -> None:
        try:
            self._settings.set_suppression(amps, None)
        except CommandError:
            raise CommandError(TOO_LARGE_TO_SUPPRESS) from None

    # --- status

    def _raise(self, flag: int) -> None:
        self._errors.add(flag)
        self._update_service_request()

    def _status(self) -> int:
        return (READY if self._task is None else 0) | (ERROR if self._errors else 0)

    def _update_service_request(self) -> None:
        status = self._status()
        if status & ~self._status_before & self._settings.options["M"]:
            self._service_requested = True
        self._status_before = status

    def _machine_word(self) -> str:
        return self._settings.status_word(self.parameters.status_filler)

    def _error_word(self) -> str:
        """Return U1. Reading it clears all flags; a persisting overload is set again at once."""
        flags = "".join("1" if flag in self._errors else "0" for flag in range(ERROR_FLAGS))
        self._errors = {OVERLOAD} if self._amplifier.overloaded else set()
        self._update_service_request()
        return "428" + flags

    def _bias_word(self) -> str:
        return f"428V{self._settings.bias_V:+.4E}"

    def _gain_word(self) -> str:
        return f"{self._amplifier.gain_V_per_A:.0E}V/A"

    def _firmware_word(self) -> str:
        return self.parameters.firmware
