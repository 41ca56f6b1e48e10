"""What is known of each instrument, whoever has looked at it, and what of it can be set by hand."""

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
"""Samples that are looked at: a period of the mains."""

CHOICES: dict[str, dict[str, tuple[float, ...]]] = {
    "current_amplifier": {"gain_V_per_A": GAINS_V_per_A, "rise_time_s": RISE_TIMES_s},
    "voltage_preamplifier": {"gain": tuple(map(float, GAINS)), "lowpass_Hz": LOWPASS_Hz},
}
"""What can be set by hand, and to what. The next runs are made with it too."""


@dataclass(frozen=True)
class InstrumentRow:
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


class InstrumentRows:
    """A row an instrument: "daq", "current_amplifier", "voltage_preamplifier".

    Parameters
    ----------
    rig : Rig
        Where they are.
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
        """A run has set the amplifiers."""
        for name in CHOICES:
            said = {setting: _plain(value) for setting, value in header.settings.get(name, {}).items()}
            verified = name == "current_amplifier"
            self._note(name, True if verified else None, said, verified=verified)

    def feed(self, block: Block) -> None:
        """The card was read."""
        self._note("daq", True, _volts(block), verified=True)

    def on_amplifier(self, state: Keithley428State, overloaded: bool | None = None) -> None:
        """The current amplifier has said how it is, and perhaps whether it is overloaded."""
        said = {
            one.name: _plain(value)
            for one in fields(Keithley428Settings)
            if (value := getattr(state, one.name, None)) is not None
        }
        if overloaded is not None:
            said["overloaded"] = overloaded
        message = "It is overloaded: reduce the current or the gain." if overloaded else ""
        self._note("current_amplifier", True, said, verified=True, message=message)

    def on_preamplifier(self, settings: SR560Settings) -> None:
        """What was sent to the preamplifier, which can't answer."""
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
        """An instrument did not do what it should."""
        self._rows[name] = replace(
            self._rows[name], answers=False, verified=False, message=message, at=_now()
        )

    def not_now(self, name: str, message: str) -> None:
        """An instrument could not be asked."""
        self._rows[name] = replace(self._rows[name], verified=False, message=message, at=_now())

    def to_json(self, rig: Rig, reason: str) -> dict[str, Any]:
        """Every instrument with its state, and what may be set.

        Parameters
        ----------
        rig : Rig
            That the next run is made with.
        reason : str
            Why nothing may be set now; "" if it may.
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
                f"Its output stands at {output_V:+.1f} V, the end of its range: reduce the current or the gain."
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
    """Mean of each channel over the last samples, V."""
    n = max(10, round(LOOK_S * block.rate_Hz))
    means = np.mean(block.data[:, -n:], axis=1)
    return {f"{name}_V": float(mean) for name, mean in zip(block.channels, means, strict=True)}


def _plain(value: Any) -> Any:
    """Enumerations by their names."""
    return getattr(value, "name", value)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
