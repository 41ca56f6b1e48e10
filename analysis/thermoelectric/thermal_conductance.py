"""Thermal conductance of many junctions from their ruptures.

    G_th = (step / R_P + share P) / dT

``step`` is the rise of the tip when the junction breaks, P the electrical power before, and ``share`` its part that
warms the tip. With an alternating heater ``step`` and dT are amplitudes, and P has no part. Ruptures are weighted by
their expected variance, which follows from the lengths of the windows; the error comes from drawing junctions anew.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from analysis.constants import G0_S
from analysis.heating.thermometer import Thermometer
from analysis.records import FloatArray
from analysis.statistics.junction_mean import covariance_of_mean, effective_number, error_beyond_noise
from analysis.thermoelectric.control_verdict import ControlVerdict
from analysis.thermoelectric.rupture import MeasuredRupture
from analysis.thermoelectric.rupture_noise import RuptureNoise
from analysis.thermoelectric.wiedemann_franz import LORENZ_V2_per_K2

LEAST_RUPTURES = 3
RESAMPLES = 500
METAL_G0 = (0.4, 4.5)
"""Conductance of the metallic contacts that are compared with Wiedemann and Franz."""

SHARE_SIGMA = 0.05
"""Uncertainty of the half of the power that warms the tip, before it is measured, with both polarities of the bias."""

LARGEST_PELTIER_V = 6e-3
"""Peltier coefficient S T of 20 uV/K: with one polarity it adds its ratio to the bias to that uncertainty."""


@dataclass(frozen=True)
class Estimate:
    """A number with its standard error."""

    value: float
    sigma: float


UNKNOWN = Estimate(math.nan, math.nan)


@dataclass(frozen=True)
class UsedRupture:
    """A rupture with the temperatures of its electrodes, its thermal conductance and the error that noise gives it."""

    rupture: MeasuredRupture
    difference_K: float
    mean_K: float
    W_per_K: float
    sigma_W_per_K: float


@dataclass(frozen=True)
class LorenzRatio:
    """L / L_0 of metallic contacts: slope of G_th on L_0 T G through the origin.

    ``scale_relative`` is the error common to all of them, apart from ``sigma``.
    """

    value: float
    sigma: float
    contacts: int
    reduced_chi2: float
    mean_K: float
    scale_relative: float

    @property
    def one_quantum_W_per_K(self) -> float:
        """Thermal conductance of a contact of 1 G0 at the mean temperature."""
        return self.value * LORENZ_V2_per_K2 * G0_S * self.mean_K


CHI2_MARGIN = 4.0
"""Standard errors of chi2 beyond which the noise of the sham steps is not what the errors assume."""


@dataclass(frozen=True)
class ShamSteps:
    """Steps at samples drawn at random where nothing broke: their mean, and chi2 per step.

    Parameters
    ----------
    mean_W_per_K, noise_sigma_W_per_K : float
        Mean, and the error that the expected noise gives it.
    reduced_chi2 : float
    steps : int
    """

    mean_W_per_K: float
    noise_sigma_W_per_K: float
    reduced_chi2: float
    steps: int

    @property
    def as_expected(self) -> bool:
        """True if they scatter as the noise says."""
        return abs(self.reduced_chi2 - 1.0) <= CHI2_MARGIN * math.sqrt(2.0 / self.steps)

    @property
    def error_scale(self) -> float:
        """Factor by which the expected errors of single steps are too small; 1 unless that is sure."""
        return 1.0 if self.as_expected else max(math.sqrt(self.reduced_chi2), 1.0)

    @property
    def sigma_W_per_K(self) -> float:
        """Standard error of the mean."""
        return self.error_scale * self.noise_sigma_W_per_K


@dataclass(frozen=True)
class GroupMean:
    """Mean of a third of the ruptures: by hold time in s, or by conductance in S."""

    at: float
    W_per_K: float
    sigma_W_per_K: float
    ruptures: int


@dataclass(frozen=True)
class SeveralMolecules:
    """Mean of the junctions that lost the same number of molecules until they were open, before the first was lost.

    Parameters
    ----------
    molecules, ruptures : int
    G_S : float
        Electrical conductance.
    W_per_K : Estimate
        Thermal conductance of a whole junction. Its error is that of the noise with fewer than `LEAST_RUPTURES`.
    """

    molecules: int
    ruptures: int
    G_S: float
    W_per_K: Estimate

    @property
    def per_molecule(self) -> Estimate:
        """Thermal conductance of one of them."""
        return Estimate(self.W_per_K.value / self.molecules, self.W_per_K.sigma / self.molecules)


@dataclass(frozen=True, eq=False)
class AverageTrace:
    """Mean of the aligned traces and its standard error; the time is from the rupture."""

    time_s: FloatArray
    mean_K: FloatArray
    band_K: FloatArray


@dataclass(frozen=True)
class ZeroDrift:
    """Readings of the thermometer's zero with the heater off, its range, and its largest move from one to the next."""

    readings: int
    range_K: float
    largest_move_K: float


