"""From a calibration's recording to the record that the store keeps, with the value known before beside it."""

from collections.abc import Callable, Mapping
from typing import Any

from analysis.recording import Recording
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
}

NEEDED: dict[str, Callable[[Mapping[str, Any], Rig], object]] = {
    "thermometer": known_seebeck,
    "noise": lambda values, rig: named_probe(rig),
}
"""Check of each evaluation's needs before its run: raises ``ValueError`` if the run would be for nothing."""

__all__ = ["ANALYSES", "NEEDED", "CalibratedQuantity", "CalibrationResult", "PreviousCalibration"]
