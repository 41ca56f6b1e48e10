"""Heating measurement from its recordings: points, errors, budget, controls, and exclusions."""

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from analysis.heating.budget import Budget, HeatBypass, budget
from analysis.heating.combine import RESAMPLES, combine
from analysis.heating.controls import FIRST_PERIODS, ControlData, judge_controls
from analysis.heating.hold_estimate import HoldEstimate
from analysis.heating.points import HeatingPoint
from analysis.heating.run_reducer import evaluate
from analysis.heating.runs import EvaluatedHold, EvaluatedRun, EvaluationOptions, HeatingRun
from analysis.heating.settling import SettlingCheck, settling_of
from analysis.heating.slopes import Slope, slope_over_junctions, slope_over_points
from analysis.heating.thermometer import Thermometer
from analysis.heating.to_json import (
    asymmetry_entry,
    exclusion_counts,
    junction_entry,
    thermometer_entry,
)
from analysis.heating.verdict import Verdict
from analysis.json_data import to_json
from analysis.spectra.noise import Noise, fit_noise
from analysis.spectra.welch import Spectrum, power_spectrum

_PROGRAMME_CONTROLS = ("", "order reversed", "other frequencies")


@dataclass(frozen=True)
class HeatingOptions:
    """Options of the evaluation, and number of resamples of the bootstrap."""

    evaluation: EvaluationOptions = field(default_factory=EvaluationOptions)
    resamples: int = RESAMPLES


@dataclass(frozen=True, eq=False)
class HeatingAnalysis:
    """Result of the holds of one or more recordings.

    Parameters
    ----------
    points : tuple of HeatingPoint
        The measurement, by rising amplitude; a point for each amplitude, frequency and tip.
    points_without_exclusions : tuple of HeatingPoint
        The same from all modulated periods.
    control_points : tuple of HeatingPoint
    pooled_K : tuple of tuple of float
        For each point, (dT+, dT-) from plain means over the levels, which include drifts.
    slopes : mapping of str to Slope
        "points positive", "points negative", "points symmetric", "junctions symmetric"; those that are defined.
    noise : Noise or None
        Noise of the thermometer, at the preamplifier's input.
    spectrum : Spectrum or None
        Spectrum from which the noise was taken, in V^2/Hz at the preamplifier's input.
    budget : tuple of Budget
        One for each point, if the noise is known.
    controls : tuple of Verdict
    settling : Settling or None
        First against later periods; None if no hold is long enough.
    runs : tuple of EvaluatedRun
        The recordings; they can be summarised again together with others.
    warnings : tuple of str
    """

    points: tuple[HeatingPoint, ...]
    points_without_exclusions: tuple[HeatingPoint, ...]
    control_points: tuple[HeatingPoint, ...]
    pooled_K: tuple[tuple[float, float], ...]
    slopes: Mapping[str, Slope]
    noise: Noise | None
    spectrum: Spectrum | None
    budget: tuple[Budget, ...]
    controls: tuple[Verdict, ...]
    settling: SettlingCheck | None
    runs: tuple[EvaluatedRun, ...]
    warnings: tuple[str, ...]

    @property
    def holds(self) -> tuple[EvaluatedHold, ...]:
        """Holds of all recordings, in order."""
        return tuple(hold for run in self.runs for hold in run.holds)

    @property
    def thermometers(self) -> tuple[Thermometer, ...]:
        """Tips used, in order."""
        return tuple(dict.fromkeys(hold.thermometer for hold in self.holds))

    @property
    def scale_relative(self) -> float:
        """Scale error common to all heats; the largest if several tips were used, NaN without a hold."""
        return max((t.scale_relative for t in self.thermometers), default=math.nan)

    @property
    def bypass(self) -> HeatBypass | None:
        """Bound on the heat that leaves through the junction, for the tip with the largest bound; None without
        a hold.
        """
        resistances = [t.resistance_K_per_W for t in self.thermometers]
        return HeatBypass(max(resistances)) if resistances else None

    def to_json(self) -> dict[str, Any]:
        """Return the section "heating" for JSON; unknown numbers are None."""
        points = [
            {**point.to_json(), "pooled_dT_pos_K": pooled[0], "pooled_dT_neg_K": pooled[1]}
            for point, pooled in zip(self.points, self.pooled_K, strict=True)
        ]
        content = {
            "points": points,
            "scale_relative": self.scale_relative,
            "thermometers": [thermometer_entry(t) for t in self.thermometers],
            "asymmetry": [asymmetry_entry(point) for point in self.points],
            "slopes": self.slopes,
            "exclusions": exclusion_counts(self.holds),
            "points_without_exclusions": [point.to_json() for point in self.points_without_exclusions],
            "controls": [verdict.to_json() for verdict in self.controls],
            "control_points": [point.to_json() for point in self.control_points],
            "first_periods": {
                "left_out": sorted({hold.first_periods for hold in self.holds}),
                "first_sixth_less_rest": self.settling.to_json() if self.settling else None,
            },
            "noise": self.noise.to_json() if self.noise else None,
            "budget": [entry.to_json() for entry in self.budget],
            "heat_bypass": self.bypass.to_json() if self.bypass else None,
            "junctions": [junction_entry(hold) for hold in self.holds],
            "warnings": list(self.warnings),
        }
        return to_json(content)


