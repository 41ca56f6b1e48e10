"""Short runs of every procedure, each with the world in which it works, and the steps that it takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from procedures.ac_break_junction import ACBreakJunction
from procedures.ac_controls import ACCapacitor, ACHalfAmplitude, ACOtherFrequency, ACResistor
from procedures.break_junction import BreakJunction
from procedures.calibrate_amplifier import CalibrateAmplifier
from procedures.calibrate_heater import CalibrateHeater
from procedures.calibrate_lag import CalibrateLag
from procedures.calibrate_noise import CalibrateNoise
from procedures.calibrate_piezo import CalibratePiezo
from procedures.calibrate_thermometer import CalibrateThermometer
from procedures.commissioning.direction import Direction
from procedures.commissioning.staircase import Staircase
from procedures.commissioning.stops import Stops
from procedures.controls import (
    DummyResistor,
    Gold,
    LeadsSwapped,
    OrderReversed,
    OtherFrequencies,
    OutOfContact,
    ZeroAmplitude,
)
from procedures.heating import Heating
from procedures.iv import IV
from procedures.noise_thermometer import NoiseResistor, NoiseThermometer
from procedures.park import Park
from procedures.peltier import Peltier
from procedures.peltier_controls import FilmPressed
from procedures.procedure import RigProcedure
from procedures.thermal_conductance import ThermalConductance
from procedures.thermal_conductance_controls import BiasReversed, GapWidened, OtherFrequency
from procedures.thermal_conductance_controls import OtherSideHeated as OtherSideBroken
from procedures.thermal_opening import ThermalOpening
from procedures.thermopower import Thermopower
from procedures.thermopower_controls import (
    GoldContacts,
    HalfAmplitude,
    HeaterOnDummy,
    NegativeHeater,
    OtherSideHeated,
    ResistorThermopower,
)

NEAR = {"surface.initial_gap_nm": 45.0}
GOLD = {**NEAR, "sample.species": "Au", "gold.weld_G0": 0.0}
RESISTOR = {"fixture.kind": "resistor", "fixture.resistance_ohm": 1e5}
RESISTORS = "resistor", "heater"
"""Fixtures through which a current flows with the tip retracted."""

FAST = {"approach_speed": 50.0, "baseline_every": 1, "baseline_time": 0.02}
CATCH = {
    **FAST,
    "conductance": 1.0,
    "window_percent": 40.0,
    "withdraw_speed": 5.0,
    "leave_speed": 50.0,
    "check_time": 0.1,
}
HELD = {**CATCH, "holds": 1, "hold_time": 1.0, "amplitudes": "0.06"}
HEATED = {**GOLD, "heater.where": "tip", "heater.expansion_s": 0.5, "heater.tip_nm_per_K": 0.5}
HEATED_RESISTOR = {"heater.where": "tip", "heater.expansion_s": 0.1, **RESISTOR}
SUBSTRATE = {
    **HEATED,
    "heater.where": "substrate",
    "heater.substrate_s": 0.05,
    "heater.substrate_nm_per_K": 0.5,
}
BREAKING = {**HEATED, "gold.lifetime_s": 1.2, "gold.lifetime_spread_decades": 0.05}
TWO_TURNS = {**FAST, "dT": "0 20", "holds": 1, "heater_clearance": 5.0}
SEEBECK = {**CATCH, **TWO_TURNS, "hold_time": 0.3, "contact_time": 0.05}
RUPTURE = {**CATCH, "check_time": 0.02, "ruptures": 1, "off_share": 0.3, "linger": 0.5, "longest_hold": 1.5}
BESIDE_AC = {
    **TWO_TURNS,
    "conductance": 1.0,
    "withdraw_speed": 5.0,
    "past_break": 0.5,
    "rate": 20.0,
    "ac_frequency": "1250",
    "average": 2.0,
    "lag_time": 0.1,
}
AC_LOAD = {"rate": 20.0, "ac_frequency": "1250", "lag_time": 0.5, "baseline_time": 0.02}
SOFT_FILM = {**NEAR, "sample.species": "BDA", "fixture.kind": "film", "film.molecules_per_nm": 200.0}
FILM = {
    **FAST,
    "approach_speed": 20.0,
    "leave_speed": 50.0,
    "check_time": 0.1,
    "holds": 1,
    "hold_time": 1.0,
    "amplitudes": "0.05",
    "anyway": True,
}
GAP = {**FAST, "leave_speed": 50.0, "holds": 1, "hold_time": 1.0, "amplitudes": "0.06", "distance": 30.0}


@dataclass(frozen=True)
class Run:
    """A short run: procedure, its parameters, its world."""

    procedure: type[RigProcedure]
    values: Mapping[str, Any] = field(default_factory=dict)
    world: Mapping[str, Any] = field(default_factory=lambda: GOLD)
    most_bias_V: float = 0.101
    """Largest bias that the procedure applies, with the errors of the card."""

    edit: Callable[[str], str] = lambda text: text
    """Change of the rig file's text."""

    without: str = ""
    """Card on which the run is refused: one without digital lines moves no coarse positioner."""

    @property
    def largest_bias_V(self) -> float:
        """Largest bias in the run: while a heater changes, half of 1 G0 takes the amplifier to 10 V at 1e6 V/A."""
        return max(self.most_bias_V, 0.261 if "heater.where" in self.world else 0.0)

    def made(self) -> RigProcedure:
        """Return the procedure with its parameters; a resistor of its world stands in for the junction."""
        procedure = self.procedure.from_values(self.values)
        procedure.resistor = procedure.resistor or self.world.get("fixture.kind") in RESISTORS
        return procedure


