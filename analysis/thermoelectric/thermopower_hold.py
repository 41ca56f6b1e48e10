"""Open-circuit voltage of single holds, with its noise, and the reasons for which a hold is left out."""

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from analysis.constants import G0_S
from analysis.heating.exclusion import ExclusionRules
from analysis.heating.mask import Filters
from analysis.records import SKIPPED, FloatArray
from analysis.thermoelectric.open_circuit import OpenCircuit, open_circuit
from analysis.thermoelectric.thermopower_holds import ThermopowerHold
from analysis.thermoelectric.two_omega_hold import two_omega

LEAST_SAMPLES = 20
EDGE = 0.2
"""Share of the bias's range by which it changes at an edge of the programme."""

LOW_SHARE, HIGH_MULTIPLE = 0.5, 6.0
"""Band of the residuals' spectrum in multiples of the modulation, whose mean is the noise of a hold."""

WIDENED = ExclusionRules().widened


@dataclass(frozen=True)
class HoldRules:
    """Times around an edge that are left out, and lines of the mains that are fitted beside the line.

    Parameters
    ----------
    settle_s, lead_s : float
        Left out after and before each edge of the looped-back bias.
    mains_Hz : float
        0: no line is fitted.
    filters : Filters
        Of both amplifiers, whose lags are corrected with an alternating heater.
    seebeck_V_per_K : float
        S_TC, for the amplitude of an alternating temperature.
    """

    settle_s: float
    lead_s: float = 0.0015
    mains_Hz: float = 50.0
    filters: Filters = field(default_factory=Filters)
    seebeck_V_per_K: float = math.nan


