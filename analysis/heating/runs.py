"""Evaluation of recordings of holds: tip, masks and lines of each recording, and its noise."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from analysis.heating.aligned_hold import place
from analysis.heating.arrival import Arrivals, arrivals_of
from analysis.heating.box_means import pooled_means_K
from analysis.heating.estimator import EstimatorSettings, HoldEstimator
from analysis.heating.exclusion import FIRST_PERIODS, ExclusionRules, judge
from analysis.heating.hold_estimate import HoldEstimate
from analysis.heating.holds import Hold, holds_of
from analysis.heating.line import Line
from analysis.heating.lines import measure_lines
from analysis.heating.mask import Filters, Mask, filters_of, mask_for
from analysis.heating.programme import LevelProgramme
from analysis.heating.thermometer import Thermometer, UncalibratedThermometer, time_constant_s
from analysis.recording import Recording
from analysis.recording.header import RunHeader
from analysis.records import FloatArray

LOOK_AHEAD = 40
"""Number of holds of a recording from which its lines and its noise are measured."""


@dataclass(frozen=True)
class EvaluationOptions:
    """Choices of an evaluation; None leaves the choice to the recording.

    Parameters
    ----------
    rules : ExclusionRules
    mask_samples : int or None
        Samples left out after each edge; by default from the filters in use.
    lines_Hz : tuple of float or None
        Lines to regress on; by default those found in the recording.
    first_periods : int or None
        Periods left out after the start of each modulation; by default the run's own parameter.
    zero_level : bool
        As in `EstimatorSettings`.
    """

    rules: ExclusionRules = field(default_factory=ExclusionRules)
    mask_samples: int | None = None
    lines_Hz: tuple[float, ...] | None = None
    first_periods: int | None = None
    zero_level: bool = True


def first_periods_of(header: RunHeader, decided: int | None = None) -> int:
    """Return the number of periods left out at the start of a modulation: ``decided``, that of the run, or three."""
    if decided is not None:
        return decided
    return int(header.parameters.get("first_periods", FIRST_PERIODS))


@dataclass(frozen=True, eq=False)
class HeatingRun:
    """Holds of one recording, read once, and its header; ``name`` is for messages and lists."""

    holds: Iterable[Hold]
    header: RunHeader
    name: str = ""

    @classmethod
    def of(cls, recording: Recording) -> "HeatingRun":
        """Return the holds of a recording; reading them raises the errors of `analysis.heating.holds.holds_of`."""
        return cls(holds_of(recording), recording.header, recording.path.name)


@dataclass(frozen=True, eq=False)
class EvaluatedHold:
    """One hold evaluated, with and without exclusions.

    Parameters
    ----------
    run : str
        Name of its recording.
    estimate, without_exclusions : HoldEstimate
    pooled_K : tuple of float
        (dT+, dT-) from plain means over the levels, for comparison; they include drifts.
    thermometer : Thermometer
    programme : LevelProgramme
    rate_Hz : float
    mask_samples, lead_samples : int
        Samples left out after and before each edge.
    first_periods : int
        Periods left out after the start of the modulation.
    order : str
    window_G0 : tuple of float
    before_G0, after_G0 : float
    ended : str
    control : str
        "" for the measurement itself.
    date : str
    power_relative : float
        Relative uncertainty of the current amplifier's gain; NaN if unknown.
    junction : int
        As in the hold.
    series_resistance_ohm : float
    """

    run: str
    estimate: HoldEstimate
    without_exclusions: HoldEstimate
    pooled_K: tuple[float, float]
    thermometer: Thermometer
    programme: LevelProgramme
    rate_Hz: float
    mask_samples: int
    lead_samples: int
    first_periods: int
    order: str
    window_G0: tuple[float, float]
    before_G0: float
    after_G0: float
    ended: str
    control: str
    date: str
    power_relative: float
    junction: int = -1
    series_resistance_ohm: float = 0.0

    @property
    def frequency_Hz(self) -> float:
        """Frequency of the levels +, 0, -; an alternating programme has twice the period."""
        return float(self.programme.frequency_Hz) * (2.0 if self.order == "alternating" else 1.0)

    @property
    def of_one_gold_atom(self) -> bool:
        """True if the window is that of a contact of one atom, or the control is "gold"."""
        middle = 0.5 * (self.window_G0[0] + self.window_G0[1])
        return self.control == "gold" or 0.5 < middle < 1.5


@dataclass(frozen=True, eq=False)
class EvaluatedRun:
    """Evaluated holds of a recording, residuals of the thermometer, and warnings for the user.

    ``residuals_V`` are stretches of the thermometer's voltage with levels and drift subtracted, one for each of the
    first holds; they still contain other signals that repeat with the modulation.
    """

    name: str
    holds: tuple[EvaluatedHold, ...]
    residuals_V: tuple[FloatArray, ...]
    lines_Hz: tuple[float, ...]
    warnings: tuple[str, ...]


class RunEvaluator:
    """Evaluator of the holds of one recording, one by one.

    Parameters
    ----------
    header : RunHeader
    name : str
        As in `HeatingRun`.
    first : sequence of Hold
        The first holds, up to `LOOK_AHEAD`; the lines are measured in them.
    options : EvaluationOptions, optional

    Raises
    ------
    UncalibratedThermometer, UnsuitableFilter
        As `evaluate` does; the latter from ``evaluated`` too.
    """

    def __init__(
        self, header: RunHeader, name: str, first: Sequence[Hold], options: EvaluationOptions | None = None
    ) -> None:
        options = options or EvaluationOptions()
        try:
            self._thermometer = Thermometer.from_calibrations(header.calibrations)
        except UncalibratedThermometer as error:
            raise UncalibratedThermometer(f"{name or header.procedure}: {error}") from None
        self._header, self._name = header, name
        self._first_periods = first_periods_of(header, options.first_periods)
        arrivals = arrivals_of(header, first, first[0].rate_Hz if first else header.rate_Hz)
        filters = filters_of(header.settings, time_constant_s(header.calibrations))
        self._arrivals = arrivals
        self._masks = _Masks(filters, arrivals, options.mask_samples)
        lines = tuple(Line(f_Hz) for f_Hz in options.lines_Hz or ())
        if options.lines_Hz is None:
            mask = self._masks.of(first[0]) if first else Mask(0)
            lines = measure_lines(first, mask.samples, mask.lead)
        self._hidden_line = _hidden_line(lines, first)
        self._settings = EstimatorSettings(
            seebeck_V_per_K=self._thermometer.seebeck_V_per_K,
            lines=tuple(line for line in lines if not line.hidden),
            series_resistance_ohm=float(header.settings.get("series_resistance_ohm") or 0.0),
            rules=replace(options.rules, first_periods=self._first_periods),
            zero_level=options.zero_level,
        )
        self._estimators: dict[tuple[int, int], tuple[HoldEstimator, HoldEstimator]] = {}
        gain = header.calibrations.get("current_gain")
        self._power_relative = math.nan
        if gain is not None and gain.uncertainty is not None:
            self._power_relative = abs(gain.uncertainty / gain.value)

    @property
    def lines_Hz(self) -> tuple[float, ...]:
        """Lines that are regressed on."""
        return tuple(line.frequency_Hz for line in self._settings.lines)

    @property
    def learned(self) -> tuple[tuple[float, ...], Arrivals]:
        """Lines and arrivals of the edges: all that is learned from the first holds."""
        return self.lines_Hz, self._arrivals

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings for the user about lines and filters, so far."""
        return (*filter(None, [self._hidden_line]), *self._masks.warnings)

    def residual_V(self, hold: Hold) -> FloatArray | None:
        """Return a stretch as in `EvaluatedRun.residuals_V`; None for an unusable hold."""
        return _residual_V(hold, self._settings)

    def evaluated(self, hold: Hold) -> EvaluatedHold:
        """Evaluate one hold, with and without exclusions."""
        mask = self._masks.of(hold)
        around = mask.samples, mask.lead
        if around not in self._estimators:
            masked = replace(self._settings, mask_samples=mask.samples, lead_samples=mask.lead)
            pair = HoldEstimator(masked), HoldEstimator(replace(masked, rules=None))
            self._estimators[around] = pair
        strict, lenient = self._estimators[around]
        return EvaluatedHold(
            run=self._name,
            estimate=strict.estimate(hold),
            without_exclusions=lenient.estimate(hold),
            pooled_K=_pooled_K(hold, mask, self._thermometer.seebeck_V_per_K),
            thermometer=self._thermometer,
            programme=hold.programme,
            rate_Hz=hold.rate_Hz,
            mask_samples=mask.samples,
            lead_samples=mask.lead,
            first_periods=self._first_periods,
            order=hold.order,
            window_G0=hold.window_G0,
            before_G0=hold.before_G0,
            after_G0=hold.after_G0,
            ended=hold.ended,
            control=control_name(hold.control),
            date=self._header.started[:10],
            power_relative=self._power_relative,
            junction=hold.junction,
            series_resistance_ohm=self._settings.series_resistance_ohm,
        )


