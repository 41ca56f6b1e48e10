"""Temperature of contacts from the noise of their current, against resistors at the same settings."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analysis.constants import ELEMENTARY_CHARGE_C, G0_S, BOLTZMANN_J_per_K
from analysis.json_data import to_json
from analysis.records import FloatArray
from analysis.statistics.junction_mean import covariance_of_mean
from analysis.thermoelectric.control_verdict import ControlVerdict
from analysis.thermoelectric.measured_noise import MeasuredNoise
from analysis.thermoelectric.noise_controls import judge_noise
from analysis.thermoelectric.noise_holds import OPEN, RESISTOR
from analysis.thermoelectric.noise_sets import (
    LEAST_CONDUCTANCES,
    NoiseContact,
    NoiseSet,
    ResistorNoise,
    conductances,
)
from analysis.thermoelectric.noise_thermometer import (
    FOUR_K,
    NoiseCalibration,
    RelativeFlicker,
    calibrate_noise,
    relative_flicker,
    share_of,
)
from analysis.transport.noise import x_coth_x

AMBIENT_K = 300.0
"""Temperature of the resistors, and of the contacts without heat."""

FEW = 5

ANY_TIME = 1.0 / math.sqrt(12.0)
"""Standard deviation of a mean over a hold, over a step at any time of it."""


@dataclass(frozen=True, eq=False)
class NoiseAnalysis:
    """Result of a noise thermometer; without a calibration there are no sets."""

    ambient_K: float
    calibration: NoiseCalibration | None
    resistors: tuple[ResistorNoise, ...]
    contacts: tuple[NoiseContact, ...]
    sets: tuple[NoiseSet, ...]
    excluded: Counter[str] = field(default_factory=Counter)
    why_not: str = ""
    controls: tuple[ControlVerdict, ...] = ()
    flicker: RelativeFlicker | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the section "noise" for JSON; the temperature is that of the contacts without heat."""
        calibration = self.calibration
        first = next((one for one in self.sets if one.difference_K == 0.0), None)
        content = {
            "temperature_K": first.temperature_K if first else math.nan,
            "sigma_K": first.sigma_K if first else math.nan,
            "sets": list(self.sets),
            "calibration": None
            if calibration is None
            else {
                "g": calibration.gain,
                "b": calibration.square_V2_per_Hz,
                "c": calibration.floor_A2_per_Hz,
                "covariance": calibration.covariance.tolist(),
                "resistors": list(self.resistors),
            },
            "contacts": [
                {
                    "G_G0": one.conductance_S / G0_S,
                    "density_A2_per_Hz": one.density_A2_per_Hz,
                    "temperature_K": one.temperature_K,
                    "sigma_K": one.sigma_K,
                    "dT_K": one.difference_K,
                }
                for one in self.contacts
            ],
            "fano": None,
            "why_not": self.why_not,
            "flicker_per_Hz": None if self.flicker is None else self.flicker.per_Hz,
            "sigma_flicker_per_Hz": None if self.flicker is None else self.flicker.sigma_per_Hz,
            "exclusions": dict(self.excluded),
            "controls": list(self.controls),
        }
        plain: dict[str, Any] = to_json(content)
        return plain


def analyse_noise(runs: Sequence[Sequence[MeasuredNoise]], ambient_K: float = AMBIENT_K) -> NoiseAnalysis:
    """Combine recordings: each of a resistor gives a point of the calibration, as do all open holds together."""
    holds = [hold for run in runs for hold in run]
    groups = [[h for h in run if h.kind == RESISTOR] for run in runs] + [[h for h in holds if h.kind == OPEN]]
    resistors = tuple(_pooled(used) for group in groups if (used := [h for h in group if h.noise]))
    calibrations = _calibrations(resistors, ambient_K)
    contacts: tuple[NoiseContact, ...] = ()
    sets: tuple[NoiseSet, ...] = ()
    if calibrations:
        junctions = [h for h in holds if not h.kind and h.noise is not None]
        contacts = tuple(_contact(h, calibrations[0], ambient_K) for h in junctions)
        sets = tuple(
            _set([h for h in junctions if h.difference_K == difference_K], calibrations, ambient_K)
            for difference_K in sorted({h.difference_K for h in junctions})
        )
    excluded = Counter(h.rejected for h in holds if h.rejected)
    calibration = calibrations[0] if calibrations else None
    controls = judge_noise(resistors, sets, ambient_K)
    why_not = why_no_fano(ambient_K)
    return NoiseAnalysis(
        ambient_K,
        calibration,
        resistors,
        contacts,
        sets,
        excluded,
        why_not,
        controls,
        flicker=_flicker(holds),
    )


def _flicker(holds: Sequence[MeasuredNoise]) -> RelativeFlicker | None:
    """Return the flicker noise of the junctions; None without resistors or the open input at the same settings.

    These have none: what the fit finds in them is the roll-off of the amplifier, in proportion to the white noise. The
    open input shows the current that is the amplifier's own.
    """
    own_A = [h.current_A for h in holds if h.kind == OPEN and h.noise is not None]
    without = _rows([h for h in holds if h.kind])
    current_A, white, flicker_A2, sigma_A2 = _rows([h for h in holds if not h.kind])
    if not len(current_A) or not len(without[0]):
        return None
    roll_off_Hz, roll_off_sigma_Hz = share_of(without[1], without[2], without[3])
    return relative_flicker(
        current_A - (np.mean(own_A) if own_A else 0.0),
        flicker_A2 - roll_off_Hz * white,
        sigma_A2,
        roll_off_sigma_Hz * white,
    )


