"""Thermopower of many junctions: their temperatures, the sets, the lines through means and through single junctions."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from analysis.line_fit import Line, least_squares_slope, theil_sen_slope
from analysis.records import FloatArray
from analysis.thermoelectric.contact_offset import Contact
from analysis.thermoelectric.thermopower import PlacedHold, ThermopowerAnalysis, ThermopowerSet
from analysis.thermoelectric.thermopower_hold import MeasuredHold
from analysis.thermoelectric.thermopower_line import Spread, line_through_means, spread_beyond_noise
from analysis.thermoelectric.zero_scatter import ZeroScatter, zero_scatter

LEAST_JUNCTIONS = 3
RESAMPLES, PAIRS = 300, 400
LEAST_SIGMA_K = 1e-3
NEAREST = 10
"""Contacts whose mean offset a hold has that shows none of its own."""

SKEW_S = 20e-6
"""Standard uncertainty of the time between current and thermometer: conversions of the card, rise times."""


def placed(holds: Sequence[MeasuredHold], seebeck_V_per_K: float) -> tuple[PlacedHold, ...]:
    """Return holds with their temperatures; the thermocouple's zero is that of the holds without heat, in time.

    Raises
    ------
    ValueError
        Without a hold at dT = 0.
    """
    holds = with_offsets(holds)
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


def with_offsets(holds: Sequence[MeasuredHold]) -> list[MeasuredHold]:
    """Return holds of one recording; those without an offset of the bias have that of the contacts nearest in time.

    Beside others that have theirs, a hold that kept its offset would be off by all of it.
    """
    known = [hold for hold in holds if math.isfinite(hold.contact_offset_V)]
    if not known:
        return list(holds)
    at = np.array([hold.sample for hold in known])
    offset_V, sigma_V = (
        np.array([getattr(hold, name) for hold in known]) for name in ("contact_offset_V", "sigma_contact_V")
    )

    def completed(hold: MeasuredHold) -> MeasuredHold:
        if math.isfinite(hold.contact_offset_V):
            return hold
        near = np.argsort(np.abs(at - hold.sample), kind="stable")[:NEAREST]
        scatter_V = float(offset_V[near].std(ddof=1)) if len(near) > 1 else 0.0
        sigma = max(scatter_V, float(np.sqrt(np.mean(sigma_V[near] ** 2)))) / math.sqrt(len(near))
        mean_V = float(offset_V[near].mean())
        return replace(hold, contact_offset_V=mean_V, sigma_contact_V=sigma, contact=Contact.OTHERS)

    return [completed(hold) for hold in holds]


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
    sets = _sets(used, rng)
    line, spread = _line(sets), _spread(sets)
    zero = _zero(used, line, spread)
    if zero is not None and zero.errors_too_small:
        used = [replace(one, hold=replace(one.hold, error_scale=zero.error_scale)) for one in used]
        sets = [replace(one, noise_V=one.noise_V * zero.error_scale) for one in sets]
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
        spread=spread,
        zero=zero,
        polarity_V=_polarity(used),
        quadrature_V_per_K=_quadrature(used),
        excluded=Counter(one.hold.rejected for one in holds if one.hold.rejected),
        holds=tuple(used),
        conductance_S=float(np.mean([one.hold.fit.conductance_S for one in used])) if used else math.nan,
    )


def _sets(used: Sequence[PlacedHold], rng: np.random.Generator) -> list[ThermopowerSet]:
    """Return the sets of enough junctions, by their temperature difference."""
    members: dict[float, list[PlacedHold]] = {}
    for one in used:
        members.setdefault(one.hold.difference_K, []).append(one)
    return [_set(wanted_K, members[wanted_K], rng) for wanted_K in sorted(members)
            if len(members[wanted_K]) >= LEAST_JUNCTIONS]  # fmt: skip


def _zero(used: Sequence[PlacedHold], line: Line | None, spread: Spread | None) -> ZeroScatter | None:
    """Return the scatter of the holds at dT = 0, less what the difference that is left there adds; None with too few.

    Holds with the offset of other contacts are left out: it is their error that those contacts differ.
    """
    zeros = [one for one in used if one.hold.difference_K == 0.0 and one.hold.contact is not Contact.OTHERS]
    theta_K = np.array([one.reduced_K for one in zeros])
    volts = np.array([one.hold.voltage_V for one in zeros])
    variance_V2 = np.array([one.hold.sigma_V**2 for one in zeros])
    if line is not None:
        volts = volts - line.slope * theta_K
    if spread is not None:
        variance_V2 = variance_V2 + (spread.V_per_K * theta_K) ** 2
    return zero_scatter(volts, np.sqrt(variance_V2))


def _set(wanted_K: float, members: Sequence[PlacedHold], rng: np.random.Generator) -> ThermopowerSet:
    volts = np.array([one.hold.voltage_V for one in members])
    theta_K = np.array([one.reduced_K for one in members])
    n, sd_V = len(volts), float(volts.std(ddof=1))
    fourth_V4 = float(np.mean((volts - volts.mean()) ** 4))
    means = volts[rng.integers(0, n, (RESAMPLES, n))].mean(axis=1)
    offsets = np.array(
        [one.hold.contact_offset_V for one in members if one.hold.contact is not Contact.OTHERS]
    )
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
        sigma_square_V2=math.sqrt(max(fourth_V4 - sd_V**4 * (n - 3.0) / (n - 1.0), 0.0) / n),
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


def _spread(sets: Sequence[ThermopowerSet]) -> Spread | None:
    columns = [
        [getattr(one, name) for one in sets] for name in ("reduced_K", "sd_V", "sigma_square_V2", "junctions")
    ]
    return spread_beyond_noise(*np.array(columns, dtype=np.float64))


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
