"""The instruments while no run has them: looked at once a second, set on request; and what a run tells of them.

There is one writer at a time. A run takes the instruments for itself (`give_up`) and gives them back; meanwhile
nothing is asked here, and what is shown is what the run saw.
"""

import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from analysis.recording import RunHeader
from analysis.records import Block
from app.calibrated_rig import load_calibrated_rig
from app.guardian import Guardian
from app.rig import Rig
from app.station import daq_inputs, daq_outputs
from drivers.errors import InstrumentFault, NotNow, OutOfRange, RigError
from drivers.keithley428 import Keithley428
from drivers.keithley428_words import GAINS_V_per_A, MachineStatus, RISE_TIMES_s
from drivers.ni6281 import NI6281
from drivers.pxi import PXIController
from drivers.sr560 import GAINS, SR560, UNVERIFIED, LOWPASS_Hz

LOOK_S = 0.02
"""Samples that an idle card is asked for: a period of the mains."""

RUN_HAS_THEM = "A run is on and has the instruments: change this when it is over"

SHOWN = (
    "gain_V_per_A",
    "rise_time_s",
    "filter_on",
    "auto_filter",
    "zero_check",
    "suppress_on",
    "bias_supply_on",
)

CHOICES: dict[str, dict[str, tuple[float, ...]]] = {
    "current_amplifier": {"gain_V_per_A": GAINS_V_per_A, "rise_time_s": RISE_TIMES_s},
    "voltage_preamplifier": {"gain": tuple(map(float, GAINS)), "lowpass_Hz": LOWPASS_Hz},
}
"""What can be set by hand, and to what. The next runs are made with it too."""


@dataclass(frozen=True)
class Row:
    """What is known of one instrument.

    ``answers`` is None where it can't say; ``verified`` tells whether ``settings`` were read from it; ``message`` is a
    sentence with what is wrong; ``at`` is when it was looked at.
    """

    name: str
    address: str
    answers: bool | None = None
    verified: bool = False
    message: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    at: str = ""


