"""A3 to A6: thermal conductance at rupture of gold and of a molecule, with an alternating and with a steady heater."""

import math
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from analysis.constants import G0_S
from analysis.heating.thermometer import Thermometer
from analysis.recording import Recording
from analysis.thermoelectric.gap_widening import heat_across
from analysis.thermoelectric.rupture import measured
from analysis.thermoelectric.rupture_holds import rupture_holds
from analysis.thermoelectric.thermal_conductance_run import SHAM_SEED, evaluate, rules_of
from analysis.thermoelectric.wiedemann_franz import electron_W_per_K
from app.offline.analyse import analyse_measurement
from app.viewmodels.thermal_conductance_view import ThermalConductanceModel
from procedures.thermal_conductance import ThermalConductance
from procedures.thermal_conductance_controls import GapWidened
from procedures.thermal_opening import ThermalOpening
from tests.acceptance.found import Found
from tests.acceptance.rig import MOVES, FAST_Hz, NoResult, campaigns, junctions

RUPTURES = 300
PHONON_SHARE = 0.05
GAP_W_per_K = 5e-12 / 0.3
"""Thermal conductance of the gap that a rupture leaves: 5 pW/K at 1 nm, and no less than 0.3 nm wide."""

OPEN_GAP_W_per_K, OPENING_GAP_SHARE = 5e-12, 0.25
"""Thermal conductance of an open gap of 1 nm, and the share that lowers the slope of openings from 5 G0: the gap is
there only without contact, and cov(G, open) / var(G) is a quarter for steps from 5 G0 and an equally long open tip."""

MEAN_K = 315.0
MOLECULE = {
    "sample.species": "BDNC",
    "molecule.BDNC.binding_probability": 0.9,
    "molecule.BDNC.lifetime_s": 5.0,
    "thermal.resistance_K_per_W": 1e6,
}
"""At no bias the molecules of the simulated rig outlive any hold; these break after a few seconds."""

GOLD = {"conductance": 1.0, "peak_sigma_decades": 0.06, "window_sigma": 1.5}
HELD = {"conductance": 2e-3, "peak_sigma_decades": 0.2, "open_threshold": 2e-4}
LIVE = 8
"""Holds that are shown to the view one by one."""


@dataclass(frozen=True)
class Kind:
    """A campaign: its world, heater and settings."""

    heater: str
    world: dict[str, Any]
    settings: dict[str, Any] = field(default_factory=dict)
    rate_Hz: float | None = None
    ruptures: int = RUPTURES


KINDS = {
    "gold, 2w": Kind("2w", {"sample.species": "Au"}, GOLD),
    "gold, dc": Kind("dc", {"sample.species": "Au"}, GOLD),
    "molecule, 2w": Kind("2w", MOLECULE, {**HELD, "bias": 20.0, "contact_threshold": 3.0}, FAST_Hz, 420),
    "molecule at 100 mV, dc": Kind(
        "dc", MOLECULE, {**HELD, "bias": 100.0, "railed_is_contact": True, "bias_levels": "constant"}
    ),
    "molecule at 100 mV, 2w": Kind(
        "2w", MOLECULE, {**HELD, "bias": 100.0, "railed_is_contact": True, "bias_levels": "constant"}
    ),
}
"""At 100 mV Joule heat hides the heat that leaks away. Seven in ten molecules break alone and within their hold."""


def ruptures(criterion: str, part: str, seed: int, size: float) -> Found:
    """Measure the thermal conductance of one kind of junction."""
    kind = KINDS[part]
    procedure = ThermalConductance.from_values(
        {
            **MOVES,
            "withdraw_speed": 2.0,
            **kind.settings,
            "heater": kind.heater,
            "ruptures": junctions(kind.ruptures, size, 5),
            "off_share": 0.2 if kind.heater == "dc" else 0.05,
            "stop_within": 0.01,
            "longest_hold": 20.0,
            "linger": 3.0,
            "baseline_time": 0.05,
            "anyway": True,
        }
    )
    with campaigns({"heater.where": "tip", **kind.world}, seed, rate_Hz=kind.rate_Hz) as there:
        recording = there.measured(procedure)
        began_s = time.process_time()
        measurement = analyse_measurement([recording])
        analysis_s = time.process_time() - began_s
        result = measurement.thermal_conductance
        if result is None:
            raise NoResult(" ".join(measurement.warnings) or "no ruptures")
        gold = part.startswith("gold")
        more = {
            "analysis_s": analysis_s,
            "ruptures": float(len(result.used)),
            "uncorrected": result.uncorrected_W_per_K,
            "spread": result.spread_W_per_K,
            "said": float(any("Joule" in warning for warning in measurement.warnings)),
            "changed": float(exclusions_that_change(recording, seed)),
            "updates": live_updates(recording),
        }
        if result.sham is not None:
            more |= {
                "sham": result.sham.mean_W_per_K, "sigma_sham": result.sham.sigma_W_per_K,
                "sham_chi2": result.sham.reduced_chi2, "shams": float(result.sham.steps),
            }  # fmt: skip
        true = np.array([one.last_W_per_K for one in there.truth("contact" if gold else "molecule")])
    if not gold:
        more["true_spread"] = float(true.std(ddof=1))
        mean = result.conductance
        return Found(criterion, part, seed, size, mean.value, float(true.mean()), mean.sigma, more=more)
    if result.lorenz is None:
        raise NoResult("no metallic contacts")
    held_S = float(np.mean([one.rupture.conductance_S for one in result.used]))
    gap = GAP_W_per_K / electron_W_per_K(held_S, MEAN_K)
    more |= {"one G0": result.lorenz.one_quantum_W_per_K / result.lorenz.value, "mean_G0": held_S / G0_S}
    return Found(criterion, part, seed, size, result.lorenz.value, 1.0 + PHONON_SHARE - gap, result.lorenz.sigma,
                 result.lorenz.reduced_chi2, more=more)  # fmt: skip


