"""Offset of the bias from the metallic contact at the beginning of an opening.

A contact that has lost an atom between two levels of the bias has changed its current by more than any offset makes:
the current near zero bias decides. One at the rail of the amplifier shows no offset at all. Lines of the mains are not
fitted: a plateau has about one period of them, and the current of a contact is ten thousand times that of pick-up.
"""

from dataclasses import replace
from enum import StrEnum

import numpy as np

from analysis.thermoelectric.hold_line import UNKNOWN, HoldRules, fitted_line
from analysis.thermoelectric.open_circuit import OpenCircuit
from analysis.thermoelectric.thermopower_holds import ThermopowerHold

CHANGES = 0.1
"""Relative scatter of the conductance of a contact from level to level."""


class Contact(StrEnum):
    """Source of a hold's offset of the bias, or the reason for which it has none."""

    OWN = "own contact"
    NONE = "no contact was measured"
    RAILED = "the amplifier was at its rail"
    UNCLEAR = "samples or levels of the contact are missing"
    OTHERS = "contacts nearest in time"


def contact_line(hold: ThermopowerHold, rules: HoldRules) -> tuple[OpenCircuit, Contact]:
    """Return the line of the contact before a hold; unknown numbers if it is missing, or at the amplifier's rail."""
    if hold.contact_railed:
        return UNKNOWN, Contact.RAILED
    if not hold.contact_A.size:
        return UNKNOWN, Contact.NONE
    if np.isnan(hold.contact_A).any():
        return UNKNOWN, Contact.UNCLEAR
    rules = replace(rules, mains_Hz=0.0)
    line, trouble = fitted_line(hold.contact_V, hold.contact_A, hold.rate_Hz, rules, CHANGES)
    return line, Contact.UNCLEAR if trouble else Contact.OWN
