"""Current-voltage curves of many junctions on one grid: their mean, its error, and means without some junctions."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.fitting.data import CurrentData, LogCurrentData
from analysis.fitting.jackknife import groups_of
from analysis.records import FloatArray

_ENOUGH = 18  # degrees of freedom of a variance; with fewer, neighbouring voltages are combined

Average = Literal["mean", "log"]


@dataclass(frozen=True, eq=False)
class JunctionCurves:
    """Curves of junctions, one row each.

    Parameters
    ----------
    voltage_V : ndarray, shape (n,)
    current_A : ndarray, shape (junctions, n)
        Mean of the sweeps of each junction; NaN where it has no point.
    average : {"mean", "log"}
        Arithmetic mean of the currents, or geometric mean of their moduli.
    unit : {"junction", "sweep"}
        Meaning of a row. Repeated sweeps of a single junction show the reproducibility of that junction, but not the
        differences between junctions.
    notes : tuple of str
        Sentences about omitted and combined data.
    """

    voltage_V: FloatArray
    current_A: FloatArray
    average: Average = "mean"
    unit: Literal["junction", "sweep"] = "junction"
    notes: tuple[str, ...] = ()

    @property
    def junctions(self) -> int:
        """Number of rows."""
        return len(self.current_A)

    @cached_property
    def count(self) -> NDArray[np.intp]:
        """Number of junctions at each voltage, shape (n,)."""
        return np.isfinite(self.current_A).sum(axis=0)

    @cached_property
    def repeats(self) -> bool:
        """True if at least half of the voltages were measured on two junctions or more."""
        return bool((self.count >= 2).mean() >= 0.5)

    @cached_property
    def standard_error(self) -> FloatArray:
        """Error of the mean at each voltage, SD/sqrt(junctions), (n,): in A, or of ln|I| for "log"; NaN if unknown.

        For few junctions the variances of neighbouring voltages are averaged (by their logarithms): an error from
        three values is itself too uncertain for a weight.
        """
        deviation, count = self._signal - _mean(self._signal), np.maximum(self.count, 1)
        variance = np.nansum(deviation**2, axis=0) / np.maximum(count - 1, 1)
        rounding = (1e-12 * np.nanmax(np.abs(self._signal), initial=0.0)) ** 2
        defined = (self.count >= 2) & (variance > rounding)
        if not (self.repeats and defined.any()):
            return np.full(variance.shape, np.nan)
        variance = np.where(defined, variance, np.nan)
        variance = _smoothed(variance, int(np.ceil(_ENOUGH / (np.median(self.count[defined]) - 1))))
        variance = np.where(np.isfinite(variance), variance, np.nanmin(variance))
        return np.asarray(np.sqrt(variance / count))

    @cached_property
    def independent(self) -> float:
        """Number of independent values equivalent to the mean curve, 1 to n.

        It is n / (mean of r^2), with r the correlations of the deviations at each pair of voltages and r^2 corrected
        for chance. Curves that differ as a whole are worth little more than one value for each mode of difference.
        """
        deviation = self._signal - _mean(self._signal)
        size = np.sqrt(np.nansum(deviation**2, axis=0))
        scaled = np.nan_to_num(deviation[:, size > 0] / size[size > 0])
        n, freedom = scaled.shape[1], self.junctions - 1
        if freedom < 2 or n < 2:
            return 1.0
        squares = float(((scaled @ scaled.T) ** 2).sum()) - n  # over pairs of different voltages
        mean = squares / (n * (n - 1))
        corrected = np.clip((freedom * mean - 1) / (freedom - 1), 0.0, 1.0)
        return float(n / (1 + (n - 1) * corrected))

    def mean(self) -> CurrentData | LogCurrentData:
        """Return the mean curve with its error; without an error if voltages do not repeat, or nothing scatters.

        Raises
        ------
        ValueError
            For a logarithmic mean without an error.
        """
        return self.weighed(self.standard_error)

    def replicas(self) -> tuple[CurrentData | LogCurrentData, ...]:
        """Return mean curves without one junction each (of more than 50, without a group), weighted like the mean of
        all.
        """
        rest = (np.delete(self.current_A, missing, axis=0) for missing in groups_of(self.junctions))
        return tuple(replace(self, current_A=x).weighed(self.standard_error) for x in rest)

    def weighed(self, error: FloatArray) -> CurrentData | LogCurrentData:
        """Return the mean curve with errors (n,) in the unit of `standard_error`; NaN throughout if unknown."""
        if not np.isfinite(error).any():
            if self.average == "log":
                raise ValueError(
                    "a logarithmic mean needs voltages measured on two junctions or more; none repeats"
                )
            row, place = np.nonzero(np.isfinite(self.current_A))
            return CurrentData(self.voltage_V[place], self.current_A[row, place])
        shown = (self.count >= 1) & np.isfinite(error)
        voltage, mean = self.voltage_V[shown], _mean(self._signal)[shown]
        if self.average == "log":
            return LogCurrentData(voltage, np.sign(voltage) * np.exp(mean), error[shown])
        return CurrentData(voltage, mean, error[shown])

    @cached_property
    def _signal(self) -> FloatArray:
        """Currents, or their logarithms, that are averaged."""
        return np.log(np.abs(self.current_A)) if self.average == "log" else self.current_A


def _mean(values: FloatArray) -> FloatArray:
    """Return the mean of the rows without NaN; NaN where all are."""
    count = np.isfinite(values).sum(axis=0)
    return np.asarray(np.where(count > 0, np.nansum(values, axis=0) / np.maximum(count, 1), np.nan))


def _smoothed(variance: FloatArray, width: int) -> FloatArray:
    """Return the geometric mean of the variances of ``width`` neighbouring voltages, without NaN."""
    if width < 2:
        return variance
    odd = min(width + 1 - width % 2, variance.size - 1 + variance.size % 2)
    defined, ones = np.isfinite(variance), np.ones(odd)
    logarithm = np.where(defined, np.log(np.where(defined, variance, 1.0)), 0.0)
    total = np.convolve(logarithm, ones, "same")
    number = np.convolve(defined.astype(float), ones, "same")
    return np.asarray(np.where(number > 0, np.exp(total / np.maximum(number, 1.0)), np.nan))
