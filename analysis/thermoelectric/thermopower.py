"""Thermopower of many junctions: sets at each temperature difference, and the line through their means.

    v = (S - S_lead) theta + offset

v is the open-circuit voltage less that of the contact, theta the reduced temperature difference. The slope is that of
York's line, with errors in both; the scale error of the thermometer, common to all sets, is added afterwards. The
intercept is free. Beside it stand the least-squares and the Theil-Sen line through single junctions.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy

from analysis.line_fit import (
    Line,
    least_squares_slope,
    slope_through_origin,
    theil_sen_slope,
)
from analysis.numbers import ASCII, with_error
from analysis.records import FloatArray
from analysis.thermoelectric.temperatures import reduced_difference_K
from analysis.thermoelectric.thermopower_hold import MeasuredHold
from analysis.thermoelectric.thermopower_line import line_through_means
from analysis.thermoelectric.two_kinds import TwoKinds, two_kinds

LEAST_JUNCTIONS = 3
HALF, DUMMY = "half amplitude", "dummy heater"
UNCHANGED = {
    HALF: "full amplitude",
    "other frequency": "first frequency",
    "negative heater": "other heater voltage",
}
"""Controls that must give the same thermopower, and how the measurement differs from them."""

RESAMPLES, PAIRS = 300, 400
LEAST_SIGMA_K = 1e-3
SKEW_S = 20e-6
"""Standard uncertainty of the time between current and thermometer: conversions of the card, rise times."""


@dataclass(frozen=True)
class Lead:
    """Thermopower of the heated lead and its standard uncertainty, in V/K."""

    seebeck_V_per_K: float
    sigma_V_per_K: float


GOLD_FILM = Lead(1.9e-6, 0.2e-6)
"""Gold film at 300 K; a value from memory, which the rig file should replace."""


@dataclass(frozen=True)
class PlacedHold:
    """A hold with the temperatures of its electrodes."""

    hold: MeasuredHold
    tip_K: float
    substrate_K: float

    @property
    def difference_K(self) -> float:
        """T_tip - T_substrate."""
        return self.tip_K - self.substrate_K

    @property
    def reduced_K(self) -> float:
        """Reduced difference theta."""
        return float(reduced_difference_K(self.tip_K, self.substrate_K))


@dataclass(frozen=True)
class ThermopowerSet:
    """Junctions at one temperature difference: mean, median, mode, and the three widths SEM, SD and FWHM."""

    wanted_K: float
    dT_K: float
    reduced_K: float
    sigma_reduced_K: float
    T_mean_K: float
    junctions: int
    mean_V: float
    median_V: float
    mode_V: float
    sd_V: float
    fwhm_V: float
    sem_V: float
    noise_V: float
    contact_offset_V: float


@dataclass(frozen=True, eq=False)
class ThermopowerAnalysis:
    """Result of a thermopower measurement; the line is None with fewer than two sets.

    Parameters
    ----------
    sets : tuple of ThermopowerSet
    line : Line or None
        Slope S_meas and intercept.
    scale_relative : float
        Relative error of all temperatures.
    junctions_ls, theil_sen : tuple of float
        Slope through single junctions and its standard error, by bootstrap.
    spread_V_per_K : float
        Standard deviation of the thermopower between junctions; 0 if the noise explains all.
    polarity : tuple of float
        Mean difference of v between both signs of the heater's voltage and its error; NaN without both.
    quadrature_V_per_K : tuple of float
        Voltage out of phase with an alternating temperature over its amplitude, and its error; NaN without one.
    excluded : mapping of str to int
    holds : tuple of PlacedHold
        Those that were used.
    conductance_S : float
        Mean of the junctions.
    lead : Lead
        The heated lead, whose thermopower is not in the slope.
    """

    sets: tuple[ThermopowerSet, ...]
    line: Line | None
    scale_relative: float
    junctions_ls: tuple[float, float]
    theil_sen: tuple[float, float]
    spread_V_per_K: float
    polarity_V: tuple[float, float]
    quadrature_V_per_K: tuple[float, float]
    excluded: Counter[str]
    holds: tuple[PlacedHold, ...]
    conductance_S: float
    lead: Lead = GOLD_FILM
    controls: "tuple[ThermopowerControl, ...]" = ()

    @property
    def sigma_V_per_K(self) -> float:
        """Standard error of the slope with the scale of the temperatures."""
        return math.nan if self.line is None else self.line.with_scale_error(self.scale_relative)

    @property
    def kinds(self) -> TwoKinds | None:
        """Two Gaussians through the thermopowers of single heated junctions, where BIC prefers them by more than 10."""
        line = self.line
        if line is None:
            return None
        heated = [one for one in self.holds if abs(one.reduced_K) > 1.0]
        return two_kinds(np.array([(x.hold.voltage_V - line.intercept) / x.reduced_K for x in heated]))

    @property
    def p_value(self) -> float:
        """Chance of a larger chi2 if the sets lie on a line; NaN for two sets."""
        line = self.line
        if line is None or line.degrees_of_freedom < 1:
            return math.nan
        return float(scipy.special.gammaincc(line.degrees_of_freedom / 2.0, line.chi2 / 2.0))

    @property
    def through_origin_V_per_K(self) -> float:
        """Slope of the line through the origin, which an offset falsifies; for comparison."""
        heated = [one for one in self.sets if one.wanted_K]
        if not heated:
            return math.nan
        return slope_through_origin(
            [one.reduced_K for one in heated],
            [one.mean_V for one in heated],
            [one.sigma_reduced_K for one in heated],
            [max(one.sem_V, 1e-12) for one in heated],
        )

    @property
    def junction_V_per_K(self) -> float:
        """Thermopower of the junction alone: measured one plus that of the lead."""
        return math.nan if self.line is None else self.line.slope + self.lead.seebeck_V_per_K

    @property
    def sigma_junction_V_per_K(self) -> float:
        """Standard error of `junction_V_per_K`."""
        return math.hypot(self.sigma_V_per_K, self.lead.sigma_V_per_K)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences for the reader."""
        found = []
        if self.line is None:
            found.append(
                "Thermopower: fewer than two temperature differences with junctions; there is no slope."
            )
            return tuple(found)
        slope, sigma = self.line.slope, self.line.sigma_slope
        for name, (other, error) in (("least-squares", self.junctions_ls), ("Theil-Sen", self.theil_sen)):
            if abs(other - slope) > 2.0 * math.hypot(error, sigma):
                found.append(
                    f"Thermopower: the {name} line through single junctions has {1e6 * other:.3g} uV/K, the line "
                    f"through the means {1e6 * slope:.3g} uV/K: tails, or two kinds of junctions."
                )
        mean, error = self.polarity_V
        if error > 0.0 and abs(mean) > 3.0 * error:
            found.append(
                f"Thermopower: the voltage differs by {1e6 * mean:.3g} uV between both signs of the heater's voltage: "
                "the heater leaks into the current. Its mean over both signs is used."
            )
        return tuple(found)


