"""Runs on the simulated rig with its card as it is: heat against that of the world, and every amplifier."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from analysis.recording import Recording
from analysis.records import EventKind
from analysis.traces.read import traces_of
from app.acquisition.bench import Bench
from app.acquisition.direct import direct_wires
from app.acquisition.simulated_rig import SimulationSettings, rig_file_text
from app.config.amplifiers import CURRENT_AMPLIFIER, VOLTAGE_PREAMPLIFIER, amplifier_model
from app.offline.analyse import analyse_measurement
from procedures.heating import Heating
from procedures.procedure import RigProcedure
from simulators.parameters import load_parameters
from simulators.rig.signal_chain import AmplifierModels
from simulators.simulated_rig import SimulatedRig
from tests.support.patience import ANSWER_S
from tests.support.rig.rigs import quick
from tests.support.rig.watchdogs import WatchdogWithoutProcess
from tests.validation.study import Table, share

GOLD = {"sample.species": "Au", "surface.initial_gap_nm": 45.0}
AMPLITUDES = "0.043, 0.06"
HOLDS = {
    "amplitudes": AMPLITUDES,
    "conductance": 1.0,
    "window_percent": 40.0,
    "approach_speed": 50.0,
    "withdraw_speed": 5.0,
    "leave_speed": 50.0,
    "check_time": 0.1,
    "trip_reaction": 0.05,
    "hold_time": 5.0,
}
MODELS = (("keithley428", "sr560"), ("sr570", "sr560"), ("dlpca200", "manual"), ("manual", "sr560"))
"""Current amplifier and preamplifier of a rig."""

ONE_ATOM_G0 = (0.7, 1.3)
WITHIN_SIGMAS = 2.0
SETS_PER_CAMPAIGN = 50


@contextmanager
def rig(models: tuple[str, str], seed: int) -> Iterator[tuple[Path, Bench, Any]]:
    """Serve a rig with two amplifiers in this process; yield a folder, its bench, and the world."""
    parameters = load_parameters(overrides=GOLD)
    served = AmplifierModels(
        *(
            amplifier_model(role, model).simulator
            for role, model in zip((CURRENT_AMPLIFIER, VOLTAGE_PREAMPLIFIER), models, strict=True)
        )
    )
    settings = SimulationSettings("fast", seed, current_amplifier=models[0], voltage_preamplifier=models[1])
    with (
        tempfile.TemporaryDirectory() as name,
        SimulatedRig(parameters, seed, "fast", models=served) as simulated,
        patch("app.acquisition.bench.Watchdog", WatchdogWithoutProcess),
    ):
        text = rig_file_text(settings, parameters, simulated.addresses)
        file = Path(name) / "rig.toml"
        file.write_text(text.replace("[daq]\n", f"[daq]\nanswer_s = {ANSWER_S}\n", 1), "utf-8")
        yield Path(name), Bench(file, wires=direct_wires(simulated)), simulated.bench


def finished(bench: Bench, procedure: RigProcedure, out: Path) -> Path:
    """Run a procedure to its end. Raises ``RuntimeError`` with the reason if it ends earlier."""
    end = bench.run(procedure, out).end
    if end.status != "finished":
        raise RuntimeError(f"{out.name}: {end.reason}")
    return out


def campaign(seed: int, holds: int) -> list[tuple[float, float, float, float]]:
    """Measure gold contacts; return bias, rise, its error, and the rise that the world had in these holds, in K."""
    with rig(MODELS[0], seed) as (folder, bench, world):
        out = finished(bench, Heating.from_values({**HOLDS, "holds": holds}), folder / "heating.h5")
        heating = analyse_measurement([out]).heating
        assert heating is not None
        spans = held_s(out, world.scan_began_s)
        assert len(spans) == len(heating.holds)
        found = []
        for point in heating.points:
            V = point.amplitude_V
            mine = [
                span
                for span, hold in zip(spans, heating.holds, strict=True)
                if hold.estimate.amplitude_V == V and not hold.estimate.rejected
            ]
            for sign, rise_K, sigma_K in (
                (+1, point.dT_pos_K, point.sigma_pos_K),
                (-1, point.dT_neg_K, point.sigma_neg_K),
            ):
                true_K = [
                    world.world.ledger.account("contact", bias_V=sign * V, during_s=span).tip_rise_K
                    for span in mine
                ]
                found.append((sign * V, rise_K, sigma_K, float(np.mean(true_K))))
    return found


def held_s(out: Path, began_s: float) -> list[tuple[float, float]]:
    """Return begin and end of each modulation, in the world's time."""
    with Recording(out) as recording:
        steps = [
            (event.payload["phase"], began_s + event.sample / recording.rate_Hz)
            for event in recording.events
            if event.kind is EventKind.STEP and event.name == "modulate"
        ]
    begins, ends = ([at_s for each, at_s in steps if each == phase] for phase in ("begin", "end"))
    return list(zip(begins, ends, strict=True))


