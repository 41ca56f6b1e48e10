"""Controls of a noise thermometer: a resistor has its temperature, the open input its floor, a band its halves."""

import math
from collections.abc import Sequence

import numpy as np

from analysis.constants import G0_S
from analysis.thermoelectric.control_verdict import ControlVerdict, control_verdict
from analysis.thermoelectric.noise_sets import LEAST_CONDUCTANCES, NoiseSet, ResistorNoise, conductances
from analysis.thermoelectric.noise_thermometer import FOUR_K, NoiseCalibration, calibrate_noise

NEEDED_SHARE = 0.25
"""Share of the rise by heat that a control must be able to see, to count as passed."""

NEEDED_WITHOUT_HEAT = 0.05
"""Share of the room's temperature, where nothing was heated."""


def judge_noise(
    resistors: Sequence[ResistorNoise], sets: Sequence[NoiseSet], ambient_K: float
) -> tuple[ControlVerdict, ...]:
    """Return the verdicts on resistors and open input, as far as the others calibrate them, and on the band.

    With three resistors and the open input one number is left for both: the two verdicts then agree.

    Parameters
    ----------
    resistors : sequence of ResistorNoise
        The open input among them, with a conductance of 0.
    sets : sequence of NoiseSet
    ambient_K : float
        Temperature of the resistors.
    """
    rise_K = 0.5 * max((abs(one.difference_K) for one in sets), default=0.0)
    needed_K = NEEDED_SHARE * rise_K or NEEDED_WITHOUT_HEAT * ambient_K
    bands = [
        control_verdict(
            f"band in halves, dT = {one.difference_K:g} K", *one.halves_K, "K", 0.0, needed_K,
            "temperature from the upper half of the band less that from the lower",
        )
        for one in sets
    ]  # fmt: skip
    return (*_resistor(resistors, ambient_K, needed_K), *_open(resistors, ambient_K, needed_K), *bands)


def _resistor(resistors: Sequence[ResistorNoise], ambient_K: float, needed_K: float) -> list[ControlVerdict]:
    """Judge the temperature of the resistor that all others calibrate best."""
    found = []
    for one in resistors:
        calibration = _from([other for other in resistors if other is not one], ambient_K)
        if one.conductance_S and calibration is not None:
            G, density = one.conductance_S, one.density_A2_per_Hz
            sigma_K = calibration.sigma_K(density, G, one.relative)
            found.append((sigma_K, calibration.temperature_K(density, G), G))
    if not found:
        return []
    sigma_K, temperature_K, G = min(found)
    what = f"noise temperature of {1e-3 / G:.3g} kohm, calibrated by the others, less {ambient_K:g} K"
    return [control_verdict("resistor", temperature_K - ambient_K, sigma_K, "K", 0.0, needed_K, what)]


def _open(resistors: Sequence[ResistorNoise], ambient_K: float, needed_K: float) -> list[ControlVerdict]:
    """Judge the density of the open input against the floor that the resistors have."""
    opened = [one for one in resistors if not one.conductance_S]
    calibration = _from([one for one in resistors if one.conductance_S], ambient_K)
    if not opened or calibration is None:
        return []
    (one,) = opened
    density = one.density_A2_per_Hz
    sigma = math.hypot(one.relative * density, math.sqrt(float(calibration.covariance[2, 2])))
    needed = (
        needed_K * FOUR_K * calibration.gain * G0_S
    )  # as the temperature of a contact of 1 G0 would show it
    value = density - calibration.floor_A2_per_Hz
    what = "noise of the open input less the floor that the resistors have"
    return [control_verdict("open input", value, sigma, "A2/Hz", 0.0, needed, what)]


def _from(resistors: Sequence[ResistorNoise], ambient_K: float) -> NoiseCalibration | None:
    """Return the calibration by some resistors; None if they are too few."""
    if conductances(resistors) < LEAST_CONDUCTANCES:
        return None
    rows = np.array([(one.conductance_S, one.density_A2_per_Hz, one.relative) for one in resistors])
    return calibrate_noise(rows[:, 0], rows[:, 1], rows[:, 2], ambient_K)
