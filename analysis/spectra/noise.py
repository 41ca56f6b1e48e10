"""Noise of a channel: white level and 1/f corner of its spectrum, beside the lines of mains and modulation.

The spectral density is one-sided. Its model is S(f) = S_w (1 + f_c/f). The measured S_w already includes the noise
that a converter folds down from above half its rate: nothing must be added for aliasing.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.distributions import gamma_exceeded
from analysis.records import FloatArray
from analysis.spectra.lines import LOBE, SpectralLine, find_lines
from analysis.spectra.welch import Spectrum

FIT_BAND_Hz = (1.0, 200.0)
"""Band of the fit: below it baselines are subtracted; above it filters bend the spectrum, and the estimator has
little weight."""

_HANN_INDEPENDENT = 1.0 + 2.0 * ((2.0 / 3.0) ** 4 + (1.0 / 6.0) ** 4)


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
    limits = gamma_exceeded([1.0 - 1e-4, 1e-4], k) / k
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
        near |= np.abs(frequency_Hz - line) <= (LOBE + 0.5) * step_Hz
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
