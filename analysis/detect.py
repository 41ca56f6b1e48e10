"""Small causal detectors for decisions while a junction is moving: contact, open, railed, plateau.

Each takes the samples as they come and returns the index of the sample at which its condition was first fulfilled,
counted from the first sample that it took, or None. Once it has fired, the index does not change. It depends on the
samples alone, not on how they were cut into blocks.

Each also gives the least number of samples after which it can fire, so that a reader need not poll more often.
"""

import math
import sys
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray

BoolArray = NDArray[np.bool_]


class Detector(Protocol):
    """Detector of the first sample that fulfils a condition."""

    def feed(self, samples: FloatArray) -> int | None:
        """Take the next samples, shape (n,); return the index of first fulfilment, or None so far."""
        ...

    @property
    def soonest(self) -> int:
        """Least number of further samples after which it can fire, whatever their values; at least 1."""
        ...


class FirstRun:
    """Index of the sample that completes the first run of ``length`` true ones."""

    def __init__(self, length: int) -> None:
        if length < 1:
            raise ValueError(f"a run of {length} samples; must be at least 1")
        self._length = length
        self._seen = 0
        self._run = 0
        self._found: int | None = None

    def feed(self, hit: BoolArray) -> int | None:
        """Take True for each sample that hits, shape (n,); return the index of first fulfilment, or None so far."""
        if self._found is not None or not hit.size:
            return self._found
        if not np.count_nonzero(hit):  # the usual case, called every few samples; `any` takes twice as long
            self._seen, self._run = self._seen + hit.size, 0
            return None
        index = np.arange(hit.size)
        last_miss = np.maximum.accumulate(np.where(hit, -1 - self._run, index))
        run = index - last_miss
        long_enough = run >= self._length
        if long_enough.any():
            self._found = self._seen + int(np.argmax(long_enough))
        self._seen += hit.size
        self._run = int(run[-1])
        return self._found

    @property
    def soonest(self) -> int:
        """Least number of further samples that can complete a run."""
        return max(self._length - self._run, 1)


class ContactDetector:
    """Contact: modulus of the conductance above a threshold for ``consecutive`` samples.

    `wrong_sign` judges the sign after the tip has stopped: with an inverting amplifier or a reversed lead the tip
    must not continue into the surface.

    Parameters
    ----------
    threshold_G0 : float
    consecutive : int
        Samples in a row, so that a spike does not count as contact.
    railed_G0 : float
        Conductance assigned to a railed sample (``inf`` of either sign, see ``analysis.conductance``): it proves no
        more than the full-scale conductance. By default a railed sample counts as contact at any full scale, which
        the user must allow.
    """

    def __init__(self, threshold_G0: float, consecutive: int, railed_G0: float = np.inf) -> None:
        self._threshold_G0 = threshold_G0
        self._railed_G0 = railed_G0
        self._run = FirstRun(consecutive)
        self._positive = FirstRun(consecutive)
        self._found: int | None = None
        self._seen = 0
        self.conductance_G0 = float("nan")
        """Conductance at the sample that fired; NaN before."""

    def feed(self, conductance_G0: FloatArray) -> int | None:
        """Take conductances in G0, shape (n,); index of first fulfilment, or None so far."""
        if self._found is not None:
            return self._found
        modulus_G0 = np.abs(conductance_G0)
        hit = np.where(np.isinf(modulus_G0), self._railed_G0, modulus_G0) > self._threshold_G0
        self._found = self._run.feed(hit)
        self._positive.feed(hit & (conductance_G0 > 0))
        if self._found is not None:
            self.conductance_G0 = float(conductance_G0[self._found - self._seen])
        self._seen += conductance_G0.size
        return self._found

    @property
    def soonest(self) -> int:
        """Least number of further samples with which it can fire."""
        return self._run.soonest

    @property
    def wrong_sign(self) -> bool:
        """True if the detector fired on a current that did not have the sign of the bias throughout."""
        return self._found is not None and self._positive.feed(np.empty(0, dtype=np.bool_)) != self._found


