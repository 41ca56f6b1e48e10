"""Fits of a level to the mean I-V of junctions that scatter: do errors from junctions left out hold?"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.fitting.data import CurrentData, LogCurrentData
from analysis.fitting.jackknife import ONE_SIGMA, TWO_SIGMA, half_interval, interval, jackknife_error, student
from analysis.iv.junction_curves import Average, JunctionCurves
from analysis.records import FloatArray
from tests.validation.level_fits import START, currents_of, fit_levels
from tests.validation.study import Table, share

ENERGY_eV, ENERGY_SD_eV = 0.80, 0.05
GAMMA_eV, GAMMA_SD = 0.03, 0.2
LARGEST_V = 1.2

TOGETHER = 50
"""Sets that are fitted at a time, for the sake of memory."""


@dataclass(frozen=True)
class Case:
    """A line of the table."""

    junctions: int
    voltages: int = 61
    average: Average = "mean"
    scatter: float = 1.0
    noise: float = 0.01

    @property
    def voltage_V(self) -> FloatArray:
        """Voltages without 0."""
        V = np.linspace(-LARGEST_V, LARGEST_V, self.voltages)
        return np.asarray(V[V != 0])


CASES = (
    Case(3),
    Case(5),
    Case(10),
    Case(100),
    Case(10, voltages=601),
    Case(10, average="log"),
    Case(10, scatter=0.0, noise=0.05),
    Case(3, noise=0.05),
)


def junctions(rng: np.random.Generator, case: Case, number: int) -> JunctionCurves:
    """Draw junctions: level and couplings differ, every point has noise (a share of the current) of its own."""
    levels = np.column_stack(
        [
            ENERGY_eV + case.scatter * ENERGY_SD_eV * rng.standard_normal(number),
            np.log(GAMMA_eV) + case.scatter * GAMMA_SD * rng.standard_normal(number),
        ]
    )
    exact, _ = currents_of(levels, case.voltage_V)
    return JunctionCurves(
        case.voltage_V, exact * (1 + case.noise * rng.standard_normal(exact.shape)), case.average
    )


def truth_of(case: Case) -> FloatArray:
    """Return what the fit gives for infinitely many junctions: energy in eV and logarithm of the width in eV.

    Mean and variance over the junctions are those of `junctions`, by Gauss-Hermite quadrature.
    """
    (e, e_weight), (g, g_weight), (z, z_weight) = (_normal(n) for n in (80, 20, 5))
    spread = [case.scatter * x for x in (ENERGY_SD_eV * e, GAMMA_SD * g)]
    levels = np.stack(
        np.broadcast_arrays(ENERGY_eV + spread[0][:, None], np.log(GAMMA_eV) + spread[1]), axis=-1
    )
    exact = currents_of(levels.reshape(-1, 2), case.voltage_V)[0]
    drawn = exact[:, None] * (1 + case.noise * z)[:, None]
    weight = np.outer(np.outer(e_weight, g_weight).ravel(), z_weight)[..., None]
    if case.average == "log":
        drawn = np.log(np.abs(drawn))
    mean = (weight * drawn).sum(axis=(0, 1))
    sigma = np.sqrt((weight * (drawn - mean) ** 2).sum(axis=(0, 1)))
    V = case.voltage_V
    curve = (
        LogCurrentData(V, np.sign(V) * np.exp(mean), sigma)
        if case.average == "log"
        else CurrentData(V, mean, sigma)
    )
    return fit_levels([curve], START[None])[0]


def _normal(points: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of a mean over a normal distribution."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(points)
    return nodes, weights / weights.sum()


def estimates(sets: list[JunctionCurves]) -> tuple[FloatArray, FloatArray]:
    """Fits to the means, (sets, 2), and with each group left out, (groups, sets, 2); energy and logarithm of width."""
    full = fit_levels([x.mean() for x in sets], np.tile(START, (len(sets), 1)))
    left_out = [x.replicas() for x in sets]
    groups = len(left_out[0])
    single = fit_levels([y for x in left_out for y in x], np.repeat(full, groups, axis=0))
    return full, single.reshape(len(sets), groups, 2).swapaxes(0, 1)


@dataclass(frozen=True, eq=False)
class Outcome:
    """Intervals that contain the truth, each (sets, 2): of energy and width; ``error_eV`` (sets,) is that of the level.

    ``student_68`` is Student's t alone.
    """

    held_68: FloatArray
    held_95: FloatArray
    student_68: FloatArray
    error_eV: FloatArray


def outcomes(rng: np.random.Generator, case: Case, sets: int) -> Outcome:
    """Draw sets, fit them and compare with the truth."""
    truth = truth_of(case)
    batches = (range(start, min(start + TOGETHER, sets)) for start in range(0, sets, TOGETHER))
    found = [estimates([junctions(rng, case, case.junctions) for _ in batch]) for batch in batches]
    full, left_out = np.concatenate([x for x, _ in found]), np.concatenate([x for _, x in found], axis=1)

    def held(coverage: float) -> FloatArray:
        low, high = interval(full, left_out, coverage)
        return np.asarray((low < truth) & (truth < high))

    half = student(ONE_SIGMA, len(left_out) - 1) * jackknife_error(left_out)
    error = half_interval(left_out)[:, 0]
    return Outcome(held(ONE_SIGMA), held(TWO_SIGMA), np.abs(full - truth) < half, error)


def tables(rng: np.random.Generator, sets: int) -> Iterable[Table]:
    """Yield the coverage of level position and width."""
    rows = []
    for case in CASES:
        found = outcomes(rng, case, 2 * sets)
        rows.append(
            (
                str(case.junctions),
                str(case.voltages),
                case.average,
                f"{case.scatter * ENERGY_SD_eV * 1e3:.0f} meV, {case.scatter * GAMMA_SD:.0%}",
                f"{case.noise:.0%}",
                share(found.student_68[:, 0].tolist()),
                *(share(x.tolist()) for x in (*found.held_68.T, *found.held_95.T)),
                f"{1e3 * np.median(found.error_eV):.1f} meV",
            )
        )
    yield Table(
        "fits",
        f"Level at {ENERGY_eV} eV, width {1e3 * GAMMA_eV:.0f} meV on either side, ±{LARGEST_V} V, 300 K; {2 * sets} "
        "sets a line. Truth: the same fit to infinitely many junctions.",
        (
            "junctions",
            "voltages",
            "average",
            "scatter of level, width",
            "noise of a point",
            "level, Student's t alone, 68 %",
            "level 68 %",
            "width 68 %",
            "level 95 %",
            "width 95 %",
            "median error of the level",
        ),
        tuple(rows),
    )
