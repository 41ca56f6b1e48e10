"""A1, A2, A10: thermopower of held junctions, its controls, and thermopower beside an alternating bias."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np

from analysis.recording import Recording
from analysis.thermoelectric.thermopower import ThermopowerAnalysis
from analysis.thermoelectric.thermopower_holds import thermopower_holds
from analysis.thermoelectric.thermopower_run import evaluate
from analysis.thermoelectric.thermopower_summary import as_if_heated, placed, summarise
from analysis.traces.peak_fit import PeakFit
from app.offline.analyse import analyse_measurement
from app.offline.measurement import Measurement
from app.offline.traces import BOOTSTRAP_SEED
from procedures.ac_break_junction import ACBreakJunction
from procedures.break_junction import BreakJunction
from procedures.thermopower import Thermopower
from procedures.thermopower_controls import GoldContacts, HeaterOnDummy
from tests.acceptance.found import Found
from tests.acceptance.rig import MOVES, Campaigns, NoResult, campaigns, junctions

LEAD_V_per_K = 1.9e-6
CONDUCTANCE_G0 = {"BDA": 0.005, "BDNC": 0.002}
AC_CONDUCTANCE_G0 = 0.006
MOLECULES_G0 = (1e-3, 0.05)
AC_PARTS = "8 mV", "4 mV"
AC_MOVES = {
    **MOVES, "longest_withdrawal": 4.0, "contact_threshold": 3.0, "heater_clearance": 15.0, "average": 2.0,
    "dwell": 0.05, "at_once": 10, "window_percent": 85.0,
}  # fmt: skip


def world_of(species: str) -> dict[str, object]:
    """Return the world of a molecule, most openings of which show one, with a heater at the tip."""
    molecule = {f"molecule.{species}.binding_probability": 0.9} if species != "Au" else {}
    return {"sample.species": species, "heater.where": "tip", **molecule}


def true_seebeck(there: Campaigns) -> float:
    """Return the mean thermopower of the junctions that were held, against the lead."""
    return float(np.mean([one.seebeck_V_per_K for one in there.held("molecule")])) - LEAD_V_per_K


def molecules(criterion: str, species: str, seed: int, size: float) -> Found:
    """Measure the thermopower of a molecule at five differences."""
    holds = junctions(60, size)
    procedure = Thermopower.from_values(
        {**MOVES, "conductance": CONDUCTANCE_G0[species], "window_percent": 40.0, "holds": holds,
         "dT": "0 5 10 15 20", "stop_within": 0.02}
    )  # fmt: skip
    with campaigns(world_of(species), seed, miscalibrated=True) as there:
        result = analyse_measurement([there.measured(procedure)]).thermopower
        true = true_seebeck(there)
    if result is None or result.line is None:
        raise NoResult("no line")
    line, cold = result.line, result.sets[0]
    freedom = max(line.degrees_of_freedom, 1)
    polarity_V, sigma_polarity_V = result.polarity_V
    more = {
        "intercept": line.intercept, "sigma_intercept": line.sigma_intercept,
        "polarity": polarity_V, "sigma_polarity": sigma_polarity_V,
        "dT = 0": cold.mean_V, "sigma_dT = 0": cold.sem_V,
    }  # fmt: skip
    return Found(criterion, species, seed, size, line.slope, true, result.sigma_V_per_K, line.chi2 / freedom,
                 more=more)  # fmt: skip


def vanishing(criterion: str, part: str, seed: int, size: float) -> Found:
    """Measure gold contacts, or molecules with the heater on a dummy: no slope."""
    control = GoldContacts if part == "gold" else HeaterOnDummy
    world = world_of("Au" if part == "gold" else "BDA") | ({} if part == "gold" else {"heater.dummy": True})
    values = {**MOVES, "holds": junctions(30, size), "dT": "0 20", "stop_within": 0.02}
    if part != "gold":
        values |= {"conductance": CONDUCTANCE_G0["BDA"], "window_percent": 40.0}
    with campaigns(world, seed) as there:
        result = as_measurement(there.measured(control.from_values(values)), part != "gold")
    if result.line is None:
        raise NoResult("no line")
    return Found(criterion, part, seed, size, result.line.slope, 0.0, result.sigma_V_per_K)


def as_measurement(path: Path, dummy: bool) -> ThermopowerAnalysis:
    """Evaluate the recording of a control as if it were the measurement."""
    with Recording(path) as recording:
        run = evaluate(thermopower_holds(recording), recording.header, path.name)
    plain = [replace(hold, control="") for hold in run.holds]
    holds = placed(plain, run.thermometer.seebeck_V_per_K)
    if dummy:
        holds = as_if_heated(holds)
    return summarise(holds, run.thermometer.temperature_relative, np.random.default_rng(BOOTSTRAP_SEED))


def molecular_peaks(measurement: Measurement) -> list[PeakFit]:
    """Return the peaks of the histogram at conductances of molecules, the largest first."""
    peaks = measurement.histogram.analysis.peaks if measurement.histogram else ()
    return sorted((one for one in peaks if MOLECULES_G0[0] < one.conductance_G0 < MOLECULES_G0[1]),
                  key=lambda one: -one.amplitude)  # fmt: skip


def alternating(criterion: str, part: str, seed: int, size: float) -> Found:
    """Open junctions beside an alternating bias, and as many at a constant one for their conductance."""
    amplitude_mV = float(part.split()[0])
    procedure = ACBreakJunction.from_values(
        {**AC_MOVES, "dT": "0 15 30", "conductance": AC_CONDUCTANCE_G0, "holds": junctions(60, size),
         "ac_amplitude": amplitude_mV}
    )  # fmt: skip
    plain = BreakJunction.from_values(
        {
            "approach_speed": 50.0,
            "withdraw_speed": 5.0,
            "past_break": 0.6,
            "traces": junctions(180, size, 9),
            "bias": 20.0,
            "contact_threshold": AC_MOVES["contact_threshold"],
        }
    )
    with campaigns(world_of("BDA"), seed, rise_time_s=1e-5, unproved="study") as there:
        beside = analyse_measurement([there.measured(procedure, "ac")])
        true = float(np.mean([one.seebeck_V_per_K for one in there.truth("molecule")])) - LEAD_V_per_K
        steady = analyse_measurement([there.measured(plain, "dc")])
    assert beside.ac is not None
    found = beside.ac.thermopower
    if found.line is None:
        raise NoResult("no line")
    more = {}
    peaks = [molecular_peaks(one) for one in (beside, steady)]
    if all(peaks):
        ac, dc = (one[0] for one in peaks)
        more["peak"] = math.log(ac.conductance_G0 / dc.conductance_G0)
        more["sigma_peak"] = math.hypot(
            *(max(one.uncertainty_G0, one.spread_G0) / one.conductance_G0 for one in (ac, dc))
        )
    return Found(criterion, part, seed, size, found.line.slope, true, found.sigma_V_per_K, more=more)
