"""State of each instrument as last read by a run or by the bench, and its settings open to the user."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import numpy as np

from analysis.recording import RunHeader
from analysis.records import Block
from app.config.amplifiers import ROLES, model_of
from app.config.rig import Rig
from app.config.rig_context import current_calibration
from drivers.amplifier import Amplifier, Provenance, RigKey, keys_from, rig_key
from drivers.settings import unit_of

LOOK_S = 0.02
"""Length of the averaged samples: a period of the mains."""


def settable(rig: Rig, role: str) -> dict[str, RigKey]:
    """Return what can be set by hand of an amplifier, by name. The next runs are made with it too."""
    return {name: key for name, key in _keys(rig, role).items() if key.settable}


def _keys(rig: Rig, role: str) -> dict[str, RigKey]:
    """Return the keys of an amplifier that have a label."""
    return {one.name: key for one in model_of(rig, role).keys if (key := rig_key(one)).label}


@dataclass(frozen=True)
class InstrumentRow:
    """State of one instrument.

    ``answers`` is None for an instrument that can't answer; ``verified`` is True if ``settings`` were read back;
    ``message`` is a sentence about a fault; ``at`` is the time of the reading.
    """

    name: str
    address: str
    answers: bool | None = None
    verified: bool = False
    message: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    at: str = ""


class InstrumentRows:
    """Rows of the instruments: "daq", "current_amplifier", "voltage_preamplifier".

    Parameters
    ----------
    rig : Rig
        Gives their addresses.
    """

    def __init__(self, rig: Rig) -> None:
        self._rows = {"daq": InstrumentRow("DAQ card", f"{rig.daq.controller}, {rig.daq.device}")}
        self._drivers = {role: model_of(rig, role).driver for role in ROLES}
        for role, driver in self._drivers.items():
            self._rows[role] = InstrumentRow(
                driver.product, driver.place(keys_from(driver, getattr(rig, role)))
            )

    def __getitem__(self, instrument: str) -> InstrumentRow:
        return self._rows[instrument]

    def on_start(self, header: RunHeader) -> None:
        """Note the card of a run and the settings that it has given the amplifiers."""
        if product := header.settings.get("card", {}).get("product"):
            self.on_card(product)
        for role in ROLES:
            settings = {setting: _plain(value) for setting, value in header.settings.get(role, {}).items()}
            self._note_amplifier(role, settings)

    def on_card(self, product: str) -> None:
        """Note which card it is."""
        self._rows["daq"] = replace(self._rows["daq"], name=product)

    def feed(self, block: Block) -> None:
        """Note the voltages of the card."""
        self._note("daq", True, _volts(block), verified=True)

    def on_amplifier(self, role: str, state: Any, overloaded: bool | None = None) -> None:
        """Note the state of an amplifier, read or not, and whether it reports an overload."""
        settings = {
            one.name: _plain(value)
            for one in fields(state)
            if one.repr and (value := getattr(state, one.name)) is not None
        }
        if overloaded is not None:
            settings["overloaded"] = overloaded
        self._note_amplifier(
            role, settings, "It is overloaded: reduce the current or the gain." if overloaded else ""
        )

    def _note_amplifier(self, role: str, settings: dict[str, Any], message: str = "") -> None:
        provenance = self._drivers[role].provenance
        verified = provenance is Provenance.READ
        if not verified:
            settings = {"provenance": str(provenance), **settings}
        self._note(role, True if verified else None, settings, verified=verified, message=message)

    def _note(
        self, name: str, answers: bool | None, settings: dict[str, Any], *, verified: bool, message: str = ""
    ) -> None:
        row = self._rows[name]
        merged = {**row.settings, **settings}
        self._rows[name] = replace(
            row, answers=answers, verified=verified, message=message, settings=merged, at=_now()
        )

    def failed(self, name: str, message: str) -> None:
        """Note the fault of an instrument."""
        self._rows[name] = replace(
            self._rows[name], answers=False, verified=False, message=message, at=_now()
        )

    def not_now(self, name: str, message: str) -> None:
        """Note that an instrument is busy."""
        self._rows[name] = replace(self._rows[name], verified=False, message=message, at=_now())

    def to_json(
        self, rig: Rig, reason: str, by_hand: Mapping[str, float] = MappingProxyType({})
    ) -> dict[str, Any]:
        """Return every instrument with its state and the settings open to the user.

        Parameters
        ----------
        rig : Rig
            Rig of the next run.
        reason : str
            Reason for which nothing may be set now; "" otherwise.
        by_hand : mapping of str to float
            Further outputs that are set by hand; the others have their safe values.
        """
        shown: dict[str, Any] = {name: asdict(row) for name, row in self._rows.items()}
        for role, driver in self._drivers.items():
            shown[role] |= _described(rig, role, driver, reason)
        calibration = current_calibration(rig)
        shown["daq"]["current_full_scale_V"] = calibration.full_scale_V
        shown["daq"]["current_inverting"] = calibration.inverting
        output_V, amplifier = self._rows["daq"].settings.get("current_V"), shown["current_amplifier"]
        if output_V is not None and calibration.railed(output_V) and amplifier["answers"] is not False:
            amplifier["settings"] |= {"overloaded": True}
            amplifier["message"] = (
                f"Its output is at {output_V:+.1f} V, the end of its range: reduce the current or the gain."
            )
        shown["daq"] |= {
            "editable": {
                "bias_V": {"range": list(rig.bias_range_V), "reason": reason},
                **{
                    name: {
                        "range": [one.min, one.max],
                        "reason": reason,
                        "unit": one.unit,
                        "safe": one.safe,
                        "set": by_hand.get(name, one.safe),
                    }
                    for name, one in rig.daq.outputs.extras.items()
                },
            },
            "extra_inputs": {name: one.unit for name, one in rig.daq.inputs.extras.items()},
            "z_range_V": list(rig.z_range_V),
            "safe_z_V": rig.safe.z_V,
            "extension_nm_per_V": rig.piezo.extension_nm_per_V,
            "rate_Hz": rig.daq.rate_Hz,
        }
        return shown


def _described(rig: Rig, role: str, driver: type[Amplifier], reason: str) -> dict[str, Any]:
    """Return what the window needs to show an amplifier: its settings, what may be set, the source of both."""
    section, can_be_set = getattr(rig, role), settable(rig, role)
    return {
        "provenance": driver.provenance.name.lower(),
        "shown": [list(pair) for pair in driver.shown],
        "labels": {
            name: {"label": key.label, "unit": unit_of(name), "tip": key.tip}
            for name, key in _keys(rig, role).items()
        },
        "editable": {
            name: {
                "choices": [float(value) for value in key.choices],
                "next_run": getattr(section, name),
                "reason": reason,
            }
            for name, key in can_be_set.items()
        },
    }


def _volts(block: Block) -> dict[str, Any]:
    """Return the mean of each channel over the last samples, in V."""
    n = max(10, round(LOOK_S * block.rate_Hz))
    means = np.mean(block.data[:, -n:], axis=1)
    return {f"{name}_V": float(mean) for name, mean in zip(block.channels, means, strict=True)}


def _plain(value: Any) -> Any:
    """Return the name of an enumeration member, any other value unchanged."""
    return getattr(value, "name", value)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
