"""Hold of a noise thermometer as one density and one conductance, or the reason for which it is left out."""

import math
from dataclasses import dataclass

from analysis.thermoelectric.noise_band import BAND_Hz, BandNoise, band_noise, slow_density
from analysis.thermoelectric.noise_holds import NoiseHold

SKIPPED_S = 0.02
"""Time after the bias has gone to 0 V that is left out."""

MOST_CHANGE = 0.1
"""Largest relative change of the conductance during a hold."""

MOST_DISAGREEMENT = 0.02
"""Largest relative difference of the conductances from both current inputs."""

MOST_SERIES = 0.9
"""Largest share of the series resistance in that of the circuit."""

MOST_SLOW = 2.2
"""Largest density below the band, where steps of the current show, over the white one in it."""


@dataclass(frozen=True, eq=False)
class MeasuredNoise:
    """A hold as density, conductance and mean current; ``rejected`` says why it is not used, "" if it is.

    ``conductance_S`` is that of the circuit: the junction and ``series_ohm`` of leads. ``change`` is the relative
    change of the conductance during the hold.
    """

    kind: str
    difference_K: float
    conductance_S: float
    noise: BandNoise | None
    rejected: str = ""
    current_A: float = math.nan
    change: float = 0.0
    series_ohm: float = 0.0


def measured(hold: NoiseHold, mains_Hz: float, band_Hz: tuple[float, float] = BAND_Hz) -> MeasuredNoise:
    """Measure a hold. It is left out by its current alone: never by its noise."""
    conductance_S = 0.5 * (hold.before_S + hold.after_S)
    ratio = hold.second_ratio
    change = abs(hold.after_S - hold.before_S) / conductance_S if conductance_S else 0.0
    current_A = hold.current_A[round(SKIPPED_S * hold.rate_Hz) :]
    reasons = {
        "samples missing": "gap" in hold.flags,
        "run stopped": "aborted" in hold.flags,
        "amplifier at its rail" if ratio is None else "second current input at its limit": "railed"
        in hold.flags,
        "conductance not measured": not math.isfinite(conductance_S),
        "more conductance than the series resistance allows": conductance_S * hold.series_ohm >= MOST_SERIES,
        "second current input at its limit at the amplitude": ratio is not None and math.isnan(ratio),
        "current inputs disagree": ratio is not None and abs(ratio - 1.0) > MOST_DISAGREEMENT,
        f"conductance changed by more than {100 * MOST_CHANGE:g} %": change > MOST_CHANGE,
    }
    reason = next((reason for reason, found in reasons.items() if found), "")
    if reason:
        return MeasuredNoise(hold.kind, hold.difference_K, conductance_S, None, reason)
    try:
        noise = band_noise(current_A, hold.rate_Hz, mains_Hz, band_Hz)
    except ValueError as error:
        return MeasuredNoise(hold.kind, hold.difference_K, conductance_S, None, str(error))
    if (
        not hold.kind
        and slow_density(current_A, hold.rate_Hz, mains_Hz) > MOST_SLOW * noise.density_A2_per_Hz
    ):
        return MeasuredNoise(hold.kind, hold.difference_K, conductance_S, None, "current at 0 V made steps")
    return MeasuredNoise(
        hold.kind,
        hold.difference_K,
        conductance_S,
        noise,
        current_A=float(current_A.mean()),
        change=change,
        series_ohm=hold.series_ohm,
    )
