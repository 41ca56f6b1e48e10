"""I-V curves of many junctions: transition voltage and level over curves and of the mean curve."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.constants import G0_S
from analysis.iv.curves import Curve
from analysis.iv.junction_points import JunctionPoints, junction_points
from analysis.iv.single_level import fit_level, fit_levels
from analysis.iv.transition_voltages import transition_voltages
from analysis.statistics.junction_mean import junction_mean, one_sigma_half
from tests.validation.study import Table, share

LEVEL_eV, SCATTER_eV, WIDTH_eV = 0.8, 0.05, 0.03
VOLTAGE_V = np.array([0.04 * i for i in range(-30, 31) if i])
NUMBERS = (5, 20, 100)
COLD_K = 1.0


@dataclass(frozen=True)
class Outcome:
    """Mean over curves with half its 68 % interval and its 95 % interval, and the number of the mean curve."""

    value: float
    half_68: float
    interval: tuple[float, float]
    of_mean_curve: float


def currents_A(rng: np.random.Generator, n: int, noise: float = 0.01) -> np.ndarray:
    """Return curves of junctions at 0 K, whose levels and widths scatter, (n, voltages)."""
    e = (LEVEL_eV + SCATTER_eV * rng.standard_normal(n))[:, None]
    g = (WIDTH_eV * np.exp(0.2 * rng.standard_normal(n)))[:, None]
    ideal = G0_S * g * (np.arctan((e + VOLTAGE_V / 2) / g) - np.arctan((e - VOLTAGE_V / 2) / g))
    return np.asarray(ideal * (1.0 + noise * rng.standard_normal(ideal.shape)))


def points_of(rng: np.random.Generator, n: int) -> JunctionPoints:
    """Return the points of ``n`` junctions that are drawn anew."""
    return junction_points([Curve(f"{i}", VOLTAGE_V, row) for i, row in enumerate(currents_A(rng, n))])


def voltages(rng: np.random.Generator, n: int, sets: int) -> list[Outcome]:
    """Return transition voltages of ``sets`` sets of junctions."""
    outcomes = []
    for _ in range(sets):
        points = points_of(rng, n)
        found = transition_voltages(points.voltage_V, points.mean_A, points.mean_ln, 1)
        outcomes.append(_outcome(found.by_junction_V, found.of_mean_curve_V, rng))
    return outcomes


def levels(rng: np.random.Generator, n: int, sets: int) -> list[Outcome]:
    """Return levels of ``sets`` sets of junctions."""
    outcomes = []
    for _ in range(sets):
        points = points_of(rng, n)
        fits = fit_levels(points.voltage_V, points.mean_A, COLD_K)
        energy = np.array([fit.energy_eV for fit in fits if fit.described])
        mean = fit_level(points.voltage_V, points.mean_A.mean(axis=0), COLD_K)
        outcomes.append(_outcome(energy, mean.energy_eV, rng))
    return outcomes


def _outcome(values: np.ndarray, of_mean_curve: float, rng: np.random.Generator) -> Outcome:
    mean = junction_mean(values, rng, resamples=400)
    return Outcome(mean.value, one_sigma_half(mean), mean.interval, of_mean_curve)


def true_transition_voltage(rng: np.random.Generator, junctions: int = 4000) -> float:
    """Return the mean over many junctions of the voltage at which d ln I / d ln V is 2, without noise."""
    e = (LEVEL_eV + SCATTER_eV * rng.standard_normal(junctions))[:, None]
    g = (WIDTH_eV * np.exp(0.2 * rng.standard_normal(junctions)))[:, None]
    v = np.linspace(0.5, 1.3, 801)
    current = g * (np.arctan((e + v / 2) / g) - np.arctan((e - v / 2) / g))
    slope = 0.5 * (1.0 / (1.0 + ((e + v / 2) / g) ** 2) + 1.0 / (1.0 + ((e - v / 2) / g) ** 2))
    above = v * slope / current > 2.0
    return float(v[np.argmax(above, axis=1)][above.any(axis=1)].mean())


def tables(rng: np.random.Generator, sets: int) -> Iterator[Table]:
    """Yield one table: a line for each quantity and number of junctions."""
    truth_V, rows = true_transition_voltage(rng), []
    few = max(sets // 4, 8)
    for n in NUMBERS:
        for name, unit, truth, found in (
            ("transition voltage", "V", truth_V, voltages(rng, n, few)),
            ("level", "eV", LEVEL_eV, levels(rng, n, few)),
        ):
            rows.append(
                (
                    f"{name}, {n} junctions",
                    f"{np.mean([x.value for x in found]) - truth:+.4f} {unit}",
                    f"{np.nanmean([x.of_mean_curve for x in found]) - truth:+.4f} {unit}",
                    share([abs(x.value - truth) < x.half_68 for x in found]),
                    share([x.interval[0] < truth < x.interval[1] for x in found]),
                )
            )
    yield Table(
        "curves",
        f"Levels {LEVEL_eV:g} ± {SCATTER_eV:g} eV, half widths {1e3 * WIDTH_eV:g} meV ± 20 %, noise of a point 1 %; "
        f"{few} sets a line. Error: mean of the sets minus the true mean over junctions.",
        (
            "quantity",
            "error of the mean over curves",
            "error of the mean curve",
            "68 % interval holds",
            "95 % interval holds",
        ),
        tuple(rows),
    )