class OpenDetector:
    """Open: modulus of the conductance below a threshold for ``consecutive`` samples (NaN never counts as open)."""

    def __init__(self, threshold_G0: float, consecutive: int) -> None:
        self._threshold_G0 = threshold_G0
        self._run = FirstRun(consecutive)

    def feed(self, conductance_G0: FloatArray) -> int | None:
        """Take conductances in G0, shape (n,); index of first fulfilment, or None so far."""
        return self._run.feed(np.abs(conductance_G0) < self._threshold_G0)

    @property
    def soonest(self) -> int:
        """Least number of further samples with which it can fire."""
        return self._run.soonest


class UnknownDetector:
    """Conductance unknown (NaN: no bias to divide by) for ``consecutive`` samples."""

    def __init__(self, consecutive: int) -> None:
        self._run = FirstRun(consecutive)

    def feed(self, conductance_G0: FloatArray) -> int | None:
        """Take conductances in G0, shape (n,); index of first fulfilment, or None so far."""
        return self._run.feed(np.isnan(conductance_G0))

    @property
    def soonest(self) -> int:
        """Least number of further samples with which it can fire."""
        return self._run.soonest


class CurrentWitness:
    """Observer of a current that rises above its noise; it never fires.

    The first ``reference`` samples give the noise; three samples in a row beyond five standard deviations of it count
    as a current. Spikes and railed samples in the reference make it less sensitive, never more.

    Parameters
    ----------
    reference : int
        Samples that measure the noise.
    least_G0 : float
        Smaller deviations do not count: a multiplexer leaves a trace of its other channels.
    """

    SIGMAS = 5.0
    CONSECUTIVE = 3

    def __init__(self, reference: int, least_G0: float = 0.0) -> None:
        self._reference = reference
        self._least_G0 = least_G0
        self._first: list[FloatArray] = []
        self._bounds: tuple[float, float] | None = None
        self._run = FirstRun(self.CONSECUTIVE)
        self.seen = 0
        """Number of samples taken."""
        self.excursion_at: int | None = None
        """Index of the sample at which a current was established, or None."""
        self.largest_G0 = 0.0
        """Conductance of the largest modulus since then (G0, signed)."""

    def feed(self, conductance_G0: FloatArray) -> int | None:
        """Take conductances in G0, shape (n,); always return None."""
        self.seen += conductance_G0.size
        if self._bounds is None:
            self._first.append(conductance_G0)
            if self.seen < self._reference:
                return None
            conductance_G0, self._first = np.concatenate(self._first), []
            self._bounds = self._noise(conductance_G0[: self._reference])
        low, high = self._bounds
        excursion_at = self._run.feed((conductance_G0 < low) | (conductance_G0 > high))
        if excursion_at is not None:
            self.excursion_at = excursion_at
            defined = conductance_G0[~np.isnan(conductance_G0)]
            if defined.size and np.abs(defined).max() > abs(self.largest_G0):
                self.largest_G0 = float(defined[np.argmax(np.abs(defined))])
        return None

    @property
    def soonest(self) -> int:
        """Largest integer: it never fires."""
        return sys.maxsize

    def _noise(self, reference_G0: FloatArray) -> tuple[float, float]:
        finite = reference_G0[np.isfinite(reference_G0)]
        if not finite.size:
            return -np.inf, np.inf
        mean, spread = float(finite.mean()), max(self.SIGMAS * float(finite.std()), self._least_G0)
        return mean - spread, mean + spread


