"""Temperature rise and power of one hold, by regression on the applied levels."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from analysis.heating.aligned_hold import AlignedHold, place
from analysis.heating.exclusion import Exclusion, ExclusionRules, current_drift, judge
from analysis.heating.holds import Hold
from analysis.heating.layout import roles_with_zero
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
    lines_Hz : tuple of float
        Frequencies of the lines (see `analysis.heating.lines.measure_lines`); a hold leaves out those that it can't
        distinguish from its levels.
    lines_V : tuple of float
        Their amplitudes, if known: a hold in which too much of a line that it leaves out would pass for heat is not
        used.
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
    lines_Hz: tuple[float, ...] = ()
    lines_V: tuple[float, ...] = ()
    baseline_order: int = 2
    series_resistance_ohm: float = 0.0
    rules: ExclusionRules | None = field(default_factory=ExclusionRules)
    lead_samples: int = 0
    zero_level: bool = True


@dataclass(frozen=True)
class LevelEstimate:
    """Result of one level of the programme: mean bias, temperature rise, power, current over the kept samples."""

    bias_V: float
    dT_K: float
    sigma_K: float
    q_total_W: float
    current_A: float


@dataclass(frozen=True, eq=False)
class LevelRises:
    """All levels of a hold, by rising bias; arrays of shape (levels,) and (levels, levels).

    Parameters
    ----------
    current_A, bias_V : ndarray
        Means; the current as measured, less the amplifier's offset. The bias is relative to the zero level, if any.
    dT_K, covariance_K2 : ndarray
        Temperature rises relative to the level ``reference``, whose own are 0, and their covariance.
    reference : int
        Level of 0 V, or the most negative one without it.
    has_zero : bool
    """

    current_A: FloatArray
    bias_V: FloatArray
    dT_K: FloatArray
    covariance_K2: FloatArray
    reference: int
    has_zero: bool


@dataclass(frozen=True, eq=False)
class HoldEstimate:
    """Result of one hold. All but the descriptive fields are NaN if it was ``rejected``.

    Parameters
    ----------
    number : int
        Number of the hold.
    amplitude_V : float
    dT_pos_K, dT_neg_K : float
        Mean temperature rise of the tip at the largest positive and at the most negative level.
    covariance_K2 : ndarray, shape (2, 2)
        Covariance of (dT_pos, dT_neg), from the thermometer's noise alone.
    q_total_pos_W, q_total_neg_W : float
        Mean power in the junction at these levels (energy over time).
    current_pos_A, current_neg_A : float
        Mean signed current at these levels, relative to that at the zero level.
    kept_s : float
        Length of the kept periods: the weight of a hold in a time-weighted mean.
    periods : int
        Number of kept periods.
    samples : tuple of int
        (start, stop) of the hold.
    exclusions : tuple of Exclusion
    rejected : str
        Reason for not using the hold; "" if it is used.
    kind : str
    control : str or None
        As in the hold.
    current_drift : float
        Relative change of the current from the first to the last third of the kept periods.
    white_V2_per_Hz, corner_Hz : float
        Noise of the thermometer around the modulation frequency, at the preamplifier's input: one-sided density
        of the white part, and the frequency at which a 1/f part equals it.
    flags : tuple of str
        Those of the hold, and "drift" if the current drifted by more than the rules allow.
    levels : tuple of LevelEstimate
        All levels except zero, by rising bias.
    settling_K : ndarray, shape (2,)
        (dT_pos, dT_neg) of the first sixth of the kept periods less those of the others, from a transient at the
        start of the modulation. The mean shifts by a sixth of it. NaN without rules.
    settling_covariance_K2 : ndarray, shape (2, 2)
        Covariance of ``settling_K``, from the thermometer's noise alone.
    rises : LevelRises or None
        Every level together; None if rejected.
    """

    number: int
    amplitude_V: float
    dT_pos_K: float
    dT_neg_K: float
    covariance_K2: FloatArray
    q_total_pos_W: float
    q_total_neg_W: float
    current_pos_A: float
    current_neg_A: float
    kept_s: float
    periods: int
    samples: tuple[int, int]
    exclusions: tuple[Exclusion, ...] = ()
    rejected: str = ""
    kind: str = "unknown"
    control: str | None = None
    current_drift: float = float("nan")
    white_V2_per_Hz: float = float("nan")
    corner_Hz: float = float("nan")
    flags: tuple[str, ...] = ()
    levels: tuple[LevelEstimate, ...] = ()
    settling_K: FloatArray = field(default_factory=lambda: np.full(2, np.nan))
    settling_covariance_K2: FloatArray = field(default_factory=lambda: np.full((2, 2), np.nan))
    rises: LevelRises | None = None


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
            return _rejected(hold, "skipped by the user")
        try:
            if self.settings.zero_level:
                roles_with_zero(hold.programme)
            placed = place(hold, self.settings.mask_samples, self.settings.lead_samples)
        except ValueError as error:
            return _rejected(hold, str(error))
        if placed.alignment.seen and not placed.alignment.residual_V < 0.2 * hold.programme.largest_bias_V:
            return _rejected(hold, "the looped back bias does not follow the programme")
        if not np.isfinite(hold.thermocouple_V).any():
            return _rejected(hold, "no thermocouple voltage, or the gain of its preamplifier is unknown")
        judgement = judge(placed, self.settings.rules)
        kept, rules = judgement.kept, self.settings.rules
        least = LEAST_PERIODS if rules is None else max(rules.least_periods, LEAST_PERIODS)
        steady = judgement.steady.sum()
        if steady < least:
            return _rejected(hold, f"{steady} whole periods, {least} are needed", judgement.exclusions, kept)
        if kept.sum() < LEAST_PERIODS:
            return _rejected(
                hold,
                f"{kept.sum()} whole periods after the start, {LEAST_PERIODS} are needed",
                judgement.exclusions,
                kept,
            )
        if not placed.thermometer_reads(kept):
            railed = THERMOMETER_RAILED in hold.flags
            reason = "thermometer at its rail" if railed else "samples of the thermometer are missing"
            return _rejected(hold, reason, judgement.exclusions, kept)
        try:
            fit, span = self.fit(placed, kept)
        except ValueError as error:
            return _rejected(hold, str(error), judgement.exclusions, kept)
        if passing_Hz := self._passing_Hz(hold.programme, fit, span):
            reason = f"too short to distinguish the line at {passing_Hz:.2f} Hz from heat"
            return _rejected(hold, reason, judgement.exclusions, kept)
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

    def _passing_Hz(self, programme: LevelProgramme, fit: Fit, regression: Regression) -> float:
        """Return the frequency of a known line of which too much passes for heat; 0 if there is none."""
        length_s = regression.length / regression.rate_Hz
        noise_V = np.sqrt(np.diag(fit.covariance_V2))
        for f_Hz, amplitude_V in zip(self.settings.lines_Hz, self.settings.lines_V, strict=False):
            if programme.hides(f_Hz, length_s):
                passing_V = amplitude_V / np.sqrt(2.0) * np.abs(regression.response(f_Hz))
                if np.any(passing_V > PASSES * noise_V):
                    return f_Hz
        return 0.0

    def _lines_Hz(self, hold: Hold, span: slice) -> list[float]:
        """Return the lines that a span of a hold distinguishes from the levels."""
        length_s = (span.stop - span.start) / hold.rate_Hz
        return [f_Hz for f_Hz in self.settings.lines_Hz if not hold.programme.hides(f_Hz, length_s)]

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
            kept_s=_seconds(hold.programme, int(kept.sum())),
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


def _seconds(programme: LevelProgramme, periods: int) -> float:
    return float(Fraction(periods) / programme.frequency_Hz)


def _rejected(
    hold: Hold,
    reason: str,
    exclusions: tuple[Exclusion, ...] = (),
    kept: NDArray[np.bool_] | None = None,
) -> HoldEstimate:
    nan = float("nan")
    periods = 0 if kept is None else int(kept.sum())
    return HoldEstimate(
        number=hold.number,
        amplitude_V=hold.amplitude_V,
        dT_pos_K=nan,
        dT_neg_K=nan,
        covariance_K2=np.full((2, 2), nan),
        q_total_pos_W=nan,
        q_total_neg_W=nan,
        current_pos_A=nan,
        current_neg_A=nan,
        kept_s=_seconds(hold.programme, periods),
        periods=periods,
        samples=hold.samples,
        exclusions=exclusions,
        rejected=reason,
        kind=hold.kind,
        control=hold.control,
        flags=hold.flags,
    )
