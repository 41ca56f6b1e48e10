"""Noise of a channel as a spectrum: white level, 1/f corner, and the lines of mains and modulation.

The spectral density is one-sided. Its model is S(f) = S_w (1 + f_c/f). The measured S_w already includes the noise
that a converter folds down from above half its rate: nothing must be added for aliasing.
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
"""Length of a segment: 200 cycles of 50 Hz, 240 of 60 Hz, 49 of 12.25 Hz, so that these lines fall on points of the
spectrum."""

FIT_BAND_Hz = (1.0, 200.0)
"""Band of the fit: below it baselines are subtracted; above it filters bend the spectrum, and the estimator has
little weight."""

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
        """Distance between points."""
        return float(self.frequency_Hz[1] - self.frequency_Hz[0])

    @property
    def independent_segments(self) -> float:
        """Number of segments without overlap that would scatter as little."""
        return self.segments / (1.0 + _HANN_OVERLAP * self.overlapped / self.segments)


@dataclass(frozen=True)
class SpectralLine:
    """A narrow line: frequency and rms in the unit of the channel; ``name`` is "" if unknown."""

    frequency_Hz: float
    rms: float
    name: str = ""


@dataclass(frozen=True)
class Noise:
    """S(f) = white (1 + corner/f): white level per Hz, corner in Hz, and their standard errors.

    ``reduced_chi2`` is 1 if the model holds. ``lines`` were left out of the fit.
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
        """Measured frequency of the mains; None if its line does not stand out."""
        mains = [line for line in self.lines if line.name == "mains"]
        return mains[0].frequency_Hz if mains else None

    def to_json(self) -> dict[str, Any]:
        """Return content for JSON; the channel is in volts."""
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
    """Average Welch periodograms over several stretches: Hann window, half overlap, a straight line subtracted from
    each.

    If most of the record is in stretches shorter than a segment, the segment is shortened to them.
    Stretches shorter than a segment, or with samples that are not finite, are not used.

    Raises
    ------
    ValueError
        Without a stretch of at least 16 finite samples.
    """
    usable = [np.asarray(x, dtype=float) for x in stretches]
    usable = [x for x in usable if x.size >= 16 and np.isfinite(x).all()]
    if not usable:
        raise ValueError("no stretch of 16 finite samples or more, so there is no spectrum")
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
    """Return the longest length for which at least half of all samples lie in stretches of that length or more."""
    lengths = np.sort([x.size for x in stretches])[::-1]
    return int(lengths[np.searchsorted(np.cumsum(lengths), 0.5 * lengths.sum())])


def find_lines(
    spectrum: Spectrum,
    chance: float = 1e-3,
    known_Hz: Sequence[float] = (),
    surroundings: int = _SURROUNDINGS,
) -> list[SpectralLine]:
    """Find narrow lines that stand above their surroundings.

    Parameters
    ----------
    spectrum : Spectrum
    chance : float
        Probability of finding any line in noise that has none.
    known_Hz : sequence of float
        Fundamentals of the modulation: lines at their multiples are named "modulation".
    surroundings : int
        Points to either side above which a line must stand, all within the spectrum; fewer for short segments.

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
    lines = []
    for i in signal.argrelmax(p, order=_LOBE)[0]:
        if surroundings <= i < p.size - surroundings and p[i] > limit * floor[i] > 0.0:
            lobe = slice(i - _LOBE, i + _LOBE + 1)
            power = float(np.sum(p[lobe] - floor[lobe])) * spectrum.step_Hz
            if power <= 0.0:  # a point that stands out on a slope, but whose lobe does not, is not a line
                continue
            frequency = _between_points(spectrum, int(i))
            lines.append(SpectralLine(frequency, math.sqrt(power), _line_name(frequency, spectrum, known_Hz)))
    return sorted(lines, key=lambda line: -line.rms)


def _between_points(spectrum: Spectrum, i: int) -> float:
    """Return the frequency of a pure tone from the ratio of the two highest points of its lobe (Hann window)."""
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
    """Fit white level and corner by maximum likelihood, without the lines.

    Each point of an averaged spectrum scatters in proportion to its value (a gamma distribution), so that the 1/f end
    would dominate an unweighted fit. Points far off the model are left out and the fit repeated.

    Parameters
    ----------
    spectrum : Spectrum
    band_Hz : tuple of float
        Range of the fit.
    modulation_Hz : sequence of float
        Fundamentals whose multiples are left out: residuals of modulated holds are not noise there.

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
            f"only {np.count_nonzero(used)} points of the spectrum from {band_Hz[0]:g} to {band_Hz[1]:g} Hz are noise; "
            "a fit needs 16"
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
    """Fit by scoring (least squares weighted with the model); return model, (S_w, S_w f_c) and Fisher's information."""
    design = np.stack([np.ones_like(f), 1.0 / f], axis=1)
    theta = np.array([np.median(p), 0.0])
    for _ in range(100):
        model = design @ theta
        weighted = design / model[:, None]
        fisher = k * weighted.T @ weighted
        step = np.linalg.solve(fisher, k * weighted.T @ (p / model))
        if step[1] < 0.0:  # no 1/f noise: white alone
            step = np.array([1.0 / np.mean(1.0 / p) if step[0] <= 0.0 else float(np.mean(p)), 0.0])
        elif step[0] <= 0.0:  # 1/f noise in the whole band
            step[0] = 1e-6 * float(p.min())
        previous, theta = theta, step
        if np.all(np.abs(theta - previous) <= 1e-10 * np.abs(theta).max()):
            break
    return design @ theta, theta, fisher
