"""Temperature rise and power of one hold, by regression on the applied levels."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analysis.heating.aligned_hold import AlignedHold, place
from analysis.heating.exclusion import Exclusion, ExclusionRules, current_drift, judge
from analysis.heating.hold_estimate import HoldEstimate, LevelEstimate, LevelRises, rejected_hold
from analysis.heating.holds import Hold
from analysis.heating.layout import roles_with_zero
from analysis.heating.line import Line
from analysis.heating.power import electrical
from analysis.heating.programme import LevelProgramme
from analysis.heating.regression import Fit, Regression
from analysis.records import SKIPPED, FloatArray
from analysis.segmentation import THERMOMETER_RAILED

LEAST_PERIODS = 3
"""Least number of periods, even without rules, to separate a parabola from the levels."""

FIRST_SHARE = 1.0 / 6.0
"""Share of the kept periods that is compared with the others: a transient that shifts the mean by 1 mK shifts these
by 6 mK."""

PASSES = 3.0
"""Largest part of a known line that may pass for heat, over the noise of a hold; a short one can't tell them apart."""

MOST_BYTES = 300_000_000
"""Memory of all choices of samples that are remembered."""


@dataclass(frozen=True)
class EstimatorSettings:
    """Settings for the evaluation of holds.

    Parameters
    ----------
    seebeck_V_per_K : float
        Seebeck coefficient of the thermocouple, positive; its voltage falls by this as the tip warms by 1 K.
    mask_samples : int
        Samples left out after each edge of the looped back bias (see `analysis.heating.mask`).
    lead_samples : int
        Samples left out before it.
    lines : tuple of Line
        Lines to take out (see `analysis.heating.lines.measure_lines`). A hold leaves in those that it can't distinguish
        from its levels; it is not used if too much of one would pass for heat.
    baseline_order : int
        Order of the polynomial in time for the drift of the thermometer.
    series_resistance_ohm : float
        Resistance in series with the junction; the power in it is subtracted.
    rules : ExclusionRules or None
        None: all modulated periods count.
    zero_level : bool
        Refuse holds without a level of 0 V. Without one, temperature rises are relative to the most negative level.
    """

    seebeck_V_per_K: float
    mask_samples: int = 6
    lines: tuple[Line, ...] = ()
    baseline_order: int = 2
    series_resistance_ohm: float = 0.0
    rules: ExclusionRules | None = field(default_factory=ExclusionRules)
    lead_samples: int = 0
    zero_level: bool = True


