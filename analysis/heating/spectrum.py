"""Noise of a channel as a spectrum: white level, 1/f corner, and the lines of mains and modulation.

The spectral density is one-sided. Its model is S(f) = S_w (1 + f_c/f). What a converter folds down from above half
its rate is in the measured S_w already: nothing is to be added for aliasing.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal, stats

from analysis.records import FloatArray

SEGMENT_s = 4.0
"""200 cycles of 50 Hz, 240 of 60 Hz, 49 of 12.25 Hz: each of these lines stands on a point of the spectrum."""

FIT_BAND_Hz = (1.0, 200.0)
"""Below it baselines are subtracted; above it filters bend the spectrum, and the estimator hardly looks there."""

_SURROUNDINGS = 30
_LOBE = 2  # points to either side that a line fills with a Hann window
_HANN_INDEPENDENT = 1.0 + 2.0 * ((2.0 / 3.0) ** 4 + (1.0 / 6.0) ** 4)
_HANN_OVERLAP = (
    2.0 * (1.0 / 6.0) ** 2
)  # of the powers of two segments that overlap by half, one to either side


@dataclass(frozen=True, eq=False)
class Spectrum:
    """One-sided power spectral density, arrays of shape (n,); ``segments`` periodograms were averaged.

    ``overlapped`` is the number of pairs of segments that share half of their samples.
    """

    frequency_Hz: FloatArray
    density_per_Hz: FloatArray
    segments: int
    overlapped: int = 0

    @property
    def step_Hz(self) -> float:
        """Distance of two points."""
        return float(self.frequency_Hz[1] - self.frequency_Hz[0])

    @property
    def independent_segments(self) -> float:
        """How many segments without overlap would scatter as little."""
        return self.segments / (1.0 + _HANN_OVERLAP * self.overlapped / self.segments)


@dataclass(frozen=True)
class SpectralLine:
    """A narrow line: frequency and rms in the unit of the channel; ``name`` is "" where it is not known."""

    frequency_Hz: float
    rms: float
    name: str = ""


@dataclass(frozen=True)
class Noise:
    """S(f) = white (1 + corner/f): white level per Hz, corner in Hz, and their standard errors.

    ``reduced_chi2`` is 1 where the model holds. ``lines`` were left out of the fit.
    """

    white_per_Hz: float
    corner_Hz: float
    white_sigma_per_Hz: float = math.nan
    corner_sigma_Hz: float = math.nan
    reduced_chi2: float = math.nan
    lines: tuple[SpectralLine, ...] = ()
    segments: int = 0

    @property
    def mains_Hz(self) -> float | None:
        """Frequency of the mains as found; None where no such line stands out."""
        found = [line for line in self.lines if line.name == "mains"]
        return found[0].frequency_Hz if found else None

    def to_json(self) -> dict[str, Any]:
        """Plain numbers; the channel is in volts."""
        return {
            "white_V2_per_Hz": self.white_per_Hz,
            "white_sigma_V2_per_Hz": self.white_sigma_per_Hz,
            "white_V_per_rtHz": math.sqrt(self.white_per_Hz),
            "corner_Hz": self.corner_Hz,
            "corner_sigma_Hz": self.corner_sigma_Hz,
            "reduced_chi2": self.reduced_chi2,
            "segments": self.segments,
            "lines": [
                {"frequency_Hz": line.frequency_Hz, "rms_V": line.rms, "name": line.name}
                for line in self.lines
            ],
        }


def power_spectrum(stretches: Iterable[FloatArray], rate_Hz: float, segment_s: float = SEGMENT_s) -> Spectrum:
    """Welch's method over several stretches: Hann window, half overlap, a straight line taken off each segment.

    Where most of the record is in stretches shorter than a segment, the segment is made as short as they are.
    Stretches shorter than a segment are not used, nor are samples that are not finite.

    Raises
    ------
    ValueError
        Without a stretch of at least 16 finite samples.
    """
    usable = [np.asarray(x, dtype=float) for x in stretches]
    usable = [x for x in usable if x.size >= 16 and np.isfinite(x).all()]
    if not usable:
        raise ValueError("no stretch of 16 finite samples or more: nothing to take a spectrum of")
    length = min(round(segment_s * rate_Hz), _usual_length(usable))
    total, segments, overlapped = np.zeros(length // 2 + 1), 0, 0
    for x in usable:
        if x.size < length:
            continue
        density = signal.welch(x, rate_Hz, "hann", length, length // 2, detrend="linear")[1]
        n = (x.size - length // 2) // (length - length // 2)
        total, segments, overlapped = total + n * density, segments + n, overlapped + n - 1
    frequency_Hz: FloatArray = np.arange(total.size, dtype=np.float64) * (rate_Hz / length)
    return Spectrum(frequency_Hz, total / segments, segments, overlapped)


def _usual_length(stretches: Sequence[FloatArray]) -> int:
    """Longest length that at least half of all samples are in stretches of."""
    lengths = np.sort([x.size for x in stretches])[::-1]
    return int(lengths[np.searchsorted(np.cumsum(lengths), 0.5 * lengths.sum())])


def find_lines(
    spectrum: Spectrum,
    chance: float = 1e-3,
    known_Hz: Sequence[float] = (),
    surroundings: int = _SURROUNDINGS,
) -> list[SpectralLine]:
    """Narrow lines that stand above their surroundings.

    Parameters
    ----------
    spectrum : Spectrum
    chance : float
        Of finding any line in noise that has none.
    known_Hz : sequence of float
        Fundamentals of the modulation: lines at their multiples are named "modulation".
    surroundings : int
        Points to either side that a line must stand above, all of them within the spectrum; fewer for short segments.

    Returns
    -------
    list of SpectralLine
        Strongest first. Those within 0.2 % of a multiple of 50 or 60 Hz are named "mains" (the fundamental) or
        "mains 2" ... (its multiples).
    """
    p, k = spectrum.density_per_Hz, spectrum.independent_segments
    floor = ndimage.median_filter(p, size=2 * surroundings + 1, mode="nearest")
    floor = floor / (stats.gamma.median(k) / k)  # a median of noise lies below its mean
    limit = stats.gamma.isf(chance / p.size, k) / k
    found = []
    for i in signal.argrelmax(p, order=_LOBE)[0]:
        if surroundings <= i < p.size - surroundings and p[i] > limit * floor[i] > 0.0:
            lobe = slice(i - _LOBE, i + _LOBE + 1)
            power = float(np.sum(p[lobe] - floor[lobe])) * spectrum.step_Hz
            if power <= 0.0:  # a point that stands out on a slope whose lobe does not is no line
                continue
            frequency = _between_points(spectrum, int(i))
            found.append(SpectralLine(frequency, math.sqrt(power), _line_name(frequency, spectrum, known_Hz)))
    return sorted(found, key=lambda line: -line.rms)


def _between_points(spectrum: Spectrum, i: int) -> float:
    """Frequency of a pure tone from the ratio of the two highest points of its lobe (Hann window)."""
    p = spectrum.density_per_Hz
    side = 1 if i + 1 < p.size and p[i + 1] > p[i - 1] else -1
    ratio = math.sqrt(p[i + side] / p[i])
    return (
        float(spectrum.frequency_Hz[i])
        + side * max((2.0 * ratio - 1.0) / (1.0 + ratio), 0.0) * spectrum.step_Hz
    )


def _line_name(frequency_Hz: float, spectrum: Spectrum, known_Hz: Sequence[float]) -> str:
    for fundamental in known_Hz:
        multiple = round(frequency_Hz / fundamental)
        if multiple and abs(frequency_Hz - multiple * fundamental) < 0.5 * spectrum.step_Hz:
            return "modulation"
    for fundamental in (50.0, 60.0):
        multiple = round(frequency_Hz / fundamental)
        near = max(2e-3 * multiple * fundamental, 0.5 * spectrum.step_Hz)
        if multiple and abs(frequency_Hz - multiple * fundamental) < near:
            return "mains" if multiple == 1 else f"mains {multiple}"
    return ""


def fit_noise(
    spectrum: Spectrum,
    band_Hz: tuple[float, float] = FIT_BAND_Hz,
    modulation_Hz: Sequence[float] = (),
) -> Noise:
    """White level and corner by maximum likelihood, lines left out.

    Each point of an averaged spectrum scatters in proportion to what it is (a gamma distribution), so that an
    unweighted fit would see little but the 1/f end. Points far off the model are left out and the fit repeated.

    Parameters
    ----------
    spectrum : Spectrum
    band_Hz : tuple of float
        Where to fit.
    modulation_Hz : sequence of float
        Fundamentals of which all multiples are left out: residuals of modulated holds are not noise there.

    Raises
    ------
    ValueError
        With fewer than 16 points in the band.
    """
    f, p, k = spectrum.frequency_Hz, spectrum.density_per_Hz, spectrum.independent_segments
    lines = find_lines(spectrum, known_Hz=modulation_Hz)
    used = (f >= band_Hz[0]) & (f <= band_Hz[1]) & (f > 0.0) & (p > 0.0)
    used &= ~_near(f, [line.frequency_Hz for line in lines], spectrum.step_Hz)
    for fundamental in modulation_Hz:
        multiples = fundamental * np.arange(1, int(f[-1] / fundamental) + 1)
        used &= ~_near(f, multiples, spectrum.step_Hz)
    if np.count_nonzero(used) < 16:
        raise ValueError(
            f"only {np.count_nonzero(used)} points of the spectrum between {band_Hz} Hz are noise"
        )
    limits = stats.gamma.isf([1.0 - 1e-4, 1e-4], k) / k
    for _ in range(5):
        model, theta, fisher = _most_likely(f[used], p[used], k)
        good = (p[used] > limits[0] * model) & (p[used] < limits[1] * model)
        if good.all() or np.count_nonzero(good) < 16:
            break
        used[np.flatnonzero(used)[~good]] = False
    covariance = np.linalg.inv(fisher) * _HANN_INDEPENDENT
    white, flicker = (float(x) for x in theta)
    corner_gradient = np.array([-flicker / white**2, 1.0 / white])
    return Noise(
        white_per_Hz=white,
        corner_Hz=flicker / white,
        white_sigma_per_Hz=math.sqrt(covariance[0, 0]),
        corner_sigma_Hz=math.sqrt(float(corner_gradient @ covariance @ corner_gradient)),
        reduced_chi2=float(k * np.mean((p[used] / model - 1.0) ** 2)),
        lines=tuple(lines),
        segments=spectrum.segments,
    )


def _near(frequency_Hz: FloatArray, lines_Hz: Iterable[float], step_Hz: float) -> NDArray[np.bool_]:
    near = np.zeros(frequency_Hz.size, dtype=bool)
    for line in lines_Hz:
        near |= np.abs(frequency_Hz - line) <= (_LOBE + 0.5) * step_Hz
    return near


def _most_likely(f: FloatArray, p: FloatArray, k: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Model, (S_w, S_w f_c) and Fisher's information by scoring: least squares weighted with the model itself."""
    design = np.stack([np.ones_like(f), 1.0 / f], axis=1)
    theta = np.array([np.median(p), 0.0])
    for _ in range(100):
        model = design @ theta
        weighted = design / model[:, None]
        fisher = k * weighted.T @ weighted
        step = np.linalg.solve(fisher, k * weighted.T @ (p / model))
        if step[1] < 0.0:  # no 1/f noise to be seen: white alone
            step = np.array([1.0 / np.mean(1.0 / p) if step[0] <= 0.0 else float(np.mean(p)), 0.0])
        elif step[0] <= 0.0:  # 1/f noise all over the band
            step[0] = 1e-6 * float(p.min())
        previous, theta = theta, step
        if np.all(np.abs(theta - previous) <= 1e-10 * np.abs(theta).max()):
            break
    return design @ theta, theta, fisher
