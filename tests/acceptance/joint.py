"""Joint with theory: I-V, heat, thermopower and thermal conductance of one molecule, fitted with one transmission.

Each is measured by its procedure and evaluated by `hotjunction analyze --json`; `hotjunction fit` takes the results,
and `hotjunction report` compares the heat with the fitted transmission.
"""

import json
from pathlib import Path

from click.testing import CliRunner

from app.cli import main
from procedures.heating import Heating
from procedures.iv import IV
from procedures.procedure import RigProcedure
from procedures.thermal_conductance import ThermalConductance
from procedures.thermopower import Thermopower
from tests.acceptance.found import Found
from tests.acceptance.rig import MOVES, NoResult, campaigns, junctions

LEVEL_eV = -0.69
"""Level of BDA in the world."""

PHONON_W_per_K = 17.2e-12
"""Thermal conductance of BDA in the world, 20 pW/K, less that of the electrons of 0.005 G0."""

WORLD = {
    "sample.species": "BDA",
    "heater.where": "tip",
    "molecule.BDA.binding_probability": 0.9,
    "molecule.BDA.lifetime_s": 20.0,
    "thermal.resistance_K_per_W": 1e6,
}
MODEL = """
temperature_K = 300.0
bias_drop = 0.5
[transmission]
kind = "levels"
[[transmission.levels]]
energy_eV = {{ start = -0.6, min = -3.0, max = 3.0 }}
gamma_probe_eV = {{ start = 0.05, min = 1e-6, max = 1.0 }}
gamma_substrate_eV = "gamma_probe_eV"
[measured]
phonon_W_per_K = {{ value = {phonon}, sigma = 3e-12 }}
results = [{results}]
"""


def procedures_of(size: float) -> dict[str, RigProcedure]:
    """Return the runs, by the names of their recordings."""
    held = {
        **MOVES,
        "conductance": 0.005,
        "window_percent": 40.0,
        "stop_within": 0.02,
        "trip_reaction": 0.05,
        "bias": 10.0,
    }
    return {
        "iv": IV.from_values({**held, "curves": junctions(20, size), "peak": 0.5}),
        "heating": Heating.from_values(
            {**held, "holds": junctions(20, size), "hold_time": 10.0, "amplitudes": "0.3 0.5"}
        ),
        "thermopower": Thermopower.from_values({**held, "holds": junctions(40, size), "dT": "0 10 20"}),
        "conductance": ThermalConductance.from_values(
            {**held, "window_sigma": 0.0, "bias": 20.0, "contact_threshold": 3.0, "open_threshold": 2e-4,
             "withdraw_speed": 2.0, "ruptures": junctions(100, size, 5), "longest_hold": 20.0, "linger": 2.0,
             "baseline_time": 0.05, "anyway": True}
        ),
    }  # fmt: skip


def said_by(*words: str) -> str:
    """Return what a command prints. Raises `NoResult` with its words if it fails."""
    done = CliRunner().invoke(main, list(words))
    if done.exit_code:
        raise NoResult(f"hotjunction {words[0]}: {done.output[-200:]} {done.exception}")
    return done.output


def one_transmission(criterion: str, part: str, seed: int, size: float) -> Found:
    """Measure, evaluate, fit and report; return the level of the molecule."""
    with campaigns(WORLD, seed) as there:
        recordings = {name: there.measured(one, name) for name, one in procedures_of(size).items()}
        results = []
        for name in ("heating", "thermopower", "conductance"):
            results.append(f"{name}.json")
            (there.folder / results[-1]).write_text(
                said_by("analyze", str(recordings[name]), "--json"), "utf-8"
            )
        model = there.folder / "joint.toml"
        quoted = ", ".join(f'"{each}"' for each in results)
        model.write_text(MODEL.format(phonon=PHONON_W_per_K, results=quoted), "utf-8")
        printed = said_by("fit", str(recordings["iv"]), "--model", str(model), "--json")
        fit_file = there.folder / "fit.json"
        fit_file.write_text(printed, "utf-8")
        report = there.folder / "report.html"
        every = [str(path) for path in recordings.values()]
        said_by("report", *every, "--transmission", str(model), "--out", str(report))
        return found_in(json.loads(printed), report, Found(criterion, part, seed, size))


def found_in(fit: dict[str, object], report: Path, plain: Found) -> Found:
    """Return the level with its error, chi2 per degree of freedom, and how many measurements the fit joined."""
    parameters = fit["parameters"]
    contributions = fit["contributions"]
    assert isinstance(parameters, dict) and isinstance(contributions, list)
    level = next(one for name, one in parameters.items() if name.startswith("energy"))
    text = report.read_text("utf-8")
    sections = sum(name in text for name in ("Thermopower", "Thermal conductance", "Heat"))
    more = {
        "measurements": float(len(contributions)),
        "largest_disagreement": max(float(one["disagreement_sigmas"] or 0.0) for one in contributions),
        "sections": float(sections),
    }
    chi2 = sum(float(one["chi_square"]) for one in contributions)
    values = sum(int(one["values"]) for one in contributions)
    return Found(
        plain.criterion, plain.part, plain.seed, plain.size, float(level["value"]), LEVEL_eV, float(level["error"]),
        chi2 / max(values - len(parameters), 1), more=more,
    )  # fmt: skip
