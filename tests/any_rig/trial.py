"""Run a drawn rig: openings of gold, and heat in held contacts, against what its world had."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from analysis.heating.hold_estimate import HoldEstimate
from analysis.recording import Recording
from analysis.traces.read import traces_of
from app.acquisition.bench import Bench
from app.acquisition.direct import direct_wires
from app.acquisition.recorder import RecorderFailed
from app.offline.analyse import analyse_measurement
from drivers.errors import RigError
from procedures.errors import ImpossibleSetting
from procedures.heating import Heating
from procedures.procedure import RigProcedure
from simulators.simulated_rig import SimulatedRig
from tests.any_rig.drawn import DrawnRig
from tests.support.patience import ANSWER_S
from tests.support.rig.rigs import quick
from tests.support.rig.watchdogs import WatchdogWithoutProcess
from tests.validation.rig import held_s

ONE_ATOM_G0 = (0.7, 1.3)
GAIN_UNCERTAINTY = 0.01
LEFT_V = 1e-3
HEAT_V = 0.05
HOLDS = {
    "conductance": 1.0,
    "window_percent": 40.0,
    "open_threshold": 2e-3,
    "approach_speed": 50.0,
    "leave_speed": 50.0,
    "check_time": 0.1,
    "trip_reaction": 0.05,
    "hold_time": 4.0,
    "most_openings": 100_000,
}


@dataclass(frozen=True)
class Outcome:
    """What came of a rig.

    Parameters
    ----------
    seed : int
    kinds : str
        Card and amplifiers.
    said : list of str
        Sentences that refused or ended a run, or what is wrong.
    pulls : dict
        (measured - true) / error of each number.
    numbers : dict
        Measured and true values.
    """

    seed: int
    kinds: str = ""
    said: list[str] = field(default_factory=list)
    pulls: dict[str, float] = field(default_factory=dict)
    numbers: dict[str, float] = field(default_factory=dict)


@contextmanager
def served(rig: DrawnRig) -> Iterator[tuple[Path, Bench, Any]]:
    """Serve a drawn rig in this process; yield a folder, its bench, and the simulated one."""
    with (
        tempfile.TemporaryDirectory() as name,
        SimulatedRig(rig.parameters, rig.seed, "fast", models=rig.models) as simulated,
        patch("app.acquisition.bench.Watchdog", WatchdogWithoutProcess),
    ):
        file = Path(name) / "rig.toml"
        text = rig.file_text(simulated.addresses)
        file.write_text(text.replace("[daq]\n", f"[daq]\nanswer_s = {ANSWER_S}\n", 1), "utf-8")
        yield Path(name), Bench(file, wires=direct_wires(simulated)), simulated.bench


def tried(rig: DrawnRig, traces: int, holds: int) -> Outcome:
    """Run openings and holds on a rig, and compare."""
    chosen = rig.settings
    outcome = Outcome(rig.seed, f"{chosen.card}, {chosen.current_amplifier}, {chosen.voltage_preamplifier}")
    with served(rig) as (folder, bench, world):
        openings = quick(traces, bias=rig.bias_mV, baseline_every=5)
        if out := _run(bench, openings, folder / "openings.h5", outcome):
            _compare_openings(out, outcome)
        if out := _run(bench, heating(rig, holds), folder / "heating.h5", outcome):
            _compare_heat(out, world, outcome)
        truth = world.world.truth
        if abs(truth.bias_V) > LEFT_V or truth.gap_m < 0.9e-9 * rig.overrides["surface.initial_gap_nm"]:
            outcome.said.append(f"left at {truth.bias_V:.2g} V, {truth.gap_m * 1e9:.3g} nm from the surface")
    return outcome


def heating(rig: DrawnRig, holds: int) -> RigProcedure:
    """Return holds of single gold atoms, at the largest bias that keeps the current in its range."""
    amplitude_V = min(HEAT_V, 1.5e-3 * rig.bias_mV)
    speed_nm_per_s = min(5.0, 2.5e-3 * rig.tables["daq"]["rate_Hz"])
    own = {
        "amplitudes": f"{amplitude_V:.4g}",
        "bias": rig.bias_mV,
        "holds": holds,
        "withdraw_speed": speed_nm_per_s,
    }
    return Heating.from_values({**HOLDS, **own})


def _run(bench: Bench, procedure: RigProcedure, out: Path, outcome: Outcome) -> Path | None:
    try:
        end = bench.run(procedure, out).end
    except (RigError, ImpossibleSetting, RecorderFailed) as error:
        outcome.said.append(f"{procedure.name}: not started: {error}")
        return None
    if end.status != "finished" or not end.safe:
        outcome.said.append(f"{procedure.name}: {end.status}, {'' if end.safe else 'NOT '}safe: {end.reason}")
        return None
    return out


def _compare_openings(out: Path, outcome: Outcome) -> None:
    with Recording(out) as recording:
        plateaus = [_one_atom(trace.conductance_G0) for trace in traces_of(recording)]
    atoms = np.array([np.median(one) for one in plateaus if one.size])
    outcome.numbers["atoms"] = float(atoms.size)
    if atoms.size < 5:
        outcome.said.append(f"only {atoms.size} contacts of one atom in {len(plateaus)} openings")
        return
    error = np.hypot(atoms.std(ddof=1) / np.sqrt(atoms.size), GAIN_UNCERTAINTY)
    outcome.numbers["one atom"] = float(atoms.mean())
    outcome.pulls["one atom"] = float((atoms.mean() - 1.0) / error)


def _one_atom(conductance_G0: np.ndarray) -> np.ndarray:
    low_G0, high_G0 = ONE_ATOM_G0
    return conductance_G0[(conductance_G0 > low_G0) & (conductance_G0 < high_G0)]


def _compare_heat(out: Path, world: Any, outcome: Outcome) -> None:
    result = analyse_measurement([out]).heating
    if result is None or not result.points:
        outcome.said.append("no heat in the recording")
        return
    (point,) = result.points
    held = zip(held_s(out, world.scan_began_s), result.holds, strict=True)
    kept = [
        span
        for within, hold in held
        if not hold.estimate.rejected
        for span in _kept_s(within, hold.estimate, point.frequency_Hz)
    ]
    account = partial(world.world.ledger.account, "contact")
    for sign, rise_K, sigma_K, power_W in (
        ("+", point.dT_pos_K, point.sigma_pos_K, point.mean[2]),
        ("-", point.dT_neg_K, point.sigma_neg_K, point.mean[3]),
    ):
        bias_V = float(f"{sign}{point.amplitude_V}")
        true = [account(bias_V=bias_V, during_s=span) for span in kept]
        weights = [one.time_s for one in true]
        true_K = float(np.average([one.tip_rise_K for one in true], weights=weights))
        true_W = float(np.average([one.total_W for one in true], weights=weights))
        outcome.numbers.update({f"dT({sign}) mK": 1e3 * rise_K, f"dT({sign}) true mK": 1e3 * true_K})
        outcome.pulls[f"dT({sign})"] = float((rise_K - true_K) / sigma_K)
        outcome.pulls[f"power({sign})"] = float((power_W / true_W - 1.0) / (2.0 * GAIN_UNCERTAINTY))


def _kept_s(
    within: tuple[float, float], hold: HoldEstimate, frequency_Hz: float
) -> list[tuple[float, float]]:
    """Return begin and end of each stretch of periods that was kept, in the world's time."""
    periods = np.zeros(int((within[1] - within[0]) * frequency_Hz + 1e-3))
    for one in hold.exclusions:
        periods[one.period_first : one.period_last + 1] = 1.0
    edges = np.flatnonzero(np.diff(periods, prepend=1.0, append=1.0))
    return [
        (within[0] + a / frequency_Hz, min(within[0] + b / frequency_Hz, within[1]))
        for a, b in edges.reshape(-1, 2)
    ]
