"""Exclusion of periods of a hold by the current alone: the thermometer must not choose its own data.

The rules keep stable junctions in the paper's sense (Lee et al., Nature 498, 209 (2013)): a junction that changed by
a factor, broke, or shorted for a moment is not the one to be measured, and 1 ms of a metallic contact at 1.27 V
heats the tip by kelvins.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.heating.aligned_hold import AlignedHold
from analysis.records import FloatArray

SPREAD_S = 5e-3
"""Distance of the samples that give the noise of the current: it includes hum, but not a junction that broke."""


FIRST_PERIODS = 3
"""Default number of periods left out at the start: a quarter of a second at 12.25 Hz.

A transient of 10 uV at the start of the modulation shifts dT by 3.4 mK (time constant 0.1 s) or 1.8 mK (0.5 s), in
every hold alike; leaving out three periods reduces this to 0.3 and 1.1 mK, and raises the error of a hold of 5 s by a
fortieth.
"""


@dataclass(frozen=True)
class Exclusion:
    """Excluded periods, and the reason.

    Parameters
    ----------
    period_first, period_last : int
        Both included; period 0 is the first of the modulation.
    reason : str
    """

    period_first: int
    period_last: int
    reason: str


@dataclass(frozen=True)
class ExclusionRules:
    """Rules for excluding periods of a hold.

    Parameters
    ----------
    factor : float
        The current at each level must stay within this factor of its median. At the first period that violates it
        the hold is cut, beginning with the whole period before it: a junction that breaks late in a level leaves
        that period's mean within the factor.
    catastrophe : float
        No sample may exceed this multiple of the expected current; periods with samples above it are left out.
    widened : float
        The low-bias conductance afterwards must lie in the window, widened by this factor at both ends; otherwise
        the last whole period is cut.
    least_periods : int
        Least number of steady periods, the first ones included, for a hold to be used: 12 are 1 s at 12.25 Hz.
    drift : float
        Relative drift of the current above which a hold is flagged; it is still used.
    first_periods : int
        Number of periods left out at the start of the modulation, steady or not.
    significance : float
        No rule fires for deviations below this multiple of the standard deviation of the current's own noise: a tip
        out of contact shows only noise and must not be excluded for it.
    """

    factor: float = 2.0
    catastrophe: float = 3.0
    widened: float = 2.0
    least_periods: int = 12
    drift: float = 0.3
    significance: float = 6.0
    first_periods: int = 0


@dataclass(frozen=True, eq=False)
class Judgement:
    """Selection of periods of a hold: ``kept`` of shape (periods,), and the reasons for excluding the other whole
    periods.

    ``steady`` also includes the first periods, which are left out because of the thermometer, not the current.
    """

    kept: NDArray[np.bool_]
    exclusions: tuple[Exclusion, ...]
    steady: NDArray[np.bool_]


def judge(placed: AlignedHold, rules: ExclusionRules | None) -> Judgement:
    """Choose the periods to keep.

    Kept periods are whole, have no missing sample and the commanded bias. With ``rules`` None nothing more is
    required.
    """
    reasons: dict[int, str] = {}
    kept = placed.whole.copy()

    def leave_out(periods: NDArray[np.bool_], reason: str) -> None:
        reasons.update(dict.fromkeys(np.flatnonzero(kept & periods).tolist(), reason))
        kept[periods] = False

    leave_out(placed.any_of(np.isnan(placed.current_A)), "samples missing")
    leave_out(placed.any_of(_not_applied(placed)), "bias not as commanded")
    if rules is not None and kept.any():
        leave_out(placed.any_of(placed.railed), "current at the end of its range")
        leave_out(
            placed.any_of(_catastrophic(placed, kept, rules)),
            f"current above {rules.catastrophe:g} times the expected value",
        )
        cut, reason = _cut(placed, kept, rules)
        leave_out(np.arange(placed.periods) >= cut, reason)
    steady = kept.copy()
    if rules is not None:
        leave_out(np.arange(placed.periods) < rules.first_periods, "start of the modulation")
    return Judgement(kept, _merged(reasons), steady)


def _merged(reasons: dict[int, str]) -> tuple[Exclusion, ...]:
    """Return one exclusion for each run of periods with the same reason."""
    exclusions: list[Exclusion] = []
    for period, reason in sorted(reasons.items()):
        if exclusions and (exclusions[-1].period_last, exclusions[-1].reason) == (period - 1, reason):
            exclusions[-1] = replace(exclusions[-1], period_last=period)
        else:
            exclusions.append(Exclusion(period, period, reason))
    return tuple(exclusions)


def current_drift(placed: AlignedHold, kept: NDArray[np.bool_]) -> float:
    """Return the relative change of the outer levels' current from the first to the last third of the kept periods.

    NaN for fewer than three periods.
    """
    outer = placed.current_A_by_period[[placed.roles.positive, placed.roles.negative]]
    modulus = np.abs(outer[:, kept]).mean(axis=0)
    third = len(modulus) // 3
    if not third or not np.median(modulus) > 0.0:
        return float("nan")
    change = np.median(modulus[-third:]) - np.median(modulus[:third])
    return float(change / np.median(modulus))


def _not_applied(placed: AlignedHold) -> NDArray[np.bool_]:
    """Return True for each settled sample at which the looped back bias differs from the programme."""
    if not placed.alignment.seen:
        return np.zeros(len(placed.plan), bool)
    tolerance_V = max(3e-3, 0.1 * placed.hold.programme.largest_bias_V)
    return placed.settled & (np.abs(placed.bias_V - placed.plan.bias_V) > tolerance_V)


def _catastrophic(placed: AlignedHold, kept: NDArray[np.bool_], rules: ExclusionRules) -> NDArray[np.bool_]:
    """Return True for each sample with far more current than this bias can drive through this junction.

    If the expected current is unknown it is taken from the beginning of the hold: if a junction broke early, the
    median of the whole hold is that of an open gap. Right after an edge the current that charges the cables adds to
    it: there, the limit also follows the median at that distance from the edge.
    """
    modulus = np.abs(placed.current_A)
    expected_A = placed.hold.expected_A
    if not np.isfinite(expected_A):
        beginning = np.flatnonzero(kept)[: rules.least_periods]
        expected_A = np.abs(np.median(placed.current_A_by_period[:, beginning], axis=1)).max()
    limit_A = rules.catastrophe * expected_A
    if not np.any(modulus > limit_A):
        return np.zeros(len(modulus), bool)
    limit_A += rules.significance * _sample_noise_A(placed)
    over = modulus > limit_A
    for role in range(len(placed.roles.bias_V)):
        at_role = placed.plan.role == role
        for since in np.unique(placed.plan.since_edge[over & at_role & ~placed.settled]):
            alike = at_role & (placed.plan.since_edge == since)
            over[alike] = modulus[alike] > max(limit_A, rules.catastrophe * np.nanmedian(modulus[alike]))
    return over


def _cut(placed: AlignedHold, kept: NDArray[np.bool_], rules: ExclusionRules) -> tuple[int, str]:
    """Return the first period to be cut and the reason; the number of periods if none is."""
    candidates = np.flatnonzero(kept)
    means = placed.current_A_by_period
    active = [role for role in range(len(means)) if role != placed.roles.zero]
    current_A = (means[active] - means[placed.roles.zero])[:, candidates]
    good = _steady_beginning(current_A, _period_noise_A(placed, current_A), rules)
    hold = placed.hold
    low, high = hold.window_G0
    if good < len(candidates):
        n = candidates[good]
        reason = f"current changed by more than a factor of {rules.factor:g} from its median in period {n}"
    elif hold.ended not in ("finished", "aborted"):
        reason = f"tripped: {hold.ended}"
    elif not (low / rules.widened <= hold.after_G0 <= high * rules.widened) and not (
        np.isnan(hold.after_G0) or np.isnan(low)
    ):
        reason = "conductance afterwards outside its widened window"
    else:
        return placed.periods, ""
    return int(candidates[max(good - 1, 0)]) if len(candidates) else 0, reason


def _steady_beginning(current_A: FloatArray, noise_A: FloatArray, rules: ExclusionRules) -> int:
    """Return the length of the longest beginning whose periods all lie within the factor of the beginning's own
    medians.

    The medians are those of the beginning, because in a junction that broke early the median of the whole hold is
    that of an open gap. The median is the lower of the middle two: the value halfway between two states lies within a
    factor of 2 of both although they differ by more. ``current_A`` has shape (levels, periods), ``noise_A``
    (levels, 1).
    """
    for n in range(current_A.shape[1], 0, -1):
        begun = current_A[:, :n]
        median = np.sort(begun, axis=1)[:, (n - 1) // 2, None]
        size = np.where(median < 0.0, -begun, begun)
        inside = (size >= np.abs(median) / rules.factor) & (size <= np.abs(median) * rules.factor)
        if np.all(inside | (np.abs(begun - median) <= rules.significance * noise_A)):
            return n
    return 0


def _sample_noise_A(placed: AlignedHold) -> float:
    """Return the standard deviation of one sample about its level, from the median of differences within levels."""
    n = max(1, round(SPREAD_S * placed.hold.rate_Hz))
    alike = placed.settled[n:] & placed.settled[:-n] & (placed.plan.role[n:] == placed.plan.role[:-n])
    difference_A = np.abs(placed.current_A[n:] - placed.current_A[:-n])[alike]
    difference_A = difference_A[np.isfinite(difference_A)]
    return _from_differences(float(np.median(difference_A))) if difference_A.size else 0.0


def _period_noise_A(placed: AlignedHold, current_A: FloatArray) -> FloatArray:
    """Return the standard deviation of a level's mean over one period, shape (levels, 1): white noise, or the scatter
    of periods.
    """
    per_level = max(1.0, float(placed.settled.sum()) / max(placed.periods, 1) / len(placed.roles.bias_V))
    white_A = _sample_noise_A(placed) / np.sqrt(per_level)
    if current_A.shape[1] < 2:
        return np.full((len(current_A), 1), white_A)
    differences_A = np.median(np.abs(np.diff(current_A, axis=1)), axis=1, keepdims=True)
    return np.maximum(white_A, differences_A * _from_differences(1.0))


def _from_differences(median: float) -> float:
    """Return the standard deviation of normal values from the median modulus of the differences between pairs
    of them.
    """
    return 1.4826 * median / np.sqrt(2.0)
