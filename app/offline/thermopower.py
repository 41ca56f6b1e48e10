"""Thermopower of a measurement, from its recordings, held at levels or opened beside an alternating bias."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from analysis.recording import Recording, damage_told
from analysis.thermoelectric.ac_run import ACAnalysis, ACRun, combine_ac, evaluate_ac
from analysis.thermoelectric.ac_traces import ac_traces
from analysis.thermoelectric.thermopower import ThermopowerAnalysis
from analysis.thermoelectric.thermopower_holds import ThermopowerHold, thermopower_holds
from analysis.thermoelectric.thermopower_run import combine, evaluate
from app.offline.recordings import Part
from app.offline.traces import BOOTSTRAP_SEED


def analyse_thermopower(parts: Sequence[Part]) -> tuple[ThermopowerAnalysis | None, tuple[str, ...]]:
    """Return the result of all recordings of thermopower and its controls, and warnings; None without any.

    Raises
    ------
    RecordingError, UncalibratedThermometer
        For a recording without gains, or without the calibration of its thermometer.
    """
    if not parts:
        return None, ()
    runs = [evaluate(held(part.path), part.header, part.path.name) for part in parts]
    try:
        result = combine(runs, np.random.default_rng(BOOTSTRAP_SEED))
    except ValueError as error:
        return None, (f"Thermopower: {error}.",)
    return result, result.warnings


def analyse_ac(parts: Sequence[Part]) -> tuple[ACAnalysis | None, tuple[str, ...]]:
    """Return the result of all recordings beside an alternating bias, and warnings; errors as `analyse_thermopower`."""
    if not parts:
        return None, ()
    try:
        result = combine_ac([_ac_run(part.path) for part in parts], np.random.default_rng(BOOTSTRAP_SEED))
    except ValueError as error:
        return None, (f"AC break junction: {error}.",)
    several = len({one.wanted_K for one in result.thermopower.sets}) > 1
    return result, result.thermopower.warnings if several else ()


def _ac_run(path: Path) -> ACRun:
    with Recording(path) as recording, damage_told(path, "what its events say"):
        return evaluate_ac(ac_traces(recording), recording.events, recording.header, path.name)


def held(path: Path) -> Iterator[ThermopowerHold]:
    """Yield the holds of a recording, which is open only while they are read."""
    with Recording(path) as recording, damage_told(path, "what its events say"):
        yield from thermopower_holds(recording)
