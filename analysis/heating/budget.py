"""Error budget of the thermometer's noise: the error of a temperature rise expected from a spectrum.

The temperature rise of a level is the mean over that level minus the mean over the zero levels. With one-sided noise
S_w (1 + f_c/f), record length T and modulation f_M, for equal thirds:

    Var[dT+] = Var[dT-] = (S_w/T)(3 + 2.374980 f_c/f_M)/S_TC^2,   correlation +1/2 (white)

so that Var[dT+ - dT-] is 3 S_w/(T S_TC^2), not twice that. Other programmes have other coefficients, calculated here
from the harmonics of the level pattern.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import scipy

from analysis.heating.points import HeatingPoint
from analysis.heating.programme import LevelProgramme
from analysis.records import FloatArray
from analysis.spectra.noise import Noise


def white_coefficients(
    programme: LevelProgramme, mask_samples: int = 0, rate_Hz: float = 2000.0
) -> FloatArray:
    """Return the covariance of (dV+, dV-) in units of S_w/T, shape (2, 2); [[3, 1.5], [1.5, 3]] for equal thirds.

    Samples masked after each edge are lost: a level keeps its share minus the masks.

    Raises
    ------
    ValueError
        If a programme has no positive, no negative or no zero level, or a mask covers one of them.
    """
    positive, zero, negative = (
        _share_left(programme, bias, mask_samples, rate_Hz) for bias in _levels(programme)
    )
    common = 0.5 / zero
    return np.array([[0.5 / positive + common, common], [common, 0.5 / negative + common]])


def flicker_coefficients(programme: LevelProgramme) -> FloatArray:
    """Return the covariance of (dV+, dV-) in units of S_w f_c/(T f_M), shape (2, 2); diagonal 2.374980 for thirds.

    Exact: with edges at multiples of 1/D of a period, k times the k-th harmonic repeats after D, and the sum over
    k = r, r + D, r + 2D ... of 1/k^3 is Hurwitz's zeta(3, r/D)/D^3.
    """
    positive, zero, negative = _levels(programme)
    D = math.lcm(*(edge.denominator for edge in programme.edges))
    r = np.arange(1.0, D + 1.0)
    harmonics = np.array([_steps(programme, x, zero, r) for x in (positive, negative)]) / (2.0 * np.pi)
    sums = scipy.special.zeta(3.0, r / D) / D**3
    coefficients: FloatArray = np.real(np.einsum("ir,jr,r->ij", harmonics, harmonics.conj(), sums))
    return coefficients


def dead_time_factor(programme: LevelProgramme, mask_samples: int, rate_Hz: float) -> float:
    """Return the factor by which masks raise the variance of dT+: 54.42/(54.42 - m) for m of the 54.42 samples of a
    third.
    """
    masked = white_coefficients(programme, mask_samples, rate_Hz)
    return float(masked[0, 0] / white_coefficients(programme)[0, 0])


def expected_covariance_K2(
    noise: Noise,
    programme: LevelProgramme,
    duration_s: float,
    seebeck_V_per_K: float,
    mask_samples: int = 0,
    rate_Hz: float = 2000.0,
) -> FloatArray:
    """Return the covariance of (dT+, dT-) expected from this noise, shape (2, 2).

    Parameters
    ----------
    noise : Noise
        Noise of the thermometer, V^2/Hz at the thermocouple, as sampled (aliasing included).
    programme : LevelProgramme
    duration_s : float
        Modulated time, masked samples included.
    seebeck_V_per_K : float
    mask_samples : int
        Samples left out around each edge.
    rate_Hz : float
        Sample rate.
    """
    white = white_coefficients(programme, mask_samples, rate_Hz)
    dead_time = dead_time_factor(programme, mask_samples, rate_Hz)
    corner = noise.corner_Hz / float(programme.frequency_Hz)
    coefficients = white + dead_time * corner * flicker_coefficients(programme)
    covariance: FloatArray = noise.white_per_Hz / duration_s / seebeck_V_per_K**2 * coefficients
    return covariance


LEAST_JUNCTION_K_PER_W = 1e7
"""Least thermal resistance of a junction (Lee et al., Nature 498, 209 (2013), Methods)."""


@dataclass(frozen=True)
class HeatBypass:
    """Bound on the heat that leaves the warm tip through the junction instead of the probe; never corrected.

    Q_true = Q_measured (1 + R_P/(R_J + R_S)), with R_J of the junction and R_S of the substrate, in K/W. The loss is
    4e-5 for one atom of gold (2e9 K/W), less for molecules; the bound holds for any junction of at least 1e7 K/W.
    """

    resistance_K_per_W: float
    junction_K_per_W: float = LEAST_JUNCTION_K_PER_W
    substrate_K_per_W: float = 0.0

    @property
    def ratio(self) -> float:
        """R_P/(R_J + R_S): correction of a measured heat, as a share of it."""
        return self.resistance_K_per_W / (self.junction_K_per_W + self.substrate_K_per_W)

    @property
    def share(self) -> float:
        """Largest share of the true heat that is missed: 0.72 % for the paper's tip."""
        return self.ratio / (1.0 + self.ratio)

    def words(self) -> str:
        """State the bound in a sentence."""
        return (
            f"Heat that leaves the tip through the junction is not corrected for: heats and temperature rises are too "
            f"low by at most {100.0 * self.share:.2f} % (R_P/(R_J + R_S), with R_J + R_S of "
            f"{self.junction_K_per_W + self.substrate_K_per_W:.0e} K/W or more)."
        )

    def to_json(self) -> dict[str, Any]:
        """Return content for JSON."""
        return {
            "share_at_most": self.share,
            "ratio_at_most": self.ratio,
            "junction_resistance_at_least_K_per_W": self.junction_K_per_W,
            "corrected": False,
        }


