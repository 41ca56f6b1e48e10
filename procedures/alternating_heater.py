"""Base of procedures whose heater alternates during a hold, so that the temperature has twice its frequency."""

import math
from fractions import Fraction
from typing import Any

from analysis.heating.programme import LevelProgramme
from procedures.context import ProcedureContext
from procedures.errors import ImpossibleSetting
from procedures.heater import Heater, HeaterSine
from procedures.limits import check_sine
from procedures.parameters import FractionParameter
from procedures.procedure import RigProcedure

LEAST_AMPLITUDE = 0.2
"""Least amplitude of an alternating temperature over its mean; a slower heater is refused."""

MAINS_Hz, MAINS_MARGIN_Hz, HARMONIC_MARGIN_Hz = (50, 60), 2.0, 0.5


class AlternatingHeater(RigProcedure):
    """Base of procedures that may let the heater alternate during a hold; its mean power stays between holds."""

    chosen_by = "heater"
    """Parameter that decides whether the heater alternates."""
    steady = "heater = dc"
    """Setting for a steady heater, as messages recommend it."""

    heater_frequency: Any = FractionParameter(
        "Heater frequency", units="Hz", default="849/8",
        description="Frequency of the heater's voltage, exact; the temperature has twice that. By default 212.25 Hz, "
        "away from the lines of 50 and 60 Hz.",
    )  # fmt: skip

    def alternating(self, heater: Heater, mean_K: float) -> HeaterSine:
        """Return the alternating heater of a hold with a mean temperature difference."""
        return HeaterSine(Fraction(self.heater_frequency), heater.power_W(mean_K))

    def check_alternating(
        self, context: ProcedureContext, sine: HeaterSine, programme: LevelProgramme
    ) -> None:
        """Refuse a heater that does not repeat with the bias, is too slow to alternate, or is too near to a line."""
        assert context.heater is not None, "checked by the base"
        check_sine(sine, programme, context, "heater_frequency")
        self._check_pole(context, context.heater)
        self._check_lines(programme)

    def thermal_Hz(self) -> float:
        """Return the frequency of an alternating temperature, in Hz."""
        return 2.0 * float(Fraction(self.heater_frequency))

    def amplitude_share(self, context: ProcedureContext, heater: Heater) -> float:
        """Return the amplitude of an alternating temperature over its mean."""
        return 1.0 / math.hypot(1.0, 2.0 * math.pi * self.thermal_Hz() * pole_s(context, heater))

    def _check_pole(self, context: ProcedureContext, heater: Heater) -> None:
        time_constant_s = pole_s(context, heater)
        if heater.where != "tip" and not time_constant_s:
            raise ImpossibleSetting(
                "heater.time_constant_s of the rig file is not set, so nothing says how far the "
                f"{heater.where} follows an alternating heater. Measure it, or use {self.steady}.",
                self.chosen_by,
            )
        amplitude = self.amplitude_share(context, heater)
        if amplitude < LEAST_AMPLITUDE:
            slowest_Hz = math.sqrt(1.0 / LEAST_AMPLITUDE**2 - 1.0) / (4.0 * math.pi * time_constant_s)
            raise ImpossibleSetting(
                f"at {self.thermal_Hz():g} Hz the {heater.where}, with its time constant of {time_constant_s:g} s, "
                f"alternates by {100 * amplitude:.2g} % of its mean rise only; at least {100 * LEAST_AMPLITUDE:g} % "
                f"are needed. Use heater_frequency = {slowest_Hz:.2g} Hz or less, or {self.steady}.",
                "heater_frequency",
                self.chosen_by,
            )

    def _check_lines(self, programme: LevelProgramme) -> None:
        """Refuse an alternating temperature at a line of the mains or at a harmonic of the bias."""
        thermal_Hz, bias_Hz = self.thermal_Hz(), float(programme.frequency_Hz)
        lines: list[tuple[float, float, float]] = [
            (mains, round(thermal_Hz / mains) * mains, MAINS_MARGIN_Hz) for mains in MAINS_Hz
        ]
        if len(programme.levels) > 1:
            odd = 2 * round((thermal_Hz / bias_Hz - 1) / 2) + 1
            lines.append((bias_Hz, odd * bias_Hz, HARMONIC_MARGIN_Hz))
        for of_Hz, line_Hz, margin_Hz in lines:
            if line_Hz and abs(thermal_Hz - line_Hz) < margin_Hz:
                raise ImpossibleSetting(
                    f"heater_frequency = {self.heater_frequency} Hz makes the temperature alternate at "
                    f"{thermal_Hz:g} Hz, less than {margin_Hz:g} Hz from {line_Hz:g} Hz, a harmonic of {of_Hz:g} Hz.",
                    "heater_frequency",
                )


def pole_s(context: ProcedureContext, heater: Heater) -> float:
    """Return the time constant of what is heated; 0 if unknown."""
    return heater.time_constant_s or (context.tip_s if heater.where == "tip" else 0.0)