def _hidden_line(lines: Sequence[Line], holds: Sequence[Hold]) -> str:
    """Return a warning of the strongest line that passes for heat; "" if none does."""
    hidden = [line for line in lines if line.hidden]
    if not hidden:
        return ""
    strongest = max(hidden, key=lambda line: line.amplitude_V)
    return (
        f"the thermometer shows a line near {strongest.frequency_Hz:.2f} Hz, a multiple of the modulation at "
        f"{float(holds[0].programme.frequency_Hz):g} Hz, whose phase differs from hold to hold: part of it passes for "
        "heat, and a hold is wrong by more than its error. Modulate at another frequency, or stop what makes the line: "
        "a pump, a fan"
    )


class _Masks:
    """Masks by programme, with their warnings."""

    def __init__(self, filters: Filters, arrivals: Arrivals, decided: int | None) -> None:
        self._filters, self._arrivals, self._decided = filters, arrivals, decided
        self._known: dict[tuple[LevelProgramme, float], Mask] = {}
        self.warnings: dict[str, None] = dict.fromkeys(arrivals.warnings)

    def of(self, hold: Hold) -> Mask:
        key = (hold.programme, hold.rate_Hz)
        if key not in self._known:
            mask = mask_for(self._filters, hold.programme, hold.rate_Hz, self._arrivals.samples)
            if self._decided is None:
                self.warnings.update(dict.fromkeys(mask.warnings))
            else:
                mask = replace(mask, samples=self._decided)
            self._known[key] = mask
        return self._known[key]


