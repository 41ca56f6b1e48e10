"""Two-state hidden Markov model with Gaussian emission, fitted by Baum and Welch's algorithm.

The recursions of forward and backward probabilities are products of one 2 x 2 matrix a sample. They are taken in about
sqrt(n) blocks side by side, so that a record of n samples takes about sqrt(n) steps of NumPy instead of n of Python.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray

_MOST_STEPS = 100
_TOLERANCE = 1e-6  # of the log-likelihood, per sample
_LEAST_CHANCE = 1e-12


@dataclass(frozen=True, eq=False)
class TwoStates:
    """A fitted model; state 0 has the lower level.

    Parameters
    ----------
    levels, sigmas : ndarray, shape (2,)
        Mean and standard deviation of the samples in each state.
    leaving : ndarray, shape (2,)
        Probability per sample to leave each state.
    log_likelihood : float
    probability : ndarray, shape (n,)
        That each sample belongs to state 1, given all samples.
    """

    levels: FloatArray
    sigmas: FloatArray
    leaving: FloatArray
    log_likelihood: float
    probability: FloatArray

    @property
    def states(self) -> NDArray[np.intp]:
        """The likelier state of each sample."""
        return (self.probability > 0.5).astype(np.intp)

    def dwell_times_s(self, step_s: float) -> FloatArray:
        """Return the mean dwell time in each state, shape (2,), of the process in continuous time.

        A visit shorter than a sample is not seen; for the rates this is corrected exactly.
        """
        both = min(float(self.leaving.sum()), 1.0 - _LEAST_CHANCE)
        rate_per_step = -math.log1p(-both) * self.leaving / both
        return np.asarray(step_s / rate_per_step)


def fit_two_states(samples: FloatArray) -> TwoStates:
    """Fit the model to samples, shape (n,), of one continuous record.

    Raises
    ------
    ValueError
        If the samples do not vary.
    """
    if not np.ptp(samples) > 0.0:
        raise ValueError("the samples do not vary")
    level, sigma, leaving = _start(samples)
    previous = -np.inf
    for _ in range(_MOST_STEPS):
        emission, scale = _emission(samples, level, sigma)
        transition = np.array([[1.0 - leaving[0], leaving[0]], [leaving[1], 1.0 - leaving[1]]])
        occupied, moved, log_scale = _smoothed(emission, transition)
        likelihood = log_scale + scale
        weight = np.stack([1.0 - occupied, occupied])
        total = np.maximum(weight.sum(axis=1), _LEAST_CHANCE)
        level = weight @ samples / total
        variance = np.array([w @ (samples - m) ** 2 for w, m in zip(weight, level, strict=True)]) / total
        sigma = np.sqrt(np.maximum(variance, 1e-8 * samples.var()))
        leaving = np.clip(moved[[0, 1], [1, 0]] / moved.sum(axis=1), _LEAST_CHANCE, 1.0 - _LEAST_CHANCE)
        if likelihood - previous < _TOLERANCE * samples.size:
            break
        previous = likelihood
    order = np.argsort(level)
    probability = occupied if order[0] == 0 else 1.0 - occupied
    return TwoStates(level[order], sigma[order], leaving[order], float(likelihood), probability)


def _start(samples: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return levels, scatters and probabilities of leaving of the best split of the samples in two (Otsu's)."""
    ordered = np.sort(samples)
    n = ordered.size
    below = np.arange(1, n)
    total = np.cumsum(ordered)
    means = total[:-1] / below, (total[-1] - total[:-1]) / (n - below)
    split = int(np.argmax(below * (n - below) * (means[1] - means[0]) ** 2))
    state = samples > ordered[split]
    level = np.array([means[0][split], means[1][split]])
    sigma = np.full(
        2, math.sqrt(float(np.mean((samples - level[state.astype(int)]) ** 2)) + 1e-8 * samples.var())
    )
    changes = max(1.0, float(np.count_nonzero(np.diff(state))))
    leaving = np.array([changes / max(2.0 * np.count_nonzero(state == s), 1.0) for s in (False, True)])
    return level, sigma, np.clip(leaving, 1e-4, 0.5)


def _emission(samples: FloatArray, level: FloatArray, sigma: FloatArray) -> tuple[FloatArray, float]:
    """Return relative densities in each state, shape (n, 2), the larger 1, and the sum of what was divided out."""
    log = -0.5 * ((samples[:, None] - level) / sigma) ** 2 - np.log(sigma) - 0.5 * math.log(2.0 * math.pi)
    largest = log.max(axis=1)
    return np.exp(log - largest[:, None]), float(largest.sum())


def _smoothed(emission: FloatArray, transition: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Return the probability of state 1 (n,), the expected transitions (2, 2), and the log-likelihood."""
    n = len(emission)
    length = math.isqrt(n - 1) + 1
    blocks = -(-n // length)
    padded = np.ones((blocks * length, 2))
    padded[:n] = emission
    steps = transition * padded.reshape(blocks, length, 1, 2)  # (blocks, length, from, to)
    products = np.broadcast_to(np.eye(2), (blocks, 2, 2))
    for at in range(length):
        products = products @ steps[:, at]
        products = products / products.sum(axis=(1, 2), keepdims=True)
    start = transition[[1, 0], [0, 1]] / transition[[1, 0], [0, 1]].sum()  # the stationary distribution
    ahead, log_scale = _ahead(steps, products, start)
    behind = _behind(steps, products)
    both = (ahead * behind).reshape(-1, 2)[:n]
    occupied = both[:, 1] / both.sum(axis=1)
    pairs = (
        ahead.reshape(-1, 2)[: n - 1, :, None] * steps.reshape(-1, 2, 2)[1:n] * behind.reshape(-1, 1, 2)[1:n]
    )
    pairs /= pairs.sum(axis=(1, 2), keepdims=True)
    return occupied, pairs.sum(axis=0), log_scale


def _ahead(steps: FloatArray, products: FloatArray, start: FloatArray) -> tuple[FloatArray, float]:
    """Return the probabilities of the states given all samples so far, (blocks, length, 2), and the log-likelihood."""
    entering = np.empty((len(steps), 2))
    entering[0] = start
    for block in range(1, len(steps)):
        vector = entering[block - 1] @ products[block - 1]
        entering[block] = vector / vector.sum()
    ahead, scale = np.empty(steps.shape[:3]), np.empty(steps.shape[:2])
    now = entering
    for at in range(steps.shape[1]):
        now = (now[:, :, None] * steps[:, at]).sum(axis=1)
        scale[:, at] = now.sum(axis=1)
        now = now / scale[:, at, None]
        ahead[:, at] = now
    return ahead, float(np.log(scale).sum())


def _behind(steps: FloatArray, products: FloatArray) -> FloatArray:
    """Return the likelihood of all later samples in each state up to a factor, (blocks, length, 2)."""
    leaving = np.full((len(steps), 2), 0.5)
    for block in range(len(steps) - 2, -1, -1):
        vector = products[block + 1] @ leaving[block + 1]
        leaving[block] = vector / vector.sum()
    behind = np.empty(steps.shape[:3])
    now = leaving
    for at in range(steps.shape[1] - 1, -1, -1):
        behind[:, at] = now
        now = (steps[:, at] * now[:, None, :]).sum(axis=2)
        now = now / now.sum(axis=1, keepdims=True)
    return behind
