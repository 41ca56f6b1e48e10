"""Thermal conductance while contacts open: no stop, and all steps of an opening count.

The tip is hotter than the substrate throughout. Its temperature follows the conductance of the contact, step by step,
so that one opening has many ruptures; in return each plateau is short, and 1/f noise of the thermometer limits it.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from analysis.constants import G0_S
from analysis.records import SKIPPED
from analysis.thermoelectric.openings import MARK, opening_sigma
from procedures.capture import SearchProgress
from procedures.context import ProcedureContext
from procedures.errors import ImpossibleSetting
from procedures.expectation import LEE_NOISE, Expectation
from procedures.heated_junctions import HeatedProcedure
from procedures.parameters import NumbersParameter
from procedures.procedure import Plan, Steps
from procedures.pymeasure_types import BooleanParameter, FloatParameter, IntegerParameter
from procedures.steps import MakeSafe, Ramp, SetBias, SetHeater, WriteNote

OPEN = "open"
"""Detector that ends other withdrawals as soon as the tip is open."""


class ThermalOpening(HeatedProcedure):
    """Measure the thermal conductance of metallic contacts along whole openings."""

    name = "thermal-opening"
    repeats = "traces"
    cycle = MARK
    label = "Thermal conductance while opening"
    evaluated_as = "thermal_opening"
    views = ("Histogram",)
    distinguished_by = ("dT",)
    keeps = ("bias", "conductance")
    typical: Mapping[str, Any] = {"anyway": True}
    control: str | None = None
    """Name of the control experiment; None for the measurement itself."""
    presets: Mapping[str, Mapping[str, Any]] = {
        "Gold, whole openings": {"dT": (0.0, 30.0), "holds": 200, "bias": 5.0, "withdraw_speed": 2.0},
    }

    conductance = FloatParameter(
        "Most probable conductance", units="G_0", minimum=1e-8, maximum=20, default=1.0,
        description="Conductance of one atom; no junction is held.",
    )  # fmt: skip
    bias = FloatParameter(
        "Bias", units="mV", minimum=-2000, maximum=2000, default=5,
        description="Bias of the openings. Its Joule heat must be small beside the heat that leaks away.",
    )  # fmt: skip
    withdraw_speed = FloatParameter(
        "Withdrawal speed", units="nm/s", minimum=0.05, maximum=100, default=2,
        description="Tip speed while the trace is recorded.",
    )  # fmt: skip
    past_break = FloatParameter(
        "Beyond the break", units="nm", minimum=0.3, maximum=50, default=1.5,
        description="Way beyond the break, which gives the temperature of the open tip.",
    )  # fmt: skip
    dT: Any = NumbersParameter(
        "Temperature differences", units="K", minimum=-100, maximum=100, default=(0.0, 30.0),
        description="Tip less substrate, one after the other and back. 0 must be among them: it gives the zero of "
        "the thermometer, and openings whose only heat is Joule's.",
    )  # fmt: skip
    holds = IntegerParameter(
        "Traces per difference", minimum=1, maximum=100_000, default=100,
        description="Openings at each temperature difference.",
    )  # fmt: skip

    reverse_bias = BooleanParameter(
        "Reverse the bias", default=True,
        description="Change the sign of the bias from one opening to the next: the mean of both signs is free of the "
        "offset of the bias and of Peltier heat, which are 1 % of the result each.",
    )  # fmt: skip

    @property
    def total_cycles(self) -> int:
        """Number of openings in a whole run."""
        return int(self.holds) * len(self.dT)

    @classmethod
    def recorded_cycles(cls, parameters: Mapping[str, Any]) -> int | None:
        """Return the number of openings of a run from the parameters in its recording."""
        holds, differences = parameters.get("holds"), parameters.get("dT_K")
        return int(holds) * len(differences) if holds and differences else None

    def check(self, context: ProcedureContext) -> None:
        """Refuse also a run without heat."""
        super().check(context)
        if not any(self.dT):
            raise ImpossibleSetting(
                "dT is 0 K only: no heat leaks through a contact without a difference.", "dT"
            )

    def expectation(self, context: ProcedureContext) -> Expectation | None:
        """Return the expected error of L / L_0 from openings of 1 nm that end at 1 G0."""
        tip, heater = context.tip, context.heater
        if tip is None or heater is None or not any(self.dT):
            return None
        hottest_K = max(abs(float(one)) for one in self.dT)
        each = opening_sigma(tip, hottest_K, heater.ambient_K, float(self.withdraw_speed))
        assumed = "openings from 5 G0 over 1 nm" + ("" if tip.measured else f"; {LEE_NOISE}")
        size = math.nan if self.control else 1.0
        sigma = each / math.sqrt(int(self.holds) * (len(self.dT) - 1))
        return Expectation("L/L0 of contacts", sigma, size, "", 1.0, self.total_cycles, "traces", assumed)

    def duration_s(self, context: ProcedureContext) -> float:
        """Estimate the time of a run, in s: first approach, `opening_s` for each trace, and heater changes."""
        settle_s = context.heater.settle_s if context.heater else 0.0
        change_s = (settle_s + 2 * self.heater_clearance / self.approach_speed) / self.at_once
        each_s = self.opening_s(context) + self.past_break / self.withdraw_speed + change_s
        return float(self.first_approach_s(context) + self.total_cycles * each_s)

    def reaction_s(self, context: ProcedureContext) -> float:
        """Return the longest delay, in s, before a withdrawal notices its end."""
        return self.end_noticed_s

    def plan(self, context: ProcedureContext) -> Plan:
        """Open contacts at each difference in turn."""
        yield from self.begin()
        search, turns = SearchProgress(), self.turns()
        number, heated_turn, heated = 0, -1, {"dT_K": 0.0}
        opened_at: dict[float, int] = {}
        while (difference_K := turns.present_K) is not None:
            if turns.turn != heated_turn:
                heated = yield from self.heat(context, search, difference_K, turns.turn)
                heated_turn = turns.turn
            search.surface_m = yield from self.make_contact(context, search.surface_m)
            sign = -1 if self.reverse_bias and opened_at.get(difference_K, 0) % 2 else 1
            ended = yield from self._open(context, search.surface_m, sign)
            opened_at[difference_K] = opened_at.get(difference_K, 0) + 1
            yield from self.opened(search)
            counts = ended != SKIPPED
            note = {
                "number": number, "hold": number, "counts": counts, "control": self.control, "mode": "dc", "sign": sign,
                **heated, "heated": difference_K != 0.0, "window_G0": [0.5, self.most_G0(context)],
            }  # fmt: skip
            yield WriteNote(self.cycle, note)
            number += 1
            turns.count(counts)
        yield SetHeater(0.0)
        yield MakeSafe()

    def _open(self, context: ProcedureContext, surface_m: float, sign: int) -> Steps[str]:
        """Withdraw until the tip is well beyond the break, not only until it is open; return why the trace ended."""
        if sign < 0:
            yield SetBias(-1e-3 * self.bias)
        ramp = next(self.withdraw(context, surface_m, {}, self.reaction_s(context)))
        assert isinstance(ramp, Ramp)
        outcome = yield replace(ramp, until={name: one for name, one in ramp.until.items() if name != OPEN})
        ended = yield from self.clear(context, outcome)
        if sign < 0:
            yield SetBias(1e-3 * self.bias)
        return ended

    def most_G0(self, context: ProcedureContext) -> float:
        """Return the conductance at which the current amplifier rails, in G0."""
        amplifier = context.amplifier
        return amplifier.full_scale_V / (amplifier.gain_V_per_A * abs(self.bias) * 1e-3 * G0_S)
