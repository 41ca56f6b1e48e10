"""Loads in place of the junction beside an alternating bias: a resistor has no reactance, a capacitor no conductance.

A run measures the admittance with the tip away, where a capacitance conducts alone, and the lag of the current in
metallic contacts. With both corrected, a resistor must show its conductance and no lag of its own, and a capacitor no
conductance.
"""

import cmath
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from analysis.constants import G0_S
from analysis.records import Event, EventKind
from analysis.spectra.sine import late_capacitance_S
from analysis.thermoelectric.control_verdict import ControlVerdict, control_verdict

LAG, LOAD = "current_lag_s", "ac load"
"""Setting with a measured lag, and mark that tells which load was measured so."""

GAIN_RELATIVE = 0.01
"""Standard uncertainty of a resistor's conductance: gain of the amplifier and resistor."""

LATE = "lag less that of the contacts"
CONTACT_LAG_S = 1e-7
"""Standard uncertainty of the lag in a contact; 1 us would be 0.02 % of the conductance at 3.1 kHz."""


@dataclass(frozen=True)
class ACAdmittance:
    """Admittance between substrate and tip at one frequency, with the lag in it; ``sigma_S`` is that of each part.

    ``lag_s`` and ``capacitance_F`` are those of a capacitance that conducts alone.
    """

    lag_s: float
    capacitance_F: float
    sigma_S: float
    frequency_Hz: float

    @property
    def complex_S(self) -> complex:
        """Measured admittance, its current late by the lag."""
        return late_capacitance_S(self.capacitance_F, self.lag_s, self.frequency_Hz)

    @property
    def sigma_lag_s(self) -> float:
        """Standard error of the lag."""
        return self.sigma_S / (2.0 * math.pi * self.frequency_Hz * abs(self.complex_S))


def admittance_of(events: Iterable[Event], frequency_Hz: float) -> ACAdmittance | None:
    """Return the last admittance that was measured for the lag; None without one."""
    lags = [event.payload for event in events if event.kind is EventKind.SETTING and event.name == LAG]
    if not lags:
        return None
    lag_s, capacitance_F, sigma_S = (
        float(lags[-1].get(name, math.nan)) for name in ("value", "capacitance_F", "sigma_S")
    )
    return ACAdmittance(lag_s, capacitance_F, sigma_S, frequency_Hz)


def load_of(events: Iterable[Event]) -> Mapping[str, Any] | None:
    """Return the description of the load of a control; None for a junction."""
    return next((one.payload for one in events if one.kind is EventKind.MARK and one.name == LOAD), None)


def load_controls(
    load: Mapping[str, Any], seen: ACAdmittance, away: ACAdmittance, contact_lag_s: float
) -> list[ControlVerdict]:
    """Return the verdicts on a load.

    A capacitor is compared with the lag with the tip away, a resistor with that of the metallic contacts, after the
    admittance with the tip away is taken out.
    """
    omega = 2.0 * math.pi * seen.frequency_Hz
    resistance_ohm = float(load.get("resistance_ohm") or 0.0)
    if not resistance_ohm:
        Y = seen.complex_S * cmath.exp(1j * omega * away.lag_s)
        sigma_S = math.hypot(seen.sigma_S, abs(Y) * omega * away.sigma_lag_s)
        what = "conductance of the capacitor"
        return [control_verdict("capacitor", Y.real / G0_S, sigma_S / G0_S, "G0", 0.0, math.inf, what)]
    stray_S = late_capacitance_S(away.capacitance_F, away.lag_s, seen.frequency_Hz)
    Y = (seen.complex_S - stray_S) * cmath.exp(1j * omega * contact_lag_s)
    sigma = resistance_ohm * math.hypot(seen.sigma_S, away.sigma_S)
    relative, late_s = math.hypot(GAIN_RELATIVE, sigma), -cmath.phase(Y) / omega
    lag_s = math.hypot(sigma / omega, CONTACT_LAG_S)
    what = "conductance of the resistor over 1/R, less 1"
    return [
        control_verdict("resistor", Y.real * resistance_ohm - 1.0, relative, "", 0.0, math.inf, what),
        control_verdict("resistor, lag", late_s, lag_s, "s", 0.0, math.inf, LATE),
    ]
