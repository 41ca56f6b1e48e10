"""Calibrations of the rig that a run copies into its recording."""

from math import hypot

from analysis.heating.arrival import CHANNELS, arrival_key, time_constant_key
from analysis.heating.thermometer import TIME_CONSTANT
from analysis.recording import Calibration
from app.acquisition.open_rig import NM
from app.config.calibrated_rig import in_rig_file, is_date
from app.config.rig import Probe, Rig


def header_calibrations(rig: Rig) -> dict[str, Calibration]:
    """Return the calibrations of a rig without the unknown ones.

    "thermometer_product" is thermal resistance times Seebeck coefficient, V/W: its uncertainty
    is that of every heat, and smaller than the two suggest if they were measured together.
    """
    amplifier, piezo = rig.current_amplifier, rig.piezo
    gain, extension = amplifier.true_gain_V_per_A, piezo.extension_nm_per_V * NM
    return {
        "current_gain": _one(
            gain, "V/A", amplifier.gain_relative_uncertainty * gain, amplifier.calibrated, "current amplifier"
        ),
        "piezo": _one(extension, "m/V", piezo.relative_uncertainty * extension, piezo.calibrated, "piezo"),
        **(_thermometer(rig.probe) if rig.probe and rig.probe.known else {}),
        **_lags(rig),
    }


def _lags(rig: Rig) -> dict[str, Calibration]:
    """Return when channels first follow the bias, and how fast, where it was measured."""
    measured = {
        key: value_s
        for channel in CHANNELS
        for key, value_s in (
            (arrival_key(channel), getattr(rig.daq, f"{channel}_first_arrival_s")),
            (time_constant_key(channel), getattr(rig.daq, f"{channel}_time_constant_s")),
        )
    }
    return {
        key: Calibration(value_s, "s", source="calibration of the lag")
        for key, value_s in measured.items()
        if value_s is not None
    }


def _thermometer(probe: Probe) -> dict[str, Calibration]:
    resistance, seebeck = probe.thermal_resistance_K_per_W, probe.seebeck_V_per_K
    u_resistance, u_seebeck = (
        probe.thermal_resistance_uncertainty_K_per_W,
        probe.seebeck_uncertainty_V_per_K,
    )
    assert resistance and seebeck and u_resistance and u_seebeck
    source = f"probe {probe.id}"
    product = product_uncertainty(u_resistance / resistance, u_seebeck / seebeck, probe.correlation)
    return {
        "thermal_resistance": _one(resistance, "K/W", u_resistance, probe.calibrated, source),
        "thermocouple_seebeck": _one(seebeck, "V/K", u_seebeck, probe.calibrated, source),
        "thermometer_product": _one(
            resistance * seebeck, "V/W", product * resistance * seebeck, probe.calibrated, source
        ),
        TIME_CONSTANT: Calibration(probe.thermal_time_constant_s, "s", source=source),
    }


def _one(value: float, unit: str, uncertainty: float, calibrated: str, of: str) -> Calibration:
    """Return a calibration; ``calibrated`` is a date, or text that is then added to the source."""
    if is_date(calibrated):
        return Calibration(value, unit, uncertainty, calibrated, of)
    return Calibration(value, unit, uncertainty, None, f"{of}: {in_rig_file(calibrated)}")


def product_uncertainty(first: float, second: float, correlation: float) -> float:
    """Return the relative uncertainty of a product from those of its factors and their correlation."""
    return hypot(first + correlation * second, second * (1 - correlation**2) ** 0.5)
