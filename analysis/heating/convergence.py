"""Convergence of a temperature rise: mean after each hold, its error, and the error expected from noise."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.heating.budget import expected_covariance_K2
from analysis.heating.combine import RESAMPLES, scatter_or_noise
from analysis.heating.runs import EvaluatedHold
from analysis.heating.significance import Significance
from analysis.records import FloatArray
from analysis.spectra.noise import Noise
from analysis.statistics.junction_mean import LEAST_EFFECTIVE, effective_number, skewness_of, widening_of

_DIFFERENCE = np.array([-1.0, 1.0])


@dataclass(frozen=True, eq=False)
class ConvergenceSeries:
    """Holds of one amplitude, control, frequency and tip; arrays of shape (n,), without rejected holds.

    Parameters
    ----------
    label : str
        "1.27 V", with frequency and control if they distinguish it from others.
    amplitude_V, frequency_Hz : float
    control : str
        Name of the control experiment; "" for the measurement itself.
    hold : ndarray of int
        1, 2, 3 ...
    modulated_s : ndarray
        Cumulative time of modulation.
    dT_K : ndarray, shape (2, n)
        Time-weighted running mean at positive and negative bias.
    sigma_K : ndarray, shape (2, n)
        Standard error of the mean, from the scatter of the junctions (from the noise for the first few).
    sigma_difference_K : ndarray
        Standard error of dT(-) - dT(+), including their covariance.
    error_known : ndarray of bool
        True where the errors come from the scatter of at least three effective junctions, not from the noise of the
        thermometer alone or from a single dominant junction.
    single_K : ndarray, shape (2, n)
        Temperature rises of the single holds.
    expected_K : ndarray, shape (2, n)
        Standard error expected from the thermometer's noise alone: falls as 1/sqrt(``modulated_s``); NaN if unknown.
        Draw it as a band about the last mean.
    resistance_K_per_W : float
        Thermal resistance of the tip: heat = temperature rise / resistance.
    rejected : int
        Number of rejected holds.
    significance : Significance or None
        Significance of the difference after the last hold.
    """

    label: str
    amplitude_V: float
    frequency_Hz: float
    control: str
    hold: np.ndarray
    modulated_s: FloatArray
    dT_K: FloatArray
    sigma_K: FloatArray
    sigma_difference_K: FloatArray
    error_known: NDArray[np.bool_]
    single_K: FloatArray
    expected_K: FloatArray
    resistance_K_per_W: float
    rejected: int
    significance: Significance | None = None


class Convergence:
    """Running means of the holds at one amplitude."""

    def __init__(self, first: EvaluatedHold, label: str) -> None:
        self._first, self.label = first, label
        self._rows: list[tuple[float, ...]] = []
        self._weights: list[float] = []
        self._rises: list[tuple[float, float]] = []
        self._noise = np.zeros((2, 2))  # sum of w^2 covariance
        self._rejected = 0

    def add(self, hold: EvaluatedHold) -> None:
        """Add a hold."""
        estimate = hold.estimate
        if estimate.rejected:
            self._rejected += 1
            return
        w, x = estimate.kept_s, (estimate.dT_pos_K, estimate.dT_neg_K)
        self._weights.append(w)
        self._rises.append(x)
        self._noise = self._noise + w * w * np.asarray(estimate.covariance_K2)
        weights, rises = np.array(self._weights), np.array(self._rises)
        covariance, errors_from = scatter_or_noise(rises, weights, self._noise / weights.sum() ** 2)
        known = errors_from == "junctions" and effective_number(weights) >= LEAST_EFFECTIVE - 1e-9
        sigma = np.sqrt(np.maximum(np.diag(covariance), 0.0))
        sigma_difference = math.sqrt(max(float(_DIFFERENCE @ covariance @ _DIFFERENCE), 0.0))
        mean = weights @ rises / weights.sum()
        self._rows.append((weights.sum(), *mean, *sigma, *x, sigma_difference, known))

    def _significance(self, rng: np.random.Generator) -> Significance | None:
        """Return the significance of the difference, as `analysis.heating.points.HeatingPoint.asymmetry` does."""
        if not self._rows:
            return None
        weights, difference = np.array(self._weights), np.array(self._rises) @ _DIFFERENCE
        return Significance(
            float(weights @ difference / weights.sum()),
            self._rows[-1][7],
            len(weights),
            effective_number(weights),
            skewness_of(difference),
            widening_of(difference, weights, rng, RESAMPLES),
        )

    def snapshot(self, noise: Noise | None, rng: np.random.Generator) -> ConvergenceSeries:
        """Return the series so far with the error expected from the noise; ``rng`` is for the bootstrap."""
        rows = np.array(self._rows, dtype=float).reshape(-1, 9).T
        first = self._first
        with np.errstate(divide="ignore"):
            expected = self._expected_at_1s_K(noise)[:, None] / np.sqrt(rows[0])
        return ConvergenceSeries(
            label=self.label,
            amplitude_V=abs(first.estimate.amplitude_V),
            frequency_Hz=first.frequency_Hz,
            control=first.control,
            hold=np.arange(1, rows.shape[1] + 1),
            modulated_s=rows[0],
            dT_K=rows[1:3],
            sigma_K=rows[3:5],
            sigma_difference_K=rows[7],
            error_known=rows[8] > 0.0,
            single_K=rows[5:7],
            expected_K=expected,
            resistance_K_per_W=first.thermometer.resistance_K_per_W,
            rejected=self._rejected,
            significance=self._significance(rng),
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
                first.mask_samples + first.lead_samples,
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
        """Add a hold."""
        amplitude_V = round(abs(hold.estimate.amplitude_V), 9)
        key = (hold.control, amplitude_V, hold.frequency_Hz, hold.thermometer)
        if key not in self._groups:
            self._groups[key] = Convergence(hold, f"{amplitude_V:.3g} V")
        self._groups[key].add(hold)

    def snapshots(self, noise: Noise | None, rng: np.random.Generator) -> tuple[ConvergenceSeries, ...]:
        """Return all series by rising amplitude; labels include frequency and control if they differ."""
        series = [group.snapshot(noise, rng) for group in self._groups.values()]
        many = len({each.frequency_Hz for each in series if math.isfinite(each.frequency_Hz)}) > 1
        labelled = [
            replace(
                each,
                label=", ".join(
                    [
                        each.label,
                        *([f"{each.frequency_Hz:g} Hz"] if many else []),
                        *([each.control] if each.control else []),
                    ]
                ),
            )
            for each in series
        ]
        return tuple(sorted(labelled, key=lambda each: (each.control, each.amplitude_V, each.frequency_Hz)))
