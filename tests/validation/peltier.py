"""Peltier coefficient: do its errors hold the truth, and does a tip that never cools pass for one that does?"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.constants import G0_S
from analysis.heating.hold_estimate import LevelRises
from analysis.records import FloatArray
from analysis.thermoelectric.detectability import ThermometerNoise
from analysis.thermoelectric.peltier import peltier_of_levels
from analysis.thermoelectric.peltier_expectation import odd_sigma_W
from analysis.thermoelectric.peltier_hold import PeltierHold
from analysis.thermoelectric.peltier_mean import coefficient_of
from analysis.thermoelectric.peltier_run import coldest_of
from tests.validation.study import Table, share

mV = 1e-3
WHITE_V2_per_Hz, CORNER_Hz, SEEBECK = 9.883894e-17, 3.2376, 16.3e-6


@dataclass(frozen=True)
class Case:
    """A campaign of holds of 30 s at 0 V and both signs of one amplitude, of molecules like BDA."""

    junctions: int = 40
    resistance_K_per_W: float = 1e6
    bias_V: float = 0.05
    Pi_V: float = 6.5e-3
    spread: float = 0.1
    decades: float = 0.15
    hold_s: float = 30.0


@dataclass(frozen=True)
class Results:
    """Pulls with errors by bootstrap and by the noise alone, relative errors, and whether the tip "cools"."""

    pull: FloatArray
    noise_pull: FloatArray
    relative: FloatArray
    cools: FloatArray


def campaigns(rng: np.random.Generator, case: Case, sets: int) -> Results:
    """Draw campaigns, and evaluate each as `analysis.thermoelectric.peltier_run` does."""
    tip = ThermometerNoise(case.resistance_K_per_W, SEEBECK, WHITE_V2_per_Hz, CORNER_Hz)
    sigma_K = np.sqrt(2.0) * case.resistance_K_per_W * odd_sigma_W(tip, case.hold_s, 12.25, has_zero=True)
    rows = []
    for _ in range(sets):
        holds = [_hold(rng, case, float(sigma_K)) for _ in range(case.junctions)]
        Pi, coldest = coefficient_of(holds, rng), coldest_of(holds)
        off_V = Pi.value - case.Pi_V
        rows.append(
            (
                off_V / Pi.sigma,
                off_V / Pi.noise_sigma,
                Pi.sigma / case.Pi_V,
                coldest is not None and coldest.seen,
            )
        )
    return Results(*np.array(rows, dtype=float).T)


def _hold(rng: np.random.Generator, case: Case, sigma_K: float) -> PeltierHold:
    """Return a hold of a junction with its own conductance and Pi; both rises share the noise of the zero level."""
    G_S = G0_S * 0.005 * 10 ** (case.decades * rng.standard_normal())
    Pi_V = case.Pi_V * (1.0 + case.spread * rng.standard_normal())
    bias_V = case.bias_V * np.array([-1.0, 0.0, 1.0])
    current_A, R_P = G_S * bias_V, case.resistance_K_per_W
    thermal_V = 2.0 * np.pi * 300.0 * 8.617333e-5
    heat_W = Pi_V * current_A * (1.0 + (bias_V / thermal_V) ** 2) + current_A**2 / (2.0 * G_S)
    noise_K = sigma_K / np.sqrt(2.0) * rng.standard_normal(3)
    rise_K = R_P * heat_W + noise_K - noise_K[1]
    covariance_K2 = sigma_K**2 * np.array([[1.0, 0.0, 0.5], [0.0, 0.0, 0.0], [0.5, 0.0, 1.0]])
    levels = LevelRises(current_A, bias_V, rise_K, covariance_K2, 1, True)
    fit = peltier_of_levels(current_A, rise_K / R_P, covariance_K2 / R_P**2, 1, G_S, 300.0)
    weight = case.hold_s * float(current_A[2]) ** 2
    return PeltierHold("", 0, int(rng.integers(1 << 40)), "", "", case.bias_V, case.hold_s, G_S, levels,
                       R_P, fit=fit, weight=weight)  # fmt: skip


CASES = (
    Case(),
    Case(junctions=20),
    Case(junctions=8),
    Case(junctions=5),
    Case(spread=0.5),
    Case(junctions=8, spread=0.5),
    Case(resistance_K_per_W=72_800.0),
    Case(junctions=8, resistance_K_per_W=72_800.0),
    Case(resistance_K_per_W=5e7, bias_V=0.006),
)


def tables(rng: np.random.Generator, sets: int) -> Iterable[Table]:
    """Coverage of the coefficient; those on the simulated rig are `tests.acceptance`."""
    rows = []
    for case in CASES:
        result = campaigns(rng, case, sets)
        rows.append(
            (
                f"{case.resistance_K_per_W:g}",
                f"{case.bias_V / mV:g}",
                str(case.junctions),
                f"{100 * case.spread:g} %",
                f"{100 * np.median(result.relative):.0f} %",
                share(np.abs(result.pull) < 1.0),
                share(np.abs(result.pull) < 2.0),
                share(np.abs(result.noise_pull) < 2.0),
                f"{np.sqrt(np.mean(result.pull**2)):.2f}",
                share(result.cools > 0.0),
            )
        )
    yield Table(
        "peltier",
        f"{sets} campaigns a line; Pi = 6.5 mV, G = 0.005 G0 within 0.15 decades, holds of 30 s at three levels.",
        (
            "R_P (K/W)",
            "bias (mV)",
            "junctions",
            "spread of Pi",
            "error of Pi",
            "within 1 sigma",
            "within 2 sigma",
            "within 2 sigma (noise alone)",
            "rms pull",
            '"cools"',
        ),
        tuple(rows),
    )
