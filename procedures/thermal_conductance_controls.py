"""Control experiments of a thermal conductance: what must not change it."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from analysis.heating.programme import LevelProgramme, ordered
from procedures.parameters import FractionParameter
from procedures.thermal_conductance import BIAS_Hz, ThermalConductance


class OtherFrequency(ThermalConductance):
    """Let the heater alternate 1.5 times as fast: the thermal conductance must not change."""

    name = "control thermal-conductance-other-frequency"
    label = "Control: another heater frequency"
    control = "other frequency"
    presets: Mapping[str, Mapping[str, Any]] = {}

    heater_frequency: Any = FractionParameter(
        "Heater frequency", units="Hz", default="2547/16",
        description="Frequency of the heater's voltage, exact; by default 1.5 times that of the measurement.",
    )  # fmt: skip


class BiasReversed(ThermalConductance):
    """Hold with a constant negative bias: Joule heat stays, Peltier heat changes its sign."""

    name = "control thermal-conductance-bias-reversed"
    label = "Control: bias reversed"
    control = "bias reversed"
    presets: Mapping[str, Mapping[str, Any]] = {}
    bias_levels = "constant"

    def programme(self) -> LevelProgramme:
        """Return one level, of the sign opposite to the bias."""
        return ordered([(-self.bias * 1e-3, Fraction(1))], "+0-", BIAS_Hz)
