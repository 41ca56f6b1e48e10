"""Thermopower: do its errors hold the truth?"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.line_fit import slope_through_origin
from analysis.records import FloatArray
from analysis.thermoelectric.thermopower_line import line_through_means
from tests.validation.study import Table, share

uV = 1e-6
DIFFERENCES_K = np.array([0.0, 5.0, 10.0, 15.0, 20.0])


@dataclass(frozen=True)
class Case:
    """Campaigns of the specification: S, spread and noise of junctions, offset, scale and set-point errors."""

    junctions: int = 60
    tails: bool = False
    S: float = 12e-6
    spread: float = 6e-6
    noise_V: float = 11e-6
    offset_V: float = 40e-6
    scale: float = 0.0123
    setpoint_K: float = 0.25


@dataclass(frozen=True)
class Pulls:
    """(result - truth) / sigma of slopes and intercepts, quoted errors, and slopes through the origin."""

    slope: FloatArray
    intercept: FloatArray
    sigma_V_per_K: FloatArray
    origin_V_per_K: FloatArray


def pulls(rng: np.random.Generator, case: Case, sets: int) -> Pulls:
    """Draw campaigns and fit the line through the means, as `analysis.thermoelectric.thermopower` does."""
    rows = []
    for _ in range(sets):
        true_K = DIFFERENCES_K + np.where(DIFFERENCES_K > 0, case.setpoint_K, 0.0) * rng.standard_normal(5)
        shape = (5, case.junctions)
        deviate = rng.standard_t(3, shape) / np.sqrt(3.0) if case.tails else rng.standard_normal(shape)
        S = case.S + case.spread * deviate
        volts = S * true_K[:, None] + case.offset_V + case.noise_V * rng.standard_normal(shape)
        seen_K = DIFFERENCES_K * (1.0 + case.scale * rng.standard_normal())
        sd_V = volts.std(axis=1, ddof=1)
        sem_V = sd_V / np.sqrt(case.junctions)
        sigma_K = np.where(DIFFERENCES_K > 0, case.setpoint_K, 1e-3)
        line = line_through_means(seen_K, sigma_K, volts.mean(axis=1), sd_V, np.full(5, case.junctions))
        sigma = line.with_scale_error(case.scale)
        origin = slope_through_origin(seen_K[1:], volts.mean(axis=1)[1:], sigma_K[1:], sem_V[1:])
        rows.append(
            (
                (line.slope - case.S) / sigma,
                (line.intercept - case.offset_V) / line.sigma_intercept,
                sigma,
                origin,
            )
        )
    return Pulls(*np.array(rows).T)


CASES = (Case(), Case(tails=True), Case(junctions=20), Case(junctions=6))


def tables(rng: np.random.Generator, sets: int) -> Iterable[Table]:
    """Coverage of the line through the means; those on the simulated rig are `tests.acceptance`."""
    rows = []
    for case in CASES:
        result = pulls(rng, case, sets)
        rows.append(
            [
                str(case.junctions),
                "Student's t, 3" if case.tails else "Gaussian",
                share(np.abs(result.slope) < 2.0),
                share(np.abs(result.intercept) < 2.0),
                f"{np.sqrt(np.mean(result.slope**2)):.2f}",
                f"{result.sigma_V_per_K.mean() / uV:.2f}",
                f"{result.origin_V_per_K.mean() / uV:.1f}",
            ]
        )
    yield Table(
        "thermopower",
        f"{sets} campaigns a line of five differences from 0 to 20 K; S = 12, spread 6 uV/K, noise 11 uV, offset "
        "40 uV, scale 1.23 %.",
        (
            "junctions a difference",
            "junctions scatter as",
            "slope within 2 sigma",
            "intercept within 2 sigma",
            "rms pull",
            "error (uV/K)",
            "through the origin (uV/K)",
        ),
        rows,
    )
