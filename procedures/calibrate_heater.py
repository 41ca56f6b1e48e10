"""Calibration of the heater: switch it on and off with the tip away, and record thermometers, read-back and current."""

from procedures.context import ProcedureContext
from procedures.errors import HeaterFault, ImpossibleSetting
from procedures.expansion import watched
from procedures.heated_junctions import check_thermometer
from procedures.heater import Heater
from procedures.procedure import Plan, RigProcedure, Steps
from procedures.pymeasure_types import BooleanParameter, FloatParameter, IntegerParameter
from procedures.steps import FINISHED, HoldStep, MakeSafe, SetBias, SetHeater, WriteNote

WATCH_V = 0.01
"""Bias while the heater changes, at which a touch shows."""

UNHURRIED_S = 0.25
"""Reaction time, in s; out of contact no quick reaction is needed."""


class CalibrateHeater(RigProcedure):
    """Measure the rise per watt of the heater, its time constant, and its leak into the current."""

    name = "calibrate-heater"
    thermometer = True
    repeats = "holds"
    cycle = "heated"
    on, off = "heater on", "heater off"
    """Names of the stretches with a steady heater."""

    share = FloatParameter(
        "Largest power", units="%", minimum=1, maximum=100, default=50,
        description="Largest power, as a share of what the rig file allows (heater.most_W, heater.most_K).",
    )  # fmt: skip
    powers = IntegerParameter(
        "Powers", minimum=1, maximum=20, default=2,
        description="Number of powers, in equal steps up to the largest; they alternate.",
    )  # fmt: skip
    holds = IntegerParameter(
        "Holds", units="per power", minimum=2, maximum=1000, default=4,
        description="Number of times at each power and each sign of the voltage.",
    )  # fmt: skip
    hold_time = FloatParameter(
        "Hold time", units="s", minimum=0.2, maximum=3600, default=2,
        description="Time over which thermometers and current are averaged, with the heater on and off.",
    )  # fmt: skip
    settle_time = FloatParameter(
        "Settling time", units="s", minimum=0, maximum=7200, default=0,
        description="Wait after each change, at least five time constants of what is heated. 0: heater.settle_s of "
        "the rig file.",
    )  # fmt: skip
    reverse_heater = BooleanParameter(
        "Reverse the heater", default=True,
        description="Apply both signs of the voltage: heat does not change with it, a leak does. Without it the "
        "leak is not measured.",
    )  # fmt: skip

    tip_away = BooleanParameter(
        "Tip far away", default=False,
        description="Confirm that the tip's housing is micrometres away from the substrate, which expands by some ten "
        "nanometres per kelvin. Needed with a heater under the substrate. Without it a bias of 10 mV shows whether the "
        "tip touches while the heater changes.",
    )  # fmt: skip

    @property
    def total_cycles(self) -> int:
        """Number of times that the heater is switched on."""
        return int(self.holds * self.powers) * len(self._signs)

    @property
    def _signs(self) -> tuple[int, ...]:
        return (1, -1) if self.reverse_heater else (1,)

    def check(self, context: ProcedureContext) -> None:
        """Refuse a rig without a heater, or without a thermometer where it heats."""
        heater = _heater(context)
        if heater.where == "tip":
            check_thermometer(context, heater, self._largest_W(heater) * heater.kelvin_per_W)
            return
        if not getattr(heater, heater.where):
            raise ImpossibleSetting(
                f"the heater is at the {heater.where}, but no input shows its temperature: name it in "
                f"heater.{heater.where} of the rig file."
            )
        if heater.where == "substrate" and not self.tip_away:
            raise ImpossibleSetting(
                "the substrate expands by some ten nanometres per kelvin and would touch a tip that is retracted by "
                "the piezo alone. Withdraw the tip's housing by several micrometres, then set tip_away.",
                "tip_away",
            )

    def duration_s(self, context: ProcedureContext) -> float:
        """Return the time of all stretches and of settling, in s."""
        each_s = self._settle_s(_heater(context)) + self.hold_time if context.heater else self.hold_time
        return float((2 * self.total_cycles + 1) * each_s)

    def plan(self, context: ProcedureContext) -> Plan:
        """Retract the tip, then switch the heater on and off at each power and sign in turn."""
        heater = _heater(context)
        yield MakeSafe()
        number = 0
        for _ in range(self.holds):
            for step in range(1, self.powers + 1):
                power_W = self._largest_W(heater) * step / self.powers
                for sign in self._signs:
                    yield from self._stretch(context, heater, 0.0, sign)
                    yield from self._stretch(context, heater, power_W, sign)
                    yield WriteNote(self.cycle, {"number": number, "power_W": power_W, "polarity": sign})
                    number += 1
        yield from self._stretch(context, heater, 0.0, 1)
        yield MakeSafe()

    def _stretch(self, context: ProcedureContext, heater: Heater, power_W: float, sign: int) -> Steps[None]:
        """Set the heater, wait while a bias shows whether the tip touches, and record without it."""
        allowed_V = min(WATCH_V, context.bias_range_V[1], context.most_bias_step_V)
        bias_V = 0.0 if self.tip_away else allowed_V
        yield SetBias(bias_V)
        wait = SetHeater(power_W, sign, self._settle_s(heater))
        waited = yield watched(context, wait) if bias_V else wait
        if waited.ended != FINISHED:
            yield SetHeater(0.0)
            raise HeaterFault(
                "The surface came to the tip while the heater changed, although the tip is retracted. The heater is "
                "off. Take the tip's housing back by some micrometres, then set tip_away, or lower share."
            )
        yield SetBias(0.0)
        yield HoldStep(self.on if power_W else self.off, self.hold_time, reaction_s=UNHURRIED_S)

    def _largest_W(self, heater: Heater) -> float:
        return float(self.share) / 100.0 * heater.limit_W

    def _settle_s(self, heater: Heater) -> float:
        return float(self.settle_time) or heater.settle_s


def _heater(context: ProcedureContext) -> Heater:
    """Return the heater of a rig. Raises ``ImpossibleSetting`` without one."""
    if context.heater is None:
        raise ImpossibleSetting(
            "the rig has no heater: describe it in the table [heater] of the rig file, with the output that drives it "
            "and the input that reads it back."
        )
    return context.heater
