"""From a calibration's recording to the record that the store keeps, with the value known before beside it."""

from collections.abc import Callable, Mapping
from typing import Any

from analysis.recording import Recording
from app.calibrating.found import Found, Known, Quantity
from app.calibrating.probe import noise, thermometer
from app.calibrating.rig_parts import amplifier, lag, piezo

ANALYSES: dict[str, Callable[[Recording, Mapping[str, Any], Known], Found]] = {
    "thermometer": thermometer,
    "piezo": piezo,
    "amplifier": amplifier,
    "lag": lag,
    "noise": noise,
}

__all__ = ["ANALYSES", "Found", "Known", "Quantity"]
