"""Watch of one approach: its detectors, and the reason for which it made no contact."""

import sys
from collections.abc import Mapping

from analysis.conductance import full_scale_conductance_G0
from analysis.constants import G0_S
from analysis.detect import ContactDetector, CurrentWitness, Detector
from procedures.contact_checks import no_contact
from procedures.context import ProcedureContext
from procedures.errors import ProcedureFault
from procedures.steps import Outcome

NM = 1e-9

GHOST_V = 3e-3
"""Largest crosstalk of the piezo voltage into the current input through the card's multiplexer (-75 dB of 10 V)."""

METAL_G0 = 1.0
"""Least contact threshold of a contact of metal."""

HALFWAY_SHARE, HALFWAY_nm, HALFWAY_nm_per_G0 = 0.1, 2.0, 0.2
"""Share of a metal's contact threshold with which a contact has begun, and the travel on which it must then form: at
least 2 nm, and 0.2 nm for each G0. From one atom to five, metals need a few tenths of a nanometre."""

NOISE_S = 0.5
"""Duration of the start of an approach, whose scatter is taken as the current's noise."""


class ApproachWatch:
    """Detectors of an approach, which must be asked once it has ended.

    Parameters
    ----------
    context : ProcedureContext
    bias_mV : float
    threshold_G0, samples : float, int
        Conductance of a contact, and consecutive samples above it.
    speed_nm_per_s : float
    railed_is_contact : bool
        True if a rail below the threshold counts as contact.
    """

    def __init__(
        self,
        context: ProcedureContext,
        bias_mV: float,
        threshold_G0: float,
        samples: int,
        speed_nm_per_s: float,
        *,
        railed_is_contact: bool,
    ) -> None:
        self._context = context
        self._bias_mV = bias_mV
        self._threshold_G0 = threshold_G0
        self._speed_nm_per_s = speed_nm_per_s
        self._halfway_nm = max(HALFWAY_nm, HALFWAY_nm_per_G0 * threshold_G0)
        rail_G0 = full_scale_conductance_G0(context.amplifier, bias_mV * 1e-3)
        credited_G0 = float("inf") if railed_is_contact else rail_G0
        self._contact = {"contact": ContactDetector(threshold_G0, samples, credited_G0)}
        if threshold_G0 >= METAL_G0:
            halfway = max(round(self._halfway_nm / speed_nm_per_s * context.rate_Hz), samples + 1)
            self._contact["halfway"] = ContactDetector(HALFWAY_SHARE * threshold_G0, halfway, credited_G0)
        if rail_G0 <= threshold_G0:
            self._contact["railed"] = ContactDetector(sys.float_info.max, samples)
        least_G0 = GHOST_V / context.amplifier.gain_V_per_A / (abs(bias_mV) * 1e-3 * G0_S)
        self._witness = CurrentWitness(max(round(NOISE_S * context.rate_Hz), 1), least_G0)

    @property
    def until(self) -> Mapping[str, Detector]:
        """Detectors that end the approach, and one that only looks for a current."""
        return {**self._contact, "current seen": self._witness}

    def check_polarity(self, outcome: Outcome) -> None:
        """Raise ``WrongPolarity`` if the contact's current has the sign opposite to the bias."""
        fired = self._contact.get(outcome.ended)
        if fired is not None and fired.wrong_sign:
            where = f"at {outcome.extension_m / NM:.4g} nm"
            raise no_contact.wrong_polarity(where, fired.conductance_G0, self._bias_mV)

    def no_contact(self, outcome: Outcome, searched_nm: float | None, proved: bool) -> ProcedureFault:
        """Return the reason for a missing contact. Only after a proved current path may it advise to go nearer.

        Parameters
        ----------
        outcome : Outcome
        searched_nm : float or None
            Distance beyond the last contact at which the approach was to end; None for the end of the piezo's range.
        proved : bool
            True if the current path was proved.
        """
        end_nm = outcome.extension_m / NM
        if outcome.ended == "railed":
            return no_contact.railed()
        if outcome.ended == "halfway":
            return no_contact.halfway(end_nm, self._halfway_nm, outcome.conductance_G0, self._threshold_G0)
        witness = self._witness
        if witness.excursion_at is not None:
            since_s = (witness.seen - witness.excursion_at) / self._context.rate_Hz
            from_nm = end_nm - since_s * self._speed_nm_per_s
            return no_contact.unclear(from_nm, end_nm, witness.largest_G0, self._threshold_G0)
        if not proved:
            return no_contact.unproved(end_nm)
        if searched_nm is not None:
            return no_contact.surface_lost(searched_nm)
        return no_contact.out_of_reach(end_nm, self._context.last_contact)
