"""A temperature rise as it becomes known: the mean after each hold, with its error, and the error to be expected."""

import math
from dataclasses import dataclass, replace

import numpy as np

from analysis.heating.budget import expected_covariance_K2
from analysis.heating.combine import LEAST_JUNCTIONS
from analysis.heating.runs import EvaluatedHold
from analysis.heating.spectrum import Noise
from analysis.records import FloatArray

MK = 1e-3


@dataclass(frozen=True, eq=False)
class ConvergenceSnapshot:
    """One amplitude (of one control, frequency and tip) hold by hold; arrays of shape (n,), rejected holds left out.

    Parameters
    ----------
    label : str
        "1.27 V", with what else tells it from the others.
    amplitude_V, frequency_Hz : float
    control : str
        Name of the control experiment; "" for the measurement itself.
    hold : ndarray of int
        1, 2, 3 ...
    modulated_s : ndarray
        Time modulated so far.
    dT_pos_mK, dT_neg_mK : ndarray
        Time-weighted mean so far at positive and negative bias.
    sigma_pos_mK, sigma_neg_mK : ndarray
        Its standard error, from the scatter of the junctions (from the noise for the first few).
    single_pos_mK, single_neg_mK : ndarray
        Of each hold alone.
    expected_pos_mK, expected_neg_mK : ndarray
        Standard error that the thermometer's noise allows: falls as 1/sqrt(``modulated_s``); NaN where unknown. Draw it
        as a band about the last mean.
    rejected : int
        Holds left out.
    """

    label: str
    amplitude_V: float
    frequency_Hz: float
    control: str
    hold: np.ndarray
    modulated_s: FloatArray
    dT_pos_mK: FloatArray
    dT_neg_mK: FloatArray
    sigma_pos_mK: FloatArray
    sigma_neg_mK: FloatArray
    single_pos_mK: FloatArray
    single_neg_mK: FloatArray
    expected_pos_mK: FloatArray
    expected_neg_mK: FloatArray
    rejected: int


class Convergence:
    """Running means of the holds at one amplitude; a hold costs the same however many there were."""

    def __init__(self, first: EvaluatedHold, label: str) -> None:
        self._first, self.label = first, label
        self._rows: list[tuple[float, ...]] = []
        self._sums = np.zeros((5, 2))  # of w, w x, w^2, w^2 x, w^2 x^2 for both polarities
        self._noise = np.zeros(2)  # of w^2 sigma^2
        self._rejected = 0

    def add(self, hold: EvaluatedHold) -> None:
        """Take a hold."""
        estimate = hold.estimate
        if estimate.rejected:
            self._rejected += 1
            return
        w, x = estimate.kept_s, np.array([estimate.dT_pos_K, estimate.dT_neg_K])
        self._sums += np.stack([np.full(2, w), w * x, np.full(2, w * w), w * w * x, w * w * x * x])
        self._noise += w * w * np.diag(estimate.covariance_K2)
        mean, sigma = self._mean_and_error(len(self._rows) + 1)
        self._rows.append((self._sums[0, 0], *mean, *sigma, *x))

    def _mean_and_error(self, n: int) -> tuple[FloatArray, FloatArray]:
        total, wx, ww, wwx, wwxx = self._sums
        mean = wx / total
        noise = self._noise / total**2
        if n < 2:
            return mean, np.sqrt(noise)
        scatter = np.maximum(wwxx - 2.0 * mean * wwx + mean**2 * ww, 0.0) / total**2 * n / (n - 1)
        few = n < LEAST_JUNCTIONS and scatter.sum() < noise.sum()
        return mean, np.sqrt(noise if few else scatter)

    def snapshot(self, noise: Noise | None) -> ConvergenceSnapshot:
        """The series so far, beside what this noise allows."""
        rows = np.array(self._rows, dtype=float).reshape(-1, 7).T
        first = self._first
        with np.errstate(divide="ignore"):
            expected = self._expected_at_1s_K(noise)[:, None] / np.sqrt(rows[0])
        return ConvergenceSnapshot(
            label=self.label,
            amplitude_V=abs(first.estimate.amplitude_V),
            frequency_Hz=first.frequency_Hz,
            control=first.control,
            hold=np.arange(1, rows.shape[1] + 1),
            modulated_s=rows[0],
            dT_pos_mK=rows[1] / MK,
            dT_neg_mK=rows[2] / MK,
            sigma_pos_mK=rows[3] / MK,
            sigma_neg_mK=rows[4] / MK,
            single_pos_mK=rows[5] / MK,
            single_neg_mK=rows[6] / MK,
            expected_pos_mK=expected[0] / MK,
            expected_neg_mK=expected[1] / MK,
            rejected=self._rejected,
        )

    def _expected_at_1s_K(self, noise: Noise | None) -> FloatArray:
        first = self._first
        if noise is None:
            return np.full(2, np.nan)
        try:
            covariance = expected_covariance_K2(
                noise,
                first.programme,
                1.0,
                first.thermometer.seebeck_V_per_K,
                first.mask_samples,
                first.rate_Hz,
            )
        except ValueError:  # a programme without both signs and zero, as at amplitude 0
            return np.full(2, np.nan)
        return np.sqrt(np.diag(covariance))


class Convergences:
    """One `Convergence` for each amplitude, frequency, control and tip, in the order of their first holds."""

    def __init__(self) -> None:
        self._groups: dict[object, Convergence] = {}

    def add(self, hold: EvaluatedHold) -> None:
        """Take a hold."""
        amplitude_V = round(abs(hold.estimate.amplitude_V), 9)
        key = (hold.control, amplitude_V, hold.frequency_Hz, hold.thermometer)
        if key not in self._groups:
            self._groups[key] = Convergence(hold, f"{amplitude_V:.3g} V")
        self._groups[key].add(hold)

    def snapshots(self, noise: Noise | None) -> tuple[ConvergenceSnapshot, ...]:
        """By rising amplitude; labels tell frequencies and controls where they differ."""
        found = [group.snapshot(noise) for group in self._groups.values()]
        many = len({one.frequency_Hz for one in found if math.isfinite(one.frequency_Hz)}) > 1
        told = [
            replace(
                one,
                label=", ".join(
                    [
                        one.label,
                        *([f"{one.frequency_Hz:g} Hz"] if many else []),
                        *([one.control] if one.control else []),
                    ]
                ),
            )
            for one in found
        ]
        return tuple(sorted(told, key=lambda one: (one.control, one.amplitude_V, one.frequency_Hz)))