@dataclass(frozen=True, eq=False)
class ThermalConductanceAnalysis:
    """Result of a measurement of thermal conductance; values are NaN without enough ruptures.

    Parameters
    ----------
    mode : str
        "dc" or "2w".
    conductance : Estimate
        Mean G_th and its error by bootstrap over junctions, in W/K.
    noise_sigma_W_per_K : float
        Error that the noise alone gives.
    scale_relative : float
        Error common to all junctions: that of R_P. S_TC cancels.
    spread_W_per_K : float
        Standard deviation between junctions; 0 if the noise explains all, NaN where steps at which nothing broke
        scatter more than the noise says.
    uncorrected_W_per_K : float
        Mean without the subtraction of Joule heat.
    joule_W : float
        Mean electrical power that warmed the tip.
    joule_share : Estimate
        Share of the power that warms the tip; exactly 0 with an alternating heater.
    heater_off : Estimate
        G_th that ruptures with the heater off would show, after subtraction; must vanish.
    average : AverageTrace or None
    lorenz : LorenzRatio or None
        None without metallic contacts.
    sham : ShamSteps or None
    against_hold_time, against_G : tuple of GroupMean
    used : tuple of UsedRupture
        Those of one molecule or contact, of which all of the above are.
    heater_ratio : float
        Rise of a heated tip over R_P times the heater's power, which is 1; NaN with a heater elsewhere.
    several : tuple of SeveralMolecules
        Those of two molecules, three, and so on.
    off, censored : int
    excluded : Counter
    noise : RuptureNoise or None
    controls : tuple of ControlVerdict
    zero : ZeroDrift or None
        None with an alternating heater, whose amplitude has no zero.
    """

    mode: str
    conductance: Estimate
    noise_sigma_W_per_K: float
    scale_relative: float
    spread_W_per_K: float
    uncorrected_W_per_K: float
    joule_W: float
    joule_share: Estimate
    heater_off: Estimate
    average: AverageTrace | None
    lorenz: LorenzRatio | None
    sham: ShamSteps | None
    against_hold_time: tuple[GroupMean, ...]
    against_G: tuple[GroupMean, ...]
    used: tuple[UsedRupture, ...]
    off: int
    censored: int
    excluded: Counter[str] = field(default_factory=Counter)
    noise: RuptureNoise | None = None
    controls: tuple[ControlVerdict, ...] = ()
    several: tuple[SeveralMolecules, ...] = ()
    zero: ZeroDrift | None = None
    heater_ratio: float = math.nan

    @property
    def difference_K(self) -> float:
        """Mean temperature difference; with an alternating heater its amplitude."""
        return _mean([one.difference_K for one in self.used])

    @property
    def mean_K(self) -> float:
        """Temperature at which the conductance counts."""
        return _mean([one.mean_K for one in self.used])

    @property
    def windows_s(self) -> tuple[float, float]:
        """Mean lengths of the windows before and after the rupture."""
        steps = [(one.rupture.step, one.rupture.rate_Hz) for one in self.used if one.rupture.step]
        return _mean([step.before / rate for step, rate in steps]), _mean(
            [step.after / rate for step, rate in steps]
        )


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else math.nan


