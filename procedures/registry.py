"""Procedures by name. A built-in one has a line here; a plug-in registers its own with `register`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from analysis.registry import Registry
from procedures.errors import ImpossibleSetting

if TYPE_CHECKING:
    from procedures.procedure import RigProcedure

    P = TypeVar("P", bound=RigProcedure)

CONTROL = "control"
"""Beginning of the name of a control experiment of a heating measurement."""

_BUILT_IN: dict[str, tuple[str, str, str]] = {
    "break-junction": ("procedures.break_junction:BreakJunction", "Take opening traces.", "traces"),
    "heating": ("procedures.heating:Heating", "Measure the heat dissipated in the tip by held junctions.", "heating"),
    "iv": ("procedures.iv:IV", "Take I-V curves of held junctions.", "iv"),
    "thermopower": (
        "procedures.thermopower:Thermopower", "Measure the thermopower of held junctions.", "thermopower",
    ),
    "control-thermopower-dummy-heater": (
        "procedures.thermopower_controls:HeaterOnDummy", "Heater wired to a dummy: no slope.", "thermopower",
    ),
    "control-thermopower-half-amplitude": (
        "procedures.thermopower_controls:HalfAmplitude", "Half amplitude: the same thermopower.", "thermopower",
    ),
    "control-thermopower-negative-heater": (
        "procedures.thermopower_controls:NegativeHeater", "Negative heater voltage: the same thermopower.",
        "thermopower",
    ),
    "control-thermopower-other-side": (
        "procedures.thermopower_controls:OtherSideHeated", "Other side heated: the same thermopower.", "thermopower",
    ),
    "control-thermopower-gold": (
        "procedures.thermopower_controls:GoldContacts", "Metallic contacts have no thermopower.", "thermopower",
    ),
    "control-thermopower-resistor": (
        "procedures.thermopower_controls:ResistorThermopower", "A resistor has no thermopower.", "thermopower",
    ),
    "thermal-conductance": (
        "procedures.thermal_conductance:ThermalConductance", "Measure the thermal conductance of junctions that break.",
        "thermal_conductance",
    ),
    "thermal-opening": (
        "procedures.thermal_opening:ThermalOpening", "Measure the thermal conductance of contacts while they open.",
        "thermal_opening",
    ),
    "ac-break-junction": (
        "procedures.ac_break_junction:ACBreakJunction",
        "Measure conductance and thermopower along openings, beside an alternating bias.", "ac",
    ),
    "control-ac-half-amplitude": (
        "procedures.ac_controls:ACHalfAmplitude", "Half AC amplitude: nothing changes.", "ac",
    ),
    "control-ac-other-frequency": (
        "procedures.ac_controls:ACOtherFrequency", "Another AC frequency: the same conductance.", "ac",
    ),
    "control-ac-resistor": ("procedures.ac_controls:ACResistor", "A resistor beside the AC bias: no lag.", "ac"),
    "control-ac-capacitor": ("procedures.ac_controls:ACCapacitor", "A capacitor has no conductance.", "ac"),
    "control-thermal-conductance-other-frequency": (
        "procedures.thermal_conductance_controls:OtherFrequency", "Heater 1.5 times as fast: the same conductance.",
        "thermal_conductance",
    ),
    "control-thermal-conductance-bias-reversed": (
        "procedures.thermal_conductance_controls:BiasReversed", "Bias reversed: the same conductance.",
        "thermal_conductance",
    ),
    "control-thermal-conductance-other-side": (
        "procedures.thermal_conductance_controls:OtherSideHeated", "Other side heated: the same conductance.",
        "thermal_conductance",
    ),
    "control-thermal-conductance-gap-widened": (
        "procedures.thermal_conductance_controls:GapWidened", "A gap is widened: nothing changes.",
        "thermal_conductance",
    ),
    "peltier": (
        "procedures.peltier:Peltier", "Measure the Peltier heat of held junctions at small biases.", "peltier",
    ),
    "control-peltier-film-pressed": (
        "procedures.peltier_controls:FilmPressed", "A film pressed harder: the same Peltier coefficient.", "peltier",
    ),
    "noise-thermometer": (
        "procedures.noise_thermometer:NoiseThermometer", "Measure the temperature of contacts by their noise.", "noise",
    ),
    "control-noise-resistor": (
        "procedures.noise_thermometer:NoiseResistor", "A resistor calibrates the noise thermometer.", "noise",
    ),
    "control-out-of-contact": (
        "procedures.controls:OutOfContact", "Modulate a gap: nothing may be seen.", "heating",
    ),
    "control-zero-amplitude": ("procedures.controls:ZeroAmplitude", "Hold junctions at 0 V.", "heating"),
    "control-dummy-resistor": (
        "procedures.controls:DummyResistor", "Modulate a resistor: no heat.", "heating",
    ),
    "control-order-reversed": ("procedures.controls:OrderReversed", "Levels in the reverse order.", "heating"),
    "control-other-frequencies": ("procedures.controls:OtherFrequencies", "Modulate faster and slower.", "heating"),
    "control-leads-swapped": (
        "procedures.controls:LeadsSwapped", "Thermocouple's leads swapped by hand.", "heating",
    ),
    "control-gold": (
        "procedures.controls:Gold", "Contacts of one gold atom: heat the same at +V and -V.", "heating",
    ),
    "park": ("procedures.park:Park", "Take the tip far back with the coarse positioner.", "traces"),
    "playback": (
        "procedures.playback:Playback", "Record again what hotjunction sim --recording plays back.", "traces",
    ),
}  # fmt: skip
"""Class, what it does, and `RigProcedure.evaluated_as`: known without importing the class."""

PROCEDURES: "Registry[type[RigProcedure]]" = Registry("procedure", _BUILT_IN)


def register(procedure: "type[P]") -> "type[P]":
    """Register the procedure of a plug-in; use it as a decorator.

    Raises
    ------
    NameTaken
        If another procedure has its name.
    """
    sentence = (procedure.__doc__ or "").strip().split("\n")[0]
    PROCEDURES.register(_key(procedure.name), procedure, sentence)
    return procedure


def procedure_of(name: str, values: Mapping[str, Any]) -> "RigProcedure":
    """Return the procedure of a name with some of its parameters set. Raises ``ImpossibleSetting``."""
    if name not in PROCEDURES:
        raise ImpossibleSetting(f"There is no procedure {name!r}; there are {', '.join(PROCEDURES)}.")
    return PROCEDURES[name].from_values(values)


def recorded_by(name: str) -> "type[RigProcedure] | None":
    """Return the procedure that made a recording, by the name in its header; None if it is unknown.

    An unknown control experiment counts as a heating measurement.
    """
    key = _key(name)
    if key not in PROCEDURES and name.startswith(CONTROL):
        key = "heating"
    return PROCEDURES.get(key)


def views_filled_by(name: str) -> tuple[str, ...]:
    """Return the titles of the views that a recording fills, by the name in its header; none if it is unknown."""
    procedure = recorded_by(name)
    return procedure.views if procedure is not None else ()


def evaluated_as(name: str) -> str:
    """Return the evaluation of a recording by the name in its header, such as "traces"; "" if that is unknown."""
    key = _key(name)
    if key in _BUILT_IN:
        return _BUILT_IN[key][2]
    if key in PROCEDURES:
        return PROCEDURES[key].evaluated_as
    return "heating" if name.startswith(CONTROL) else ""


def _key(name: str) -> str:
    """Return the name on the command line, which has no blanks."""
    return name.replace(" ", "-")
