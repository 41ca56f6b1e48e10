"""Conversion of raw samples to physical signals with the calibration valid at the time."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from analysis.conductance import CurrentCalibration, conductance_G0
from analysis.recording import RecordingError, RunHeader
from analysis.records import Block, Event, EventKind, FloatArray
from analysis.spectra.demodulated import ADDED
from analysis.traces.read import calibration_of

NM = 1e-9
UNKNOWN_RATE_HZ = 1000.0
"""Assumed rate of a recording without one."""

LOWEST_G0, HIGHEST_G0 = 1e-9, 1e3
"""Limits of a logarithmic plot; less (noise about zero, negative) or more (railed) is drawn at the edge."""


@dataclass(frozen=True, eq=False)
class SampledSignals:
    """Consecutive samples in SI units, arrays of shape (n,); NaN for a quantity that was not recorded."""

    first: int
    rate_Hz: float
    conductance_G0: FloatArray
    current_A: FloatArray
    bias_V: FloatArray
    extension_m: FloatArray
    thermocouple_V: FloatArray
    calibration: CurrentCalibration | None = None
    """Calibration of the current; None if unknown."""
    extras: Mapping[str, FloatArray] = field(default_factory=dict)
    """Channels of a rig beyond the four roles, by name, in their own units."""

    def __len__(self) -> int:
        return int(self.bias_V.size)

    @property
    def stop(self) -> int:
        """Index of the sample after the last one."""
        return self.first + len(self)


ROLES = {"current", "thermocouple", "bias", "z"}


def extra_units(header: RunHeader) -> dict[str, str]:
    """Return the units of a rig's channels beyond the four roles, by name."""
    if header.provenance != "rig":
        return {}
    left_out = {*ROLES, *ADDED}
    return {channel.name: channel.unit for channel in header.channels if channel.name not in left_out}


def log10_G(conductance: FloatArray) -> FloatArray:
    """Return log10 G/G0 for a plot, clipped to -9 to 3; NaN is kept."""
    return np.log10(np.clip(conductance, LOWEST_G0, HIGHEST_G0))


def known_calibration(header: RunHeader) -> CurrentCalibration | None:
    """Return the calibration of the current; None if it is unknown or the recording has conductances instead."""
    try:
        return calibration_of(header)
    except RecordingError:
        return None


class Decoder:
    """Converter of blocks to `SampledSignals`; a changed setting applies from its sample on.

    Parameters
    ----------
    header : RunHeader
        Header of a rig's recording, or of an imported one with conductances.
    """

    def __init__(self, header: RunHeader) -> None:
        settings = header.settings
        self._calibration = known_calibration(header)
        self._extension_m_per_V = float(settings.get("extension_m_per_V") or np.nan)
        self._thermocouple_gain = float(settings.get("thermocouple_gain") or np.nan)
        bias_V = settings.get("bias_V")
        self._bias_V = float("nan") if bias_V is None else float(bias_V)
        self._extras = tuple(extra_units(header))
        self._metres = "extension" in header.channel_names and header.channel("extension").unit == "m"

    def event(self, event: Event) -> None:
        """Apply a changed setting; other events are ignored."""
        value = event.payload.get("value")
        if event.kind is not EventKind.SETTING or value is None:
            return
        match event.name:
            case "extension_m_per_V":
                self._extension_m_per_V = float(value)
            case "thermocouple_gain":
                self._thermocouple_gain = float(value)
            case "bias_V":
                self._bias_V = float(value)
            case name if self._calibration is not None:
                self._calibration = self._calibration.after(name, value)

    def signals(self, block: Block) -> SampledSignals:
        """Convert a block to signals."""
        unknown = np.full(len(block), np.nan)
        data = dict(zip(block.channels, block.data, strict=True))
        bias_V = data.get("bias", np.full(len(block), self._bias_V))
        current_A, conductance = unknown, data.get("conductance", unknown)
        if self._calibration is not None and "current" in data:
            current_A = self._calibration.current_A(data["current"])
            conductance = conductance_G0(data["current"], bias_V, self._calibration)
        extension_m = self._extension_m_per_V * data["z"] if "z" in data else unknown
        if "extension" in data and self._metres:
            extension_m = data["extension"]
        thermocouple = data["thermocouple"] / self._thermocouple_gain if "thermocouple" in data else unknown
        rate_Hz = block.rate_Hz if block.rate_Hz > 0 else UNKNOWN_RATE_HZ
        return SampledSignals(
            block.first,
            rate_Hz,
            conductance,
            current_A,
            bias_V,
            extension_m,
            thermocouple,
            self._calibration,
            {name: data[name] for name in self._extras if name in data},
        )