class Instruments:
    """The instruments of one rig file, for everybody but a run.

    Parameters
    ----------
    rig_file : Path
        Raises ``FileError``.
    """

    def __init__(self, rig_file: Path) -> None:
        self._rig_file = rig_file
        self._set: dict[tuple[str, str], float] = {}
        self._turn = threading.Lock()
        self._busy = False
        self._open = ExitStack()
        self._drivers: dict[str, Any] = {}
        self._bias = ExitStack()
        self.known_rig: Rig
        """As last read: there is a rig to make safe even where its file has just been spoiled."""
        rig = self.rig()
        preamplifier = rig.voltage_preamplifier
        self.rows = {
            "daq": Row("NI 6281", f"{rig.daq.controller}, {rig.daq.device}"),
            "current_amplifier": Row("Keithley 428", rig.current_amplifier.address),
            "voltage_preamplifier": Row("SR560", f"{preamplifier.address}, unit {preamplifier.line_address}"),
        }

    def rig(self) -> Rig:
        """The rig as its file and its calibrations have it, with what was set by hand since."""
        rig = load_calibrated_rig(self._rig_file, self._set.get(("current_amplifier", "gain_V_per_A")))
        for (section, setting), value in self._set.items():
            if setting != "gain_V_per_A":
                changed = getattr(rig, section).model_copy(update={setting: value})
                rig = rig.model_copy(update={section: changed})
        self.known_rig = rig
        return rig

    # ---- a run ----

    def give_up(self) -> None:
        """Let go of every instrument: a run takes them."""
        with self._turn:
            self._busy = True
            self._close()

    def take_back(self) -> None:
        """The run is over."""
        with self._turn:
            self._busy = False

    def started(self, header: RunHeader) -> None:
        """A run has set the amplifiers."""
        for name in CHOICES:
            said = dict(header.settings.get(name, {}))
            verified = name == "current_amplifier"
            self._note(
                name, True if verified else None, {k: _plain(v) for k, v in said.items()}, verified=verified
            )

    def amplifier(self, status: MachineStatus) -> None:
        """A run has asked the current amplifier."""
        self._note("current_amplifier", True, {name: getattr(status, name) for name in SHOWN}, verified=True)

    def block(self, block: Block) -> None:
        """A run has read the card."""
        self._note("daq", True, _volts(block), verified=True)

    def failed(self, name: str, message: str) -> None:
        """An instrument did not do what it should."""
        self.rows[name] = replace(self.rows[name], answers=False, verified=False, message=message, at=_now())

    def _note(
        self, name: str, answers: bool | None, settings: dict[str, Any], *, verified: bool, message: str = ""
    ) -> None:
        row = self.rows[name]
        merged = {**row.settings, **settings}
        self.rows[name] = replace(
            row, answers=answers, verified=verified, message=message, settings=merged, at=_now()
        )

    def to_json(self) -> dict[str, Any]:
        """Every instrument with its state, and what may be set; where not, why not."""
        rig = self.known_rig  # not read anew each second: a run in this process is in a hurry
        reason = RUN_HAS_THEM if self._busy else ""
        shown: dict[str, Any] = {name: asdict(row) for name, row in self.rows.items()}
        for name, settings in CHOICES.items():
            shown[name]["editable"] = {
                setting: {
                    "choices": list(values),
                    "next_run": getattr(getattr(rig, name), setting),
                    "reason": reason,
                }
                for setting, values in settings.items()
            }
        outputs = rig.daq.outputs
        shown["daq"]["editable"] = {
            "bias_V": {"range": [outputs.bias.min_V, outputs.bias.max_V], "reason": reason}
        }
        shown["daq"]["z_range_V"] = [outputs.z.min_V, outputs.z.max_V]
        shown["daq"]["safe_z_V"] = rig.safe.z_V
        shown["daq"]["extension_nm_per_V"] = rig.piezo.extension_nm_per_V
        shown["daq"]["rate_Hz"] = rig.daq.rate_Hz
        shown["busy"] = self._busy
        return shown

    # ---- idle ----

    def look(self) -> None:
        """Ask every instrument how it is; during a run, nothing. One that fails does not keep the next from it."""
        with self._turn:
            if self._busy:
                return
            looks: dict[str, Callable[[], None]] = {
                "daq": self._look_at_daq,
                "current_amplifier": self._look_at_amplifier,
                "voltage_preamplifier": self._look_at_preamplifier,
            }
            for name, look in looks.items():
                try:
                    look()
                except NotNow as error:
                    self.rows[name] = replace(self.rows[name], verified=False, message=str(error), at=_now())
                except RigError as error:
                    self.failed(name, str(error))
                    self._drop(name)

    def _look_at_daq(self) -> None:
        daq = self._driver("daq")
        daq.start_acquisition()
        try:
            block = daq.read(max(10, round(LOOK_S * daq.rate_Hz)))
        finally:
            daq.stop_acquisition()
        self._note("daq", True, _volts(block), verified=True)

    def _look_at_amplifier(self) -> None:
        amplifier = self._driver("current_amplifier")
        status, overloaded = amplifier.status, amplifier.overloaded
        said = {name: getattr(status, name) for name in SHOWN}
        message = "It is overloaded: reduce the current or the gain." if overloaded else ""
        self._note(
            "current_amplifier", True, {**said, "overloaded": overloaded}, verified=True, message=message
        )

    def _look_at_preamplifier(self) -> None:
        said = self._driver("voltage_preamplifier").settings
        known = {name: _plain(value) for name, value in asdict(said).items() if value is not None}
        self._note("voltage_preamplifier", None, {**known, "provenance": UNVERIFIED}, verified=False)

    def set(self, instrument: str, setting: str, value: float) -> None:
        """Set one thing now and for the runs that come.

        Raises
        ------
        NotNow
            During a run.
        OutOfRange
            For what can't be set, or not to that.
        RigError
            If the instrument does not take it; then nothing is remembered.
        """
        with self._turn:
            if self._busy:
                raise NotNow(RUN_HAS_THEM)
            if (instrument, setting) == ("daq", "bias_V"):
                self._put_bias(value)
                return
            if setting not in CHOICES.get(instrument, {}):
                known = ", ".join(f"{name}.{one}" for name, settings in CHOICES.items() for one in settings)
                raise OutOfRange("setting", f"{instrument}.{setting}", f"{known}, daq.bias_V")
            choices = CHOICES[instrument][setting]
            if not any(abs(value - one) <= 1e-6 * one for one in choices):
                raise OutOfRange(
                    f"{setting} of the {self.rows[instrument].name}",
                    value,
                    ", ".join(f"{c:g}" for c in choices),
                )
            try:
                setattr(self._driver(instrument), setting, value)
            except RigError:
                self._drop(instrument)
                raise
            self._set[instrument, setting] = value
            self.rig()

    def _put_bias(self, bias_V: float) -> None:
        """A bias on a tip that is back, with a guardian for as long as it is there."""
        rig = self.rig()
        daq: NI6281 = self._driver("daq")
        self._bias.close()
        daq.to_safe({"z": rig.safe.z_V})
        if bias_V == 0:
            return
        guardian = self._bias.enter_context(Guardian(self._rig_file))
        self._bias.callback(daq.to_safe, {"z": rig.safe.z_V})
        try:
            guardian.wait_until_ready()
            daq.write(bias=bias_V)
        except (RigError, RuntimeError):
            self._end_bias()
            raise

    def made_safe(self) -> None:
        """The outputs were made safe over a connection of its own: what was known of the card is not so any more."""
        with self._turn:
            if not self._busy:
                self._end_bias()
                self._drop("daq")

    def _end_bias(self) -> None:
        try:
            self._bias.close()
        except RigError as error:
            self.failed("daq", str(error))

    # ---- drivers ----

    def _driver(self, name: str) -> Any:
        if name not in self._drivers:
            rig = self.rig()
            opened: dict[str, Callable[[], Any]] = {
                "daq": lambda: _card(rig),
                "current_amplifier": lambda: Keithley428(rig.current_amplifier.address),
                "voltage_preamplifier": lambda: SR560(
                    rig.voltage_preamplifier.address, line_address=rig.voltage_preamplifier.line_address
                ),
            }
            self._drivers[name] = opened[name]()
        return self._drivers[name]

    def _drop(self, name: str) -> None:
        driver = self._drivers.pop(name, None)
        if driver is None:
            return
        try:
            driver.close()
            if name == "daq":
                driver.controller.close()
        except (RigError, InstrumentFault):
            pass

    def _close(self) -> None:
        self._end_bias()
        for name in tuple(self._drivers):
            self._drop(name)

    def close(self) -> None:
        """Let go of everything; a bias that was put on by hand is taken away."""
        self.give_up()


def _card(rig: Rig) -> NI6281:
    controller = PXIController(rig.daq.controller)
    try:
        return NI6281(controller, rig.daq.device, daq_inputs(rig), daq_outputs(rig), rig.daq.rate_Hz)
    except BaseException:
        controller.close()
        raise


def _volts(block: Block) -> dict[str, Any]:
    """Mean of each channel over the last samples, V."""
    n = max(10, round(LOOK_S * block.rate_Hz))
    means = np.mean(block.data[:, -n:], axis=1)
    return {f"{name}_V": float(mean) for name, mean in zip(block.channels, means, strict=True)}


def _plain(value: Any) -> Any:
    """Enumerations by their names."""
    return getattr(value, "name", value)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