def analyse_heating(
    runs: Iterable[HeatingRun], rng: np.random.Generator, options: HeatingOptions | None = None
) -> HeatingAnalysis:
    """Evaluate one recording, or those of a whole campaign together.

    Parameters
    ----------
    runs : iterable of HeatingRun
        Each is read once, one hold at a time.
    rng : Generator
        Random numbers for the bootstrap; each point gets a child generator.
    options : HeatingOptions, optional

    Raises
    ------
    UncalibratedThermometer
        If a recording lacks a calibration of its thermometer.
    UnsuitableFilter
        If the filters of a recording make the levels sag.
    """
    options = options or HeatingOptions()
    return summarise([evaluate(run, options.evaluation) for run in runs], rng, options.resamples)


def summarise(
    evaluated: Sequence[EvaluatedRun], rng: np.random.Generator, resamples: int = RESAMPLES
) -> HeatingAnalysis:
    """Summarise recordings whose holds are evaluated; parameters as in `analyse_heating`."""
    holds = tuple(hold for run in evaluated for hold in run.holds)
    grouped = _Grouped(rng, resamples)
    measured = grouped.by_amplitude([h for h in holds if not h.control])
    points = tuple(point for point, _ in measured)
    spectrum, noise = _noise(evaluated)
    gain_errors = [h.power_relative for h in holds if not math.isnan(h.power_relative)]
    gold = [h for h in holds if h.of_one_gold_atom and h.control in ("", "gold")]
    data = ControlData(
        measured=points,
        controls=[point for point, _ in grouped.by_amplitude([h for h in holds if h.control])],
        by_programme=grouped.by_programme([h for h in holds if h.control in _PROGRAMME_CONTROLS]),
        gold=[point for point, _ in grouped.by_amplitude(gold)],
        power_relative=max(gain_errors, default=math.nan),
        settling=settling_of([h.estimate for h in holds if not h.control], rng, resamples),
    )
    controls = judge_controls(data)
    return HeatingAnalysis(
        points=points,
        points_without_exclusions=grouped.without_exclusions([h for h in holds if not h.control]),
        control_points=tuple(data.controls),
        pooled_K=tuple(_pooled_K(members) for _, members in measured),
        slopes=_slopes(points, [h for h in holds if not h.control]),
        noise=noise,
        spectrum=spectrum,
        budget=tuple(_budget(point, members, noise) for point, members in measured) if noise else (),
        controls=controls,
        settling=data.settling,
        runs=tuple(evaluated),
        warnings=(*_warnings(evaluated, holds), *_unsettled(controls)),
    )


class _Grouped:
    """Points of groups of holds, each with its own generator."""

    def __init__(self, rng: np.random.Generator, resamples: int) -> None:
        self._rng, self._resamples = rng, resamples

    def by_amplitude(self, holds: Sequence[EvaluatedHold]) -> list[tuple[HeatingPoint, list[EvaluatedHold]]]:
        """Return a point and its holds for each control, amplitude, frequency and tip, by rising amplitude."""
        groups = _groups(holds, lambda h: (h.control, _amplitude(h), h.frequency_Hz, h.thermometer))
        points = [(self._point(group, _strict), group) for group in groups if _any(group, _strict)]
        return sorted(
            points, key=lambda entry: (entry[0].control, entry[0].amplitude_V, entry[0].frequency_Hz)
        )

    def by_programme(self, holds: Sequence[EvaluatedHold]) -> list[HeatingPoint]:
        """Return a point for each amplitude, frequency, order and tip."""
        groups = _groups(holds, lambda h: (_amplitude(h), h.frequency_Hz, h.order, h.thermometer))
        return [self._point(group, _strict) for group in groups if _any(group, _strict)]

    def without_exclusions(self, holds: Sequence[EvaluatedHold]) -> tuple[HeatingPoint, ...]:
        """Return the points of the measurement from all modulated periods, by rising amplitude."""
        groups = _groups(holds, lambda h: (_amplitude(h), h.frequency_Hz, h.thermometer))
        points = [self._point(group, _lenient) for group in groups if _any(group, _lenient)]
        return tuple(sorted(points, key=lambda point: (point.amplitude_V, point.frequency_Hz)))

    def _point(
        self, group: Sequence[EvaluatedHold], which: Callable[[EvaluatedHold], HoldEstimate]
    ) -> HeatingPoint:
        child = self._rng.spawn(1)[0]
        point = combine([which(h) for h in group], group[0].thermometer, child, self._resamples)
        frequencies, orders = {h.frequency_Hz for h in group}, {h.order for h in group}
        controls = {h.control for h in group}
        return replace(
            point,
            frequency_Hz=frequencies.pop() if len(frequencies) == 1 else math.nan,
            order=orders.pop() if len(orders) == 1 else "",
            control=controls.pop() if len(controls) == 1 else "",
            date=max(h.date for h in group),
        )


