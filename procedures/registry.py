"""Procedures by name: module, class, and a sentence about each."""

PROCEDURES = {
    "break-junction": ("procedures.break_junction", "BreakJunction", "Take opening traces."),
    "heating": ("procedures.heating", "Heating", "Measure the heat dissipated in the tip by held junctions."),
    "iv": ("procedures.iv", "IV", "Take I-V curves of held junctions."),
    "control-out-of-contact": ("procedures.controls", "OutOfContact", "Modulate a gap: nothing may be seen."),
    "control-zero-amplitude": ("procedures.controls", "ZeroAmplitude", "Hold junctions at 0 V."),
    "control-dummy-resistor": ("procedures.controls", "DummyResistor", "Modulate a resistor: no heat."),
    "control-order-reversed": ("procedures.controls", "OrderReversed", "Levels in the reverse order."),
    "control-other-frequencies": ("procedures.controls", "OtherFrequencies", "Modulate faster and slower."),
    "control-leads-swapped": ("procedures.controls", "LeadsSwapped", "Thermocouple's leads swapped by hand."),
    "control-gold": ("procedures.controls", "Gold", "Contacts of one gold atom: heat the same at +V and -V."),
    "playback": (
        "procedures.playback",
        "Playback",
        "Record again what hotjunction sim --recording plays back.",
    ),
}
"""Module, class and what it does."""