def _rows(holds: Sequence[MeasuredNoise]) -> FloatArray:
    """Return mean current, white density, flicker noise and its error of holds, (4, n)."""
    rows = [
        (h.current_A, h.noise.density_A2_per_Hz, h.noise.flicker_A2, h.noise.flicker_sigma_A2)
        for h in holds
        if h.noise is not None
    ]
    return np.array(rows, dtype=np.float64).reshape(-1, 4).T


def _pooled(holds: Iterable[MeasuredNoise]) -> ResistorNoise:
    """Return conductance, densities and relative error of holds of one resistor."""
    rows = [
        (h.conductance_S, h.noise.density_A2_per_Hz, *h.noise.halves, h.noise.relative**-2)
        for h in holds
        if h.noise
    ]
    *columns, points = np.array(rows).T
    G, density, low, high = (float(points @ column / points.sum()) for column in columns)
    return ResistorNoise(G, density, (low, high), float(points.sum() ** -0.5))


def _calibrations(resistors: Sequence[ResistorNoise], ambient_K: float) -> tuple[NoiseCalibration, ...]:
    """Return the calibrations of the whole band and of its halves; () for fewer than three conductances."""
    if conductances(resistors) < LEAST_CONDUCTANCES:
        return ()
    G = np.array([one.conductance_S for one in resistors])
    relative = np.array([one.relative for one in resistors])
    densities = np.array([(one.density_A2_per_Hz, *one.halves) for one in resistors]).T
    return tuple(
        calibrate_noise(G, density, wider * relative, ambient_K)
        for density, wider in zip(densities, (1.0, math.sqrt(2.0), math.sqrt(2.0)), strict=True)
    )


def _contact(hold: MeasuredNoise, calibration: NoiseCalibration, ambient_K: float) -> NoiseContact:
    """Return the temperature of a contact, with the error of the density that is expected of it.

    An error of the density that it showed would give the quieter contacts more weight. A conductance that changed did
    so at any time of the hold. The noise of the leads, which stay at ambient temperature, is part of the circuit's.
    """
    assert hold.noise is not None
    density, G = hold.noise.density_A2_per_Hz, hold.conductance_S
    of_junction = 1.0 - G * hold.series_ohm
    wanted_K = ambient_K + 0.5 * hold.difference_K
    of_noise_K = (
        hold.noise.relative * calibration.density_A2_per_Hz(wanted_K, G) / (FOUR_K * calibration.gain * G)
    )
    own_K = math.hypot(of_noise_K, wanted_K * hold.change * ANY_TIME) / of_junction
    temperature_K = ambient_K + (calibration.temperature_K(density, G) - ambient_K) / of_junction
    return NoiseContact(hold.difference_K, G, density, temperature_K, own_K)


def _set(
    holds: Sequence[MeasuredNoise], calibrations: Sequence[NoiseCalibration], ambient_K: float
) -> NoiseSet:
    whole, *halves = calibrations
    contacts = [_contact(hold, whole, ambient_K) for hold in holds]
    values = np.array([one.temperature_K for one in contacts])
    G = np.array([one.conductance_S for one in contacts])
    weights = np.array([one.sigma_K**-2 for one in contacts])
    share = weights / weights.sum()
    noise_K, own_K = float(weights.sum() ** -0.5), mean_of_contacts(contacts)[1]
    common_K = _common_K(values, G, share, whole)
    by_half = [
        float(share @ [one.temperature_K(h.noise.halves[i], h.conductance_S) for h in holds if h.noise])
        for i, one in enumerate(halves)
    ]
    half_K = math.hypot(*(_common_K(values, G, share, one) for one in halves), 2.0 * noise_K)
    difference_K = holds[0].difference_K
    return NoiseSet(
        difference_K=difference_K,
        contacts=len(contacts),
        temperature_K=mean_of_contacts(contacts)[0],
        sigma_K=math.hypot(own_K, common_K),
        contacts_sigma_K=own_K,
        expected_K=ambient_K + 0.5 * difference_K,
        halves_K=(by_half[1] - by_half[0], half_K),
    )


def mean_of_contacts(contacts: Sequence[NoiseContact]) -> tuple[float, float]:
    """Return the mean temperature of contacts and its error in K, from their noise or, of five, their scatter."""
    values = np.array([one.temperature_K for one in contacts])
    weights = np.array([one.sigma_K**-2 for one in contacts])
    own_K = float(weights.sum() ** -0.5)
    if len(values) >= FEW:
        own_K = max(own_K, math.sqrt(float(covariance_of_mean(values[:, None], weights)[0, 0])))
    return float(weights / weights.sum() @ values), own_K


def _common_K(values: FloatArray, G: FloatArray, share: FloatArray, calibration: NoiseCalibration) -> float:
    """Return the error of a mean temperature from the calibration."""
    slopes = np.array([values * FOUR_K * G, G**2, np.ones_like(G)]) / (FOUR_K * calibration.gain * G) @ share
    return math.sqrt(float(slopes @ calibration.covariance @ slopes))


def why_no_fano(temperature_K: float, bias_V: float = 0.02, fano: float = 0.1, flicker: float = 1e-6) -> str:
    """Return why shot noise can't be seen at a temperature: its density against flicker noise, for 1 G0."""
    x = ELEMENTARY_CHARGE_C * bias_V / (2.0 * BOLTZMANN_J_per_K * temperature_K)
    excess = fano * FOUR_K * temperature_K * G0_S * (x_coth_x(x) - 1.0)
    pink = flicker * (G0_S * bias_V) ** 2 / 1e4
    if excess > pink:
        return "no bias was applied while the noise was measured"
    return (
        f"at {temperature_K:g} K and {1e3 * bias_V:g} mV the shot noise of 1 G0 with F = {fano:g} adds "
        f"{excess:.1e} A2/Hz, but flicker noise of {flicker:g}/f still has {pink:.1e} A2/Hz at 10 kHz; cool the sample"
    )
