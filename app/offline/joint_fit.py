"""Joint fit of one transmission to all that was measured of one molecule: I-V, heats, linear response."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import scipy

from analysis.fitting.data import JunctionData, Measured
from analysis.fitting.families import Parameter, TransmissionFamily, level_family
from analysis.fitting.problem import Problem
from analysis.fitting.result import FitResult
from analysis.heating.heating import HeatingAnalysis
from analysis.iv.junction_curves import JunctionCurves
from analysis.iv.mean import MeanIV
from analysis.json_data import from_json
from analysis.thermoelectric.ac_run import ACAnalysis
from analysis.thermoelectric.peltier_json import peltier_json
from analysis.thermoelectric.peltier_run import PeltierAnalysis
from analysis.thermoelectric.thermal_conductance import ThermalConductanceAnalysis
from analysis.thermoelectric.thermal_conductance_json import thermal_conductance_json
from analysis.thermoelectric.thermopower import ThermopowerAnalysis
from analysis.thermoelectric.thermopower_json import thermopower_json
from analysis.transport.landauer import linear_response
from app.models.build import family_of, molecules_of
from app.models.contribution_report import DISAGREES
from app.models.fit import fit_with_junctions
from app.models.fit_report import outcome
from app.models.results import Results
from app.models.schema import Model, load_transmission

ROOM_K = 300.0
POOR = 0.0027
"""Chance of so large a chi^2 below which one transmission does not describe the measurements together."""

ONE_LEVEL = "one level with equal couplings, half way between the electrodes"


@dataclass(frozen=True, eq=False)
class JointFit:
    """One transmission for several measurements, or why there is none.

    Parameters
    ----------
    measured : tuple of str
        Measurements that there are.
    source : str
        Fitted transmission, in words.
    result : FitResult or None
        None where the measurements cannot be fitted together.
    report : mapping
        As of ``hotjunction fit --json``; {} without a result.
    left_out : str
        Sentence on a measurement that is not fitted; "" if there is none.
    why_not : str
        Sentence that says why there is no result; "" if there is one.
    phonons_W_per_K : Measured or None
        Measured thermal conductance less that of the fitted electrons, where the part of the phonons is not known.
    """

    measured: tuple[str, ...]
    source: str = ONE_LEVEL
    result: FitResult[TransmissionFamily] | None = None
    report: dict[str, Any] | None = None
    left_out: str = ""
    why_not: str = ""
    phonons_W_per_K: Measured | None = None

    @property
    def p_value(self) -> float:
        """Chance of a larger chi^2 if one transmission describes all; NaN where it tests nothing: beside a mean I-V."""
        if self.result is None or self.report is None or self.result.degrees_of_freedom < 1:
            return math.nan
        if self.report["chi_square_use"] != "test":
            return math.nan
        return float(scipy.special.chdtrc(self.result.degrees_of_freedom, self.result.chi_square))

    @property
    def contradicting(self) -> tuple[str, ...]:
        """Measurements that contradict the others."""
        rows = [] if self.report is None else self.report["contributions"]
        return tuple(one["measurement"] for one in rows if (one["disagreement_sigmas"] or 0.0) > DISAGREES)

    @property
    def poor(self) -> bool:
        """True if one transmission does not describe the measurements together."""
        return self.p_value < POOR or bool(self.contradicting)

    def to_json(self) -> dict[str, Any]:
        """Return the content for JSON."""
        phonons = self.phonons_W_per_K
        p_value = self.p_value
        return {
            "measured": list(self.measured),
            "source": self.source,
            "p_value": None if math.isnan(p_value) else p_value,
            "left_out": self.left_out,
            "why_not": self.why_not,
            "phonons_W_per_K": None if phonons is None else {"value": phonons.value, "sigma": phonons.sigma},
            "fit": self.report or None,
        }


def joint_fit(
    iv: MeanIV | None,
    heating: HeatingAnalysis | None,
    thermopower: ThermopowerAnalysis | None,
    conductance: ThermalConductanceAnalysis | None,
    given: Path | None,
    samples: int = 1,
    peltier: PeltierAnalysis | None = None,
    ac: ACAnalysis | None = None,
) -> JointFit | None:
    """Fit one transmission to all of a measurement; None for a single kind of result.

    Parameters
    ----------
    iv, heating, thermopower, conductance, peltier, ac
        Results of a measurement.
    given : Path or None
        Model file whose free numbers are fitted, in place of one level; its part of the phonons is used too.
    samples : int
        Number of samples that the recordings name.

    Raises
    ------
    FileError
        For a model file that can't be used.
    """
    results = _results(heating, thermopower, conductance, peltier, ac)
    names = {
        "I-V": iv,
        "heat": results.heating,
        "thermopower": results.thermopower,
        "thermal conductance": results.thermal_conductance,
        "Peltier coefficient": results.peltier,
        "AC thermopower": results.ac,
    }
    measured = tuple(name for name, one in names.items() if one is not None)
    if len(measured) < 2:
        return None
    model = None if given is None else load_transmission(given)
    source = ONE_LEVEL if given is None else f"free numbers of {given.name}"
    why_not = _why_not(iv, model, samples)
    if why_not:
        return JointFit(measured, source, why_not=why_not)
    try:
        return _fitted(measured, source, iv, results, model)
    except ValueError as error:
        return JointFit(measured, source, why_not=f"{str(error).rstrip('.')}.")


def _results(
    heating: HeatingAnalysis | None,
    thermopower: ThermopowerAnalysis | None,
    conductance: ThermalConductanceAnalysis | None,
    peltier: PeltierAnalysis | None,
    ac: ACAnalysis | None,
) -> Results:
    """Return the results as `hotjunction fit` reads them from JSON; a metallic contact is no molecule."""
    content: dict[str, Any] = {}
    if heating is not None and heating.points:
        content["heating"] = heating.to_json()
    if thermopower is not None and math.isfinite(thermopower.sigma_junction_V_per_K):
        content["thermopower"] = thermopower_json(thermopower)
    if (
        conductance is not None
        and conductance.lorenz is None
        and math.isfinite(conductance.conductance.sigma)
    ):
        content["thermal_conductance"] = thermal_conductance_json(conductance)
    if peltier is not None and math.isfinite(peltier.sigma_junction_V):
        content["peltier"] = peltier_json(peltier)
    if ac is not None and math.isfinite(ac.thermopower.sigma_junction_V_per_K):
        content["ac"] = ac.to_json()
    return from_json(content, Results)


def _why_not(iv: MeanIV | None, model: Model | None, samples: int) -> str:
    """Return why measurements are not fitted together; "" if they are."""
    if samples > 1:
        return "The recordings name different samples: measurements of one molecule are needed."
    if iv is not None and iv.junctions < 2:
        return "The I-V is of a single junction: without an error it can't be weighed against the others."
    if model is not None and model.file.floating_probe is not None:
        return (
            "The model file has a floating probe; `hotjunction fit` compares junctions with and without one."
        )
    if model is not None and not family_of(model).parameters:
        return (
            "The given transmission has no free number: nothing is fitted, its prediction is in the figures."
        )
    return ""


def _fitted(
    measured: tuple[str, ...], source: str, iv: MeanIV | None, results: Results, model: Model | None
) -> JointFit:
    thermal, left_out = _of_electrons(results, model)
    unknown = results.thermal_conductance_W_per_K if thermal is None else None
    curves = None if iv is None else JunctionCurves(iv.voltage_V, iv.by_junction_A)
    probe_K, substrate_K = (ROOM_K, ROOM_K) if model is None else model.file.temperatures_K
    fitted = [one for one in measured if one != "thermal conductance" or thermal is not None]
    if len(fitted) < 2:
        return JointFit(
            measured, source, left_out=left_out, why_not=f"Only {fitted[0]} remains to be fitted."
        )
    data = JunctionData(
        None if curves is None else curves.mean(),
        results.heats,
        seebeck_V_per_K=results.seebeck_V_per_K,
        thermal_conductance_W_per_K=thermal,
        peltier_V=results.peltier_V,
        ac_seebeck_V_per_K=results.ac_seebeck_V_per_K,
        temperature_probe_K=probe_K,
        temperature_substrate_K=substrate_K,
    )
    family = one_level() if model is None else family_of(model)
    molecules = 1.0 if model is None else molecules_of(model)
    result = fit_with_junctions(Problem(data, family, molecules), curves)
    report = outcome(result, curves, [])
    phonons = None if unknown is None else _phonons(unknown, result, probe_K)
    return JointFit(measured, source, result, report, left_out, phonons_W_per_K=phonons)


def _of_electrons(results: Results, model: Model | None) -> tuple[Measured | None, str]:
    """Return the thermal conductance of the electrons, and a sentence where its part is not known."""
    thermal = results.thermal_conductance_W_per_K
    if thermal is None:
        return None, ""
    section = None if model is None else model.file.measured
    phonons = None if section is None else section.phonon_W_per_K
    if phonons is None:
        return None, (
            "The thermal conductance contains that of the phonons, most of it in molecules, so that it tells nothing "
            "of the electrons; give phonon_W_per_K in [measured] of a model file (--transmission) to fit it too."
        )
    return Measured(thermal.value - phonons.value, math.hypot(thermal.sigma, phonons.sigma)), ""


def _phonons(thermal: Measured, result: FitResult[TransmissionFamily], temperature_K: float) -> Measured:
    """Return what is left of a thermal conductance without the fitted electrons, which are a small part of it."""
    electrons = linear_response(result.transmission, temperature_K)
    at_fixed_bias_W_per_K = float(electrons.L2_W) / temperature_K
    return Measured(thermal.value - result.molecules * at_fixed_bias_W_per_K, thermal.sigma)


def one_level() -> TransmissionFamily:
    """Return one level with equal couplings, half way between the electrodes."""
    energy = Parameter("energy_eV", 0.7, -5.0, 5.0)
    gamma = Parameter("gamma_eV", 0.05, 1e-6, 3.0, True)
    return level_family([[energy, gamma, gamma, 0.5]])
