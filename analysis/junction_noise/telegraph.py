"""Telegraph noise: a held junction that switches between two levels, with the dwell time in each.

A hidden Markov model of two states (`analysis.junction_noise.hidden_markov`) is compared with one level by Schwarz's
criterion (BIC). Slow noise also divides into a lower and an upper half, so the levels must differ by three standard
deviations and each must be left ten times. The corner of the Lorentzian spectrum, (1/tau1 + 1/tau2) / 2 pi, is
estimated apart from the autocorrelation and must agree.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from analysis.distributions import normal_above
from analysis.junction_noise.hidden_markov import fit_two_states
from analysis.records import FloatArray

LEAST_SIGMAS = 3.0
LEAST_EXITS = 10
LEAST_DWELL_SAMPLES = 3.0
LEAST_SAMPLES = 200

AGREEMENT = 2.0
"""Largest ratio of the corner from the dwell times to that of the autocorrelation, either way."""

_ONE_LEVEL, _TWO_LEVELS = 2, 6  # free parameters
_TAIL = normal_above(1.0)

Verdict = Literal["two states", "none seen", "cannot tell"]


@dataclass(frozen=True)
class Dwell:
    """Dwell in one state: mean time in s, its 68 % interval, time spent in s, and number of exits.

    The mean is time over exits: the unfinished first and last visit count in the time.
    """

    tau_s: float
    interval_68: tuple[float, float]
    spent_s: float
    exits: int

    def scaled_to(self, tau_s: float) -> "Dwell":
        """Return the dwell with another mean and the same relative interval."""
        low, high = (end / self.tau_s * tau_s for end in self.interval_68)
        return Dwell(tau_s, (low, high), self.spent_s, self.exits)


@dataclass(frozen=True)
class Telegraph:
    """Verdict on one hold.

    Parameters
    ----------
    verdict : {"two states", "none seen", "cannot tell"}
    levels : tuple of float
        Lower and upper level in the unit of the samples.
    separation : float
        Their difference in standard deviations within a state.
    dwell : tuple of Dwell
        Of the hidden Markov model, corrected for visits shorter than a sample.
    by_threshold : tuple of Dwell
        From thresholds at a quarter and three quarters between the levels, as a check.
    corner_Hz, spectral_corner_Hz : float
        Corner of the Lorentzian from the dwell times, and from the autocorrelation; NaN if it shows none.
    delta_bic : float
        BIC of one level minus BIC of two; above 0 two are better.
    reasons : tuple of str
        Conditions that failed, in words.
    """

    verdict: Verdict
    levels: tuple[float, float]
    separation: float
    dwell: tuple[Dwell, Dwell]
    by_threshold: tuple[Dwell, Dwell]
    corner_Hz: float
    spectral_corner_Hz: float
    delta_bic: float
    reasons: tuple[str, ...] = ()


def hysteresis_states(samples: FloatArray, low: float, high: float) -> NDArray[np.intp]:
    """Return the state of each sample: 1 after it rose above ``high``, 0 after it fell below ``low``."""
    mark = np.where(samples > high, 1, np.where(samples < low, 0, -1))
    seen = np.flatnonzero(mark >= 0)
    if not seen.size:
        return (samples > 0.5 * (low + high)).astype(np.intp)
    latest = np.maximum.accumulate(np.where(mark >= 0, np.arange(mark.size), seen[0]))
    return mark[latest].astype(np.intp)


def dwell_times(states: NDArray[np.intp], step_s: float) -> tuple[Dwell, Dwell]:
    """Return the dwell in states 0 and 1 of a path, with the interval of exponential dwell times.

    The interval is 2 T / chi2(2 k) for k exits in the time T; NaN in a state that was never left.
    """
    left = states[:-1][np.diff(states) != 0]
    first, second = (
        _dwell(float(np.count_nonzero(states == s)) * step_s, int(np.count_nonzero(left == s)))
        for s in (0, 1)
    )
    return first, second


def _dwell(spent_s: float, exits: int) -> Dwell:
    if not exits:
        return Dwell(math.nan, (math.nan, math.nan), spent_s, 0)
    low, high = (
        2.0 * spent_s / float(scipy.special.chdtri(2 * exits, tail)) for tail in (_TAIL, 1.0 - _TAIL)
    )
    return Dwell(spent_s / exits, (low, high), spent_s, exits)


def lorentzian_corner_Hz(tau0_s: float, tau1_s: float) -> float:
    """Return the corner of the spectrum of a telegraph signal with these dwell times."""
    return (1.0 / tau0_s + 1.0 / tau1_s) / (2.0 * math.pi)


def autocorrelation_corner_Hz(samples: FloatArray, rate_Hz: float) -> float:
    """Return the decay rate of the autocorrelation over 2 pi, without white noise; NaN if it does not decay.

    White noise adds at lag 0 only, so the decay is read from lag 1 to where a third of it is left.
    """
    n = samples.size
    off = samples - samples.mean()
    spectrum = np.abs(np.fft.rfft(off, 2 * n)) ** 2
    correlation = np.fft.irfft(spectrum)[: max(n // 10, 3)]
    if not correlation[1] > 0.0:
        return math.nan
    below = np.flatnonzero(correlation[1:] < correlation[1] / 3.0)
    last = int(below[0]) + 1 if below.size else correlation.size
    if last < 3:
        return math.nan
    lag = np.arange(1, last)
    slope = np.polyfit(lag, np.log(correlation[1:last]), 1)[0]
    return float(-slope * rate_Hz / (2.0 * math.pi)) if slope < 0.0 else math.nan


def find_telegraph(samples: FloatArray, rate_Hz: float) -> Telegraph:
    """Return the verdict on the samples of one hold, shape (n,), all finite.

    Raises
    ------
    ValueError
        For fewer than 200 samples, or samples that do not vary.
    """
    if samples.size < LEAST_SAMPLES:
        raise ValueError(f"{samples.size} samples; telegraph noise needs {LEAST_SAMPLES}")
    model = fit_two_states(samples)
    low, high = (float(x) for x in model.levels)
    path = dwell_times(model.states, 1.0 / rate_Hz)
    tau_s = model.dwell_times_s(1.0 / rate_Hz)
    dwell = path[0].scaled_to(float(tau_s[0])), path[1].scaled_to(float(tau_s[1]))
    quarter = 0.25 * (high - low)
    by_threshold = dwell_times(hysteresis_states(samples, low + quarter, high - quarter), 1.0 / rate_Hz)
    corner_Hz = lorentzian_corner_Hz(*(float(t) for t in tau_s))
    spectral_Hz = autocorrelation_corner_Hz(samples, rate_Hz)
    delta_bic = _bic_of_one(samples) - (_TWO_LEVELS * math.log(samples.size) - 2.0 * model.log_likelihood)
    separation = (high - low) / float(model.sigmas.max())
    verdict, reasons = _judged(path, tau_s * rate_Hz, separation, delta_bic, corner_Hz, spectral_Hz)
    return Telegraph(
        verdict, (low, high), separation, dwell, by_threshold, corner_Hz, spectral_Hz, delta_bic, reasons
    )


def _bic_of_one(samples: FloatArray) -> float:
    n = samples.size
    return _ONE_LEVEL * math.log(n) + n * (math.log(2.0 * math.pi * float(samples.var())) + 1.0)


def _judged(
    path: tuple[Dwell, Dwell],
    dwell_samples: FloatArray,
    separation: float,
    delta_bic: float,
    corner_Hz: float,
    spectral_Hz: float,
) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict and the conditions that failed."""
    if delta_bic <= 0.0:
        return "none seen", ("one level describes the samples as well",)
    if separation < LEAST_SIGMAS:
        return "none seen", (f"the levels differ by {separation:.1f} standard deviations, less than 3",)
    reasons = []
    exits = min(d.exits for d in path)
    if exits < LEAST_EXITS:
        reasons.append(f"a level was left {exits} times only, and {LEAST_EXITS} are needed: hold for longer")
    if dwell_samples.min() < LEAST_DWELL_SAMPLES:
        reasons.append("the dwell time is below 3 samples and is not measurable: sample faster")
    ratio = corner_Hz / spectral_Hz
    if not 1.0 / AGREEMENT < ratio < AGREEMENT:
        found = "none" if math.isnan(spectral_Hz) else f"{spectral_Hz:.3g} Hz"
        reasons.append(
            f"the dwell times give a corner of {corner_Hz:.3g} Hz and the autocorrelation {found}: not one rate"
        )
    return ("cannot tell" if reasons else "two states"), tuple(reasons)
