"""Fits of a model file to I-V curves: one transmission, or a comparison of three kinds of probe."""

from dataclasses import dataclass, replace

import numpy as np

from analysis.buettiker.fit_comparison import ProbeComparison, compare_probes
from analysis.fitting.data import CurrentData, JunctionData, LogCurrentData
from analysis.fitting.families import TransmissionFamily
from analysis.fitting.least_squares import fit_thoroughly
from analysis.fitting.problem import Problem, TransmissionProblem
from analysis.fitting.result import FitResult
from analysis.iv.curves import IVCurves, junction_curves
from analysis.iv.junction_curves import Average, JunctionCurves
from app.models.build import data_of, family_of, molecules_of, probed_data_of, probed_family_of
from app.models.schema import Model

STARTS = 8

Current = CurrentData | LogCurrentData


@dataclass(frozen=True, eq=False)
class ModelFit:
    """A fit, the plotted data, and the junctions of which they are the mean.

    ``curves`` is None where a single curve brings its own errors.
    """

    result: FitResult[TransmissionFamily]
    data: JunctionData
    curves: JunctionCurves | None


def current_of(
    read: IVCurves, average: Average = "mean", relative_error: float | None = None
) -> tuple[Current, JunctionCurves | None]:
    """Return the curve to fit, and its junctions if it is a mean; None for a curve with its own errors.

    Raises
    ------
    ValueError
        Where no point is left.
    """
    only = read.curves[0]
    if len(read.curves) == 1 and only.sigma_A is not None:
        good = np.isfinite(only.voltage_V) & np.isfinite(only.current_A)
        return CurrentData(only.voltage_V[good], only.current_A[good], only.sigma_A[good]), None
    curves = junction_curves(read.curves, average, read.notes)
    return weighted(curves.mean(), relative_error), curves


def weighted(current: Current, relative_error: float | None) -> Current:
    """Return a curve with relative uncertainties if it has none, at least those at 1 % of full scale."""
    if current.sigma_A is not None or relative_error is None:
        return current
    size = np.abs(current.current_A)
    return CurrentData(
        current.voltage_V, current.current_A, relative_error * np.maximum(size, 0.01 * size.max())
    )


def fit_model(
    model: Model,
    read: IVCurves,
    average: Average = "mean",
    relative_error: float | None = None,
    starts: int = STARTS,
) -> ModelFit:
    """Fit the free numbers of a model to the mean of curves; errors come from a jackknife over junctions.

    Raises
    ------
    FileError
        For a model that can't be built.
    ValueError
        For data that can't be fitted: no point, no free number, more free numbers than values.
    """
    current, curves = current_of(read, average, relative_error)
    problem = problem_of(model, current)
    return ModelFit(fit_with_junctions(problem, curves, relative_error, starts), problem.data, curves)


def fit_with_junctions(
    problem: TransmissionProblem,
    curves: JunctionCurves | None,
    relative_error: float | None = None,
    starts: int = STARTS,
) -> FitResult[TransmissionFamily]:
    """Fit a problem whose current is the mean of curves; errors come from a jackknife over their junctions.

    In a joint fit the curve weighs as much as its independent values. Raises ``ValueError`` as `fit_model`.
    """
    replicas = () if curves is None else tuple(weighted(x, relative_error) for x in curves.replicas())
    current = problem.data.current
    if curves is not None and current is not None and replicas and problem.data.joint:
        worth = curves.independent
        problem = replace(problem, data=replace(problem.data, current=current.worth(worth)))
        replicas = tuple(x.worth(worth) for x in replicas)
    return fit_thoroughly(problem, starts, replicas)


def problem_of(model: Model, current: Current) -> TransmissionProblem:
    """Return the fit problem of a model file: curve, other measured values, free numbers."""
    return Problem(data_of(model, current), family_of(model), molecules_of(model))


def compare_models(
    model: Model, read: IVCurves, relative_error: float | None = None, starts: int = STARTS
) -> tuple[ProbeComparison, float | None]:
    """Fit a junction without a probe, with a voltage probe and with a voltage-temperature probe, and compare them.

    Returns also as how many independent values the mean curve of several junctions is weighed; None for one.

    Raises
    ------
    FileError
        For a model that can't be built.
    ValueError
        For currents without an uncertainty.
    """
    current, curves = current_of(read, "mean", relative_error)
    if not isinstance(current, CurrentData) or current.sigma_A is None:
        raise ValueError(
            "models are compared by likelihood: give several curves, or --relative-error (relative_error), for an "
            "uncertainty of I"
        )
    independent = None if curves is None or curves.junctions < 2 else curves.independent
    weighed = current if independent is None else current.worth(independent)
    family = probed_family_of(model)
    return compare_probes(probed_data_of(model, weighed), family, starts), independent