class HoldEstimator:
    """Evaluator of holds that reuses the regression of holds with the same samples.

    Parameters
    ----------
    settings : EstimatorSettings

    Raises
    ------
    ValueError
        For a Seebeck coefficient that is not positive.
    """

    def __init__(self, settings: EstimatorSettings) -> None:
        if not settings.seebeck_V_per_K > 0.0:
            raise ValueError(f"the Seebeck coefficient is {settings.seebeck_V_per_K} V/K, must be above 0")
        self.settings = settings
        self._regressions: OrderedDict[tuple[object, ...], Regression] = OrderedDict()

    def estimate(self, hold: Hold) -> HoldEstimate:
        """Evaluate one hold; an unusable hold is returned with the reason, never as an exception."""
        if hold.ended == SKIPPED:
            return rejected_hold(hold, "skipped by the user")
        try:
            if self.settings.zero_level:
                roles_with_zero(hold.programme)
            placed = place(hold, self.settings.mask_samples, self.settings.lead_samples)
        except ValueError as error:
            return rejected_hold(hold, str(error))
        if placed.alignment.seen and not placed.alignment.residual_V < 0.2 * hold.programme.largest_bias_V:
            return rejected_hold(hold, "the looped back bias does not follow the programme")
        if not np.isfinite(hold.thermocouple_V).any():
            return rejected_hold(hold, "no thermocouple voltage, or the gain of its preamplifier is unknown")
        judgement = judge(placed, self.settings.rules)
        kept, rules = judgement.kept, self.settings.rules
        least = LEAST_PERIODS if rules is None else max(rules.least_periods, LEAST_PERIODS)
        steady = judgement.steady.sum()
        if steady < least:
            return rejected_hold(
                hold, f"{steady} whole periods, {least} are needed", judgement.exclusions, kept
            )
        if kept.sum() < LEAST_PERIODS:
            return rejected_hold(
                hold,
                f"{kept.sum()} whole periods after the start, {LEAST_PERIODS} are needed",
                judgement.exclusions,
                kept,
            )
        if not placed.thermometer_reads(kept):
            railed = THERMOMETER_RAILED in hold.flags
            reason = "thermometer at its rail" if railed else "samples of the thermometer are missing"
            return rejected_hold(hold, reason, judgement.exclusions, kept)
        try:
            fit, span = self.fit(placed, kept)
        except ValueError as error:
            return rejected_hold(hold, str(error), judgement.exclusions, kept)
        if line := self._line_that_passes(hold.programme, fit, span):
            reason = f"too short to distinguish the line at {line.frequency_Hz:.2f} Hz from heat"
            return rejected_hold(hold, reason, judgement.exclusions, kept)
        return self._estimate(placed, kept, judgement.exclusions, fit, span)

    def fit(
        self, placed: AlignedHold, kept: NDArray[np.bool_], first_periods: int = 0
    ) -> tuple[Fit, Regression]:
        """Fit the settled samples of the kept periods. Raises ``ValueError`` if they are too few.

        The first ``first_periods`` of the kept periods, if any, get levels of their own.
        """
        first, last = np.flatnonzero(kept)[[0, -1]]
        span = slice(placed.starts[first], placed.starts[last + 1])
        hold = placed.hold
        repeat = hold.programme.samples_per_period(hold.rate_Hz).denominator
        key = (hold.programme, hold.rate_Hz, first % repeat, kept[first : last + 1].tobytes(), first_periods)
        regression = self._regressions.pop(key, None)
        if regression is None:
            regression = self._regression(placed, kept, span, first_periods)
        self._regressions[key] = regression
        while (
            len(self._regressions) > 1 and sum(one.nbytes for one in self._regressions.values()) > MOST_BYTES
        ):
            self._regressions.popitem(last=False)
        return regression.fit(placed.thermocouple_V[span]), regression

    def _regression(
        self, placed: AlignedHold, kept: NDArray[np.bool_], span: slice, first_periods: int
    ) -> Regression:
        plan = placed.plan.part(span.start, span.stop)
        first = (np.cumsum(kept) <= first_periods)[plan.period] if first_periods else None
        return Regression(
            plan,
            placed.settled[span] & kept[plan.period],
            placed.roles,
            placed.hold.rate_Hz,
            float(placed.hold.programme.frequency_Hz),
            self.settings.baseline_order,
            self._lines_Hz(placed.hold, span),
            first,
        )

    def _line_that_passes(self, programme: LevelProgramme, fit: Fit, regression: Regression) -> Line | None:
        """Return a known line of which too much passes for heat; None if there is none."""
        length_s = regression.length / regression.rate_Hz
        noise_V = np.sqrt(np.diag(fit.covariance_V2))
        for line in self.settings.lines:
            if programme.hides(line.frequency_Hz, length_s):
                passing_V = line.amplitude_V / np.sqrt(2.0) * np.abs(regression.response(line.frequency_Hz))
                if np.any(passing_V > PASSES * noise_V):
                    return line
        return None

    def _lines_Hz(self, hold: Hold, span: slice) -> list[float]:
        """Return the lines that a span of a hold distinguishes from the levels."""
        length_s = (span.stop - span.start) / hold.rate_Hz
        every_Hz = [line.frequency_Hz for line in self.settings.lines]
        return [f_Hz for f_Hz in every_Hz if not hold.programme.hides(f_Hz, length_s)]

    def _estimate(
        self,
        placed: AlignedHold,
        kept: NDArray[np.bool_],
        exclusions: tuple[Exclusion, ...],
        fit: Fit,
        regression: Regression,
    ) -> HoldEstimate:
        hold, settings = placed.hold, self.settings
        seebeck = settings.seebeck_V_per_K
        roles, active = placed.roles, list(regression.active)
        dT_K, covariance_K2 = np.zeros(len(roles.bias_V)), np.zeros((len(roles.bias_V),) * 2)
        dT_K[active] = -fit.levels_V / seebeck
        covariance_K2[np.ix_(active, active)] = fit.covariance_V2 / seebeck**2
        of = electrical(placed, kept, settings.series_resistance_ohm)
        levels = [
            LevelEstimate(
                bias_V=float(of.bias_V[role]),
                dT_K=float(dT_K[role]),
                sigma_K=float(np.sqrt(covariance_K2[role, role])),
                q_total_W=float(of.power_W[role]),
                current_A=float(of.current_A[role]),
            )
            for role in range(len(roles.bias_V))
        ]
        outer = [roles.positive, roles.negative]
        positive, negative = (levels[role] for role in outer)
        drift = current_drift(placed, kept)
        settling_K, settling_covariance_K2 = self._settling(placed, kept)
        limit = float("inf") if settings.rules is None else settings.rules.drift
        return HoldEstimate(
            number=hold.number,
            amplitude_V=hold.amplitude_V,
            dT_pos_K=positive.dT_K,
            dT_neg_K=negative.dT_K,
            covariance_K2=covariance_K2[np.ix_(outer, outer)],
            q_total_pos_W=positive.q_total_W,
            q_total_neg_W=negative.q_total_W,
            current_pos_A=positive.current_A,
            current_neg_A=negative.current_A,
            kept_s=float(int(kept.sum()) / hold.programme.frequency_Hz),
            periods=int(kept.sum()),
            samples=hold.samples,
            exclusions=exclusions,
            kind=hold.kind,
            control=hold.control,
            current_drift=drift,
            white_V2_per_Hz=fit.white_V2_per_Hz,
            corner_Hz=fit.corner_Hz,
            flags=(*hold.flags, *(("drift",) if abs(drift) > limit else ())),
            levels=tuple(levels[role] for role in active),
            settling_K=settling_K,
            settling_covariance_K2=settling_covariance_K2,
            rises=LevelRises(of.measured_A, of.bias_V, dT_K, covariance_K2, roles.zero, roles.has_zero),
        )

    def _settling(self, placed: AlignedHold, kept: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
        """Return `HoldEstimate.settling_K` and its covariance; NaN without rules or without a level of 0 V."""
        unknown = np.full(2, np.nan), np.full((2, 2), np.nan)
        first_periods = round(FIRST_SHARE * kept.sum())
        if self.settings.rules is None or not first_periods or not placed.roles.has_zero:
            return unknown
        try:
            fit, regression = self.fit(placed, kept, first_periods)
        except ValueError:
            return unknown
        outer = [regression.active.index(role) for role in (placed.roles.positive, placed.roles.negative)]
        difference = np.hstack([np.eye(len(regression.active)), -np.eye(len(regression.active))])[outer]
        difference = -difference / self.settings.seebeck_V_per_K
        return difference @ fit.levels_V, difference @ fit.covariance_V2 @ difference.T


def estimate_hold(hold: Hold, settings: EstimatorSettings) -> HoldEstimate:
    """Evaluate one hold; for many, `estimate_holds` is much faster."""
    return HoldEstimator(settings).estimate(hold)


def estimate_holds(holds: Iterable[Hold], settings: EstimatorSettings) -> Iterator[HoldEstimate]:
    """Evaluate holds one after the other; one hold is in memory at a time."""
    estimator = HoldEstimator(settings)
    return (estimator.estimate(hold) for hold in holds)