def _strict(hold: EvaluatedHold) -> HoldEstimate:
    return hold.estimate


def _lenient(hold: EvaluatedHold) -> HoldEstimate:
    return hold.without_exclusions


def _any(group: Iterable[EvaluatedHold], which: Callable[[EvaluatedHold], HoldEstimate]) -> bool:
    return any(not which(hold).rejected for hold in group)


def _amplitude(hold: EvaluatedHold) -> float:
    return round(abs(hold.estimate.amplitude_V), 9)


def _groups(
    holds: Iterable[EvaluatedHold], key: Callable[[EvaluatedHold], Hashable]
) -> list[list[EvaluatedHold]]:
    groups: defaultdict[Hashable, list[EvaluatedHold]] = defaultdict(list)
    for hold in holds:
        groups[key(hold)].append(hold)
    return list(groups.values())


def _pooled_K(holds: Iterable[EvaluatedHold]) -> tuple[float, float]:
    """Return the mean of plain means, weighted by time like the point."""
    used = [h for h in holds if not h.estimate.rejected and math.isfinite(h.pooled_K[0])]
    if not used:
        return math.nan, math.nan
    positive, negative = np.average(
        [h.pooled_K for h in used], axis=0, weights=[h.estimate.kept_s for h in used]
    )
    return float(positive), float(negative)


def _slopes(points: Sequence[HeatingPoint], holds: Sequence[EvaluatedHold]) -> dict[str, Slope]:
    slopes = {}
    heated = [p for p in points if p.q_total_W > 0.0 and p.sigma_pos_K > 0.0 and p.sigma_neg_K > 0.0]
    for polarity in ("positive", "negative", "symmetric") if heated else ():
        slopes[f"points {polarity}"] = slope_over_points(heated, polarity)
    estimates = [h.estimate for h in holds if not h.estimate.rejected and h.estimate.q_total_pos_W]
    if estimates:
        slopes["junctions symmetric"] = slope_over_junctions(estimates)
    return slopes


def _noise(runs: Sequence[EvaluatedRun]) -> tuple[Spectrum | None, Noise | None]:
    """Return spectrum and noise of the thermometer from the residuals of the first holds of each recording."""
    stretches = [x for run in runs for x in run.residuals_V]
    holds = [hold for run in runs for hold in run.holds]
    modulation_Hz = sorted({float(hold.programme.frequency_Hz) for hold in holds})
    try:
        spectrum = power_spectrum(stretches, holds[0].rate_Hz)
        return spectrum, fit_noise(spectrum, modulation_Hz=modulation_Hz)
    except (ValueError, IndexError):
        return None, _noise_of_estimates([h.estimate for h in holds if not h.estimate.rejected])


def _noise_of_estimates(estimates: Sequence[HoldEstimate]) -> Noise | None:
    """Return the median of the noise from the holds' own regressions, for holds too short for a spectrum."""
    noise = [(e.white_V2_per_Hz, e.corner_Hz) for e in estimates if e.white_V2_per_Hz > 0.0]
    noise = [(white, corner) for white, corner in noise if math.isfinite(corner)]
    if not noise:
        return None
    white, corner = np.median(noise, axis=0)
    return Noise(float(white), float(corner))


def _budget(point: HeatingPoint, holds: Sequence[EvaluatedHold], noise: Noise) -> Budget:
    first = holds[0]
    masked = first.mask_samples + first.lead_samples
    return budget(point, noise, first.programme, point.kept_s, masked, first.rate_Hz)


def _unsettled(controls: Sequence[Verdict]) -> list[str]:
    """Return a warning, with the remedy, if the first periods differ from the others."""
    return [
        f"The temperature rises change while a hold is modulated: {verdict.what} is {1e3 * verdict.value:.2g} +- "
        f"{1e3 * verdict.uncertainty:.2g} mK, which shifts the mean by about a sixth of that. Leave out more of the "
        "first periods (--first-periods) until it vanishes, and find what settles after the modulation begins."
        for verdict in controls
        if verdict.name == FIRST_PERIODS and verdict.passed is False
    ]


def _warnings(runs: Iterable[EvaluatedRun], holds: Iterable[EvaluatedHold]) -> tuple[str, ...]:
    warnings = [f"{run.name}: {warning}" if run.name else warning for run in runs for warning in run.warnings]
    if any(math.isnan(hold.thermometer.scale_relative) for hold in holds):
        warnings.append("the uncertainty of the tip's calibration is unknown, so there is no scale error")
    return tuple(warnings)
