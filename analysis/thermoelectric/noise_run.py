"""Temperature of contacts from the noise of their current, against resistors at the same settings."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.constants import ELEMENTARY_CHARGE_C, G0_S, BOLTZMANN_J_per_K
from analysis.json_data import to_json
from analysis.records import FloatArray
from analysis.statistics.junction_mean import covariance_of_mean
from analysis.thermoelectric.control_verdict import ControlVerdict
from analysis.thermoelectric.noise_controls import judge_noise
from analysis.thermoelectric.noise_holds import OPEN, RESISTOR, NoiseHold
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

BAND_Hz = (1000.0, 6000.0)
"""Band of the noise: above flicker, below the roll-off of the amplifier."""

SKIPPED_S = 0.02
"""Time after the bias has gone to 0 V that is left out."""

LINE_BINS = 2.0
"""Points of the spectrum left out on either side of each multiple of the mains."""

MOST_CHANGE = 0.1
"""Largest relative change of the conductance during a hold."""

MOST_DISAGREEMENT = 0.02
"""Largest relative difference of the conductances from both current inputs."""

BLOCK_S = 0.01
"""Length of the means that show steps of the current."""

SLOW_Hz = (100.0, 500.0)
"""Band below that of the noise, in which steps of the current show."""

MOST_SLOW = 2.2
"""Largest density there over the white one of the band."""

FEW = 5

ANY_TIME = 1.0 / math.sqrt(12.0)
"""Standard deviation of a mean over a hold, over a step at any time of it."""

FIT_BINS, FIT_ROUNDS = 14, 4
"""Number of means of the spectrum to which white and flicker noise are fitted, equally spaced in log f, and of fits."""

LEAST_EXPECTED = 0.3
"""Least expected density over the mean that is there, for the weights."""


@dataclass(frozen=True)
class BandNoise:
    """White density of a hold and its relative error, in both halves of the band too, without its flicker noise.

    ``flicker_A2`` is that of the flicker noise times the frequency, with its error.
    """

    density_A2_per_Hz: float
    relative: float
    halves: tuple[float, float]
    flicker_A2: float = 0.0
    flicker_sigma_A2: float = math.nan


def band_noise(
    current_A: FloatArray, rate_Hz: float, mains_Hz: float, band_Hz: tuple[float, float] = BAND_Hz
) -> BandNoise:
    """Return the white noise of a band from a fit of white and flicker noise, without multiples of the mains.

    The fit begins at 100 Hz, where flicker noise shows best. A contact is never quite at 0 V: the thermovoltage of a
    heated one and the offset of the bias drive a current, and its flicker noise reaches into the band.

    Raises
    ------
    ValueError
        If no frequency lies in the band.
    """
    frequency_Hz, density, used = _spectrum(current_A, rate_Hz, mains_Hz)
    inside = used & (frequency_Hz >= band_Hz[0]) & (frequency_Hz < band_Hz[1])
    if inside.sum() < 4:
        raise ValueError(f"the hold has no points from {band_Hz[0]:g} to {band_Hz[1]:g} Hz")
    (white, flicker), (sigma, flicker_sigma) = _white_and_flicker(
        frequency_Hz[used], density[used], band_Hz[1]
    )
    middle_Hz = 0.5 * (band_Hz[0] + band_Hz[1])

    def half(which: NDArray[np.bool_]) -> float:
        return float(density[which].mean() - flicker * np.mean(1.0 / frequency_Hz[which]))

    halves = half(inside & (frequency_Hz < middle_Hz)), half(inside & (frequency_Hz >= middle_Hz))
    return BandNoise(white, sigma / white, halves, flicker, flicker_sigma)


def _spectrum(
    current_A: FloatArray, rate_Hz: float, mains_Hz: float
) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
    """Return frequencies, periodogram, and the points above 0 Hz that are no multiple of the mains."""
    ends = max(round(BLOCK_S * rate_Hz), 1)
    drift = np.linspace(current_A[:ends].mean(), current_A[-ends:].mean(), len(current_A))
    x: FloatArray = current_A - drift
    x = x - x.mean()
    frequency_Hz: FloatArray = np.asarray(np.fft.rfftfreq(len(x), 1.0 / rate_Hz), dtype=np.float64)
    density: FloatArray = 2.0 / (rate_Hz * len(x)) * np.abs(np.fft.rfft(x)) ** 2
    off_Hz = np.abs(frequency_Hz - mains_Hz * np.rint(frequency_Hz / mains_Hz))
    used: NDArray[np.bool_] = off_Hz > LINE_BINS * rate_Hz / len(x)
    return frequency_Hz, density, used


def _white_and_flicker(
    frequency_Hz: FloatArray, density: FloatArray, highest_Hz: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Fit W + A/f to means of a periodogram; return W and A, and their errors. Each point scatters by its own size."""
    edges = np.geomspace(SLOW_Hz[0], highest_Hz, FIT_BINS + 1)
    groups = [(frequency_Hz >= low) & (frequency_Hz < high) for low, high in pairwise(edges)]
    groups = [group for group in groups if group.any()]
    points = np.array([group.sum() for group in groups])
    means = np.array([density[group].mean() for group in groups])
    design = np.array([(1.0, np.mean(SLOW_Hz[1] / frequency_Hz[group])) for group in groups])
    expected = np.full(len(means), float(points @ means / points.sum()))
    for _ in range(FIT_ROUNDS):
        weight = np.sqrt(points) / expected
        covariance = np.linalg.inv((design * weight[:, None]).T @ (design * weight[:, None]))
        white, flicker = covariance @ (design * weight[:, None]).T @ (means * weight)
        expected = np.maximum(design @ (white, flicker), LEAST_EXPECTED * means)
    sigma, flicker_sigma = np.sqrt(np.diag(covariance))
    return (float(white), float(flicker) * SLOW_Hz[1]), (float(sigma), float(flicker_sigma) * SLOW_Hz[1])


