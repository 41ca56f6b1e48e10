"""Spectra: Parseval, white levels and corners that were put in, errors against drawn records, lines."""

import math

import numpy as np
import pytest

from analysis.spectra.lines import find_lines
from analysis.spectra.noise import fit_noise
from analysis.spectra.welch import Spectrum, power_spectrum

RATE_Hz = 2000.0
WHITE = 1e-16  # V^2/Hz: 10 nV in the root of a Hz


def coloured(rng, n, corner_Hz=0.0, white=WHITE):
    """White and 1/f noise by shaping a spectrum; long enough that the circle it closes in does not matter."""
    size = 4 * n
    f = np.fft.rfftfreq(size, 1.0 / RATE_Hz)
    shape = np.sqrt(white * RATE_Hz / 2.0 * (1.0 + corner_Hz / np.maximum(f, f[1])))
    return np.fft.irfft(shape * np.fft.rfft(rng.standard_normal(size)), size)[:n]


def test_the_integral_is_the_variance():
    x = coloured(np.random.default_rng(0), 200_000)
    spectrum = power_spectrum([x], RATE_Hz)
    assert spectrum.density_per_Hz.sum() * spectrum.step_Hz == pytest.approx(x.var(), rel=0.02)
    assert spectrum.step_Hz == 0.25
    assert spectrum.segments == 49
    assert spectrum.density_per_Hz[4:].mean() == pytest.approx(WHITE, rel=0.02)


def test_stretches_count_by_their_segments():
    rng = np.random.default_rng(1)
    quiet, loud = coloured(rng, 24_000), coloured(rng, 8000, white=9 * WHITE)
    spectrum = power_spectrum([quiet, loud, quiet[:100]], RATE_Hz)
    assert (spectrum.segments, spectrum.overlapped) == (6, 4)
    assert spectrum.density_per_Hz[4:].mean() == pytest.approx((5 * WHITE + 9 * WHITE) / 6, rel=0.05)


def test_short_holds_make_short_segments():
    rng = np.random.default_rng(2)
    spectrum = power_spectrum([coloured(rng, n) for n in (3000, 3000, 2500, 500)], RATE_Hz)
    assert spectrum.frequency_Hz.size == 1501
    assert spectrum.segments == 2


def test_gaps_and_crumbs_are_refused():
    holed = np.zeros(9000)
    holed[3] = np.nan
    with pytest.raises(ValueError, match="16 finite samples"):
        power_spectrum([holed, np.zeros(5)], RATE_Hz)


@pytest.mark.parametrize("corner_Hz", [0.0, 3.2, 20.0])
def test_white_level_and_corner_with_honest_errors(corner_Hz):
    rng = np.random.default_rng(3)
    fits = [
        fit_noise(power_spectrum([coloured(rng, 10_000, corner_Hz) for _ in range(10)], RATE_Hz))
        for _ in range(60)
    ]
    white = np.array([fit.white_per_Hz for fit in fits])
    corner = np.array([fit.corner_Hz for fit in fits])
    white_sigma = np.mean([fit.white_sigma_per_Hz for fit in fits])
    corner_sigma = np.mean([fit.corner_sigma_Hz for fit in fits])
    assert white.mean() == pytest.approx(WHITE, abs=4 * white_sigma / math.sqrt(60))
    assert corner.max() < corner_Hz + 4 * corner_sigma
    if corner_Hz:  # at none the fit stops at zero, and scatters to one side only
        assert corner.mean() == pytest.approx(corner_Hz, abs=4 * corner_sigma / math.sqrt(60))
        assert white.std() == pytest.approx(white_sigma, rel=0.3)  # 60 fits: 9 %
        assert corner.std() == pytest.approx(corner_sigma, rel=0.3)
        assert np.mean([fit.reduced_chi2 for fit in fits]) == pytest.approx(1.0, abs=0.1)


def with_line(rng, frequency_Hz, amplitude, corner_Hz=3.0, n=10):
    t = np.arange(10_000) / RATE_Hz
    phases = rng.uniform(0.0, 2 * np.pi, n)
    return [
        coloured(rng, 10_000, corner_Hz) + amplitude * np.sin(2 * np.pi * frequency_Hz * t + p)
        for p in phases
    ]


@pytest.mark.parametrize("frequency_Hz", [50.0, 49.93, 60.02, 60.1])
def test_mains_is_found_measured_and_left_out(frequency_Hz):
    rng = np.random.default_rng(4)
    noise = fit_noise(power_spectrum(with_line(rng, frequency_Hz, 1e-6), RATE_Hz))
    line = noise.lines[0]
    assert line.name == "mains"
    assert noise.mains_Hz == pytest.approx(frequency_Hz, abs=0.005)
    assert line.rms == pytest.approx(1e-6 / math.sqrt(2), rel=0.02)
    assert noise.white_per_Hz == pytest.approx(WHITE, rel=0.05)
    assert noise.reduced_chi2 < 1.2


def test_other_lines_have_other_names():
    rng = np.random.default_rng(5)
    t = np.arange(10_000) / RATE_Hz
    waves = sum(np.sin(2 * np.pi * f * t) for f in (24.5, 150.0, 77.0))
    spectrum = power_spectrum([coloured(rng, 10_000) + 1e-6 * waves for _ in range(5)], RATE_Hz)
    names = {round(line.frequency_Hz, 1): line.name for line in find_lines(spectrum, known_Hz=[12.25])}
    assert names == {24.5: "modulation", 150.0: "mains 3", 77.0: ""}


@pytest.mark.parametrize("n", [8000, 20_000])
def test_noise_has_no_lines(n):
    """One spectrum in a thousand may show one; with few segments the floor itself is uncertain, and more do."""
    rng = np.random.default_rng(6)
    spectra = [power_spectrum([coloured(rng, n, 10.0)], RATE_Hz) for _ in range(150)]
    assert sum(bool(find_lines(s)) for s in spectra) <= 3


def test_what_the_modulation_leaves_is_not_noise():
    rng = np.random.default_rng(7)
    t = np.arange(10_000) / RATE_Hz
    residue = 3e-8 * sum(np.cos(2 * np.pi * 12.25 * k * t) for k in range(1, 20))
    spectrum = power_spectrum([coloured(rng, 10_000) + residue for _ in range(20)], RATE_Hz)
    assert fit_noise(spectrum, modulation_Hz=[12.25]).white_per_Hz == pytest.approx(WHITE, rel=0.03)


def test_too_few_points_are_refused():
    flat = Spectrum(np.arange(1001.0), np.ones(1001), 4)
    with pytest.raises(ValueError, match="points of the spectrum"):
        fit_noise(flat, band_Hz=(1.0, 10.0))


def test_json_speaks_of_volts():
    content = fit_noise(power_spectrum(with_line(np.random.default_rng(8), 50.0, 1e-6), RATE_Hz)).to_json()
    assert content["white_V_per_rtHz"] == pytest.approx(1e-8, rel=0.05)
    assert content["lines"][0]["name"] == "mains"
    assert content["segments"] == 10