def _without(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}


def _high_gain(text: str) -> str:
    """Return a rig file with a gain that resolves the tunnelling tail."""
    return text.replace("gain_V_per_A = 1e5", "gain_V_per_A = 1e8")


def _fast_amplifier(text: str) -> str:
    """Return a rig file with a rise time that lets noise to 6 kHz pass."""
    return text.replace("rise_time_s = 3e-4", "rise_time_s = 3e-5")


RUNS: Mapping[str, Run] = {
    "break-junction": Run(BreakJunction, {**FAST, "withdraw_speed": 5.0, "past_break": 0.5, "traces": 2}),
    "heating": Run(Heating, HELD),
    "iv": Run(IV, {**CATCH, "curves": 1, "peak": 0.1}),
    "peltier": Run(Peltier, {**_without(HELD, "amplitudes"), "amplitudes": "0.05", "anyway": True}),
    "control-peltier-film-pressed": Run(FilmPressed, FILM, SOFT_FILM),
    "thermal-conductance": Run(ThermalConductance, RUPTURE, BREAKING),
    "control-thermal-conductance-other-frequency": Run(OtherFrequency, RUPTURE, BREAKING),
    "control-thermal-conductance-bias-reversed": Run(BiasReversed, RUPTURE, BREAKING),
    "control-thermal-conductance-other-side": Run(
        OtherSideBroken, _without(RUPTURE, "off_share"), {**BREAKING, **SUBSTRATE}
    ),
    "control-thermal-conductance-gap-widened": Run(
        GapWidened, {**_without(RUPTURE, "off_share"), "ruptures": 3, "gap_time": 0.5}, HEATED
    ),
    "thermal-opening": Run(ThermalOpening, {**TWO_TURNS, "withdraw_speed": 5.0, "past_break": 0.5}, HEATED),
    "thermopower": Run(Thermopower, SEEBECK, HEATED),
    "control-thermopower-dummy-heater": Run(HeaterOnDummy, SEEBECK, {**HEATED, "heater.dummy": True}),
    "control-thermopower-half-amplitude": Run(HalfAmplitude, SEEBECK, HEATED),
    "control-thermopower-negative-heater": Run(NegativeHeater, SEEBECK, HEATED),
    "control-thermopower-other-side": Run(OtherSideHeated, {**SEEBECK, "dT": "0 -20"}, SUBSTRATE),
    "control-thermopower-gold": Run(
        GoldContacts, {**_without(SEEBECK, "conductance"), "approach_speed": 10.0}, HEATED
    ),
    "control-thermopower-resistor": Run(
        ResistorThermopower,
        {**TWO_TURNS, "hold_time": 0.3, "check_time": 0.1, "resistance": 1e5},
        HEATED_RESISTOR,
    ),
    "ac-break-junction": Run(ACBreakJunction, BESIDE_AC, HEATED, edit=_fast_amplifier),
    "control-ac-half-amplitude": Run(ACHalfAmplitude, BESIDE_AC, HEATED, edit=_fast_amplifier),
    "control-ac-other-frequency": Run(
        ACOtherFrequency, {**_without(BESIDE_AC, "ac_frequency"), "rate": 50.0}, HEATED, edit=_fast_amplifier
    ),
    "control-ac-resistor": Run(
        ACResistor, {**AC_LOAD, "resistance": 1e5}, HEATED_RESISTOR, edit=_fast_amplifier
    ),
    "control-ac-capacitor": Run(ACCapacitor, AC_LOAD, HEATED, edit=_fast_amplifier),
    "noise-thermometer": Run(
        NoiseThermometer,
        {
            **CATCH,
            "conductance": 2.2,
            "window_percent": 90.0,
            "holds": 1,
            "hold_time": 0.1,
            "conductance_time": 0.04,
            "dT": "0",
            "check_time": 0.02,
            "rate": 20.0,
        },
        {**GOLD, "heater.where": "tip", "heater.expansion_s": 0.1},
        edit=_fast_amplifier,
    ),
    "control-noise-resistor": Run(
        NoiseResistor,
        {**FAST, "resistance": 1e4, "holds": 1, "hold_time": 0.5, "rate": 20.0},
        {**GOLD, "heater.where": "tip", "fixture.kind": "resistor", "fixture.resistance_ohm": 1e4},
        edit=_fast_amplifier,
    ),
    "control-out-of-contact": Run(OutOfContact, GAP),
    "control-zero-amplitude": Run(ZeroAmplitude, _without(HELD, "amplitudes")),
    "control-dummy-resistor": Run(
        DummyResistor,
        {"holds": 1, "hold_time": 1.0, "amplitudes": "0.06", "resistance": 1e5, **FAST},
        RESISTOR,
    ),
    "control-order-reversed": Run(OrderReversed, HELD),
    "control-other-frequencies": Run(OtherFrequencies, {**HELD, "frequencies": "20", "hold_time": 0.7}),
    "control-leads-swapped": Run(LeadsSwapped, HELD),
    "control-gold": Run(Gold, _without(HELD, "conductance")),
    "park": Run(Park, {"moves": 3}, without="PXI-4461"),
    "calibrate-amplifier": Run(
        CalibrateAmplifier,
        {"amplitude": 0.1, "levels": 5, "dwell": 0.1, "cycles": 1, "resistance": 1e5},
        RESISTOR,
    ),
    "calibrate-heater": Run(
        CalibrateHeater, {"powers": 1, "holds": 2, "hold_time": 0.3, "settle_time": 0.1}, HEATED
    ),
    "calibrate-lag": Run(CalibrateLag, {"holds": 2, "hold_time": 0.5}, RESISTOR),
    "calibrate-noise": Run(CalibrateNoise, {"stretches": 1, "stretch_time": 4.0, "settle": 0.2}),
    "calibrate-piezo": Run(CalibratePiezo, {**FAST, "traces": 5, "withdraw_speed": 3.0}, edit=_high_gain),
    "calibrate-thermometer": Run(
        CalibrateThermometer,
        {"powers": 3, "holds": 1, "hold_time": 1.0, "heater": 1e5, "amplitude": 0.1},
        {"fixture.kind": "heater", "fixture.heater_ohm": 1e5},
    ),
    "commission-staircase": Run(Staircase, {"levels": 5, "dwell": 0.1}, RESISTOR),
    "commission-direction": Run(Direction, {"cycles": 3, "dwell": 0.1}, {"surface.initial_gap_nm": 0.45}),
    "commission-stops": Run(Stops, {"stops": 2, "trips": 2}, RESISTOR),
}
"""By the procedures' names. Playback drives nothing, and is left out."""