def weighted_mean(values: FloatArray, sigma: FloatArray) -> Estimate:
    """Return the mean weighted by the expected variances, and the error that they give."""
    weight = 1.0 / sigma**2
    return Estimate(float(weight @ values / weight.sum()), float(1.0 / np.sqrt(weight.sum())))


def bootstrapped(values: FloatArray, sigma: FloatArray, rng: np.random.Generator) -> Estimate:
    """Return the weighted mean, and its error by drawing junctions anew, at least that of the noise."""
    n, mean = len(values), weighted_mean(values, sigma)
    chosen = rng.integers(0, n, (RESAMPLES, n))
    weight = 1.0 / sigma[chosen] ** 2
    means = (weight * values[chosen]).sum(axis=1) / weight.sum(axis=1)
    scatter = float(means.std(ddof=1)) * math.sqrt(n / max(n - 1.0, 1.0))
    return Estimate(mean.value, error_beyond_noise(scatter, mean.sigma, effective_number(sigma**-2.0)))


def spread(values: FloatArray, sigma: FloatArray) -> float:
    """Return the standard deviation between junctions beyond the noise (DerSimonian and Laird)."""
    weight = 1.0 / sigma**2
    excess = float(weight @ (values - weighted_mean(values, sigma).value) ** 2) - (len(values) - 1.0)
    freedom = float(weight.sum() - (weight**2).sum() / weight.sum())
    return math.sqrt(max(excess / freedom, 0.0)) if freedom > 0.0 else 0.0


def joule_share(off: Sequence[MeasuredRupture], thermometer: Thermometer, noise: RuptureNoise) -> Estimate:
    """Return the share of the power that warms the tip: one half, corrected by ruptures with the heater off.

    The half holds for a symmetric junction; its uncertainty is that of a Peltier coefficient of 20 uV/K.
    """
    usable = [one for one in off if one.step is not None and one.power_W > 0.0]
    if not usable:
        return Estimate(0.5, SHARE_SIGMA)
    bias_V = _mean([math.sqrt(one.power_W / one.conductance_S) for one in usable])
    both = all(one.both_polarities for one in usable)
    first = SHARE_SIGMA if both else math.hypot(SHARE_SIGMA, LARGEST_PELTIER_V / bias_V)
    rises_K = thermometer.resistance_K_per_W * np.array([one.power_W for one in usable])
    steps_K = np.array([-one.step.value_K for one in usable if one.step])
    sigma_K = np.array([noise.sigma_K(one, one.step) for one in usable if one.step])
    precision = float(((rises_K / sigma_K) ** 2).sum())
    seen = float((rises_K * steps_K / sigma_K**2).sum()) / precision
    weight = precision + 1.0 / first**2
    return Estimate((precision * seen + 0.5 / first**2) / weight, 1.0 / math.sqrt(weight))


def lorenz_ratio_of(
    used: Sequence[UsedRupture], scale_relative: float, joule_sigma: float, rng: np.random.Generator
) -> LorenzRatio | None:
    """Return the slope of G_th on L_0 T G of the metallic contacts, through the origin; None without enough.

    ``joule_sigma`` is the error of the share of the power that warms the tip, which they have in common.
    """
    metal = [one for one in used if METAL_G0[0] < one.rupture.conductance_S / G0_S < METAL_G0[1]]
    if len(metal) < LEAST_RUPTURES:
        return None
    expected = np.array([LORENZ_V2_per_K2 * one.mean_K * one.rupture.conductance_S for one in metal])
    seen = np.array([one.W_per_K for one in metal])
    sigma = np.array([one.sigma_W_per_K for one in metal])
    ratio = bootstrapped(seen / expected, sigma / expected, rng)
    per_share = np.array([one.rupture.power_W / one.difference_K for one in metal]) / expected
    common = joule_sigma * weighted_mean(per_share, sigma / expected).value
    chi2 = float((((seen - ratio.value * expected) / sigma) ** 2).sum())
    return LorenzRatio(
        value=ratio.value,
        sigma=math.hypot(ratio.sigma, common),
        contacts=len(metal),
        reduced_chi2=chi2 / (len(metal) - 1.0),
        mean_K=_mean([one.mean_K for one in metal]),
        scale_relative=scale_relative,
    )


