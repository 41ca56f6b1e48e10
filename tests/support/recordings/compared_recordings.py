"""Recordings as they are compared, made up: three samples, each with traces, I-V curves or heat."""

from pathlib import Path

import numpy as np

from app.viewmodels.compared import ComparedCurve, ComparedHeat, ComparedHistogram, ComparedRecording
from app.viewmodels.heating_points import PointsSnapshot
from tests.support.recordings.synthetic import G0_S

SAMPLES = {"Au-BDNC-Au": 2.07e-3, "Au-BDA-Au": 6.4e-3, "Au-BDT-Au": 1.1e-2}
"""With the conductance in G0."""


def histogram(conductance_G0: float, rng: np.random.Generator) -> ComparedHistogram:
    log10_G = np.arange(-6.5, 1.0, 0.01) + 0.005
    rows = ((np.log10(conductance_G0), 0.2, 26.0), (-5.7, 0.25, 700.0), (0.0, 0.03, 60.0), (0.28, 0.05, 24.0))
    smooth = 7.0 + sum(height * np.exp(-0.5 * ((log10_G - at) / width) ** 2) for at, width, height in rows)
    counts = np.maximum(smooth + 0.8 * rng.standard_normal(log10_G.size), 0.0) * (log10_G < 0.8)
    peaks = ((0.982, 0.004), (conductance_G0, 0.02 * conductance_G0))
    return ComparedHistogram(10.0**log10_G, counts, 477, peaks, 6e-6)


def curve(conductance_G0: float, rng: np.random.Generator, trusted: bool = True) -> ComparedCurve:
    v = np.linspace(-1.3, 1.3, 101)
    current = 1e9 * conductance_G0 * G0_S * (v + 0.25 * v**3)
    current += 0.004 * np.abs(current).max() * rng.standard_normal(v.size)
    sd = 0.12 * np.abs(current) + 2.0
    error = 0.025 * conductance_G0
    return ComparedCurve(v, current, current - sd, current + sd, 97, 97, conductance_G0, error, trusted)


def heat(conductance_G0: float, rng: np.random.Generator) -> ComparedHeat:
    v = np.array([0.55, 0.78, 0.93, 1.08, 1.27])
    total = conductance_G0 * G0_S * v**2 * (1 + 0.25 * v**2) * 1e6
    sigma = np.full(v.size, 0.012 * total[-1])
    share = 0.09 * v / 1.27
    pos, neg = ((0.5 + side * share) * total + 0.5 * sigma * rng.standard_normal(v.size) for side in (-1, 1))
    points = PointsSnapshot(
        v, np.array([88, 91, 100, 96, 74]), total, 1.01 * total, pos, neg, 0.02 * total, 0.02 * total, sigma, sigma
    )  # fmt: skip
    return ComparedHeat(points, 0.032)


def made(path: Path) -> ComparedRecording:
    """Return a recording for a file named by sample and procedure: "bdnc-iv"."""
    sample = next(name for name in SAMPLES if name.split("-")[1].lower() in path.stem.split("-"))
    g, rng = SAMPLES[sample], np.random.default_rng(len(path.stem))
    if "iv" in path.stem:
        return ComparedRecording(path, sample, iv=curve(g, rng))
    if "heating" in path.stem:
        return ComparedRecording(path, sample, heat=heat(g, rng))
    return ComparedRecording(path, sample, histogram=histogram(g, rng))
