"""Section "thermal_conductance" of a saved analysis: SI units in the names, null for what is not known."""

from typing import Any

from analysis.constants import G0_S
from analysis.json_data import to_json
from analysis.thermoelectric.thermal_conductance import (
    GroupMean,
    LorenzRatio,
    SeveralMolecules,
    ShamSteps,
    ThermalConductanceAnalysis,
    UsedRupture,
)


def thermal_conductance_json(result: ThermalConductanceAnalysis) -> dict[str, Any]:
    """Return the content for JSON."""
    before_s, after_s = result.windows_s
    average = result.average
    content = {
        "mode": result.mode,
        "G_th_W_per_K": result.conductance.value,
        "sigma_W_per_K": result.conductance.sigma,
        "noise_sigma_W_per_K": result.noise_sigma_W_per_K,
        "scale_relative": result.scale_relative,
        "spread_W_per_K": result.spread_W_per_K,
        "uncorrected_W_per_K": result.uncorrected_W_per_K,
        "ruptures": len(result.used),
        "heater_off": result.off,
        "censored": result.censored,
        "dT_K": result.difference_K,
        "T_mean_K": result.mean_K,
        "window_s": {"before": before_s, "after": after_s},
        "heater_rise_over_R_P_W": result.heater_ratio,
        "joule_W": result.joule_W,
        "zero": result.zero,
        "joule_share": {"value": result.joule_share.value, "sigma": result.joule_share.sigma},
        "average": None
        if average is None
        else {
            "time_s": average.time_s.tolist(),
            "mean_K": average.mean_K.tolist(),
            "band_K": average.band_K.tolist(),
        },
        "wiedemann_franz": None if result.lorenz is None else _lorenz(result.lorenz),
        "sham": None if result.sham is None else _sham(result.sham),
        "against_hold_time": [_group(one, "held_s") for one in result.against_hold_time],
        "against_G": [_group(one, "G_S") for one in result.against_G],
        "several_molecules": [_several(one) for one in result.several],
        "exclusions": dict(result.excluded),
        "controls": [
            {
                "name": one.name,
                "value_W_per_K": one.value,
                "sigma_W_per_K": one.sigma,
                "passed": one.passed,
                "sentence": one.sentence,
            }
            for one in result.controls
        ],
        "junctions": [_junction(one) for one in result.used],
    }
    plain: dict[str, Any] = to_json(content)
    return plain


def _lorenz(ratio: LorenzRatio) -> dict[str, Any]:
    return {
        "L_over_L0": ratio.value,
        "sigma": ratio.sigma,
        "scale_relative": ratio.scale_relative,
        "n": ratio.contacts,
        "reduced_chi2": ratio.reduced_chi2,
        "T_mean_K": ratio.mean_K,
        "one_quantum_W_per_K": ratio.one_quantum_W_per_K,
    }


def _sham(sham: ShamSteps) -> dict[str, Any]:
    return {
        "mean_W_per_K": sham.mean_W_per_K,
        "sigma": sham.sigma_W_per_K,
        "chi2": sham.reduced_chi2,
        "n": sham.steps,
    }


def _group(group: GroupMean, name: str) -> dict[str, Any]:
    return {
        name: group.at,
        "G_th_W_per_K": group.W_per_K,
        "sigma_W_per_K": group.sigma_W_per_K,
        "n": group.ruptures,
    }


def _several(group: SeveralMolecules) -> dict[str, Any]:
    whole, each = group.W_per_K, group.per_molecule
    return {
        "molecules": group.molecules,
        "n": group.ruptures,
        "G_S": group.G_S,
        "G_th_W_per_K": whole.value,
        "sigma_W_per_K": whole.sigma,
        "per_molecule_W_per_K": each.value,
        "sigma_per_molecule_W_per_K": each.sigma,
    }


def _junction(one: UsedRupture) -> dict[str, Any]:
    return {
        "number": one.rupture.number,
        "G_S": one.rupture.conductance_S,
        "G_G0": one.rupture.conductance_S / G0_S,
        "held_s": one.rupture.held_s,
        "dT_K": one.difference_K,
        "G_th_W_per_K": one.W_per_K,
        "sigma_W_per_K": one.sigma_W_per_K,
    }