class PlateauDetector:
    """Plateau: a junction that holds its conductance, unlike a tunnelling gap that passes through the window.

    It fires if, over the last ``window`` samples of log10 of the modulus of G, enough samples and their mean lie
    between ``low_G0`` and ``high_G0``, and both the slope and the scatter about the mean are small.

    Parameters
    ----------
    low_G0, high_G0 : float
        The window of conductance, 0 < low < high.
    window : int
        Number of samples that form the plateau (the dwell; 0.3 s is a usual choice at 0.1 nm/s).
    fraction : float
        Least fraction of these samples between ``low_G0`` and ``high_G0``.
    slope_decades : float
        Largest rise or fall of the straight line through the samples, from the first to the last.
        A limit of 2 decades/nm at 0.1 nm/s is 0.06 decades over 0.3 s; a vacuum gap falls by about nine decades
        per nanometre.
    scatter_decades : float
        Largest standard deviation of log10 G.

    Raises
    ------
    ValueError
        If the window of conductance is empty or not positive, or ``window`` is below 2.
    """

    # Running sums of whole micro-decades are exact: they cannot drift or depend on how the samples were cut.
    # They may wrap around in 64 bits, because only differences across one window are used.
    _UNIT_DECADES = 1e-6

    def __init__(
        self,
        low_G0: float,
        high_G0: float,
        window: int,
        fraction: float = 0.9,
        slope_decades: float = 0.06,
        scatter_decades: float = 0.1,
    ) -> None:
        if not 0.0 < low_G0 < high_G0:
            raise ValueError(f"plateau window {low_G0} to {high_G0} G0; need 0 < low < high")
        if window < 2:
            raise ValueError(f"a plateau of {window} samples; must be at least 2")
        self._low = round(np.log10(low_G0) / self._UNIT_DECADES)
        self._high = round(np.log10(high_G0) / self._UNIT_DECADES)
        self._window = window
        self._fraction = fraction
        self._slope_decades = slope_decades
        self._scatter_decades = scatter_decades
        self._seen = 0
        self._sums = np.zeros((4, 1), dtype=np.int64)
        self._found: int | None = None

    def feed(self, conductance_G0: FloatArray) -> int | None:
        """Take conductances in G0, shape (n,); index of first fulfilment, or None so far."""
        if self._found is not None or not len(conductance_G0):
            return self._found
        sums = self._extend(self._levels(conductance_G0))
        if sums.shape[1] > self._window:
            steady = self._steady(sums[:, self._window :] - sums[:, : -self._window], self._seen)
            if steady.any():
                self._found = self._seen - steady.size + int(np.argmax(steady))
        self._sums = sums[:, -self._window :]
        return self._found

    @property
    def soonest(self) -> int:
        """Least number of further samples that can complete a plateau with the previous ones."""
        inside = int(self._sums[0, -1] - self._sums[0, 0])  # of the last window less one sample
        lacking = math.ceil(self._fraction * self._window - 1e-9) - inside
        return max(lacking, self._window - self._seen, 1)

    def _levels(self, conductance_G0: FloatArray) -> NDArray[np.int64]:
        """Return log10 of the modulus of G in micro-decades, clipped to within a decade of the window."""
        decade = round(1.0 / self._UNIT_DECADES)
        with np.errstate(divide="ignore"):
            levels = np.log10(np.abs(conductance_G0)) / self._UNIT_DECADES
        levels = np.nan_to_num(levels, nan=-np.inf, posinf=np.inf, neginf=-np.inf)
        return np.rint(np.clip(levels, self._low - decade, self._high + decade)).astype(np.int64)

    def _extend(self, levels: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return running sums of 1 (if inside), x, x^2 and i x, from one window before the new samples on."""
        inside = ((levels >= self._low) & (levels <= self._high)).astype(np.int64)
        index = np.arange(self._seen, self._seen + levels.size)
        self._seen += levels.size
        new = np.stack([inside, levels, levels**2, index * levels])
        return np.hstack([self._sums, self._sums[:, -1:] + np.cumsum(new, axis=1)])

    def _steady(self, window_sums: NDArray[np.int64], stop: int) -> BoolArray:
        """Return True for each window that looks like a plateau, the last window ending before sample ``stop``."""
        n = self._window
        inside, level, square, moment = window_sums
        begin = np.arange(stop - inside.size, stop) - (n - 1)
        moment = moment - begin * level  # about the window's own first sample
        slope = (2 * moment - (n - 1) * level) * (
            6.0 / (n * (n + 1.0))
        )  # last minus first of the fitted line
        variance = (square - level / n * level) / (n - 1.0)
        mean = level / n
        return (
            (inside >= self._fraction * n)
            & (self._low <= mean)
            & (mean <= self._high)
            & (np.abs(slope) * self._UNIT_DECADES <= self._slope_decades)
            & (np.sqrt(np.maximum(variance, 0.0)) * self._UNIT_DECADES <= self._scatter_decades)
        )
