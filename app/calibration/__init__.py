"""Evaluation of calibrations: recording to record of the store, compared with the previous value."""

from collections.abc import Callable, Mapping
from typing import Any

from analysis.recording import Recording
from app.calibration.heater import heater, named_heater
from app.calibration.probe import known_seebeck, named_probe, noise, thermometer
from app.calibration.result import CalibratedQuantity, CalibrationResult, PreviousCalibration
from app.calibration.rig_parts import amplifier, lag, piezo
from app.config.rig import Rig

ANALYSES: dict[str, Callable[[Recording, Mapping[str, Any], PreviousCalibration], CalibrationResult]] = {
    "thermometer": thermometer,
    "piezo": piezo,
    "amplifier": amplifier,
    "lag": lag,
    "noise": noise,
    "heater": heater,
}

NEEDED: dict[str, Callable[[Mapping[str, Any], Rig], object]] = {
    "thermometer": known_seebeck,
    "noise": lambda values, rig: named_probe(rig),
    "heater": lambda values, rig: named_heater(rig),
}
"""Checks before a run: raise ``ValueError`` if its evaluation would lack something."""

__all__ = ["ANALYSES", "NEEDED", "CalibratedQuantity", "CalibrationResult", "PreviousCalibration"]