def _pooled_K(hold: Hold, mask: Mask, seebeck_V_per_K: float) -> tuple[float, float]:
    try:
        placed = place(hold, mask.samples, mask.lead)
    except ValueError:
        return math.nan, math.nan
    used = placed.settled & np.isfinite(placed.thermocouple_V)
    if set(placed.plan.role[used]) != set(range(len(placed.roles.bias_V))):
        return math.nan, math.nan  # a level was never reached
    return pooled_means_K(placed, seebeck_V_per_K)


def _residual_V(hold: Hold, settings: EstimatorSettings) -> FloatArray | None:
    """Return all samples of the longest run of kept periods less levels and drift; None for an unusable hold.

    No sample is left out after edges: a gap would change the spectrum, and signals that settle there repeat with the
    modulation, at whose multiples the spectrum is not used.
    """
    try:
        placed = place(hold, 0)
        kept = judge(placed, settings.rules).kept
        ends = np.flatnonzero(np.diff(kept.astype(int), prepend=0, append=0)).reshape(-1, 2)
        if not ends.size or not placed.thermometer_reads(kept):
            return None
        start, stop = ends[np.argmax(ends[:, 1] - ends[:, 0])]
        alone = np.zeros_like(kept)
        alone[start:stop] = True
        # The lines stay in, so that the spectrum shows them.
        fit, _ = HoldEstimator(replace(settings, mask_samples=0, lines=())).fit(placed, alone)
    except ValueError:
        return None
    return fit.residual_V


_CONTROLS = {
    "contact": "out of contact",
    "zero": "zero amplitude",
    "dummy": "dummy resistor",
    "resistor": "dummy resistor",
    "order": "order reversed",
    "revers": "order reversed",
    "frequenc": "other frequencies",
    "swap": "leads swapped",
    "gold": "gold",
}


def control_name(name: str | None) -> str:
    """Return a control's name as in `analysis.heating.controls`; other names unchanged, "" for none."""
    for word, control in _CONTROLS.items():
        if name and word in name.lower():
            return control
    return name or ""