@dataclass(frozen=True)
class ThermopowerControl:
    """A control experiment: its value, what it must be, and the verdict as a sentence."""

    name: str
    value: float
    sigma: float
    expected: float
    unit: str
    sentence: str

    @property
    def passed(self) -> bool:
        """True within two standard errors."""
        return abs(self.value - self.expected) <= 2.0 * self.sigma


def placed(holds: Sequence[MeasuredHold], seebeck_V_per_K: float) -> tuple[PlacedHold, ...]:
    """Return holds with their temperatures; the thermocouple's zero is that of the holds without heat, in time.

    Raises
    ------
    ValueError
        Without a hold at dT = 0.
    """
    zeros = [hold for hold in holds if hold.difference_K == 0.0 and math.isfinite(hold.thermocouple_V)]
    if not zeros:
        raise ValueError("no hold at dT = 0 gives the thermometer's zero")
    at, volts = [hold.sample for hold in zeros], [hold.thermocouple_V for hold in zeros]
    result = []
    for hold in holds:
        rise_K = -(hold.thermocouple_V - float(np.interp(hold.sample, at, volts))) / seebeck_V_per_K
        if hold.difference_K == 0.0:
            rise_K = 0.0
        tip_K = hold.ambient_K + hold.base_rise_K + rise_K
        substrate_K = hold.ambient_K + hold.substrate_rise_K
        if math.isfinite(hold.amplitude_K):  # an amplitude about the mean temperature of what is heated
            mean_K = substrate_K if hold.where == "substrate" else tip_K
            tip_K, substrate_K = mean_K + 0.5 * hold.amplitude_K, mean_K - 0.5 * hold.amplitude_K
        result.append(PlacedHold(hold, tip_K, substrate_K))
    return tuple(result)


def as_if_heated(holds: Iterable[PlacedHold]) -> tuple[PlacedHold, ...]:
    """Return holds with the differences that the heater would have made, were its drive not wired to a dummy.

    The thermometer shows no difference then, so that there is no slope against it.
    """
    return tuple(replace(one, tip_K=one.substrate_K + one.hold.difference_K) for one in holds)


