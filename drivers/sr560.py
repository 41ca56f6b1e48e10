"""SR560 voltage preamplifier, a listen-only instrument on a serial line or a TCP socket that carries one.

Connection. 9600 baud, 8 data bits, no parity, two stop bits; CR LF ends a command (manual, Appendix A). Up to
four units share a line and obey only while they listen, so LALL or LISN comes first.

Commands. The instrument cannot be read, so each setting is a *shadow*: the last value commanded, None before that.
A wrong baud rate, a wrong address or an empty battery goes unnoticed on the wire, and a change at the front panel
invalidates the shadow. Therefore `resend` sends the whole state again before each run, the recorded settings are
marked "unverified", and only the signal can prove the link (ground the input: the DAQ must read 0 V).
"""

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from pymeasure.adapters import Adapter
from pyvisa.constants import Parity, StopBits

from drivers.amplifier import Provenance, Wire, key
from drivers.errors import InstrumentLost, NotFound, NotNow
from drivers.limits import whole_between
from drivers.sr560_settings import (
    GAINS,
    FilterMode,
    InputCoupling,
    LOWPASS_Hz,
    Reserve,
    Source,
    SR560Settings,
    refuse_for_thermocouple,
)
from drivers.visa import VisaInstrument

LOWER_GAIN = 0.4
"""Share of the gain by which a proof lowers it: large enough a step to be seen, small enough to keep the signal."""


def _shadowed(setting: str, doc: str) -> property:
    """Return the property of one setting: writing sends it, reading gives the last value commanded."""

    def get(self: "SR560") -> Any:
        return getattr(self.settings, setting)

    def set_(self: "SR560", value: Any) -> None:
        change: dict[str, Any] = {setting: value}
        self._command(SR560Settings(**change))

    return property(get, set_, doc=doc)


@dataclass(frozen=True)
class SR560Keys:
    """Keys of the rig file."""

    address: str = key()
    visa: str = key("")
    line_address: int = key(0, choices=(0, 1, 2, 3))
    gain: float = key(
        1e4,
        choices=GAINS,
        label="Gain",
        tip="Gain of the SR560, which amplifies the thermocouple voltage",
        settable=True,
    )
    lowpass_Hz: float = key(
        1000.0,
        choices=LOWPASS_Hz,
        label="Low pass",
        tip="Corner frequency of the SR560; a low one smears the levels of the modulation",
        settable=True,
    )