@dataclass(frozen=True, eq=False)
class MeasuredNoise:
    """A hold as density, conductance and mean current; ``rejected`` says why it is not used, "" if it is.

    ``conductance_S`` is that of the circuit: the junction and ``series_ohm`` of leads. ``change`` is the relative
    change of the conductance during the hold.
    """

    kind: str
    difference_K: float
    conductance_S: float
    noise: BandNoise | None
    rejected: str = ""
    current_A: float = math.nan
    change: float = 0.0
    series_ohm: float = 0.0


def measured(hold: NoiseHold, mains_Hz: float, band_Hz: tuple[float, float] = BAND_Hz) -> MeasuredNoise:
    """Measure a hold. It is left out by its current alone: never by its noise."""
    conductance_S = 0.5 * (hold.before_S + hold.after_S)
    ratio = hold.second_ratio
    change = abs(hold.after_S - hold.before_S) / conductance_S if conductance_S else 0.0
    current_A = hold.current_A[round(SKIPPED_S * hold.rate_Hz) :]
    reasons = {
        "samples missing": "gap" in hold.flags,
        "run stopped": "aborted" in hold.flags,
        "amplifier at its rail" if ratio is None else "second current input at its limit": "railed"
        in hold.flags,
        "conductance not measured": not math.isfinite(conductance_S),
        "second current input at its limit at the amplitude": ratio is not None and math.isnan(ratio),
        "current inputs disagree": ratio is not None and abs(ratio - 1.0) > MOST_DISAGREEMENT,
        f"conductance changed by more than {100 * MOST_CHANGE:g} %": change > MOST_CHANGE,
    }
    reason = next((reason for reason, found in reasons.items() if found), "")
    if reason:
        return MeasuredNoise(hold.kind, hold.difference_K, conductance_S, None, reason)
    try:
        noise = band_noise(current_A, hold.rate_Hz, mains_Hz, band_Hz)
    except ValueError as error:
        return MeasuredNoise(hold.kind, hold.difference_K, conductance_S, None, str(error))
    if not hold.kind and _slow(current_A, hold.rate_Hz, mains_Hz) > MOST_SLOW * noise.density_A2_per_Hz:
        return MeasuredNoise(hold.kind, hold.difference_K, conductance_S, None, "current at 0 V made steps")
    return MeasuredNoise(
        hold.kind,
        hold.difference_K,
        conductance_S,
        noise,
        current_A=float(current_A.mean()),
        change=change,
        series_ohm=hold.series_ohm,
    )


def _slow(current_A: FloatArray, rate_Hz: float, mains_Hz: float) -> float:
    """Return the mean density below the band, where steps of the current show."""
    frequency_Hz, density, used = _spectrum(current_A, rate_Hz, mains_Hz)
    return float(density[used & (frequency_Hz >= SLOW_Hz[0]) & (frequency_Hz < SLOW_Hz[1])].mean())


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
