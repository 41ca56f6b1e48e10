"""Noise of resistors and contacts behind an amplifier whose floor and input noise are known."""

from functools import cache

import numpy as np

from analysis.constants import G0_S
from analysis.thermoelectric.measured_noise import MeasuredNoise
from analysis.thermoelectric.noise_band import BandNoise
from analysis.thermoelectric.noise_holds import OPEN, RESISTOR
from analysis.thermoelectric.noise_run import analyse_noise
from analysis.thermoelectric.noise_thermometer import FOUR_K
from app.viewmodels.noise_thermometer_view import NoiseThermometerSnapshot, snapshot_of

FLOOR_A2_per_Hz, INPUT_V2_per_Hz = 2e-25, 2.5e-17


def band_hold(
    kind: str, conductance_G0: float, temperature_K: float, difference_K: float = 0.0, off: float = 0.0
) -> MeasuredNoise:
    """A second of noise behind an amplifier with a known floor and input noise; ``off`` is its relative error."""
    G = conductance_G0 * G0_S
    density = (FOUR_K * temperature_K * G + INPUT_V2_per_Hz * G**2 + FLOOR_A2_per_Hz) * (1.0 + off)
    return MeasuredNoise(kind, difference_K, G, BandNoise(density, 0.014, (density, density)))


def noise_runs(contacts: int = 12, seed: int = 10, relative: float = 0.014) -> list[list[MeasuredNoise]]:
    """Three resistors at 300 K, each a run, and a run of contacts of 300 and 315 K after the open input."""
    rng = np.random.default_rng(seed)
    resistors = [[band_hold(RESISTOR, G0, 300.0)] for G0 in (0.5, 1.0, 2.0)]
    held = [
        band_hold("", rng.uniform(0.8, 3.0), 300.0 + 0.5 * dT, dT, relative * rng.standard_normal())
        for dT in (0.0, 30.0)
        for _ in range(contacts)
    ]
    return [*resistors, [band_hold(OPEN, 0.0, 300.0), *held]]


@cache
def noise_thermometer() -> NoiseThermometerSnapshot:
    """Twelve contacts at each of two temperature differences."""
    runs = noise_runs()
    return snapshot_of(analyse_noise(runs), runs[-1])
