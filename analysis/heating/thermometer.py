"""The tip as a thermometer: thermal resistance, thermocouple, and the scale error that they give to all results."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from analysis.heating.mask import PAPER_TIP_S
from analysis.recording.header import Calibration

RESISTANCE = "thermal_resistance"
SEEBECK = "thermocouple_seebeck"
PRODUCT = "thermometer_product"
TIME_CONSTANT = "thermal_time_constant"


class UncalibratedThermometer(ValueError):
    """A recording without the thermal resistance or the thermopower of its tip, and so without temperatures."""


@dataclass(frozen=True)
class Thermometer:
    """The tip: a thermal resistance and a thermocouple.

    A heat Q_P left in the tip warms it by Q_P R_P, and dT changes the thermocouple's voltage by -S_TC dT. Hence
    Q_P = -dV/(S_TC R_P): a power needs only the product.

    Parameters
    ----------
    resistance_K_per_W, seebeck_V_per_K : float
        R_P and S_TC.
    resistance_uncertainty_K_per_W, seebeck_uncertainty_V_per_K : float
        Standard uncertainties; NaN if unknown.
    product_relative : float or None
        Relative uncertainty of R_P S_TC if both were measured together: R_P from a known heater power and the same
        thermocouple. Their errors are then opposite and only that of the product (dV over heater power) remains.
        None: measured independently; the relative errors add in quadrature.

    Raises
    ------
    ValueError
        For a resistance or thermopower that is not positive and finite, or a negative uncertainty.
    """

    resistance_K_per_W: float
    seebeck_V_per_K: float
    resistance_uncertainty_K_per_W: float = math.nan
    seebeck_uncertainty_V_per_K: float = math.nan
    product_relative: float | None = None

    def __post_init__(self) -> None:
        for name in ("resistance_K_per_W", "seebeck_V_per_K"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0.0):
                raise ValueError(f"{name} is {value}, must be a finite number above 0")
        for name in ("resistance_uncertainty_K_per_W", "seebeck_uncertainty_V_per_K"):
            if getattr(self, name) < 0.0:
                raise ValueError(f"{name} is {getattr(self, name)}, must not be negative")

    @classmethod
    def from_calibrations(cls, calibrations: Mapping[str, Calibration]) -> Self:
        """Return the tip that a recording's header describes.

        "thermometer_product" (V/W), if present, gives the uncertainty of R_P S_TC.

        Raises
        ------
        UncalibratedThermometer
            If the header lacks either number; the message names it.
        """
        missing = [name for name in (RESISTANCE, SEEBECK) if name not in calibrations]
        if missing:
            raise UncalibratedThermometer(
                f"the recording has no calibration {' and '.join(missing)}: temperatures and powers need both"
            )
        resistance, seebeck = calibrations[RESISTANCE], calibrations[SEEBECK]
        for name, calibration, unit in ((RESISTANCE, resistance, "K/W"), (SEEBECK, seebeck, "V/K")):
            if calibration.unit != unit or not (math.isfinite(calibration.value) and calibration.value > 0.0):
                raise UncalibratedThermometer(
                    f"calibration {name} is {calibration.value} {calibration.unit}, must be a number above 0 in {unit}"
                )
        return cls(
            resistance.value,
            seebeck.value,
            math.nan if resistance.uncertainty is None else resistance.uncertainty,
            math.nan if seebeck.uncertainty is None else seebeck.uncertainty,
            _relative(calibrations.get(PRODUCT)),
        )

    @property
    def temperature_relative(self) -> float:
        """Relative scale error of a temperature rise: that of S_TC."""
        return self.seebeck_uncertainty_V_per_K / self.seebeck_V_per_K

    @property
    def scale_relative(self) -> float:
        """Relative scale error of a power in the tip, and of every temperature rise compared with R_P Q_Total."""
        if self.product_relative is not None:
            return self.product_relative
        return math.hypot(
            self.resistance_uncertainty_K_per_W / self.resistance_K_per_W, self.temperature_relative
        )


def _relative(product: Calibration | None) -> float | None:
    if product is None or product.uncertainty is None:
        return None
    return product.uncertainty / product.value


def time_constant_s(calibrations: Mapping[str, Calibration]) -> float:
    """Return the thermal time constant of the tip; that of the paper if the recording has none."""
    calibration = calibrations.get(TIME_CONSTANT)
    return PAPER_TIP_S if calibration is None else calibration.value
