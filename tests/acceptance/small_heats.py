"""A7, A8, A9: Peltier heat with a fine tip and with that of 2013, and temperatures by noise."""

from pathlib import Path

from analysis.recording import Recording
from analysis.thermoelectric.measured_noise import MeasuredNoise
from analysis.thermoelectric.noise_run import analyse_noise
from analysis.thermoelectric.peltier_controls import FILM_PRESSED
from app.acquisition.run_checks import check
from app.config.rig import load_rig
from app.offline.analyse import analyse_measurement
from app.offline.noise import measured_holds
from procedures.errors import ImpossibleSetting
from procedures.noise_thermometer import NoiseResistor, NoiseThermometer
from procedures.peltier import Peltier
from procedures.peltier_controls import FilmPressed
from tests.acceptance.found import Found
from tests.acceptance.rig import MOVES, FAST_Hz, NoResult, campaigns, junctions
from tests.acceptance.thermopower import true_seebeck

AMBIENT_K = 300.0
RESISTORS_ohm = 6450.0, 12_900.0, 25_800.0
HOLDS = 80
"""Half of the junctions of this world break before their 30 s are over: so many make 40 x 30 s."""

PELTIER_PARTS = {"R_P = 1e6 K/W": (1e6, 0.0), "offset of 0.3 mV": (1e6, 3e-4), "tip of 2013": (72_800.0, 0.0)}
"""Thermal resistance of the tip, and offset of the bias behind its loop-back."""


def peltier(criterion: str, part: str, seed: int, size: float) -> Found:
    """Measure the Peltier coefficient of BDA at 50 mV."""
    resistance, offset_V = PELTIER_PARTS[part]
    world = {
        "sample.species": "BDA",
        "thermoelectric.always": True,
        "thermoelectric.offset_V": offset_V,
        "thermal.resistance_K_per_W": resistance,
        "molecule.BDA.binding_probability": 0.9,
    }
    values = {
        **MOVES, "conductance": 0.005, "window_percent": 40.0, "stop_within": 0.02, "holds": junctions(HOLDS, size),
        "amplitudes": "0.05", "levels": "+1:1 0:1 -1:1", "frequency": "12.25",
    }  # fmt: skip
    if criterion == "A7":
        values |= {"levels": "+1:1 -1:1", "frequency": "24.5"}
    said = ""
    with campaigns(world, seed, rate_Hz=FAST_Hz) as there:
        try:
            check(Peltier.from_values(values), load_rig(there.rig.file))
        except ImpossibleSetting as error:
            said = str(error)
        result = analyse_measurement(
            [there.measured(Peltier.from_values({**values, "anyway": True}))]
        ).peltier
        true_V = AMBIENT_K * true_seebeck(there)
    if result is None or not result.holds:
        raise NoResult("no hold")
    more = {
        "refused": float("holds, about" in said),
        "cools": float(result.coldest is not None and result.coldest.seen),
        "kelvin": result.coefficient.value / true_V,
        "sigma_kelvin": result.sigma_V / abs(true_V),
    }
    return Found(criterion, part, seed, size, result.coefficient.value, true_V, result.sigma_V, more=more)


def _holds(path: Path) -> list[MeasuredNoise]:
    """Return the measured holds of a recording, which is deleted with its rig."""
    with Recording(path) as recording:
        header = recording.header
    return measured_holds(path, header)


def temperatures(criterion: str, part: str, seed: int, size: float) -> Found:
    """Measure the temperature of gold contacts with and without heat, against three resistors."""
    moves = {
        **MOVES,
        "stop_within": 0.02,
        "check_time": 0.05,
        "longest_withdrawal": 4.0,
        "heater_clearance": 15.0,
    }
    recordings = []
    gold = {"sample.species": "Au", "heater.where": "tip"}
    for ohm in RESISTORS_ohm:
        values = {**moves, "resistance": ohm, "holds": 1, "hold_time": max(2.0, 100.0 * size), "rate": 20.0}
        fixture = {"fixture.kind": "resistor", "fixture.resistance_ohm": ohm}
        with campaigns({**gold, **fixture}, seed, rise_time_s=3e-5) as there:
            recordings.append(_holds(there.measured(NoiseResistor.from_values(values))))
    values = {**moves, "holds": junctions(100, size, 5), "dT": "0 30", "rate": 20.0}
    with campaigns(gold, seed, rise_time_s=3e-5) as there:
        recordings.append(_holds(there.measured(NoiseThermometer.from_values(values))))
    result = analyse_noise(recordings)
    by_difference = {one.difference_K: one for one in result.sets}
    if set(by_difference) != {0.0, 30.0}:
        raise NoResult(f"temperatures at {sorted(by_difference)} K only")
    cold, hot = by_difference[0.0], by_difference[30.0]
    more = {
        "300 K": cold.temperature_K, "sigma_300 K": cold.sigma_K, "contacts": float(hot.contacts),
        "fano": float(result.to_json()["fano"] is not None or not result.why_not),
    }  # fmt: skip
    return Found(criterion, part, seed, size, hot.temperature_K, 315.0, hot.sigma_K, more=more)


def film_pressed(criterion: str, part: str, seed: int, size: float) -> Found:
    """Measure the Peltier coefficient of a film at two conductances: it must not change."""
    world = {
        "sample.species": "BDA",
        "thermoelectric.always": True,
        "fixture.kind": "film",
        "film.molecules_per_nm": 200.0,
    }
    values = {
        "approach_speed": 20.0, "leave_speed": 50.0, "check_time": 0.1, "holds": junctions(8, size, 5),
        "hold_time": 30.0, "amplitudes": "0.05", "anyway": True,
    }  # fmt: skip
    gentle = {"contact": "film", "conductance": 0.5, "window_percent": 60.0, "contact_threshold": 0.3}
    with campaigns(world, seed) as there:
        runs = [
            there.measured(Peltier.from_values({**values, **gentle}), "film"),
            there.measured(FilmPressed.from_values(values), "pressed"),
        ]
        result = analyse_measurement(runs).peltier
    if result is None:
        raise NoResult("no hold")
    verdict = next((one for one in result.controls if one.name == FILM_PRESSED), None)
    if verdict is None:
        raise NoResult("no verdict on the pressed film")
    return Found(criterion, part, seed, size, verdict.value, 0.0, verdict.sigma)
