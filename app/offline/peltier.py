"""Peltier heat of a measurement, from its recordings and those of the heating controls at small bias."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from analysis.heating.run_reducer import evaluate
from analysis.heating.runs import EvaluatedRun, EvaluationOptions, HeatingRun
from analysis.recording import Recording, damage_told
from analysis.thermoelectric.peltier_hold import Thermopowers
from analysis.thermoelectric.peltier_run import PeltierAnalysis, analyse_peltier
from analysis.thermoelectric.thermopower import ThermopowerAnalysis
from analysis.thermoelectric.thermopower_run import evaluate as evaluate_thermopower
from analysis.thermoelectric.thermopower_run import lead_of
from app.offline.recordings import Part
from app.offline.thermopower import held
from app.offline.traces import BOOTSTRAP_SEED


def peltier_of(
    parts: Sequence[Part], controls: Sequence[EvaluatedRun], first_periods: int | None = None
) -> PeltierAnalysis | None:
    """Return the result of all recordings of Peltier heat; None without any.

    Parameters
    ----------
    parts : sequence of Part
    controls : sequence of EvaluatedRun
        Recordings of heating, of which the controls at small bias are used.
    first_periods : int, optional
        As in `app.offline.analyse.analyse_measurement`.

    Raises
    ------
    RecordingError, UncalibratedThermometer, UnsuitableFilter
        As for recordings of heating.
    """
    if not parts:
        return None
    runs = [evaluated_peltier(part.path, first_periods, part.path.name) for part in parts]
    done = [run for run in controls if any(hold.control for hold in run.holds)]
    beside = {part.path.name: thermopowers(part) for part in parts}
    result = analyse_peltier([*runs, *done], np.random.default_rng(BOOTSTRAP_SEED), beside)
    return replace(result, lead=lead_of(parts[0].header))


def evaluated_peltier(path: Path, first_periods: int | None, name: str) -> EvaluatedRun:
    """Evaluate the holds of a recording, whose levels need no 0 V."""
    with Recording(path) as recording, damage_told(path, "what its events say"):
        run = HeatingRun.of(recording)
        options = EvaluationOptions(first_periods=first_periods, zero_level=False)
        return evaluate(HeatingRun(run.holds, run.header, name), options)


def thermopowers(part: Part) -> Thermopowers:
    """Return the thermopowers that the holds of a recording have beside their heat."""
    if not part.header.parameters.get("thermopower"):
        return Thermopowers()
    return Thermopowers.of(evaluate_thermopower(held(part.path), part.header, part.path.name).holds)


def measured_seebeck(result: ThermopowerAnalysis | None) -> tuple[float, float] | None:
    """Return the thermopower of the loop that was measured with its error; None without one."""
    if result is None or result.line is None:
        return None
    return result.line.slope, result.sigma_V_per_K
