"""Faults of an approach that ends without a usable contact, with measured values and remedies."""

import math

from procedures.errors import (
    AmplifierRailed,
    ContactUnclear,
    CurrentInputFault,
    CurrentUnproved,
    PiezoAtEnd,
    SurfaceLost,
    TooNoisy,
    WrongPolarity,
)

QUIETER = "or raise the bias or the gain; a smaller range of the current input may help as well."


def wrong_polarity(where: str, conductance_G0: float, bias_mV: float) -> WrongPolarity:
    """Return the fault of a current of opposite sign to the bias."""
    value = "the amplifier at its rail" if math.isinf(conductance_G0) else f"{conductance_G0:.3g} G0"
    return WrongPolarity(
        f"Wrong polarity: {where} the current has the sign opposite to the bias ({value} at {bias_mV:+g} mV). Either "
        "the current amplifier's sign is not that of inverting in [current_amplifier] of the rig file, or its output "
        "leads or those of the bias loop-back are reversed. Check these three (`hotjunction calibrate amplifier` on a "
        "resistor measures the sign), then start again; until then every conductance from this rig is wrong."
    )


def railed() -> AmplifierRailed:
    """Return the fault of an amplifier whose rail is below the contact threshold."""
    return AmplifierRailed(
        "The current amplifier railed before the contact threshold was reached. Lower its gain or the bias, "
        "or set railed_is_contact."
    )


def railed_throughout(current_input: str) -> AmplifierRailed:
    """Return the fault of a current that stays at the rail however far the tip is withdrawn."""
    return AmplifierRailed(
        f"The {current_input} stayed at the amplifier's rail over the whole range of the piezo: a contact that does "
        "not break, as of a blunt tip, a leak, a stray current, or a faulty amplifier or cable. Press ZERO CHECK: if "
        "the reading stays, look at amplifier and cable. If it goes, move the tip back with the coarse positioner: "
        "what stays then is a leak or a stray current."
    )


def still_conducting(shown_G0: float, open_G0: float) -> CurrentInputFault:
    """Return the fault of a current too small for a metallic contact that stays over the whole range of the piezo."""
    return CurrentInputFault(
        f"With the tip retracted {shown_G0:.2g} G0 are still measured: more than open_threshold = {open_G0:g} G0, but "
        "too little for a metallic contact. The zero of the current has changed, or the junction has a leak. Press "
        "ZERO CHECK; look at heater, cables and the bias."
    )


def too_noisy_to_open(noise_G0: float, open_G0: float) -> TooNoisy:
    """Return the fault of a current whose noise hides that a junction is open."""
    return TooNoisy(
        f"The current's noise is {noise_G0:.2g} G0 at this bias, so that its samples hardly ever stay below "
        f"open_threshold = {open_G0:g} G0: an open junction would not be noticed. Set open_threshold to "
        f"{3.0 * noise_G0:.1g} G0 or more, {QUIETER}"
    )


def too_noisy_to_catch(noise_G0: float, window: str) -> TooNoisy:
    """Return the fault of a current whose noise is as wide as the window of conductance."""
    return TooNoisy(
        f"The current's noise is {noise_G0:.2g} G0 at this bias, so that a junction hardly ever stays in the window "
        f"of {window}. Widen the window, {QUIETER}"
    )


def unclear(from_nm: float, end_nm: float, largest_G0: float, threshold_G0: float) -> ContactUnclear:
    """Return the fault of a current that was measured from ``from_nm`` on but never reached the contact threshold."""
    seen = "the amplifier's rail" if math.isinf(largest_G0) else f"{largest_G0:.3g} G0"
    return ContactUnclear(
        f"No contact up to {end_nm:.4g} nm, but a current was measured from {from_nm:.4g} nm on (up to {seen}): the "
        f"tip may be at the surface already. Do not move closer. Check contact_threshold = {threshold_G0:g} G0, the "
        "gain and the bias, and look at the recording."
    )


def halfway(end_nm: float, travelled_nm: float, shown_G0: float, threshold_G0: float) -> ContactUnclear:
    """Return the fault of a current that began, but did not grow to that of a contact."""
    seen = "the amplifier's rail" if math.isinf(shown_G0) else f"{shown_G0:.3g} G0"
    return ContactUnclear(
        f"A current began {travelled_nm:g} nm before {end_nm:.4g} nm and did not reach contact_threshold = "
        f"{threshold_G0:g} G0 (now {seen}); the tip was stopped, and may be in the surface by as much. The gain of the "
        "current amplifier is lower than in the rig file, the bias is divided, a resistance is in series "
        "(series_resistance_ohm of [junction]), or the contact is not of metal: lower contact_threshold then."
    )


def unproved(end_nm: float) -> CurrentUnproved:
    """Return the fault of an approach without a current, if the current path is not proved."""
    return CurrentUnproved(
        f"No contact up to {end_nm:.4g} nm, and the current never rose above its noise: the current path is not "
        "proved. Do not move closer before `hotjunction check --prove` passes, which drives the current input: check "
        "the amplifier's output cable and daq.inputs.current of the rig file, or run `hotjunction calibrate amplifier` "
        "on a resistor in place of the junction."
    )


def surface_lost(searched_nm: float) -> SurfaceLost:
    """Return the fault of a surface that is no longer near the last contact."""
    return SurfaceLost(
        f"No contact within {searched_nm:g} nm beyond the last one. The tip or the surface has changed, or "
        "the current path is broken. Look at the last traces, then start again (increase search_distance to "
        "search further)."
    )


def out_of_reach(end_nm: float, contact: str) -> PiezoAtEnd:
    """Return the fault of a surface beyond the piezo's range; ``contact`` names the last known one, or is ""."""
    return PiezoAtEnd(
        f"No contact up to the end of the piezo's range ({end_nm:.4g} nm). The current input was proved in this run; "
        f"the cables of sample and probe were not (last proved by: {contact or 'no contact yet'}). Check these, then "
        "move the coarse positioner closer to the surface and start again."
    )


def drifted(surface_nm: float, off_centre_nm: float) -> PiezoAtEnd:
    """Return the fault of a surface near an end of the range on a rig without a coarse positioner."""
    return PiezoAtEnd(
        f"Drift has brought the surface to {surface_nm:.4g} nm, near the end of the "
        f"piezo's range. Move the coarse positioner by {off_centre_nm:.0f} nm toward the surface "
        "(negative: away) and start again."
    )


def not_recentred(surface_nm: float, moves: int) -> PiezoAtEnd:
    """Return the fault of a surface that the coarse positioner failed to move away from an end of the range."""
    return PiezoAtEnd(
        f"After {moves} moves of the coarse positioner the surface is still at "
        f"{surface_nm:.4g} nm, near the end of the piezo's range. Check its lines, its "
        "direction and coarse.step_nm of the rig file, then start again."
    )