def summarise(
    holds: Sequence[PlacedHold], scale_relative: float, rng: np.random.Generator
) -> ThermopowerAnalysis:
    """Combine the holds of a measurement.

    Parameters
    ----------
    holds : sequence of PlacedHold
        Of one kind: the measurement itself, or one control.
    scale_relative : float
        Relative error of S_TC of the tip's thermocouple.
    rng : numpy Generator
        For the bootstrap.
    """
    used = [one for one in holds if not one.hold.rejected]
    sets = []
    for wanted_K in sorted({one.hold.difference_K for one in used}):
        members = [one for one in used if one.hold.difference_K == wanted_K]
        if len(members) >= LEAST_JUNCTIONS:
            sets.append(_set(wanted_K, members, rng))
    line = _line(sets)
    volts = np.array([one.hold.voltage_V for one in used])
    theta_K = np.array([one.reduced_K for one in used])
    set_K = np.array([one.hold.difference_K for one in used])
    unknown = (math.nan, math.nan)
    return ThermopowerAnalysis(
        sets=tuple(sets),
        line=line,
        scale_relative=scale_relative,
        junctions_ls=unknown if line is None else _bootstrapped(theta_K, volts, set_K, rng, False),
        theil_sen=unknown if line is None else _bootstrapped(theta_K, volts, set_K, rng, True),
        spread_V_per_K=_spread(sets),
        polarity_V=_polarity(used),
        quadrature_V_per_K=_quadrature(used),
        excluded=Counter(one.hold.rejected for one in holds if one.hold.rejected),
        holds=tuple(used),
        conductance_S=float(np.mean([one.hold.fit.conductance_S for one in used])) if used else math.nan,
    )


def _set(wanted_K: float, members: Sequence[PlacedHold], rng: np.random.Generator) -> ThermopowerSet:
    volts = np.array([one.hold.voltage_V for one in members])
    theta_K = np.array([one.reduced_K for one in members])
    n, sd_V = len(volts), float(volts.std(ddof=1))
    means = volts[rng.integers(0, n, (RESAMPLES, n))].mean(axis=1)
    offsets = np.array([one.hold.contact_offset_V for one in members])
    known = offsets[np.isfinite(offsets)]
    return ThermopowerSet(
        wanted_K=wanted_K,
        dT_K=float(np.mean([one.difference_K for one in members])),
        reduced_K=float(theta_K.mean()),
        sigma_reduced_K=max(float(theta_K.std(ddof=1)) / math.sqrt(n), LEAST_SIGMA_K),
        T_mean_K=float(np.mean([0.5 * (one.tip_K + one.substrate_K) for one in members])),
        junctions=n,
        mean_V=float(volts.mean()),
        median_V=float(np.median(volts)),
        mode_V=_mode(volts),
        sd_V=sd_V,
        fwhm_V=2.0 * math.sqrt(2.0 * math.log(2.0)) * sd_V,
        sem_V=float(means.std(ddof=1)) * math.sqrt(n / (n - 1.0)),
        noise_V=float(np.sqrt(np.mean([one.hold.sigma_V**2 for one in members]))),
        contact_offset_V=float(known.mean()) if known.size else math.nan,
    )


