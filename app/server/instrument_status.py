"""State of each instrument as last read by a run or by the bench, and its settings open to the user."""

from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from analysis.recording import RunHeader
from analysis.records import Block
from app.acquisition.open_rig import current_calibration
from app.config.rig import Rig
from drivers.keithley428_words import GAINS_V_per_A, Keithley428Settings, Keithley428State, RISE_TIMES_s
from drivers.sr560 import GAINS, UNVERIFIED, LOWPASS_Hz, SR560Settings

LOOK_S = 0.02
"""Length of the averaged samples: a period of the mains."""

CHOICES: dict[str, dict[str, tuple[float, ...]]] = {
    "current_amplifier": {"gain_V_per_A": GAINS_V_per_A, "rise_time_s": RISE_TIMES_s},
    "voltage_preamplifier": {"gain": tuple(map(float, GAINS)), "lowpass_Hz": LOWPASS_Hz},
}
"""Settings open to the user, with their choices; later runs use them too."""


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
        preamplifier = rig.voltage_preamplifier
        self._rows = {
            "daq": InstrumentRow("NI 6281", f"{rig.daq.controller}, {rig.daq.device}"),
            "current_amplifier": InstrumentRow("Keithley 428", rig.current_amplifier.address),
            "voltage_preamplifier": InstrumentRow(
                "SR560", f"{preamplifier.address}, unit {preamplifier.line_address}"
            ),
        }

    def __getitem__(self, instrument: str) -> InstrumentRow:
        return self._rows[instrument]

    def on_start(self, header: RunHeader) -> None:
        """Note the settings that a run has given the amplifiers."""
        for name in CHOICES:
            settings = {setting: _plain(value) for setting, value in header.settings.get(name, {}).items()}
            verified = name == "current_amplifier"
            self._note(name, True if verified else None, settings, verified=verified)

    def feed(self, block: Block) -> None:
        """Note the voltages of the card."""
        self._note("daq", True, _volts(block), verified=True)

    def on_amplifier(self, state: Keithley428State, overloaded: bool | None = None) -> None:
        """Note the state of the current amplifier, with its overload if known."""
        settings = {
            one.name: _plain(value)
            for one in fields(Keithley428Settings)
            if (value := getattr(state, one.name, None)) is not None
        }
        if overloaded is not None:
            settings["overloaded"] = overloaded
        message = "It is overloaded: reduce the current or the gain." if overloaded else ""
        self._note("current_amplifier", True, settings, verified=True, message=message)

    def on_preamplifier(self, settings: SR560Settings) -> None:
        """Note the settings sent to the preamplifier, which can't answer."""
        known = {name: _plain(value) for name, value in asdict(settings).items() if value is not None}
        self._note("voltage_preamplifier", None, {**known, "provenance": UNVERIFIED}, verified=False)

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

    def to_json(self, rig: Rig, reason: str) -> dict[str, Any]:
        """Return every instrument with its state and the settings open to the user.

        Parameters
        ----------
        rig : Rig
            Rig of the next run.
        reason : str
            Reason for which nothing may be set now; "" otherwise.
        """
        shown: dict[str, Any] = {name: asdict(row) for name, row in self._rows.items()}
        for name, settings in CHOICES.items():
            shown[name]["editable"] = {
                setting: {
                    "choices": list(values),
                    "next_run": getattr(getattr(rig, name), setting),
                    "reason": reason,
                }
                for setting, values in settings.items()
            }
        outputs, calibration = rig.daq.outputs, current_calibration(rig)
        shown["daq"]["current_full_scale_V"] = calibration.full_scale_V
        output_V, amplifier = self._rows["daq"].settings.get("current_V"), shown["current_amplifier"]
        if output_V is not None and calibration.railed(output_V) and amplifier["answers"] is not False:
            amplifier["settings"] |= {"overloaded": True}
            amplifier["message"] = (
                f"Its output is at {output_V:+.1f} V, the end of its range: reduce the current or the gain."
            )
        shown["daq"] |= {
            "editable": {"bias_V": {"range": [outputs.bias.min_V, outputs.bias.max_V], "reason": reason}},
            "z_range_V": [outputs.z.min_V, outputs.z.max_V],
            "safe_z_V": rig.safe.z_V,
            "extension_nm_per_V": rig.piezo.extension_nm_per_V,
            "rate_Hz": rig.daq.rate_Hz,
        }
        return shown


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
