"""Open-circuit voltage of single holds, with its noise, and the reasons for which a hold is left out."""

import math
from dataclasses import dataclass

import numpy as np

from analysis.heating.exclusion import ExclusionRules
from analysis.records import SKIPPED
from analysis.segmentation import THERMOMETER_RAILED
from analysis.thermoelectric.contact_offset import Contact, contact_line
from analysis.thermoelectric.hold_line import HoldRules, fitted_line, settled
from analysis.thermoelectric.open_circuit import OpenCircuit
from analysis.thermoelectric.thermopower_holds import ThermopowerHold
from analysis.thermoelectric.two_omega_hold import two_omega

WIDENED = ExclusionRules().widened


@dataclass(frozen=True)
class MeasuredHold:
    """Result of one hold.

    ``rejected`` is the reason for which it is left out, "" if it is used; reasons come from the current alone, never
    from the voltage, the temperature or the thermopower. ``contact_offset_V`` is NaN without its measurement;
    ``contact`` tells whether it is that of the hold's own contact. ``error_scale`` is the factor by which the holds at
    dT = 0 scatter more than their own errors say.
    """

    number: int
    sample: int
    difference_K: float
    control: str
    heater_V: float
    fit: OpenCircuit
    contact_offset_V: float
    sigma_contact_V: float
    thermocouple_V: float
    ambient_K: float
    base_rise_K: float
    substrate_rise_K: float
    rejected: str = ""
    amplitude_K: float = math.nan
    quadrature_V: float = math.nan
    thermal_Hz: float = math.nan
    where: str = "tip"
    contact: Contact = Contact.NONE
    error_scale: float = 1.0

    @property
    def voltage_V(self) -> float:
        """Open-circuit voltage less the offset of the contact, if that was measured."""
        offset_V = 0.0 if math.isnan(self.contact_offset_V) else self.contact_offset_V
        return self.fit.open_circuit_V - offset_V

    @property
    def mean_tip_K(self) -> float:
        """Mean temperature of the tip beside an alternating heater, as commanded: no hold without heat shows it."""
        rise_K = 0.5 * self.difference_K if self.where == "tip" else 0.0
        return self.ambient_K + self.base_rise_K + rise_K

    @property
    def sigma_V(self) -> float:
        """Standard error of `voltage_V` from the noise of the current, times `error_scale`."""
        contact_V = 0.0 if math.isnan(self.sigma_contact_V) else self.sigma_contact_V
        return self.error_scale * math.hypot(self.fit.sigma_open_circuit_V, contact_V)


def measured(hold: ThermopowerHold, rules: HoldRules) -> MeasuredHold:
    """Fit the line of current on bias in one hold and in its contact."""
    fit, rejected = fitted_line(hold.bias_V, hold.current_A, hold.rate_Hz, rules)
    contact, kind = contact_line(hold, rules)
    notes, seen = hold.notes, np.isfinite(hold.thermocouple_V)
    amplitude_K = quadrature_V = math.nan
    rejected = rejected or _left_out(hold)
    if math.isfinite(hold.thermal_Hz) and not rejected:
        keep = settled(hold.bias_V, hold.rate_Hz, rules)
        response = two_omega(
            hold, keep, fit.conductance_S, rules.filters, rules.seebeck_V_per_K, rules.mains_Hz
        )
        amplitude_K, quadrature_V, fit = response.amplitude_K, response.quadrature_V, response.on(fit)
    return MeasuredHold(
        number=hold.number,
        sample=hold.samples[0],
        difference_K=hold.difference_K,
        control=hold.control,
        heater_V=float(notes.get("heater_V", math.nan)),
        fit=fit,
        contact_offset_V=contact.open_circuit_V,
        sigma_contact_V=contact.sigma_open_circuit_V,
        thermocouple_V=float(hold.thermocouple_V[seen].mean()) if seen.any() else math.nan,
        ambient_K=float(notes.get("ambient_K", 300.0)),
        base_rise_K=float(notes.get("base_rise_K", 0.0)),
        substrate_rise_K=float(notes.get("substrate_rise_K", 0.0)),
        rejected=rejected,
        amplitude_K=amplitude_K,
        quadrature_V=quadrature_V,
        thermal_Hz=hold.thermal_Hz,
        where=str(notes.get("heater_where", "tip")),
        contact=kind,
    )


def _left_out(hold: ThermopowerHold) -> str:
    """Return why a hold is left out, by its current alone; "" if it is used."""
    low_G0, high_G0 = hold.window_G0
    if hold.kind == SKIPPED:
        return "skipped by the user"
    for flag, reason in (
        ("aborted", "aborted"),
        ("gap", "samples are missing"),
        ("railed", "amplifier at its rail"),
        (THERMOMETER_RAILED, "thermometer at its rail"),
    ):
        if flag in hold.flags:
            return reason
    for name, seen_G0 in (("before", hold.before_G0), ("after", hold.after_G0)):
        if not low_G0 / WIDENED <= seen_G0 <= high_G0 * WIDENED:
            return f"conductance {name} the hold outside of twice the window"
    return ""
