"""Section "peltier" of a saved analysis: SI units in the names, null for what is not known."""

import math
from typing import Any

from analysis.json_data import to_json
from analysis.thermoelectric.peltier_hold import PeltierHold
from analysis.thermoelectric.peltier_mean import PeltierPoint
from analysis.thermoelectric.peltier_run import PeltierAnalysis


def peltier_json(result: PeltierAnalysis, seebeck: tuple[float, float] | None = None) -> dict[str, Any]:
    """Return the content for JSON; ``seebeck`` is the measured thermopower with its error."""
    Pi = result.coefficient
    kelvin = result.best_kelvin(seebeck)
    own = result.own_kelvin
    coldest = result.coldest
    content = {
        "Pi_V": Pi.value,
        "sigma_V": result.sigma_V,
        "sigma_statistical_V": Pi.sigma,
        "noise_sigma_V": Pi.noise_sigma,
        "scale_relative": result.scale_relative,
        "S_lead_V_per_K": result.lead.seebeck_V_per_K,
        "Pi_junction_V": result.junction_V,
        "sigma_Pi_junction_V": result.sigma_junction_V,
        "temperature_K": result.temperature_K,
        "junctions_used": Pi.junctions,
        "joule_share": result.joule.value,
        "sigma_joule_share": result.joule.sigma,
        "cubic": result.cubic,
        "points": [_point(point) for point in result.points],
        "cools": None
        if coldest is None or not coldest.seen
        else {"level_V": coldest.level_V, "dT_K": coldest.dT_K, "sigma_K": coldest.sigma_K},
        "coldest": None if coldest is None else coldest,
        "kelvin": None
        if kelvin is None
        else {
            "Pi_over_ST": kelvin[0],
            "sigma": kelvin[1],
            "same_junctions": own.junctions if math.isfinite(own.value) else None,
        },
        "exclusions": dict(result.excluded),
        "controls": list(result.controls),
        "junctions": [_junction(hold) for hold in result.holds],
    }
    plain: dict[str, Any] = to_json(content)
    return plain


def _point(point: PeltierPoint) -> dict[str, Any]:
    return {
        "amplitude_V": point.amplitude_V,
        "holds": point.holds,
        "current_A": point.current_A,
        "odd_W": point.odd_W,
        "even_W": point.even_W,
        "covariance_W2": point.covariance_W2.tolist(),
        "Pi_V": point.coefficient.value,
        "sigma_V": point.coefficient.sigma,
    }


def _junction(hold: PeltierHold) -> dict[str, Any]:
    return {
        "recording": hold.run,
        "number": hold.number,
        "amplitude_V": hold.amplitude_V,
        "G_S": hold.conductance_S,
        "kept_s": hold.kept_s,
        "current_A": hold.current_A,
        "odd_W": hold.odd[0],
        "even_W": hold.even[0],
        "Pi_V": hold.fit.Pi_V,
        "sigma_V": hold.fit.sigma_Pi_V,
        "T_tip_K": hold.temperature_K,
        "S_V_per_K": hold.seebeck[0],
        "sigma_S_V_per_K": hold.seebeck[1],
        "Pi_over_ST": hold.Pi_over_ST,
    }