@dataclass(frozen=True)
class Budget:
    """Errors of dT+ at one amplitude: expected from the spectrum, from the residuals, and from the junctions.

    The first two agree if the estimator is optimal. The third is larger if junctions differ.
    """

    amplitude_V: float
    duration_s: float
    expected_K: float
    noise_K: float
    reached_K: float

    @property
    def ratio(self) -> float:
        """Error between junctions over the expected one."""
        return self.reached_K / self.expected_K

    def at(self, duration_s: float) -> tuple[float, float]:
        """Return the expected and the reached error, scaled to another modulated time."""
        scale = math.sqrt(self.duration_s / duration_s)
        return self.expected_K * scale, self.reached_K * scale

    def to_json(self) -> dict[str, Any]:
        """Return content for JSON."""
        expected, reached = self.at(500.0)
        return {
            "amplitude_V": self.amplitude_V,
            "duration_s": self.duration_s,
            "expected_K": self.expected_K,
            "noise_only_K": self.noise_K,
            "reached_K": self.reached_K,
            "ratio": self.ratio,
            "noise_only_ratio": self.noise_K / self.expected_K,
            "expected_500s_K": expected,
            "reached_500s_K": reached,
        }


def budget(
    point: HeatingPoint,
    noise: Noise,
    programme: LevelProgramme,
    duration_s: float,
    mask_samples: int,
    rate_Hz: float,
) -> Budget:
    """Compare expected and reached error, from the mean variance of both polarities; parameters as in
    `expected_covariance_K2`.
    """
    seebeck = point.thermometer.seebeck_V_per_K
    expected = expected_covariance_K2(noise, programme, duration_s, seebeck, mask_samples, rate_Hz)
    return Budget(
        amplitude_V=point.amplitude_V,
        duration_s=duration_s,
        expected_K=_rms(expected),
        noise_K=_rms(point.noise_covariance_K2),
        reached_K=_rms(point.covariance_K2),
    )


def _rms(covariance: FloatArray) -> float:
    return math.sqrt(0.5 * float(np.trace(covariance)))


def _levels(programme: LevelProgramme) -> tuple[float, float, float]:
    """Return the largest positive level, zero, and the most negative level."""
    biases = [level.bias_V for level in programme.levels]
    if not (max(biases) > 0.0 > min(biases) and 0.0 in biases):
        raise ValueError(
            f"levels of {biases} V: a heating programme needs a positive, a negative and a zero level"
        )
    return max(biases), 0.0, min(biases)


def _share_left(programme: LevelProgramme, bias_V: float, mask_samples: int, rate_Hz: float) -> float:
    """Return the share of the period at this bias after ``mask_samples`` are dropped at each change to it."""
    levels = programme.levels
    share, changes = Fraction(0), 0
    for before, level in zip((levels[-1], *levels[:-1]), levels, strict=True):
        if level.bias_V == bias_V:
            share += level.share
            changes += before.bias_V != bias_V
    left = float(share) - changes * mask_samples / float(programme.samples_per_period(rate_Hz))
    if left <= 0.0:
        raise ValueError(f"{mask_samples} masked samples after each edge cover the whole level at {bias_V} V")
    return left


def _steps(programme: LevelProgramme, bias_V: float, zero_V: float, k: FloatArray) -> FloatArray:
    """Return 2 pi i k times the k-th harmonic of the weights: mean of the level less mean of the zero levels."""
    total = np.zeros(k.size, dtype=complex)
    ends = (*programme.edges[1:], Fraction(1))
    for sign, bias in ((1.0, bias_V), (-1.0, zero_V)):
        share = float(sum(level.share for level in programme.levels if level.bias_V == bias))
        for level, start, end in zip(programme.levels, programme.edges, ends, strict=True):
            if level.bias_V == bias:
                phases = [np.exp(-2j * np.pi * k * float(edge)) for edge in (start, end)]
                total += sign / share * (phases[0] - phases[1])
    return total