def heat(seeds: list[int], holds: int = 6) -> Table:
    """Return the rises of campaigns beside those of their worlds."""
    rows, within = [], []
    for seed in seeds:
        for bias_V, rise_K, sigma_K, true_K in campaign(seed, holds):
            pull = (rise_K - true_K) / sigma_K
            within.append(abs(pull) < WITHIN_SIGMAS)
            measured, true = f"{1e3 * rise_K:.2f} ± {1e3 * sigma_K:.2f}", f"{1e3 * true_K:.2f}"
            rows.append((str(seed), f"{bias_V * 1e3:+g}", measured, true, f"{pull:+.1f}"))
    about = (
        f"Gold contacts of one atom, {holds} held for 5 s at each amplitude, on the simulated "
        f"PXI-6281.\nShare within two errors: {share(within)}."
    )
    columns = ("seed", "bias, mV", "rise of the tip, mK", "in the world, mK", "difference, errors")
    return Table("rig-heating", about, columns, tuple(rows))


def amplifiers(seed: int, traces: int) -> Table:
    """Return break-junction runs with each current amplifier: the same gold must come out."""
    rows = []
    for models in MODELS:
        with (
            rig(models, seed) as (folder, bench, _),
            Recording(finished(bench, quick(traces), folder / "run.h5")) as recording,
        ):
            settings = recording.header.settings[CURRENT_AMPLIFIER]
            plateaus = [_one_atom(trace.conductance_G0) for trace in traces_of(recording)]
        one_atom = [np.median(plateau) for plateau in plateaus if plateau.size]
        error = np.std(one_atom, ddof=1) / np.sqrt(len(one_atom))
        rows.append(
            (
                f"`{models[0]}`",
                f"`{models[1]}`",
                str(settings.get("provenance", "read back")),
                f"{len(one_atom)} of {traces}",
                f"{np.mean(one_atom):.3f} ± {error:.3f}",
            )
        )
    about = f"Seed {seed}: {traces} openings of gold each, at 10 nm/s."
    columns = (
        "current amplifier", "preamplifier", "its settings are", "openings with one atom", "their conductance, G0",
    )  # fmt: skip
    return Table("rig-amplifiers", about, columns, tuple(rows))


def _one_atom(conductance_G0: np.ndarray) -> np.ndarray:
    low_G0, high_G0 = ONE_ATOM_G0
    return conductance_G0[(conductance_G0 > low_G0) & (conductance_G0 < high_G0)]


def tables(rng: np.random.Generator, sets: int) -> Iterator[Table]:
    """Yield both tables; a campaign takes about half a minute of a processor."""
    seeds = [int(seed) for seed in rng.integers(1, 10_000, max(sets // SETS_PER_CAMPAIGN, 1))]
    yield amplifiers(seeds[0], max(sets // 10, 2))
    yield heat(seeds)
