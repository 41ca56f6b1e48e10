"""Circuit of a modulated junction: what its filters must let pass, and how much they take from each level."""

import math

from analysis.heating.mask import Filters, mask_for
from analysis.heating.programme import LevelProgramme
from procedures.context import ProcedureContext
from procedures.errors import ImpossibleSetting

SLOWEST_FILTER_Hz = 300.0
SLOWEST_RISE_s = 300e-6
"""Limits beyond which a filter mixes the levels: at 12.25 Hz a corner of 100 Hz leaves 0.88 of one level's
temperature and adds 6 % of the other's."""

SETTLED = 5.0
"""Settling time in time constants: 0.7 % of a step is then missing."""

RISE_CONSTANTS = math.log(9)
"""10-90 % rise time of one pole, in time constants."""

FREQUENCY = ("frequency", "frequencies")
"""Parameters that set the modulation frequency; a procedure has one or the other."""


def check_circuit(context: ProcedureContext) -> None:
    """Refuse a circuit in which the bias reaches the thermometer, or filters that mix the levels."""
    if context.bias_on != "substrate":
        raise ImpossibleSetting(
            "the bias is on the probe (junction.bias_on of the rig file), so every bias step would appear on the "
            "thermocouple in it. Put the bias on the substrate and the current amplifier on the probe."
        )
    if context.lowpass_Hz < SLOWEST_FILTER_Hz:
        raise ImpossibleSetting(
            f"the low-pass of the voltage preamplifier, {context.lowpass_Hz:g} Hz, is too slow for the modulation; "
            f"set it to {SLOWEST_FILTER_Hz:g} Hz or more.",
            *FREQUENCY,
        )
    if context.rise_time_s > SLOWEST_RISE_s * (1 + 1e-9):
        raise ImpossibleSetting(
            f"the rise time of the current amplifier, {context.rise_time_s:.3g} s, is too slow for the modulation; "
            f"set it to {SLOWEST_RISE_s:g} s or less, or its low-pass, if that sets it, to "
            f"{RISE_CONSTANTS / (2.0 * math.pi * SLOWEST_RISE_s):.0f} Hz or more.",
            *FREQUENCY,
        )


def expected_mask_samples(programme: LevelProgramme, context: ProcedureContext) -> int:
    """Return the number of samples that the evaluation will leave out after each edge of the bias."""
    filters = Filters(context.lowpass_Hz, rise_time_s=context.rise_time_s, tip_s=context.tip_s)
    return mask_for(filters, programme, context.rate_Hz).samples


def check_filters(programme: LevelProgramme, context: ProcedureContext) -> None:
    """Refuse levels that are shorter than a filter's settling time."""
    frequency_Hz = float(programme.frequency_Hz)
    shortest_s = float(min(level.share for level in programme.levels)) / frequency_Hz
    for what, constant_s in (
        ("low-pass of the voltage preamplifier", 1 / (2 * math.pi * context.lowpass_Hz)),
        ("rise time of the current amplifier", context.rise_time_s / RISE_CONSTANTS),
        ("tip (probe.thermal_time_constant_s)", context.tip_s),
    ):
        if shortest_s < SETTLED * constant_s:
            raise ImpossibleSetting(
                f"at {frequency_Hz:g} Hz the shortest level lasts {1e3 * shortest_s:.3g} ms, but the {what} takes "
                f"{1e3 * SETTLED * constant_s:.3g} ms to follow. Modulate more slowly.",
                *FREQUENCY,
            )
