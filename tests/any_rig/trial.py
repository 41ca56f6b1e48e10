"""Run a drawn rig: openings of gold, and heat in held contacts, against what its world had."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

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
HEAT_V = 0.05


@dataclass(frozen=True)
class Outcome:
    """What came of a rig.

    Parameters
    ----------
    seed : int
    said : list of str
        Sentences that refused or ended a run.
    pulls : dict
        (measured - true) / error of each number.
    deepest_nm : float
        How far the tip was in the surface.
    """

    seed: int
    said: list[str] = field(default_factory=list)
    pulls: dict[str, float] = field(default_factory=dict)
    deepest_nm: float = 0.0
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
    outcome = Outcome(rig.seed)
    with served(rig) as (folder, bench, world):
        opened = _run(bench, quick(traces, bias=rig.bias_mV, baseline_every=5), folder / "openings.h5", outcome)
        if opened is not None:
            _compare_openings(opened, outcome)
        heated = _run(bench, heating(rig, holds), folder / "heating.h5", outcome)
        if heated is not None:
            _compare_heat(heated, world, outcome)
        return Outcome(
            rig.seed, outcome.said, outcome.pulls, world.world.truth.deepest_indentation_m * 1e9, outcome.numbers
        )


def heating(rig: DrawnRig, holds: int) -> RigProcedure:
    """Return holds of single gold atoms, at the largest bias that keeps the current in its range."""
    amplitude_V = min(HEAT_V, 1.5e-3 * rig.bias_mV)
    return Heating.from_values(
        {
            "amplitudes": f"{amplitude_V:.4g}", "conductance": 1.0, "window_percent": 40.0, "approach_speed": 50.0,
            "withdraw_speed": min(5.0, 2.5e-3 * rig.tables["daq"]["rate_Hz"]), "leave_speed": 50.0, "check_time": 0.1, "trip_reaction": 0.05, "hold_time": 4.0,
            "holds": holds, "bias": rig.bias_mV, "most_openings": 100_000,
        }
    )  # fmt: skip


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
    spans = [
        span
        for span, hold in zip(held_s(out, world.scan_began_s), result.holds, strict=True)
        if not hold.estimate.rejected
    ]
    for sign, rise_K, sigma_K, power_W in (
        (+1, point.dT_pos_K, point.sigma_pos_K, point.mean[2]),
        (-1, point.dT_neg_K, point.sigma_neg_K, point.mean[3]),
    ):
        account = world.world.ledger.account
        true = [account("contact", bias_V=sign * point.amplitude_V, during_s=span) for span in spans]
        name = "dT(+)" if sign > 0 else "dT(-)"
        true_K = float(np.mean([one.tip_rise_K for one in true]))
        outcome.numbers.update({f"{name} mK": 1e3 * rise_K, f"{name} true mK": 1e3 * true_K})
        outcome.pulls[name] = float((rise_K - true_K) / sigma_K)
        true_W = float(np.mean([one.total_W for one in true]))
        outcome.pulls[f"power({'+' if sign > 0 else '-'})"] = float((power_W / true_W - 1.0) / (2.0 * GAIN_UNCERTAINTY))
