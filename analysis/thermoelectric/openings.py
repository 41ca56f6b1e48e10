"""Thermal conductance along whole openings: the tip's temperature against the conductance, sample by sample.

    T_tip - s R_P I V / 2 = c0 + c1 t + c2 t^2 - R_P dT T L s G,   s = 1 / (1 + R_P T L_0 G)

L is the Lorenz number, T the mean temperature of tip and substrate, V the voltage across the contact; s is what its own
thermal conductance leaves of a rise, see `analysis.thermoelectric.network`. All steps of an opening count, none is
chosen. Each opening weighs by the variance of s G that the baseline leaves: never by its temperature.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from analysis.constants import G0_S
from analysis.heating.thermometer import Thermometer
from analysis.json_data import to_json
from analysis.numbers import ASCII, with_error
from analysis.recording import Recording
from analysis.recording.header import RunHeader
from analysis.records import FloatArray
from analysis.segmentation import (
    CHANNELS,
    THERMOMETER_RAILED,
    calibration_for,
    records_of,
    thermocouple_gain,
)
from analysis.statistics.junction_mean import few_widening
from analysis.thermoelectric.control_verdict import ControlVerdict, control_verdict
from analysis.thermoelectric.detectability import ThermometerNoise
from analysis.thermoelectric.heater_inputs import HeaterInputs
from analysis.thermoelectric.rupture_holds import RuptureHold, RuptureSegmenter
from analysis.thermoelectric.wiedemann_franz import LORENZ_V2_per_K2

STEP, MARK = "withdraw", "thermal opening"

BOX_S = 0.01
"""Length of the means that are compared: longer than the filters of both amplifiers."""

LEAST_OPEN_G0 = 0.1
"""Conductance below which the junction is open."""

LEAST_OPEN, LEAST_CLOSED = 5, 8
"""Least numbers of means beyond the break and before it."""

LEAST_TRACES, RESAMPLES = 5, 500
JOULE_SHARE = 0.5
NEEDED = 0.3
"""Largest error of L / L_0 with which openings without heat decide."""

MOST_STEP = 0.5
"""Largest relative change of the conductance within a mean: beyond it current and temperature need not be together."""


@dataclass(frozen=True)
class MeasuredOpening:
    """Result of one opening.

    Parameters
    ----------
    sample : int
        At which it began.
    control : str
    difference_K : float
        Wanted difference; 0 with the heater off.
    sign : int
        Of the bias.
    rejected : str
        Reason for which it is left out, by the current alone; "" if it is used.
    slope_K_per_S : float
        Of the temperature on s G, without Joule heat.
    weight_S2 : float
        Sum of the squared deviations of s G that the baseline leaves.
    open_V, base_K, substrate_K, ambient_K : float
        Thermocouple beyond the break, rises of base and substrate, temperature of everything without heat.
    conductance_S, below_K : ndarray, shape (n,)
        Means, and the temperature less that of the open tip at the same time, for the picture.
    """

    sample: int
    control: str
    difference_K: float
    sign: int
    rejected: str = ""
    slope_K_per_S: float = math.nan
    weight_S2: float = math.nan
    open_V: float = math.nan
    base_K: float = 0.0
    substrate_K: float = 0.0
    ambient_K: float = 300.0
    conductance_S: FloatArray = field(default_factory=lambda: np.empty(0))
    below_K: FloatArray = field(default_factory=lambda: np.empty(0))


@dataclass(frozen=True, eq=False)
class OpeningAnalysis:
    """Result of all openings: L / L_0 of the contacts, its error by bootstrap, and what must vanish.

    ``mean_K`` is the mean temperature of the contacts, ``difference_K`` the mean difference; ``unit_K_per_S`` is the
    fall of the temperature over the conductance for L = L_0. ``scale_relative`` is the error of R_P, not in ``sigma``.
    """

    lorenz: float
    sigma: float
    scale_relative: float
    traces: int
    off: int
    difference_K: float
    mean_K: float
    unit_K_per_S: float
    excluded: Counter[str]
    controls: tuple[ControlVerdict, ...]
    conductance_S: FloatArray
    below_K: FloatArray

    @property
    def K_per_S(self) -> float:
        """Fall of the tip's temperature over the conductance that causes it, with the ratio that was found."""
        return self.lorenz * self.unit_K_per_S

    @property
    def W_per_K(self) -> float:
        """Thermal conductance of a contact of 1 G0."""
        return self.lorenz * LORENZ_V2_per_K2 * G0_S * self.mean_K

    @property
    def words(self) -> str:
        """The result as a sentence."""
        ratio = with_error(self.lorenz, math.hypot(self.sigma, self.scale_relative * self.lorenz), ASCII)
        return (
            f"L/L0 = {ratio} from {self.traces} whole openings at dT = {self.difference_K:.3g} K and a mean of "
            f"{self.mean_K:.0f} K: {1e12 * self.W_per_K:.0f} pW/K for 1 G0 there. Joule heat, half of I V, is taken "
            f"away; {self.off} openings with the heater off test it."
        )

    def to_json(self) -> dict[str, object]:
        """Return the content for JSON."""
        content: dict[str, object] = to_json(
            {
                "L_over_L0": self.lorenz,
                "sigma": self.sigma,
                "scale_relative": self.scale_relative,
                "traces": self.traces,
                "heater_off": self.off,
                "dT_K": self.difference_K,
                "T_mean_K": self.mean_K,
                "G_th_1G0_W_per_K": self.W_per_K,
                "exclusions": dict(self.excluded),
                "controls": list(self.controls),
            }
        )
        return content


