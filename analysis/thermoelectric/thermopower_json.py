"""Section "thermopower" of a saved analysis: SI units in the names, null for what is not known."""

import math
from dataclasses import asdict
from typing import Any

from analysis.json_data import to_json
from analysis.thermoelectric.thermopower import (
    PlacedHold,
    ThermopowerAnalysis,
    ThermopowerSet,
)


def thermopower_json(result: ThermopowerAnalysis) -> dict[str, Any]:
    """Return the content for JSON."""
    line, known = result.line, result.line is not None
    slope = line.slope if line is not None else math.nan
    spread, zero = result.spread, result.zero
    content = {
        "sets": [_set(one) for one in result.sets],
        "S_V_per_K": slope,
        "sigma_V_per_K": result.sigma_V_per_K,
        "sigma_statistical_V_per_K": line.sigma_slope if line is not None else math.nan,
        "scale_relative": result.scale_relative,
        "reference_K": 300.0,
        "intercept_V": line.intercept if line is not None else math.nan,
        "sigma_intercept_V": line.sigma_intercept if line is not None else math.nan,
        "chi2": line.chi2 if line is not None else math.nan,
        "p_value": result.p_value,
        "S_lead_V_per_K": result.lead.seebeck_V_per_K,
        "sigma_S_lead_V_per_K": result.lead.sigma_V_per_K,
        "S_junction_V_per_K": result.junction_V_per_K,
        "sigma_S_junction_V_per_K": result.sigma_junction_V_per_K,
        "spread_V_per_K": result.spread_V_per_K,
        "spread_68_V_per_K": None if spread is None else [spread.beyond(-1.0), spread.beyond(1.0)],
        "zero": None if zero is None else {**asdict(zero), "error_scale": zero.error_scale},
        "two_kinds": None if result.kinds is None else asdict(result.kinds),
        "other_fits": {
            "junctions_ls": _with_error(result.junctions_ls),
            "theil_sen": _with_error(result.theil_sen),
            "origin": result.through_origin_V_per_K,
        },
        "out_of_phase": _with_error(result.quadrature_V_per_K),
        "power_factor_W_per_K2": result.conductance_S * slope**2 if known else math.nan,
        "exclusions": dict(result.excluded),
        "controls": list(result.controls),
        "junctions": [_junction(one) for one in result.holds],
    }
    plain: dict[str, Any] = to_json(content)
    return plain


def _with_error(value: tuple[float, float]) -> dict[str, float]:
    return {"S_V_per_K": value[0], "sigma_V_per_K": value[1]}


def _set(one: ThermopowerSet) -> dict[str, Any]:
    return {
        "dT_K": one.dT_K,
        "reduced_dT_K": one.reduced_K,
        "T_mean_K": one.T_mean_K,
        "junctions": one.junctions,
        "mean_V": one.mean_V,
        "median_V": one.median_V,
        "mode_V": one.mode_V,
        "sd_V": one.sd_V,
        "fwhm_V": one.fwhm_V,
        "sem_V": one.sem_V,
        "noise_V": one.noise_V,
        "contact_offset_V": one.contact_offset_V,
    }


def _junction(one: PlacedHold) -> dict[str, Any]:
    fit = one.hold.fit
    return {
        "number": one.hold.number,
        "dT_K": one.difference_K,
        "G_S": fit.conductance_S,
        "open_circuit_V": fit.open_circuit_V,
        "short_circuit_A": fit.short_circuit_A,
        "contact_offset_V": one.hold.contact_offset_V,
        "contact_offset_from": one.hold.contact.value,
        "sigma_V": one.hold.sigma_V,
    }
