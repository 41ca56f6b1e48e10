"""Noise thermometer: do its errors hold the temperature of the contacts, with and without heat?"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from analysis.constants import G0_S
from analysis.records import FloatArray
from analysis.thermoelectric.measured_noise import MeasuredNoise
from analysis.thermoelectric.noise_band import BAND_Hz, BandNoise
from analysis.thermoelectric.noise_holds import OPEN, RESISTOR
from analysis.thermoelectric.noise_run import analyse_noise
from analysis.thermoelectric.noise_thermometer import FOUR_K
from tests.validation.study import Table, share

GAIN, SQUARE_V2_per_Hz, FLOOR_A2_per_Hz = 0.95, 2.5e-17, 6e-26


@dataclass(frozen=True)
class Case:
    """Resistors of 2, 1 and 0.5 G0, and contacts of 0.5 to 4 G0 at 0 K and 30 K, which change by up to ``change``."""

    resistor_s: float = 100.0
    contacts: int = 100
    hold_s: float = 1.0
    change: float = 0.0


def measured_noise(
    rng: np.random.Generator,
    conductance_S: float,
    temperature_K: float,
    duration_s: float,
    kind: str,
    dT_K: float,
) -> MeasuredNoise:
    """Draw a hold: the means of a band's periodogram scatter by 1/sqrt(points)."""
    true = (
        GAIN * FOUR_K * temperature_K * conductance_S + SQUARE_V2_per_Hz * conductance_S**2 + FLOOR_A2_per_Hz
    )
    points = (BAND_Hz[1] - BAND_Hz[0]) * duration_s
    low, high = true * (1.0 + rng.standard_normal(2) / np.sqrt(points / 2.0))
    noise = BandNoise(float(low + high) / 2.0, float(points**-0.5), (float(low), float(high)))
    return MeasuredNoise(kind, dT_K, conductance_S, noise)


def contact(rng: np.random.Generator, case: Case, dT_K: float) -> MeasuredNoise:
    """Draw a contact whose conductance steps at any time of its hold; only that before and after it is seen."""
    before_S, change = G0_S * rng.uniform(0.5, 4.0), case.change * rng.uniform(-1.0, 1.0)
    mean_S, seen_S = before_S * (1.0 + change * rng.random()), before_S * (1.0 + 0.5 * change)
    found = measured_noise(rng, mean_S, 300.0 + dT_K / 2.0, case.hold_s, "", dT_K)
    return replace(found, conductance_S=seen_S, change=abs(change) * before_S / seen_S)


def pulls(rng: np.random.Generator, case: Case, sets: int) -> tuple[FloatArray, FloatArray]:
    """Return pulls and errors (K) of both temperatures, shapes (sets, 2)."""
    rows = []
    for _ in range(sets):
        runs = [
            [measured_noise(rng, 1.0 / ohm, 300.0, case.resistor_s, RESISTOR, 0.0)]
            for ohm in (6450.0, 12_900.0, 25_800.0)
        ]
        contacts = [contact(rng, case, dT_K) for dT_K in (0.0, 30.0) for _ in range(case.contacts)]
        opened = measured_noise(rng, 0.0, 300.0, case.hold_s, OPEN, float("nan"))
        result = analyse_noise([*runs, [opened, *contacts]])
        rows.append(
            [((one.temperature_K - one.expected_K) / one.sigma_K, one.sigma_K) for one in result.sets]
        )
    table = np.array(rows)
    return table[:, :, 0], table[:, :, 1]


CASES = (
    Case(),
    Case(resistor_s=20.0),
    Case(resistor_s=20.0, contacts=10),
    Case(resistor_s=300.0, contacts=300),
)


def tables(rng: np.random.Generator, sets: int) -> Iterable[Table]:
    """Coverage of the temperatures."""
    rows = []
    for case in CASES:
        pull, sigma_K = pulls(rng, case, sets)
        rows.append(
            (
                f"{case.resistor_s:g}",
                str(case.contacts),
                f"{np.median(sigma_K[:, 0]):.1f}",
                f"{np.median(sigma_K[:, 1]):.1f}",
                share(np.abs(pull[:, 0]) < 2.0),
                share(np.abs(pull[:, 1]) < 2.0),
            )
        )
    yield Table(
        "noise_thermometer",
        f"{sets} campaigns a line; three resistors and one second of the open input, contacts of 0.5 to 4 G0 for 1 s.",
        (
            "resistors (s each)",
            "contacts",
            "error at 300 K (K)",
            "error at 315 K (K)",
            "300 K within 2 sigma",
            "315 K within 2 sigma",
        ),
        tuple(rows),
    )
