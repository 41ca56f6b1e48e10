"""Peltier heat: junctions held at a small bias of both signs while the tip's temperature is read.

Cui et al., Nature Nanotechnology 13, 122 (2018). The odd part of the heat is Pi I; the tip cools at one sign of a bias
below 2 S T. With two levels all of the time counts for the odd part; a level of 0 V shows the even part, and cooling.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from analysis.constants import G0_S
from analysis.heating.layout import roles
from analysis.heating.programme import LevelProgramme
from analysis.thermoelectric.peltier import LARGEST_V
from analysis.thermoelectric.peltier_expectation import odd_sigma_W, peltier_sigma_V
from procedures.bias_output import bias_output
from procedures.capture import SearchProgress
from procedures.context import ProcedureContext
from procedures.errors import ImpossibleSetting, NoJunction
from procedures.expectation import Expectation
from procedures.modulated_circuit import expected_mask_samples
from procedures.parameters import FractionParameter, LevelsParameter, NumbersParameter
from procedures.procedure import Steps
from procedures.pymeasure_types import FloatParameter, IntegerParameter, ListParameter
from procedures.thermopower_beside import ThermopowerBeside

TWO_LEVELS = "+1:1 -1:1"
MOST_SHARE = 0.01
"""Largest step of the bias over the smallest amplitude, and over S T, that goes without a remark."""

AMBIENT_K = 300.0


class Peltier(ThermopowerBeside):
    """Measure the Peltier heat of held junctions at small biases."""

    name = "peltier"
    thermometer = True
    label = "Peltier heat"
    evaluated_as = "peltier"
    views = ("Peltier",)
    distinguished_by = ("amplitudes", "hold_time")
    typical: Mapping[str, Any] = {"conductance": 0.005, "amplitudes": (0.05,)}
    keeps: tuple[str, ...] = ("amplitudes",)
    presets: Mapping[str, Mapping[str, Any]] = {
        "Peltier: single molecules": {
            "contact": "junction", "amplitudes": (0.01, 0.02, 0.05), "levels": TWO_LEVELS, "hold_time": 30.0,
        },
        "Peltier: with a level of 0 V": {
            "contact": "junction", "amplitudes": (0.01, 0.02, 0.05), "levels": "+1:1 0:1 -1:1", "frequency": "12.25",
        },
        "Peltier: film of many molecules": {
            "contact": "film", "conductance": 0.5, "window_percent": 60.0, "contact_threshold": 0.3,
            "amplitudes": (0.005, 0.01, 0.02), "levels": "+1:1 0:1 -1:1", "frequency": "12.25", "hold_time": 60.0,
            "holds": 10,
        },
    }  # fmt: skip

    amplitudes: Any = NumbersParameter(
        "Amplitudes", units="V", minimum=1e-4, maximum=10, default=(0.01, 0.02, 0.05),
        description="Bias amplitudes, up to 0.05 V: beyond it the odd part of the heat is no Peltier coefficient.",
    )  # fmt: skip
    holds = IntegerParameter(
        "Junctions per amplitude", minimum=1, maximum=100_000, default=40,
        description="Junctions to hold at each amplitude. The amplitudes alternate, so drift affects all alike.",
    )  # fmt: skip
    hold_time = FloatParameter(
        "Hold time", units="s", minimum=0.1, maximum=3600, default=30,
        description="Duration of the modulation of one junction.",
    )  # fmt: skip
    levels = LevelsParameter(
        "Levels", default=TWO_LEVELS,
        description="Bias levels as fractions of the amplitude, each with its relative duration. Two levels give the "
        "smallest errors; a level of 0 V also shows the even part of the heat, and cooling.",
    )  # fmt: skip
    frequency: Any = FractionParameter(
        "Frequency", units="Hz", default="24.5",
        description="Modulation frequency, exact. Alternating levels (+--+) repeat at half of it.",
    )  # fmt: skip
    order = ListParameter(
        "Order", choices=["+0-", "-0+", "alternating"], default="alternating",
        description="Order of the bias levels. Alternating (+--+) cancels a linear drift.",
    )  # fmt: skip
    trip_reaction = FloatParameter(
        "Trip reaction", units="s", minimum=5e-4, maximum=1, default=0.05,
        description="Interval between checks of the current. At these small biases nothing heats quickly.",
    )  # fmt: skip
    contact = ListParameter(
        "Contact", choices=["junction", "film"], default="junction",
        description="junction: catch single junctions on plateaus while withdrawing; film: approach a film of many "
        "molecules until the conductance lies in the window.",
    )  # fmt: skip
    expected_thermopower = FloatParameter(
        "Expected thermopower", units="uV/K", minimum=-1000, maximum=1000, default=10,
        description="Size that the run should resolve; only the checks before the run use it.",
    )  # fmt: skip

    def check_levels(self, programme: LevelProgramme) -> None:
        """Raise ``ValueError`` without a positive and a negative level."""
        roles(programme)

    def check(self, context: ProcedureContext) -> None:
        """Refuse also a bias at which the odd part of the heat is no Peltier coefficient."""
        largest_V = max((abs(float(one)) for one in self.amplitudes or ()), default=0.0)
        if largest_V > LARGEST_V * (1 + 1e-9):
            raise ImpossibleSetting(
                f"amplitudes: {1e3 * largest_V:g} mV is too large for a Peltier coefficient. Up to "
                f"{1e3 * LARGEST_V:g} mV the cubic part of the odd heat is corrected; use heating beyond.",
                "amplitudes",
            )
        if self.contact == "film" and not self.window.holds(float(self.contact_threshold)):
            raise ImpossibleSetting(
                f"contact_threshold = {self.contact_threshold:g} G0 must lie in the window of conductance, "
                f"{self.window.low_G0:.3g} to {self.window.high_G0:.3g} G0: the approach to the film ends there.",
                "contact_threshold",
                "conductance",
            )
        super().check(context)

    def expectation(self, context: ProcedureContext) -> Expectation | None:
        """Return the expected error of the coefficient, from the noise of the thermometer alone."""
        tip, conditions = context.tip, self.conditions()
        if tip is None or not any(one.amplitude_V for one in conditions):
            return None
        programme = self.programme(conditions[0])
        period = float(programme.samples_per_period(context.rate_Hz))
        odd_W = odd_sigma_W(
            tip,
            float(self.holds * self.hold_time),
            float(programme.frequency_Hz),
            roles(programme).has_zero,
            1.0 - expected_mask_samples(programme, context) * _changes(programme) / period,
        )
        currents_A = [G0_S * float(self.conductance) * one.amplitude_V for one in conditions]
        Pi_V = 1e-6 * float(self.expected_thermopower) * AMBIENT_K
        sigma_V = peltier_sigma_V(odd_W, currents_A)
        return Expectation(
            "Peltier coefficient",
            sigma_V,
            Pi_V,
            "mV",
            1e3,
            self.total_cycles,
            "holds",
            self.assumed(tip),
        )

    def remarks(self, context: ProcedureContext) -> list[str]:
        """Return what the resolution of the bias costs, where it is more than 1 %; [] if it is fine."""
        output = bias_output(context)
        smallest_V = min(abs(float(one)) for one in self.amplitudes)
        found = []
        if output.step_V > MOST_SHARE * smallest_V:
            levels_V = output.levels_V(np.array([-smallest_V, smallest_V]))
            found.append(
                f"The bias has steps of {1e6 * output.step_V:.3g} uV, {100 * output.step_V / smallest_V:.2g} % of the "
                f"smallest amplitude: {1e3 * smallest_V:g} mV becomes {1e3 * levels_V[1]:.4g} mV."
            )
        seebeck = 1e-6 * float(self.expected_thermopower)
        if seebeck and output.step_V > MOST_SHARE * abs(seebeck) * AMBIENT_K:
            share = output.relative_peltier_error(seebeck, AMBIENT_K)
            found.append(
                f"Half a step of the bias, {5e5 * output.step_V:.3g} uV, is {100 * share:.2g} % of S T for "
                f"{self.expected_thermopower:g} uV/K. The measured current is used, so that the result does not "
                "suffer, but the levels are not symmetric."
            )
        if found:
            found.append("A divider at the bias output (daq.outputs.bias.divider) makes the steps smaller.")
        return found

    def obtain(self, context: ProcedureContext, search: SearchProgress) -> Steps[float]:
        """Catch a junction, or approach the film; return the conductance at low bias, in G0."""
        if self.contact == "junction":
            return (yield from super().obtain(context, search))
        for _ in range(self.most_openings):
            search.surface_m = yield from self.make_contact(context, search.surface_m)
            touched_G0 = (yield self.look()).conductance_G0
            self.refuse_wrong_sign(touched_G0, self.window)
            if self.window.holds(touched_G0):
                return touched_G0
            yield from self.leave(context, search, search.surface_m)
        raise NoJunction(
            f"{self.most_openings} contacts in a row had a conductance outside of {self.window.low_G0:.3g} to "
            f"{self.window.high_G0:.3g} G0. Approach more slowly, or choose conductance and contact_threshold by what "
            "the film shows."
        )


def _changes(programme: LevelProgramme) -> int:
    """Return the number of times that the bias changes in a period."""
    bias_V = [level.bias_V for level in programme.levels]
    return sum(one != other for one, other in zip(bias_V, bias_V[1:] + bias_V[:1], strict=True))