def _mode(volts: FloatArray) -> float:
    """Return the mean of the half of the values that lies closest together."""
    ordered, half = np.sort(volts), max(2, (len(volts) + 1) // 2)
    widths = ordered[half - 1 :] - ordered[: len(ordered) - half + 1]
    first = int(np.argmin(widths))
    return float(ordered[first : first + half].mean())


def _line(sets: Sequence[ThermopowerSet]) -> Line | None:
    if len(sets) < 2:
        return None
    return line_through_means(
        [one.reduced_K for one in sets],
        [one.sigma_reduced_K for one in sets],
        [one.mean_V for one in sets],
        [one.sd_V for one in sets],
        [one.junctions for one in sets],
    )


def _bootstrapped(
    theta_K: FloatArray, volts: FloatArray, set_K: FloatArray, rng: np.random.Generator, robust: bool
) -> tuple[float, float]:
    """Return a slope through single junctions, and the standard deviation of resampled ones.

    Junctions are drawn within each temperature difference: a slope needs more than one of these.
    """
    slope = theil_sen_slope if robust else least_squares_slope
    groups = [np.flatnonzero(set_K == one) for one in np.unique(set_K)]
    n = len(volts)
    drawn = min(n, PAIRS)
    sizes = [max(1, round(len(group) * drawn / n)) for group in groups]
    times = 50 if robust else RESAMPLES
    chosen = np.hstack(
        [group[rng.integers(0, len(group), (times, size))] for group, size in zip(groups, sizes, strict=True)]
    )
    slopes = [slope(theta_K[row], volts[row]) for row in chosen]
    free = n / max(n - len(groups), 1)
    return slope(theta_K, volts), float(np.std(slopes, ddof=1)) * math.sqrt(free * drawn / n)


def _spread(sets: Sequence[ThermopowerSet]) -> float:
    """Return sigma_S from SD^2 = noise^2 + (sigma_S theta)^2 at the sets with heat, weighted by their freedom."""
    heated = [one for one in sets if abs(one.reduced_K) > 1.0]
    if not heated:
        return math.nan
    weight = np.array(
        [(one.junctions - 1.0) * one.reduced_K**4 / max(one.sd_V, 1e-12) ** 4 for one in heated]
    )
    excess = np.array([(one.sd_V**2 - one.noise_V**2) / one.reduced_K**2 for one in heated])
    return math.sqrt(max(float(weight @ excess / weight.sum()), 0.0))


def _polarity(used: Sequence[PlacedHold]) -> tuple[float, float]:
    """Return the mean difference between positive and negative heater voltage at equal temperatures."""
    differences, variances = [], []
    for wanted_K in {one.hold.difference_K for one in used if one.hold.difference_K}:
        here = [one.hold for one in used if one.hold.difference_K == wanted_K]
        up = np.array([hold.voltage_V for hold in here if hold.heater_V > 0.0])
        down = np.array([hold.voltage_V for hold in here if hold.heater_V < 0.0])
        if len(up) >= LEAST_JUNCTIONS and len(down) >= LEAST_JUNCTIONS:
            differences.append(up.mean() - down.mean())
            variances.append(up.var(ddof=1) / len(up) + down.var(ddof=1) / len(down))
    if not differences:
        return math.nan, math.nan
    weight = 1.0 / np.array(variances)
    return float(weight @ np.array(differences) / weight.sum()), float(1.0 / math.sqrt(weight.sum()))


def _quadrature(used: Sequence[PlacedHold]) -> tuple[float, float]:
    """Return the mean voltage out of phase with an alternating temperature, over the amplitude, and its error."""
    heated = [one for one in used if one.hold.amplitude_K > 1.0]
    if len(heated) < LEAST_JUNCTIONS:
        return math.nan, math.nan
    behind = np.array([one.hold.quadrature_V / one.reduced_K for one in heated])
    along = np.array([one.hold.voltage_V / one.reduced_K for one in heated])
    skew = 2.0 * math.pi * heated[0].hold.thermal_Hz * SKEW_S * abs(float(along.mean()))
    return float(behind.mean()), math.hypot(float(behind.std(ddof=1)) / math.sqrt(len(behind)), skew)


def with_controls(
    measurement: ThermopowerAnalysis, others: Sequence[tuple[str, ThermopowerAnalysis]]
) -> ThermopowerAnalysis:
    """Return the measurement with the verdicts of its control experiments and of what it contains itself."""
    found = []
    mean, error = measurement.polarity_V
    if error > 0.0:
        found.append(
            control_of("reversed heater", mean, error, 0.0, "V", "voltage at +heater less that at -heater")
        )
    mean, error = measurement.quadrature_V_per_K
    if error > 0.0:
        what = "voltage 90 degrees behind an alternating temperature"
        found.append(control_of("out of phase", mean, error, 0.0, "V/K", what))
    for name, other in others:
        if other.line is None:
            continue
        slope, sigma = other.line.slope, other.sigma_V_per_K
        if name in UNCHANGED:
            if measurement.line is not None:
                sigma = math.hypot(sigma, measurement.line.sigma_slope)
                slope -= measurement.line.slope
                found.append(
                    control_of(
                        name, slope, sigma, 0.0, "V/K", f"thermopower less that at the {UNCHANGED[name]}"
                    )
                )
                if name == HALF:
                    found.append(_linearity(measurement.line, other.line))
            continue
        found.append(control_of(name, slope, sigma, 0.0, "V/K", "slope of the voltage"))
    return replace(measurement, controls=tuple(found))


def _linearity(full: Line, half: Line) -> ThermopowerControl:
    """Return the change of the intercept with the amplitude, which a current quadratic in the bias causes."""
    change_V = half.intercept - full.intercept
    sigma_V = math.hypot(half.sigma_intercept, full.sigma_intercept)
    found = control_of(
        "half amplitude, intercept", change_V, sigma_V, 0.0, "V", "intercept less that at the full amplitude"
    )
    if found.passed:
        return found
    return replace(
        found,
        sentence=f"{found.sentence} The junction rectifies, or the bias is not as it seems; a run without dT = 0 would "
        "show this voltage as thermopower.",
    )


def control_of(
    name: str, value: float, sigma: float, expected: float, unit: str, what: str
) -> ThermopowerControl:
    """Return the verdict on a value that must be ``expected``; the sentence has it in 1e-6 of the unit, or in %."""
    verdict = "vanishes within 2 sigma" if abs(value - expected) <= 2.0 * sigma else "does not vanish"
    scale, shown = (1e6, f"u{unit}") if unit else (100.0, "%")
    sentence = f"{what}: {with_error(scale * value, scale * sigma, ASCII)} {shown}, {verdict}."
    return ThermopowerControl(name, value, sigma, expected, unit, sentence)
