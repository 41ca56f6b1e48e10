"""Instruments between runs: read once a second, set on request.

There is one writer at a time. A run takes over the instruments (`give_up`) and returns them; meanwhile nothing is read
here, and the rows show the run's readings.
"""

import itertools
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from analysis.records import Block
from app.acquisition.open_rig import open_amplifier
from app.acquisition.watchdog.latch import clear, held
from app.config.amplifiers import ROLES
from app.config.calibrated_rig import load_calibrated_rig
from app.config.card_channels import daq_inputs, daq_outputs
from app.config.rig import Rig
from app.server.bias_by_hand import BiasByHand
from app.server.instrument_status import LOOK_S, InstrumentRows, settable
from drivers.errors import NotNow, OutOfRange, RigError
from drivers.guard import session_names
from drivers.limits import RELATIVE
from drivers.ni6281 import NI6281
from drivers.pxi import PXIController

log = logging.getLogger(__name__)

RUN_HAS_THEM = "A run is using the instruments: change this after the run"


class Instruments:
    """Instruments of one rig file, between runs.

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
        self._versions = itertools.count(1)
        self._drivers: dict[str, Any] = {}
        self._bias = BiasByHand(rig_file)
        self.known_rig: Rig
        """Rig as last read, so that it can be made safe even if its file has become invalid."""
        self.rows = InstrumentRows(self.rig())
        """State of each instrument; a run adds its own readings."""

    def rig(self) -> Rig:
        """Return the rig from its file and calibrations, with the settings changed by hand since."""
        rig = load_calibrated_rig(self._rig_file, self._set.get(("current_amplifier", "gain_V_per_A")))
        for (section, setting), value in self._set.items():
            if setting != "gain_V_per_A":
                changed = getattr(rig, section).model_copy(update={setting: value})
                rig = rig.model_copy(update={section: changed})
        self.known_rig = rig
        return rig

    def tripped(self) -> str:
        """Return why a trip of the watchdog holds the rig; "" if none does."""
        return held(self._rig_file, self.known_rig)

    def set_by_hand(self) -> bool:
        """Return True while a bias or another output is set by hand."""
        return self._bias.on

    # ---- a run ----

    def give_up(self) -> None:
        """Close every instrument for a run."""
        with self._turn:
            self._busy = True
            self._close()

    def take_back(self) -> None:
        """Resume after a run."""
        with self._turn:
            self._busy = False

    def to_json(self) -> dict[str, Any]:
        """Return every instrument with its state and settings; later ones have larger versions."""
        version = next(self._versions)  # first, so that the rest is not older than its version
        reason = RUN_HAS_THEM if self._busy else ""
        # the rig is not read again each second, as a run in this process needs the time
        shown = self.rows.to_json(self.known_rig, reason, self._bias.others)
        if tripped := self.tripped():  # no output leaves its safe value
            for editable in shown["daq"]["editable"].values():
                editable["reason"] = editable["reason"] or tripped
        return {**shown, "busy": self._busy, "version": version}

    # ---- idle ----

    def look(self) -> None:
        """Read every instrument, except during a run. A failing one does not affect the others."""
        with self._turn:
            if self._busy:
                return
            self._look_at_watchdog()
            looks: dict[str, Callable[[], None]] = {
                "daq": self._look_at_daq,
                **{role: partial(self._look_at_amplifier, role) for role in ROLES},
            }
            for name, look in looks.items():
                try:
                    look()
                except NotNow as error:
                    self.rows.not_now(name, str(error))
                except RigError as error:
                    self.rows.failed(name, str(error))
                    self._drop(name)

    def _look_at_watchdog(self) -> None:
        try:
            if done := self._bias.check():
                log.critical("%s", done)
        except RigError as error:
            log.critical("%s", error)

    def _look_at_daq(self) -> None:
        try:
            block = self._read_daq()
            self.rows.on_card(self._driver("daq").properties.product)
            self.rows.feed(block)
            self._bias.compare(dict(zip(block.channels, block.data.mean(axis=1).tolist(), strict=True)))
        except RigError:
            self._end_bias()  # a bias that can't be read must not stay on
            raise

    def _read_daq(self) -> Block:
        daq: NI6281 = self._driver("daq")
        daq.start_acquisition()
        try:
            return daq.read(max(10, round(LOOK_S * daq.rate_Hz)))
        finally:
            daq.stop_acquisition()

    def _look_at_amplifier(self, role: str) -> None:
        amplifier = self._driver(role)
        self.rows.on_amplifier(role, amplifier.state, amplifier.overloaded)

    def set(self, instrument: str, setting: str, value: float) -> None:
        """Set one setting, now and for later runs.

        Raises
        ------
        NotNow
            During a run.
        OutOfRange
            For an unknown setting or value.
        RigError
            If the instrument refuses it; later runs then keep the old value.
        """
        with self._turn:
            if self._busy:
                raise NotNow(RUN_HAS_THEM)
            if (instrument, setting) == ("daq", "bias_V"):
                self._bias.apply(self._driver("daq"), self.rig(), value)
                return
            if instrument == "daq" and setting in self.known_rig.daq.outputs.extras:
                self._bias.apply_other(self._driver("daq"), self.rig(), setting, value)
                return
            can_be_set = {role: settable(self.known_rig, role) for role in ROLES}
            if setting not in can_be_set.get(instrument, {}):
                known = [f"{role}.{name}" for role, names in can_be_set.items() for name in names]
                raise OutOfRange("setting", f"{instrument}.{setting}", ", ".join([*known, "daq.bias_V"]))
            choices = can_be_set[instrument][setting].choices
            if not any(abs(value - one) <= RELATIVE * one for one in choices):
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

    def made_safe(self) -> None:
        """Forget the state of the card after its outputs were made safe over another connection."""
        with self._turn:
            if not self._busy:
                self._end_bias()
                self._drop("daq")

    def clear_trip(self, by: str) -> str:
        """Clear a trip of the watchdog; return what was done.

        Raises
        ------
        NotNow
            Without a trip.
        RigError
            If the rig is not seen to be safe: the trip stays.
        """
        try:
            return clear(self._rig_file, self.known_rig, by)
        finally:
            self.made_safe()

    def _end_bias(self) -> None:
        try:
            self._bias.end()
        except RigError as error:
            log.critical("%s", error)
            self.rows.failed("daq", str(error))

    # ---- drivers ----

    def _driver(self, name: str) -> Any:
        if name not in self._drivers:
            rig = self.rig()
            self._drivers[name] = _card(rig) if name == "daq" else open_amplifier(rig, name)
        return self._drivers[name]

    def _drop(self, name: str) -> None:
        driver = self._drivers.pop(name, None)
        if driver is None:
            return
        with suppress(RigError):
            driver.close()
            if name == "daq":
                driver.controller.close()

    def _close(self) -> None:
        self._end_bias()
        for name in tuple(self._drivers):
            self._drop(name)

    def close(self) -> None:
        """Close all instruments; remove a bias set by hand."""
        self.give_up()


def _card(rig: Rig) -> NI6281:
    """Open the card; its tasks have names by which the next program frees what this one leaves if it is killed."""
    controller = PXIController(rig.daq.controller, rig.daq.answer_s, sessions=session_names(rig.daq.device))
    try:
        return NI6281(controller, rig.daq.device, daq_inputs(rig), daq_outputs(rig), rig.daq.rate_Hz)
    except BaseException:
        controller.close()
        raise
