"""Thermal conductance of a measurement, from its recordings."""

from collections.abc import Sequence

import numpy as np

from analysis.recording import Recording, damage_told
from analysis.thermoelectric.openings import (
    OpeningAnalysis,
    combine_openings,
    measured_openings,
    openings,
)
from analysis.thermoelectric.rupture_holds import rupture_holds
from analysis.thermoelectric.thermal_conductance import ThermalConductanceAnalysis
from analysis.thermoelectric.thermal_conductance_run import ThermalConductanceRun, combine, evaluate
from analysis.thermoelectric.thermal_conductance_words import warnings_of
from app.offline.recordings import Part
from app.offline.traces import BOOTSTRAP_SEED


def analyse_thermal_conductance(
    parts: Sequence[Part],
) -> tuple[ThermalConductanceAnalysis | None, tuple[str, ...]]:
    """Return the result of all recordings of thermal conductance and its controls, and warnings; None without any.

    Raises
    ------
    RecordingError, UncalibratedThermometer
        For a recording without gains, or without the calibration of its thermometer.
    """
    if not parts:
        return None, ()
    try:
        result = combine([_evaluated(part) for part in parts], np.random.default_rng(BOOTSTRAP_SEED))
    except ValueError as error:
        return None, (f"Thermal conductance: {error}.",)
    return result, warnings_of(result)


def analyse_openings(parts: Sequence[Part]) -> tuple[OpeningAnalysis | None, tuple[str, ...]]:
    """Return the result of all recordings of whole openings, and warnings; errors as `analyse_thermal_conductance`."""
    if not parts:
        return None, ()
    found = []
    for part in parts:
        with Recording(part.path) as recording, damage_told(part.path, "what its events say"):
            thermometer, measured = measured_openings(openings(recording), part.header)
            found.append((thermometer, measured))
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    try:
        return combine_openings([one for _, some in found for one in some], found[0][0], rng), ()
    except ValueError as error:
        return None, (f"Thermal conductance while opening: {error}.",)


def _evaluated(part: Part) -> ThermalConductanceRun:
    """Evaluate a recording, which is open only while its holds are read."""
    with Recording(part.path) as recording, damage_told(part.path, "what its events say"):
        return evaluate(rupture_holds(recording), part.header, part.path.name)
