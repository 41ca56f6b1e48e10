"""Faults of an approach that ends without a contact to work with: what was seen, and what to do next."""

import math

from procedures.errors import (
    AmplifierRailed,
    ContactUnclear,
    CurrentUnproved,
    PiezoAtEnd,
    SurfaceLost,
    WrongPolarity,
)


def wrong_polarity(where: str, conductance_G0: float, bias_mV: float) -> WrongPolarity:
    """Return the fault of a current whose sign is opposite to the bias's."""
    value = "the amplifier at its rail" if math.isinf(conductance_G0) else f"{conductance_G0:.3g} G0"
    return WrongPolarity(
        f"Polarity: {where} the current has the sign opposite to the bias ({value} at {bias_mV:+g} mV). The "
        "current amplifier inverts, its output leads are reversed, or the bias loop-back is. Check these three, "
        "then start again; until then no conductance of this rig is right."
    )


def railed() -> AmplifierRailed:
    """Return the fault of an amplifier whose rail is below the contact threshold."""
    return AmplifierRailed(
        "The current amplifier railed before the contact threshold was reached. Lower its gain or the bias, "
        "or set railed_is_contact."
    )


def unclear(from_nm: float, end_nm: float, largest_G0: float, threshold_G0: float) -> ContactUnclear:
    """Return the fault of a current that was seen from ``from_nm`` on and never counted as a contact."""
    seen = "the amplifier's rail" if math.isinf(largest_G0) else f"{largest_G0:.3g} G0"
    return ContactUnclear(
        f"No contact up to {end_nm:.4g} nm, but a current was seen from {from_nm:.4g} nm on (up to {seen}): the tip "
        f"may be at the surface already. Do not go nearer. Check contact_threshold = {threshold_G0:g} G0, the gain "
        "and the bias, and look at the recording."
    )


def unproved(end_nm: float) -> CurrentUnproved:
    """Return the fault of an approach without a current, where nothing shows that one would be seen."""
    return CurrentUnproved(
        f"No contact up to {end_nm:.4g} nm, and the current never left its noise: the current path is not proved. Do "
        "not go nearer before the current input is seen to follow the amplifier: check the amplifier's output "
        "cable and daq.inputs.current of the rig file, then run `hotjunction calibrate amplifier` on a "
        "resistor in place of the junction."
    )


def surface_lost(searched_nm: float) -> SurfaceLost:
    """Return the fault of a surface that is not where the last contact was."""
    return SurfaceLost(
        f"No contact {searched_nm:g} nm beyond the last one. The tip or the surface has changed, or "
        "the current no longer arrives: look at the last traces, then start again (a larger search_distance "
        "goes further)."
    )


def out_of_reach(end_nm: float) -> PiezoAtEnd:
    """Return the fault of a surface beyond the piezo's range."""
    return PiezoAtEnd(
        f"No contact up to the end of the piezo's range ({end_nm:.4g} nm). The current path "
        "was seen to work in this run. Bring the coarse positioner nearer to the surface and start again."
    )


def drifted(surface_nm: float, off_centre_nm: float) -> PiezoAtEnd:
    """Return the fault of a surface near an end of the range, where there is no coarse positioner."""
    return PiezoAtEnd(
        f"Drift has brought the surface to {surface_nm:.4g} nm, near the end of the "
        f"piezo's range. Move the coarse positioner by {off_centre_nm:.0f} nm toward the surface "
        "(negative: away) and start again."
    )


def not_recentred(surface_nm: float, moves: int) -> PiezoAtEnd:
    """Return the fault of a surface that a coarse positioner has not brought away from an end of the range."""
    return PiezoAtEnd(
        f"{moves} moves of the coarse positioner have left the surface at "
        f"{surface_nm:.4g} nm, near the end of the piezo's range. Check its lines, its "
        "direction and coarse.step_nm of the rig file, then start again."
    )
