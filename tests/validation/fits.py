"""Fits of a level to the mean I-V of junctions that scatter: do errors from junctions left out hold?"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.fit_data import JunctionData
from analysis.fit_model import Parameter, level_family
from analysis.fit_problem import Problem
from analysis.fit_transport import FitResult, fit
from analysis.jackknife import TWO_SIGMA
from analysis.junction_curves import Average, JunctionCurves
from analysis.landauer import currents
from analysis.records import FloatArray
from analysis.transmission import Level, LevelTransmission
from tests.validation.study import Table, share

ENERGY_eV, ENERGY_SD_eV = 0.80, 0.05
GAMMA_eV, GAMMA_SD = 0.03, 0.2
LARGEST_V = 1.2
TRUTH_FROM = 3000


@dataclass(frozen=True)
class Case:
    """A line of the table."""

    junctions: int
    voltages: int = 61
    average: Average = "mean"
    scatter: float = 1.0
    noise: float = 0.01


CASES = (
    Case(3),
    Case(10),
    Case(100),
    Case(10, voltages=601),
    Case(10, average="log"),
    Case(10, scatter=0.0, noise=0.05),
    Case(3, noise=0.05),
)


def junctions(rng: np.random.Generator, case: Case, number: int) -> JunctionCurves:
    """Draw junctions: level and couplings differ, every point has noise (a share of the current) of its own."""
    V = np.linspace(-LARGEST_V, LARGEST_V, case.voltages)
    V = V[V != 0]
    rows = []
    for _ in range(number):
        energy = ENERGY_eV + case.scatter * ENERGY_SD_eV * rng.standard_normal()
        gamma = GAMMA_eV * np.exp(case.scatter * GAMMA_SD * rng.standard_normal())
        exact = currents(LevelTransmission([Level(energy, gamma, gamma)]), V).current_A
        rows.append(exact * (1 + case.noise * rng.standard_normal(V.size)))
    return JunctionCurves(V, np.array(rows), case.average)


def fitted(curves: JunctionCurves, errors: bool = True) -> FitResult:
    """Fit one level with equal couplings, as `hotjunction fit` does."""
    energy = Parameter("energy_eV", 0.7, 0.05, 3.0)
    gamma = Parameter("gamma_eV", 0.02, 1e-5, 1.0, logarithmic=True)
    problem = Problem(JunctionData(curves.mean()), level_family([[energy, gamma, gamma, 0.5]]))
    return fit(problem, curves.replicas() if errors else ())


def truth_of(rng: np.random.Generator, case: Case) -> FloatArray:
    """What the same fit gives for the mean of very many junctions."""
    return fitted(junctions(rng, case, TRUTH_FROM), errors=False).values


def covered(
    rng: np.random.Generator, case: Case, sets: int, truth: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Whether the 68 % and the 95 % intervals hold the truth, and the errors: each (sets, 2), energy and width."""
    results = [fitted(junctions(rng, case, case.junctions)) for _ in range(sets)]
    off = np.array([np.abs(x.values - truth) for x in results])
    one, two = (np.array([x.error.half_width(c) for x in results]) for c in (0.682689492137086, TWO_SIGMA))
    return off < one, off < two, one


def tables(rng: np.random.Generator, sets: int) -> Iterable[Table]:
    """Yield the coverage of level position and width."""
    rows = []
    for case in CASES:
        one, two, errors = covered(rng, case, sets, truth_of(rng, case))
        rows.append(
            (
                str(case.junctions),
                str(case.voltages),
                case.average,
                f"{case.scatter * ENERGY_SD_eV * 1e3:.0f} meV, {case.scatter * GAMMA_SD:.0%}",
                f"{case.noise:.0%}",
                share(one[:, 0].tolist()),
                share(two[:, 0].tolist()),
                share(one[:, 1].tolist()),
                share(two[:, 1].tolist()),
                f"{1e3 * np.median(errors[:, 0]):.1f} meV",
            )
        )
    yield Table(
        "fits",
        f"Level at {ENERGY_eV} eV, width {1e3 * GAMMA_eV:.0f} meV on either side, ±{LARGEST_V} V, 300 K; {sets} sets a "
        f"line. Truth: the same fit to {TRUTH_FROM} junctions. 68 % and 95 % intervals by Student's t.",
        (
            "junctions",
            "voltages",
            "average",
            "scatter of level, width",
            "noise of a point",
            "level 68 %",
            "95 %",
            "width 68 %",
            "95 %",
            "median error of the level",
        ),
        tuple(rows),
    )