class SR560(VisaInstrument):
    """Preamplifier of the thermocouple. Reading a setting gives the last value commanded, None before that.

    Connecting makes it listen and changes nothing else. It drives nothing, so every state is safe.

    Parameters
    ----------
    adapter : str, int or pymeasure Adapter
        VISA resource string ("ASRL3::INSTR", "ASRL/dev/ttyUSB0::INSTR", "TCPIP::HOST::PORT::SOCKET"), or adapter.
    line_address : int, optional
        0 to 3, as set by the unit's switch SW601, to make it the only listener of its line; None: all listen.
    thermocouple : bool
        True if it amplifies a thermocouple; AC coupling and high-pass filters are then refused.

    Raises
    ------
    NotFound
        If the line cannot be opened. The presence of the unit cannot be verified.
    """

    product: ClassVar[str] = "SR560"
    provenance: ClassVar[Provenance] = Provenance.SENT
    full_scale_V: ClassVar[float] = 5.0  # 10 V peak to peak (manual)
    Keys: ClassVar[type[SR560Keys]] = SR560Keys
    if_silent: ClassVar[str] = (
        "Look at its front panel: battery, and that the line's address is the one of its switch SW601."
    )
    shown: ClassVar[tuple[tuple[str, str], ...]] = (
        ("coupling", "coupling"),
        ("filter_mode", "filter"),
        ("reserve", "reserve"),
    )

    def __init__(
        self,
        adapter: Adapter | str | int,
        name: str = "SR560",
        *,
        line_address: int | None = None,
        thermocouple: bool = True,
        visa_library: str = "",
        timeout_s: float = 1.0,
        **connection: Any,
    ) -> None:
        if line_address is not None:
            whole_between("line address of the SR560", line_address, 0, 3)
        line = {"baud_rate": 9600, "data_bits": 8, "parity": Parity.none, "stop_bits": StopBits.two}
        super().__init__(
            adapter,
            name,
            visa_library,
            timeout_s=timeout_s,
            **{"asrl": line, "write_termination": "\r\n", **connection},
        )
        self.line_address = line_address
        self.thermocouple = thermocouple
        self._shadow = SR560Settings()
        self._listening = False
        try:
            self.listen()
        except InstrumentLost as error:
            self.close()
            raise NotFound(f"{name}: nothing accepts commands at {self.address!r}. {error}") from error
        self._seal()

    # --- as the voltage preamplifier of a rig ------------------------------------------------------------

    @classmethod
    def at(cls, keys: SR560Keys, wire: Wire = str) -> Self:
        """Open the preamplifier of a rig file."""
        return cls(wire(keys.address), line_address=keys.line_address, visa_library=keys.visa)

    @staticmethod
    def place(keys: SR560Keys) -> str:
        """Return its address and its number on the line."""
        return f"{keys.address}, unit {keys.line_address}"

    def apply(self, keys: SR560Keys) -> SR560Settings:
        """Send all settings that the signal passes. Vernier and high-pass are off: nothing is sent for them."""
        return self.configure(
            SR560Settings(
                coupling=InputCoupling.DC,
                source=Source.A_B,
                inverted=False,
                reserve=Reserve.LOW_NOISE,
                gain=keys.gain,
                vernier_on=False,
                filter_mode=FilterMode.LOWPASS_6,
                lowpass_Hz=keys.lowpass_Hz,
                blanked=False,
            )
        )

    @contextmanager
    def grounded(self) -> Iterator[None]:
        """Ground the input while the context is open."""
        before = self.coupling
        self.coupling = InputCoupling.GROUND
        try:
            yield
        finally:
            self.coupling = before

    def gain_lowered(self) -> AbstractContextManager[float] | None:
        """Return a context with the gain nearest to `LOWER_GAIN` of the present one; None at the lowest gain."""
        lower = [gain for gain in GAINS if gain < (self.gain or 0)]
        if not lower:
            return None
        wanted = LOWER_GAIN * self.gain
        return self._with_gain(min(lower, key=lambda gain: abs(math.log(gain / wanted))))

    @contextmanager
    def _with_gain(self, gain: float) -> Iterator[float]:
        before = self.gain
        self.gain = gain
        try:
            yield gain / before
        finally:
            self.gain = before

    @property
    def state(self) -> SR560Settings:
        """Get the settings last commanded."""
        return self.settings

    @property
    def overloaded(self) -> None:
        """Get None: only its lamp shows an overload."""
        return None

    def report(self) -> tuple[str, str]:
        """Return all that can be said of an instrument that does not answer."""
        return (
            "listens only; its line opens and takes what is sent",
            self.if_silent,
        )

    # --- listening ---------------------------------------------------------------------------------------

    def listen(self) -> None:
        """Make the unit listen: alone on its line (UNLS, LISN) if it has a line address, else with all (LALL)."""
        for command in ("LALL",) if self.line_address is None else ("UNLS", f"LISN {self.line_address}"):
            super().write(command)
        self._listening = True

    def unlisten(self) -> None:
        """Stop every unit of the line from listening (UNLS). Until `listen`, commands are refused, not lost."""
        super().write("UNLS")
        self._listening = False

    def write(self, command: str, **kwargs: Any) -> None:
        """Send ``command``. Raises NotNow after `unlisten`, InstrumentLost if the wire breaks."""
        if not self._listening:
            raise NotNow(f"{self.name} is not listening, so {command!r} would be lost; call listen() first")
        super().write(command, **kwargs)

    # --- settings ----------------------------------------------------------------------------------------

    coupling = _shadowed("coupling", "Set the input coupling: ground, DC or AC (CPLG).")
    source = _shadowed("source", "Set the input: A, A_B for the difference, or B (SRCE).")
    inverted = _shadowed("inverted", "Set whether the output is inverted (INVT).")
    reserve = _shadowed("reserve", "Set the dynamic reserve: low noise, high reserve, calibration (DYNR).")
    gain = _shadowed("gain", "Set the calibrated gain, 1 to 50 000 in steps 1-2-5 (GAIN).")
    vernier_on = _shadowed("vernier_on", "Set whether the vernier replaces the calibrated gain (UCAL).")
    vernier_percent = _shadowed(
        "vernier_percent", "Set the vernier gain, 0 to 100 % in whole percent (UCGN)."
    )
    filter_mode = _shadowed("filter_mode", "Set the filter: bypass, low-pass, high-pass or band-pass (FLTM).")
    highpass_Hz = _shadowed(
        "highpass_Hz", "Set the high-pass corner, 0.03 Hz to 10 kHz in steps 1-3-10 (HFRQ)."
    )
    lowpass_Hz = _shadowed("lowpass_Hz", "Set the low-pass corner, 0.03 Hz to 1 MHz in steps 1-3-10 (LFRQ).")
    blanked = _shadowed("blanked", "Set whether the amplifier is blanked (BLINK; the SR570 spells it BLNK).")

    @property
    def settings(self) -> SR560Settings:
        """Get the settings last commanded, for the recording, with provenance "unverified"."""
        return self._shadow

    def configure(self, settings: SR560Settings) -> SR560Settings:
        """Send ``settings`` together with all other known settings; return the known settings."""
        wanted = settings.over(self._shadow)
        self._refuse(wanted)
        self.listen()
        self._send(wanted.words(), wanted)
        return self.settings

    def resend(self) -> SR560Settings:
        """Make the unit listen and send all known settings again: before each run, or after a change at its panel.

        Settings that were never commanded are not sent and stay unknown (``settings.unknown()``).
        """
        return self.configure(SR560Settings())

    def _command(self, change: SR560Settings) -> None:
        wanted = change.over(self._shadow)
        self._refuse(wanted)
        if change.vernier_percent is not None:
            change = replace(change, vernier_on=wanted.vernier_on)  # UCAL after UCGN, as in `COMMANDS`
        self._send(change.words(), wanted)

    def _send(self, words: list[str], wanted: SR560Settings) -> None:
        for word in words:
            try:
                self.write(word)
            except InstrumentLost:
                self._shadow = SR560Settings()
                raise
        self._shadow = wanted

    def _refuse(self, wanted: SR560Settings) -> None:
        if self.thermocouple:
            refuse_for_thermocouple(wanted)

    # --- actions -----------------------------------------------------------------------------------------

    def reset_overload(self) -> None:
        """Reset an overload (ROLD). The output is invalid for half a second."""
        self.write("ROLD")

    def reset(self) -> None:
        """Restore the unit's defaults (``*RST``). Every setting counts as unknown afterwards."""
        self.write("*RST")
        self._shadow = SR560Settings()
        self.listen()

    def to_safe(self) -> str:
        """Do nothing: a preamplifier drives nothing into the junction."""
        return f"{self.name}: drives nothing; left unchanged"
