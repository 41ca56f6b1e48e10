"""JSON entries of a heating analysis: junctions, exclusions with their reasons, tips, asymmetries."""

import math
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from analysis.heating.points import HeatingPoint
from analysis.heating.runs import EvaluatedHold
from analysis.heating.thermometer import Thermometer


def exclusion_counts(holds: Iterable[EvaluatedHold]) -> dict[str, Any]:
    """Count the exclusions by reason, for the holds of the measurement and of the controls together."""
    holds = list(holds)
    reasons: Counter[str] = Counter()
    with_reason: Counter[str] = Counter()
    for hold in holds:
        periods: Counter[str] = Counter()
        for exclusion in hold.estimate.exclusions:
            count = exclusion.period_last - exclusion.period_first + 1
            periods[_general(exclusion.reason)] += count
        reasons.update(periods)
        with_reason.update(periods.keys())
    rejected = Counter(_general(h.estimate.rejected) for h in holds if h.estimate.rejected)
    return {
        "holds": len(holds),
        "holds_used": sum(not h.estimate.rejected for h in holds),
        "holds_rejected": dict(rejected.most_common()),
        "periods_used": sum(h.estimate.periods for h in holds if not h.estimate.rejected),
        "periods_excluded": {
            reason: {"periods": count, "holds": with_reason[reason]}
            for reason, count in reasons.most_common()
        },
    }


def _general(reason: str) -> str:
    """Return a reason without the numbers of a single hold, so that equal reasons count together."""
    reason = re.sub(r"^\d+ whole periods, (\d+) are needed", r"fewer than \1 whole periods", reason)
    return re.sub(r" in period \d+", "", reason)


def junction_entry(hold: EvaluatedHold) -> dict[str, Any]:
    """Return the entry of one hold, used or not."""
    e = hold.estimate
    return {
        "recording": hold.run,
        "hold": e.number,
        "samples": list(e.samples),
        "amplitude_V": e.amplitude_V,
        "frequency_Hz": hold.frequency_Hz,
        "order": hold.order,
        "control": hold.control,
        "before_G0": hold.before_G0,
        "after_G0": hold.after_G0,
        "kind": e.kind,
        "ended": hold.ended,
        "rejected": e.rejected,
        "periods": e.periods,
        "kept_s": e.kept_s,
        "dT_pos_K": e.dT_pos_K,
        "dT_neg_K": e.dT_neg_K,
        "sigma_pos_K": math.sqrt(e.covariance_K2[0, 0]),
        "sigma_neg_K": math.sqrt(e.covariance_K2[1, 1]),
        "cov_K2": float(e.covariance_K2[0, 1]),
        "q_total_pos_W": e.q_total_pos_W,
        "q_total_neg_W": e.q_total_neg_W,
        "current_drift": e.current_drift,
        "flags": list(e.flags),
        "exclusions": [[x.period_first, x.period_last, x.reason] for x in e.exclusions],
    }


def thermometer_entry(thermometer: Thermometer) -> dict[str, Any]:
    """Return the entry of one tip."""
    return {
        "resistance_K_per_W": thermometer.resistance_K_per_W,
        "resistance_uncertainty_K_per_W": thermometer.resistance_uncertainty_K_per_W,
        "seebeck_V_per_K": thermometer.seebeck_V_per_K,
        "seebeck_uncertainty_V_per_K": thermometer.seebeck_uncertainty_V_per_K,
        "scale_relative": thermometer.scale_relative,
        "temperature_relative": thermometer.temperature_relative,
    }


def asymmetry_entry(point: HeatingPoint) -> dict[str, Any]:
    """Return the hotter polarity, the difference and its significance."""
    return {
        "amplitude_V": point.amplitude_V,
        "asymmetry_K": point.asymmetry_K,
        "sigma_K": point.asymmetry_sigma_K,
        "significance": point.significance,
        "p_value": point.p_value,
        "effective_junctions": point.asymmetry.effective_number,
        "words": point.asymmetry.words(),
        "hotter_at": "negative bias" if point.asymmetry_K > 0.0 else "positive bias",
    }