def several_molecules(
    ruptures: Sequence[UsedRupture], rng: np.random.Generator
) -> tuple[SeveralMolecules, ...]:
    """Return the means of ruptures by their number of molecules."""
    classes = []
    for molecules in sorted({one.rupture.molecules for one in ruptures}):
        alike = [one for one in ruptures if one.rupture.molecules == molecules]
        values = np.array([one.W_per_K for one in alike])
        sigma = np.array([one.sigma_W_per_K for one in alike])
        enough = len(alike) >= LEAST_RUPTURES
        mean = bootstrapped(values, sigma, rng) if enough else weighted_mean(values, sigma)
        conductance_S = _mean([one.rupture.conductance_S for one in alike])
        classes.append(SeveralMolecules(molecules, len(alike), conductance_S, mean))
    return tuple(classes)


def heater_ratio(used: Sequence[UsedRupture], mode: str, resistance_K_per_W: float) -> float:
    """Return the median rise of a heated tip over R_P times the heater's power; NaN with a heater elsewhere.

    With an alternating heater the rise is the mean one, which the ruptures with the heater off give.
    """
    ratios = [
        (one.mean_K - one.rupture.ambient_K if mode == "2w" else one.difference_K)
        / (resistance_K_per_W * one.rupture.heater_W)
        for one in used
        if one.rupture.where == "tip" and one.rupture.heater_W > 0.0
    ]
    return float(np.median(ratios)) if ratios else math.nan


def sham_steps(
    used: Sequence[UsedRupture], thermometer: Thermometer, noise: RuptureNoise
) -> ShamSteps | None:
    """Return the mean and chi2 of steps where nothing broke; None without any."""
    values, sigma = [], []
    for one in used:
        per_K = 1.0 / (thermometer.resistance_K_per_W * one.difference_K)
        for _, step in one.rupture.shams:
            values.append(step.value_K * per_K)
            sigma.append(abs(noise.sigma_K(one.rupture, step) * per_K))
    if len(values) < LEAST_RUPTURES:
        return None
    mean = weighted_mean(np.array(values), np.array(sigma))
    chi2 = float(np.mean((np.array(values) / np.array(sigma)) ** 2))
    return ShamSteps(mean.value, mean.sigma, chi2, len(values))


def thirds(used: Sequence[UsedRupture], by: FloatArray) -> tuple[GroupMean, ...]:
    """Return the means of three groups of equal number, in the order of ``by``."""
    if len(used) < 3 * LEAST_RUPTURES:
        return ()
    groups = []
    for members in np.array_split(np.argsort(by), 3):
        values = np.array([used[i].W_per_K for i in members])
        sigma = np.array([used[i].sigma_W_per_K for i in members])
        mean, weights = weighted_mean(values, sigma), sigma**-2.0
        scatter = math.sqrt(float(covariance_of_mean(values[:, None], weights)[0, 0]))
        error = error_beyond_noise(scatter, mean.sigma, effective_number(weights))
        groups.append(GroupMean(float(by[members].mean()), mean.value, error, len(members)))
    return tuple(groups)


def average_trace(used: Sequence[UsedRupture], half_s: float, bin_s: float) -> AverageTrace | None:
    """Return the mean of the aligned traces, and its standard error where three or more have a value."""
    traces = [one.rupture.trace_K for one in used if one.rupture.trace_K is not None]
    if not traces:
        return None
    stacked = np.vstack(traces)
    count = np.isfinite(stacked).sum(axis=0)
    bins = stacked.shape[1]
    time_s = (np.arange(bins) + 0.5) * bin_s - half_s
    seen = count >= LEAST_RUPTURES
    mean_K, band_K = np.full(bins, np.nan), np.full(bins, np.nan)
    mean_K[seen] = np.nanmean(stacked[:, seen], axis=0)
    band_K[seen] = np.nanstd(stacked[:, seen], axis=0, ddof=1) / np.sqrt(count[seen])
    return AverageTrace(np.asarray(time_s, dtype=np.float64), mean_K, band_K)