def openings(recording: Recording) -> Iterator[RuptureHold]:
    """Yield the openings of a recording. Raises ``RecordingError`` if a gain or a channel is missing."""
    header = recording.header
    segmenter = RuptureSegmenter.of(
        header, calibration_for(recording), thermocouple_gain(recording), STEP, MARK
    )
    channels = (*CHANNELS, *HeaterInputs.of(header).names)
    yield from records_of(recording, segmenter, (STEP,), channels)


def measured_openings(
    found: Iterable[RuptureHold], header: RunHeader
) -> tuple[Thermometer, list[MeasuredOpening]]:
    """Measure openings. Raises ``UncalibratedThermometer`` without a calibration of the thermometer."""
    thermometer = Thermometer.from_calibrations(header.calibrations)
    return thermometer, [measured_opening(one, thermometer) for one in found]


def measured_opening(hold: RuptureHold, thermometer: Thermometer) -> MeasuredOpening:
    """Regress the temperature of one opening on its conductance."""
    notes = hold.notes
    plain = MeasuredOpening(
        hold.samples[0],
        hold.control,
        float(notes.get("dT_K", math.nan)),
        int(notes.get("sign", 1)),
        ambient_K=float(notes.get("ambient_K", 300.0)),
    )
    n = round(BOX_S * hold.rate_Hz)
    boxes = len(hold.bias_V) // n

    def means(values: FloatArray) -> FloatArray:
        return np.asarray(values[: boxes * n].reshape(boxes, n).mean(axis=1))

    if boxes < LEAST_OPEN + LEAST_CLOSED:
        return replace(plain, rejected="too short")
    if THERMOMETER_RAILED in hold.flags:
        return replace(plain, rejected="thermometer at its rail")
    railed = hold.railed[: boxes * n].reshape(boxes, n).any(axis=1)
    contact_V = hold.bias_V - hold.current_A * hold.series_resistance_ohm
    across_V = means(contact_V)
    G_S, power_W = means(hold.current_A) / across_V, means(hold.current_A * contact_V)
    tip_K = -means(hold.thermocouple_V) / thermometer.seebeck_V_per_K
    beside_K = means(hold.base_K) + means(hold.substrate_K)
    whole = np.isfinite(tip_K) & np.isfinite(G_S) & np.isfinite(beside_K) & ~railed
    half = n // 2
    halves = hold.current_A[: boxes * n].reshape(boxes, n)
    moved = np.abs(halves[:, :half].mean(axis=1) - halves[:, -half:].mean(axis=1))
    whole &= moved < MOST_STEP * np.maximum(np.abs(halves.mean(axis=1)), LEAST_OPEN_G0 * G0_S * abs(across_V))
    opened = whole & (G_S < LEAST_OPEN_G0 * G0_S)
    if opened.sum() < LEAST_OPEN or (whole & ~opened).sum() < LEAST_CLOSED:
        return replace(plain, rejected="no contact, or no open tip after it")
    time = np.linspace(-1.0, 1.0, boxes)[whole]
    baseline = np.stack([time**k for k in range(3)], axis=1)
    wanted_K = 0.0 if math.isnan(plain.difference_K) else plain.difference_K
    mean_K = plain.ambient_K + float(means(hold.substrate_K)[whole].mean()) + 0.5 * wanted_K
    leaves = 1.0 / (1.0 + thermometer.resistance_K_per_W * LORENZ_V2_per_K2 * mean_K * G_S[whole])
    y = tip_K[whole] - JOULE_SHARE * thermometer.resistance_K_per_W * power_W[whole] * leaves
    x = G_S[whole] * leaves
    left = x - baseline @ np.linalg.lstsq(baseline, x, rcond=None)[0]
    slope = float(left @ y) / float(left @ left)
    rest = np.linalg.lstsq(baseline, y - slope * x, rcond=None)[0]
    return replace(
        plain,
        slope_K_per_S=slope,
        weight_S2=float(left @ left),
        open_V=float(means(hold.thermocouple_V)[opened].mean()),
        base_K=float(means(hold.base_K)[whole].mean()),
        substrate_K=float(means(hold.substrate_K)[whole].mean()),
        conductance_S=G_S[whole],
        below_K=y - baseline @ rest,
    )


