"""Lines in a thermometer's voltage with their actual frequencies: the mains, pumps, fans, a resonance of the rig."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice, pairwise

import numpy as np
from numpy.typing import NDArray

from analysis.distributions import gamma_exceeded
from analysis.heating.aligned_hold import AlignedHold, place
from analysis.heating.estimator import EstimatorSettings, HoldEstimator
from analysis.heating.exclusion import judge
from analysis.heating.holds import Hold
from analysis.heating.line import Line
from analysis.heating.programme import LevelProgramme
from analysis.records import FloatArray

LOWEST_Hz = 1.2
WIDEST = 0.45
"""Range in which lines are looked for: the upper end in units of the sample rate."""

APART_Hz = 0.8
APART = 3.0
"""Least distance between two lines, also in units of 1 / (length of a hold): a line that wanders is one."""

SIDE_BANDS, LEFT = 3e-3, 3e-5
"""Power beside a line over its own: of the side bands that masks give to a line which stays in, and of what is left of
one that wanders after it was taken out."""

AT_ONCE = 0.05
"""Least power over that of the strongest line of those that are found in one spectrum."""

IN_STEP = 0.5
LEAST_HOLDS = 6
"""Share of a line from which it is in step with the modulation, and least number of holds that tell."""

BAND_RATIO = 1.3
LEAST_POINTS = 8
"""Ratio of the ends of a band within which the noise is measured, and least number of independent points in it."""

BELOW = 0.25
"""Share of the points of a band that are below the noise that is taken for it: lines fill up to half of a band."""

MOST_LINES = 20
MOST_HOLDS = 30

LEAST_V = 1e-12
"""Least amplitude of a line; what a hold without noise leaves of a calculation is none."""

ALIKE = 0.7
"""Least length of a hold that is looked at, over that of the longest: a short one can't distinguish lines."""

PADDED = 1 << 16
"""Least length of the Fourier transforms: 0.03 Hz at 2 kHz, a sixth of the resolution of 5 s."""

LEAST_PERIODS = 12
"""Least number of periods of a hold; shorter ones blur the spectrum."""


def measure_lines(holds: Iterable[Hold], mask_samples: int = 6, lead_samples: int = 0) -> tuple[Line, ...]:
    """Find the lines in the residuals of the thermocouple's voltage after levels and baseline.

    The strongest are found first, the others in what these leave, so that the side lobes of a strong line do not
    count. The power of a line, summed over the holds, exceeds that of the noise around it by at least 8 standard
    deviations, so that noise alone does not count.

    At a multiple of the modulation, a line differs from a transient after the edges by its phase, which changes from
    hold to hold: there it is reported from six holds on.

    Parameters
    ----------
    holds : iterable of Hold
        Holds of one run; the first thirty are used, except those of less than a dozen periods.
    mask_samples : int
        Samples left out after each edge.
    lead_samples : int
        Samples left out before it.

    Returns
    -------
    tuple of Line
        By rising frequency; empty if there are none.
    """
    chosen = list(_usable(list(islice(holds, MOST_HOLDS)), mask_samples, lead_samples))
    lines: list[Line] = []
    left: list[Line] = []
    while len(lines) < MOST_LINES:
        settings = EstimatorSettings(1.0, mask_samples, tuple(lines), lead_samples=lead_samples)
        spectrum = _Spectrum.of(chosen, HoldEstimator(settings))
        new = [] if spectrum is None else list(spectrum.strongest(lines, left))
        if not new or spectrum is None:
            break
        left += [line for line in new if spectrum.stays(line)]
        lines += [line for line in new if not spectrum.stays(line)][: MOST_LINES - len(lines)]
    hidden = [line for line in left if line.hidden and spectrum is not None and spectrum.is_out_of_step(line)]
    return tuple(sorted([*lines, *hidden], key=lambda line: line.frequency_Hz))


_Usable = tuple[AlignedHold, NDArray[np.bool_]]
"""A hold in which lines are looked for, and the periods of it that are kept."""


def _usable(holds: Sequence[Hold], mask_samples: int, lead_samples: int) -> Iterator[_Usable]:
    """Yield the holds that are long enough, with their good periods, which no line changes."""
    longest = max((len(hold) for hold in holds), default=0)
    for hold in holds:
        if len(hold) < ALIKE * longest:
            continue
        with suppress(ValueError):
            placed = place(hold, mask_samples, lead_samples)
            kept = judge(placed, None).kept
            if kept.sum() >= LEAST_PERIODS and placed.thermometer_reads(kept):
                yield placed, kept