@dataclass(frozen=True)
class MeasuredHold:
    """Result of one hold.

    ``rejected`` is the reason for which it is left out, "" if it is used; reasons come from the current alone, never
    from the voltage, the temperature or the thermopower. ``contact_offset_V`` is NaN without its measurement.
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
        """Standard error of `voltage_V` from the noise of the current."""
        contact_V = 0.0 if math.isnan(self.sigma_contact_V) else self.sigma_contact_V
        return math.hypot(self.fit.sigma_open_circuit_V, contact_V)


def settled(bias_V: FloatArray, rate_Hz: float, rules: HoldRules) -> NDArray[np.bool_]:
    """Return True for samples away from the edges of the bias, shape (n,)."""
    keep = np.isfinite(bias_V)
    if len(bias_V) < 2:
        return keep
    step_V = EDGE * np.ptp(bias_V[keep]) if keep.any() else 0.0
    lead, after = math.ceil(rules.lead_s * rate_Hz), math.ceil(rules.settle_s * rate_Hz)
    for edge in np.flatnonzero(np.abs(np.diff(bias_V)) > step_V) + 1:
        keep[max(edge - lead, 0) : edge + after] = False
    return keep


def measured(hold: ThermopowerHold, rules: HoldRules) -> MeasuredHold:
    """Fit the line of current on bias in one hold and in its contact."""
    fit, rejected = _fitted(hold.bias_V, hold.current_A, hold.rate_Hz, rules)
    contact, trouble = _fitted(hold.contact_V, hold.contact_A, hold.rate_Hz, rules)
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
        contact_offset_V=math.nan if trouble else contact.open_circuit_V,
        sigma_contact_V=math.nan if trouble else contact.sigma_open_circuit_V,
        thermocouple_V=float(hold.thermocouple_V[seen].mean()) if seen.any() else math.nan,
        ambient_K=float(notes.get("ambient_K", 300.0)),
        base_rise_K=float(notes.get("base_rise_K", 0.0)),
        substrate_rise_K=float(notes.get("substrate_rise_K", 0.0)),
        rejected=rejected,
        amplitude_K=amplitude_K,
        quadrature_V=quadrature_V,
        thermal_Hz=hold.thermal_Hz,
        where=str(notes.get("heater_where", "tip")),
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
    ):
        if flag in hold.flags:
            return reason
    for name, seen_G0 in (("before", hold.before_G0), ("after", hold.after_G0)):
        if not low_G0 / WIDENED <= seen_G0 <= high_G0 * WIDENED:
            return f"conductance {name} the hold outside of twice the window"
    return ""


_UNKNOWN = OpenCircuit(*[math.nan] * 6)


def _fitted(
    bias_V: FloatArray, current_A: FloatArray, rate_Hz: float, rules: HoldRules
) -> tuple[OpenCircuit, str]:
    """Return the line and "", or unknown numbers and the reason."""
    keep = settled(bias_V, rate_Hz, rules) & np.isfinite(current_A)
    if np.count_nonzero(keep) < LEAST_SAMPLES or not np.ptp(bias_V[keep]) > 0.0:
        return _UNKNOWN, "too few samples"
    at, volts, amperes = np.flatnonzero(keep), bias_V[keep], current_A[keep]
    columns = [np.ones(len(at)), volts, volts * (at - at.mean())]  # a conductance that drifts is no voltage
    if rules.mains_Hz and np.ptp(at) * rules.mains_Hz > 2.0 * rate_Hz:
        phase = 2.0 * np.pi * rules.mains_Hz / rate_Hz * at
        columns += [np.sin(phase), np.cos(phase)]
    size = [np.sqrt(column @ column) for column in columns]
    design = np.column_stack([column / one for column, one in zip(columns, size, strict=True)])
    solution = np.linalg.lstsq(design, amperes, rcond=None)[0]
    beside_A = design[:, 2:] @ solution[2:]
    residual_A = amperes - design @ solution
    noise = noise_A2_per_Hz(residual_A, at, bias_V, rate_Hz)
    fit = open_circuit(volts, amperes - beside_A, noise, rate_Hz)
    if fit.conductance_S:
        period = np.floor(at * (modulation_Hz(bias_V, rate_Hz) / rate_Hz)).astype(np.int64)
        intercept, slope = np.linalg.pinv(design)[:2] / np.array(size[:2])[:, None]
        weight = (intercept + fit.open_circuit_V * slope) / fit.conductance_S
        fit = replace(fit, sigma_open_circuit_V=sigma_from_periods_V(weight, residual_A, period))
    return (fit, "") if fit.conductance_S > 1e-12 * G0_S else (_UNKNOWN, "no conductance")


def noise_A2_per_Hz(
    residual_A: FloatArray, at: NDArray[np.int64], bias_V: FloatArray, rate_Hz: float
) -> float:
    """Return the density of the residuals about the modulation, where the line has its weight.

    It is not below the white level, so that a chance gap of the spectrum makes no error too small.
    """
    spread = np.zeros(len(bias_V))
    spread[at] = residual_A
    power = 2.0 / (rate_Hz * len(at)) * np.abs(np.fft.rfft(spread)) ** 2
    f_Hz = np.fft.rfftfreq(len(bias_V), 1.0 / rate_Hz)
    here_Hz = modulation_Hz(bias_V, rate_Hz)
    band = (f_Hz >= LOW_SHARE * here_Hz) & (f_Hz <= HIGH_MULTIPLE * here_Hz) & (f_Hz > 0.0)
    return max(float(power[band].mean()), float(power[f_Hz > 0.0].mean()))


def modulation_Hz(bias_V: FloatArray, rate_Hz: float) -> float:
    """Return the frequency at which the bias swings most."""
    swing = np.abs(np.fft.rfft(np.nan_to_num(bias_V - np.nanmean(bias_V))))
    return float((1 + np.argmax(swing[1:])) * rate_Hz / len(bias_V))


def sigma_from_periods_V(weight: FloatArray, residual_A: FloatArray, period: NDArray[np.int64]) -> float:
    """Return the standard error of V_oc from the scatter of the periods, whatever the noise is at each bias.

    A conductance that flickers gives noise in proportion to the bias. The error of V_oc has little of it with the
    levels 0 and +V, and much with +V and -V; a noise that is the same at all levels gives 4 to 9 times too much in the
    first case and a fifth too little in the second. The result is not below the error from the white noise.

    Parameters
    ----------
    weight, residual_A, period : ndarray, shape (n,)
        Of the kept samples: weight in V_oc, residual of the line, and number of the period.
    """
    _, which = np.unique(period, return_inverse=True)
    parts_V = np.bincount(which, weights=weight * residual_A)
    freedom = max(len(parts_V) - 1, 1)
    scatter_V = math.sqrt(len(parts_V) / freedom * float(parts_V @ parts_V))
    steps_A = np.diff(residual_A)
    white_V = float(np.sqrt(0.5 * np.mean(steps_A**2) * (weight @ weight))) if steps_A.size else 0.0
    return max(scatter_V, white_V)