def opening(criterion: str, part: str, seed: int, size: float) -> Found:
    """Measure L/L0 of gold along whole openings, with a tip of 1e6 K/W."""
    procedure = ThermalOpening.from_values(
        {
            "approach_speed": 50.0,
            "withdraw_speed": 2.0,
            "holds": junctions(100, size, 6),
            "dT": "0 30",
            "at_once": 5,
        }
    )
    world = {"heater.where": "tip", "sample.species": "Au", "thermal.resistance_K_per_W": 1e6}
    with campaigns(world, seed) as there:
        measurement = analyse_measurement([there.measured(procedure)])
    result = measurement.opening
    if result is None:
        raise NoResult(" ".join(measurement.warnings))
    gap = OPENING_GAP_SHARE * OPEN_GAP_W_per_K / electron_W_per_K(G0_S, MEAN_K)
    (off,) = result.controls
    more = {"heater off": off.value, "sigma_heater off": off.sigma}
    return Found(
        criterion, part, seed, size, result.lorenz, 1.0 + PHONON_SHARE - gap, result.sigma, more=more
    )


def exclusions_that_change(path: Path, seed: int) -> int:
    """Return the number of holds that are used or not by what the thermometer shows: noise takes its place."""
    rng = np.random.default_rng(seed)
    with Recording(path) as recording:
        rules = rules_of(recording.header, Thermometer.from_calibrations(recording.header.calibrations))
        changed = 0
        for hold in rupture_holds(recording):
            noise_V = 1e-6 * rng.standard_normal(len(hold.thermocouple_V))
            swapped = replace(hold, thermocouple_V=noise_V)
            one, other = (measured(h, rules, np.random.default_rng(SHAM_SEED)) for h in (hold, swapped))
            changed += (one.rejected, one.censored, one.step is None) != (
                other.rejected, other.censored, other.step is None,
            )  # fmt: skip
    return changed


def live_updates(path: Path) -> float:
    """Return the share of the first holds after which the view's counts grow."""
    with Recording(path) as recording:
        view, seen, grown, shown = ThermalConductanceModel(recording.header), 0, 0, 0
        for hold in rupture_holds(recording):
            view.add(hold)
            view.work()
            now = view.snapshot()
            counted = now.ruptures + now.several + now.heater_off + now.rejected + now.censored
            if now.ruptures:  # before, there is nothing to average
                shown += 1
                grown += counted > seen
            seen = counted
            if shown == LIVE:
                break
    return grown / shown if shown else float("nan")


def gap_widened(criterion: str, part: str, seed: int, size: float) -> Found:
    """Measure the heat that a gap loses when it is widened from 1 nm to 2 nm, and what that is in the world."""
    procedure = GapWidened.from_values(
        {
            **MOVES,
            "conductance": 1.0,
            "window_sigma": 1.5,
            "ruptures": junctions(30, size),
            "narrow": 1.0,
            "wide": 2.0,
            "anyway": True,
        }
    )
    world = {"heater.where": "tip", "sample.species": "Au", "thermal.resistance_K_per_W": 1e6}
    with campaigns(world, seed) as there, Recording(there.measured(procedure)) as recording:
        run = evaluate(rupture_holds(recording), recording.header, "gap")
    value, sigma, pairs = heat_across(run.gaps, run.thermometer.resistance_K_per_W)
    if not math.isfinite(sigma):
        raise NoResult(f"{pairs} pairs")
    return Found(criterion, part, seed, size, value, OPEN_GAP_W_per_K / 2.0, sigma)