@dataclass(frozen=True, eq=False)
class _Spectrum:
    """Squared amplitude that a line would have at each frequency, mean of holds of one programme and nearly one length.

    ``in_step_V2`` is the square of the mean amplitude, which only what is in step with the modulation has.
    """

    f_Hz: FloatArray
    power_V2: FloatArray
    in_step_V2: FloatArray
    holds: int
    length_s: float
    programme: LevelProgramme

    @classmethod
    def of(cls, usable: Sequence[_Usable], estimator: HoldEstimator) -> "_Spectrum | None":
        """Return the spectrum of the residuals of an estimator; None without a hold."""
        alike: list[tuple[Hold, NDArray[np.complex128]]] = []
        for placed, kept in usable:
            amplitudes_V = _amplitudes_V(placed, kept, estimator)
            same = not alike or placed.hold.programme.frequency_Hz == alike[0][0].programme.frequency_Hz
            if amplitudes_V is not None and same:
                alike.append((placed.hold, amplitudes_V))
        if not alike:
            return None
        points = max(len(amplitudes_V) for _, amplitudes_V in alike)
        holds = [hold for hold, amplitudes_V in alike if len(amplitudes_V) == points]
        all_V = np.array([amplitudes_V for _, amplitudes_V in alike if len(amplitudes_V) == points])
        return cls(
            np.arange(points) * holds[0].rate_Hz / (2 * (points - 1)),
            np.mean(np.abs(all_V) ** 2, axis=0),
            np.abs(all_V.mean(axis=0)) ** 2,
            len(holds),
            min(len(hold) for hold in holds) / holds[0].rate_Hz,
            holds[0].programme,
        )

    def strongest(self, taken_out: Sequence[Line], left: Sequence[Line]) -> Iterator[Line]:
        """Yield the strongest lines that stand above the noise around them, other than those known, strongest first.

        They are stronger than what any of them may have beside it.
        """
        f_Hz, power = self.f_Hz, self.power_V2
        apart_Hz = max(APART_Hz, APART / self.length_s)
        least_V2 = self._noise_V2() * (1.0 + 8.0 / np.sqrt(self.holds) + 20.0 / self.holds)
        beside_V2 = [LEAST_V**2, *(LEFT * line.amplitude_V**2 for line in taken_out)]
        beside_V2 += [SIDE_BANDS * line.amplitude_V**2 for line in left]
        allowed = (f_Hz > LOWEST_Hz) & (f_Hz < WIDEST * 2.0 * f_Hz[-1])
        allowed &= power > np.maximum(least_V2, max(beside_V2))
        allowed[1:-1] &= (power[1:-1] > power[:-2]) & (power[1:-1] >= power[2:])
        for line in (*taken_out, *left):
            allowed &= np.abs(f_Hz - line.frequency_Hz) > apart_Hz
        highest_V2 = power[allowed].max(initial=0.0)
        while (allowed & (power > AT_ONCE * highest_V2)).any():
            line = self._line(int(np.argmax(np.where(allowed, power, 0.0))))
            yield line
            allowed &= np.abs(f_Hz - line.frequency_Hz) > apart_Hz

    def _line(self, peak: int) -> Line:
        """Return the line of a highest point, with its frequency between the points."""
        f_Hz, power = self.f_Hz, self.power_V2
        left, middle, right = np.log(power[peak - 1 : peak + 2])
        bend = left - 2.0 * middle + right
        shift = 0.5 * (left - right) / bend if bend < 0.0 else 0.0
        frequency_Hz = float(f_Hz[peak] + np.clip(shift, -0.5, 0.5) * f_Hz[1])
        hidden = self.programme.hides(frequency_Hz, self.length_s)
        return Line(frequency_Hz, float(np.sqrt(power[peak])), hidden)

    def stays(self, line: Line) -> bool:
        """Return True for a line that is not taken out: a hidden one, or one that may be a transient after edges."""
        return line.hidden or (
            self.programme.is_beside(line.frequency_Hz, self.length_s) and not self.is_out_of_step(line)
        )

    def is_out_of_step(self, line: Line) -> bool:
        """Return True if the holds show that a line is not in step with the modulation."""
        at = int(np.argmin(np.abs(self.f_Hz - line.frequency_Hz)))
        return self.holds >= LEAST_HOLDS and bool(self.in_step_V2[at] < IN_STEP * self.power_V2[at])

    def _noise_V2(self) -> FloatArray:
        """Return the mean power of the noise around each frequency, from bands of rising width."""
        f_Hz, top_Hz = self.f_Hz, self.f_Hz[-1]
        edges_Hz = [LOWEST_Hz]
        while edges_Hz[-1] < top_Hz:
            edges_Hz.append(max(BAND_RATIO * edges_Hz[-1], edges_Hz[-1] + LEAST_POINTS / self.length_s))
        ends = np.searchsorted(f_Hz, [*edges_Hz[:-1], top_Hz])
        bands = [slice(low, high) for low, high in pairwise(ends) if high > low]
        share = gamma_exceeded(1.0 - BELOW, self.holds) / self.holds
        levels = [max(float(np.quantile(self.power_V2[band], BELOW)), 1e-300) / share for band in bands]
        centres = np.log([f_Hz[band].mean() for band in bands])
        return np.asarray(np.exp(np.interp(np.log(np.maximum(f_Hz, LOWEST_Hz)), centres, np.log(levels))))


def _amplitudes_V(
    placed: AlignedHold, kept: NDArray[np.bool_], estimator: HoldEstimator
) -> NDArray[np.complex128] | None:
    """Return the amplitude that a line would have at each frequency, from the start of a period; None for a hold too
    short to fit.

    The Hann window keeps the lobes of a hidden line, which stays in, out of its surroundings.
    """
    try:
        fit, regression = estimator.fit(placed, kept)
    except ValueError:
        return None
    window = np.hanning(regression.length)[regression.at]
    padded = max(PADDED, 2 << (len(placed.hold) - 1).bit_length())
    spread = regression.spread(window * fit.residual_V, padded)
    return np.asarray(2.0 / window.sum() * np.fft.rfft(spread))