def combine_openings(
    found: Sequence[MeasuredOpening], thermometer: Thermometer, rng: np.random.Generator
) -> OpeningAnalysis:
    """Combine openings. Raises ``ValueError`` without openings at both temperatures."""
    used = [one for one in found if not one.rejected]
    off = [one for one in used if one.difference_K == 0.0]
    on = [one for one in used if one.difference_K]
    if len(off) < 2 or len(on) < LEAST_TRACES:
        raise ValueError(
            f"{len(on)} openings with heat and {len(off)} without can be used; at least {LEAST_TRACES} and 2 are needed"
        )
    at, zero_V = [one.sample for one in off], [one.open_V for one in off]
    ratios, weights, differences_K, means_K = [], [], [], []
    for one in on:
        rise_K = -(one.open_V - float(np.interp(one.sample, at, zero_V))) / thermometer.seebeck_V_per_K
        tip_K, substrate_K = one.base_K + rise_K, one.substrate_K
        mean_K = one.ambient_K + 0.5 * (tip_K + substrate_K)
        per_ratio = -thermometer.resistance_K_per_W * (tip_K - substrate_K) * LORENZ_V2_per_K2 * mean_K
        ratios.append(one.slope_K_per_S / per_ratio)
        weights.append(one.weight_S2 * per_ratio**2)
        differences_K.append(tip_K - substrate_K)
        means_K.append(mean_K)
    ratio, sigma = _weighted(np.array(ratios), np.array(weights), [one.sign for one in on], rng)
    difference_K, mean_K = float(np.mean(differences_K)), float(np.mean(means_K))
    scale = thermometer.resistance_uncertainty_K_per_W / thermometer.resistance_K_per_W
    per_ratio = -thermometer.resistance_K_per_W * difference_K * LORENZ_V2_per_K2 * mean_K
    return OpeningAnalysis(
        ratio,
        sigma,
        scale if math.isfinite(scale) else 0.0,
        len(on),
        len(off),
        difference_K,
        mean_K,
        abs(per_ratio),
        Counter(one.rejected for one in found if one.rejected),
        (_heater_off(off, per_ratio, rng),),
        np.concatenate([one.conductance_S for one in on]),
        np.concatenate([one.below_K for one in on]),
    )


def _heater_off(off: Sequence[MeasuredOpening], per_ratio: float, rng: np.random.Generator) -> ControlVerdict:
    """Return the verdict on openings with the heater off, which Joule heat alone must explain."""
    slopes = np.array([one.slope_K_per_S for one in off]) / per_ratio
    weights = np.array([one.weight_S2 for one in off])
    value, sigma = _weighted(slopes, weights, [one.sign for one in off], rng)
    few = len(off) < LEAST_TRACES
    return control_verdict(
        "heater off",
        value,
        math.inf if few else sigma,
        "",
        0.0,
        NEEDED,
        "L/L0 from openings with the heater off",
    )


def _weighted(
    values: FloatArray, weights: FloatArray, signs: Sequence[int], rng: np.random.Generator
) -> tuple[float, float]:
    """Return a weighted mean and its error by drawing openings anew, two of which hold the truth as two sigma do.

    Where each sign of the bias has openings enough, both signs count alike: what changes sign with it cancels.
    """
    groups = [np.flatnonzero(np.array(signs) == sign) for sign in sorted(set(signs))]
    if min(len(group) for group in groups) < LEAST_TRACES:
        groups = [np.arange(len(values))]
    means, variances = [], []
    for group in groups:
        n, y, w = len(group), values[group], weights[group]
        chosen = rng.integers(0, n, (RESAMPLES, n))
        drawn = (w[chosen] * y[chosen]).sum(axis=1) / w[chosen].sum(axis=1)
        wider = math.sqrt(n / (n - 1.0)) * few_widening(n)
        means.append(float(w @ y / w.sum()))
        variances.append((float(drawn.std(ddof=1)) * wider) ** 2)
    return float(np.mean(means)), math.sqrt(sum(variances)) / len(groups)


TYPICAL_G0 = 5.0
"""Conductance at which an opening begins, for the expected error."""


def opening_sigma(
    tip: ThermometerNoise, difference_K: float, ambient_K: float, speed_nm_per_s: float
) -> float:
    """Return the expected error of L / L_0 of one opening.

    The conductance falls from 5 G0 in steps of 1 G0 over 1 nm, and stays 0 for as long. The noise is white with its
    density at the reciprocal of that time, as the parabola takes away what is slower.
    """
    time_s = 1.0 / speed_nm_per_s
    boxes = max(4 * LEAST_OPEN, round(2.0 * time_s / BOX_S))
    along = np.linspace(-1.0, 1.0, boxes)
    G = np.where(along < 0.0, np.ceil(-TYPICAL_G0 * along), 0.0) * G0_S
    baseline = np.stack([along**k for k in range(3)], axis=1)
    left = G - baseline @ np.linalg.lstsq(baseline, G, rcond=None)[0]
    density = tip.white_V2_per_Hz * (1.0 + tip.corner_Hz * time_s)
    noise_K = math.sqrt(density / (2.0 * BOX_S)) / tip.seebeck_V_per_K
    per_ratio = (
        tip.resistance_K_per_W * difference_K * LORENZ_V2_per_K2 * (ambient_K + 0.5 * abs(difference_K))
    )
    return noise_K / (per_ratio * float(np.sqrt(left @ left)))
