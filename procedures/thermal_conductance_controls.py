"""Control experiments of a thermal conductance: what must not change it."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from analysis.heating.programme import LevelProgramme, ordered
from analysis.thermoelectric.control_verdict import OTHER_SIDE
from analysis.thermoelectric.gap_widening import GAP_WIDENED
from procedures.capture import SearchProgress
from procedures.contact import NM
from procedures.context import ProcedureContext
from procedures.errors import ImpossibleSetting
from procedures.parameters import FractionParameter
from procedures.procedure import Plan, Steps
from procedures.pymeasure_types import FloatParameter, IntegerParameter, ListParameter
from procedures.steps import MakeSafe, Modulate, Ramp, SetHeater, WriteNote
from procedures.thermal_conductance import STEP, BIAS_Hz, ThermalConductance


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


class OtherSideHeated(ThermalConductance):
    """Heat the other electrode: with the sign of the temperature difference the step at a rupture changes its own.

    Heat that does not follow the difference, such as Joule heat, keeps its sign and changes G_th. The rig file is the
    one that names the heater at the other side; a substrate does not alternate, so that the heater is steady.
    """

    name = "control thermal-conductance-other-side"
    label = "Control: other side heated"
    control = OTHER_SIDE
    presets: Mapping[str, Mapping[str, Any]] = {}
    keeps = ("bias", "dT")
    heater = "dc"
    off_share, off_in_a_row = 0.2, 10

    dT: Any = FloatParameter(
        "Temperature difference", units="K", minimum=-100, maximum=100, default=-30,
        description="Tip less substrate, of the sign opposite to that of the measurement.",
    )  # fmt: skip


class GapWidened(ThermalConductance):
    """Widen an open gap, in which nothing breaks: the tip's temperature must not change.

    A rupture replaces a junction by a gap, so that G_th is what the junction has more than the gap. Heat that crosses
    the gap shows here.
    """

    name = "control thermal-conductance-gap-widened"
    label = "Control: gap widened"
    control = GAP_WIDENED
    presets: Mapping[str, Mapping[str, Any]] = {}
    keeps = ("bias", "ruptures")
    off_share = zero_every = 0.0

    heater = ListParameter(
        "Heater", choices=["2w"], default="2w",
        description="The heater alternates: a steady one has the drift of the thermometer between both gaps.",
    )  # fmt: skip
    ruptures = IntegerParameter(
        "Pairs of gaps", minimum=3, maximum=1_000_000, default=30,
        description="Times at which a gap is widened.",
    )  # fmt: skip
    narrow = FloatParameter(
        "Narrow gap", units="nm", minimum=0.3, maximum=20, default=1,
        description="Retraction from where the contact broke.",
    )  # fmt: skip
    wide = FloatParameter(
        "Wide gap", units="nm", minimum=0.5, maximum=100, default=2,
        description="Retraction from where the contact broke, when the gap is widened.",
    )  # fmt: skip
    gap_time = FloatParameter(
        "Time in each gap", units="s", minimum=0.5, maximum=600, default=5,
        description="Duration of the measurement in each gap.",
    )  # fmt: skip

    @property
    def total_cycles(self) -> int:
        """Number of pairs of gaps."""
        return int(self.ruptures)

    def check(self, context: ProcedureContext) -> None:
        """Refuse also a wide gap that is not wider."""
        super().check(context)
        if self.wide <= self.narrow:
            raise ImpossibleSetting(
                f"wide = {self.wide:g} nm must be more than narrow = {self.narrow:g} nm.", "wide", "narrow"
            )

    def duration_s(self, context: ProcedureContext) -> float:
        """Estimate the time of a run, in s."""
        settle_s = context.heater.settle_s if context.heater else 0.0
        each_s = self.opening_s(context) + 2 * self.gap_time + self.wide / self.withdraw_speed
        return float(self.first_approach_s(context) + settle_s + self.total_cycles * each_s)

    def plan(self, context: ProcedureContext) -> Plan:
        """Heat; then break contacts, and measure at both widths of each gap."""
        yield from self.begin()
        search = SearchProgress()
        notes = {**(yield from self.heat(context, search, self.mean_K, 0)), "heated": True}
        for number in range(self.total_cycles):
            search.surface_m = yield from self.make_contact(context, search.surface_m)
            until_open = yield from self.withdraw(context, search.surface_m, {}, self.end_noticed_s)
            broken_m = until_open.extension_m
            for which, gap_nm in (("narrow", float(self.narrow)), ("wide", float(self.wide))):
                yield from self._widen(context, broken_m, gap_nm)
                yield from self._measure(context, number, which, gap_nm, notes)
            yield from self.clear(context, until_open)
            yield from self.opened(search)
        yield SetHeater(0.0)
        yield MakeSafe()

    def _widen(self, context: ProcedureContext, broken_m: float, gap_nm: float) -> Steps[None]:
        low_m, _ = context.extension_range_m
        yield Ramp("widen", max(low_m, broken_m - gap_nm * NM), self.leave_speed * NM, reaction_s=0.25)

    def _measure(
        self, context: ProcedureContext, number: int, which: str, gap_nm: float, notes: Mapping[str, Any]
    ) -> Steps[None]:
        """Let the heater alternate at one width of the gap."""
        heater = context.heater
        note = {
            "control": self.control, "mode": self.heater, **notes, "gap": which, "gap_nm": gap_nm,
            "window_G0": [self.window.low_G0, self.window.high_G0],
        }  # fmt: skip
        sine = self.sine(heater) if heater is not None else None
        yield Modulate(
            STEP,
            self.programme(),
            self.gap_time,
            {},
            self.trip_reaction,
            {"hold": number, **note},
            heater=sine,
        )
        yield WriteNote(self.cycle, {"number": number, "counts": which == "wide", **note})
