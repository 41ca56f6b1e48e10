"""Noise as it comes: the spectrum of all samples at once, of those stretches alone that tell of instruments."""

import numpy as np
import pytest

from analysis.constants import G0_S
from analysis.records import Event, EventKind
from analysis.spectra.lines import find_lines
from analysis.spectra.noise_reducer import HELD, OPEN
from analysis.spectra.welch import Spectrum, WelchAverager, power_spectrum
from app.viewmodels.noise_view import NoiseModel
from app.viewmodels.signals import SampledSignals

RATE_Hz = 2000.0
BIAS_V = 0.1
CONTACT_A = 3.0 * G0_S * BIAS_V


def signals(first, current_A, thermocouple_V, rate_Hz=RATE_Hz, bias_V=BIAS_V):
    nothing = np.full(current_A.size, np.nan)
    bias = np.full(current_A.size, bias_V)
    return SampledSignals(first, rate_Hz, nothing, current_A, bias, nothing, thermocouple_V)


def made(n, seed=0):
    rng = np.random.default_rng(seed)
    t = np.arange(n) / RATE_Hz
    return 1e-11 * rng.standard_normal(n), 1e-7 * rng.standard_normal(n) + 3e-8 * np.sin(2 * np.pi * 50.0 * t)


def step(name, phase, sample=0, **more):
    return Event(sample, EventKind.STEP, name, {"phase": phase, **more})


def fed(rows, sizes, view=None, first=0, **more):
    view = view or NoiseModel()
    at, i = 0, 0
    while at < rows[0].size:
        stop = at + sizes[i % len(sizes)]
        view.feed(signals(first + at, rows[0][at:stop], rows[1][at:stop], **more))
        at, i = stop, i + 1
    return view


def names(view):
    return [one.name for one in view.snapshot().spectra]


@pytest.mark.parametrize("sizes", [[200], [7, 8001, 150], [10**6]])
def test_the_spectrum_is_that_of_all_samples_at_once(sizes):
    rows = np.stack(made(60_000))
    averager = WelchAverager(4.0, 1000.0)
    at, i = 0, 0
    while at < 60_000:
        averager.feed(rows[:, at : at + sizes[i % len(sizes)]], RATE_Hz)
        at, i = at + sizes[i % len(sizes)], i + 1
    for spectrum, row in zip(averager.spectra(), rows, strict=True):
        expected = power_spectrum([row], RATE_Hz)
        assert (spectrum.segments, spectrum.overlapped) == (expected.segments, expected.overlapped)
        np.testing.assert_allclose(spectrum.density_per_Hz, expected.density_per_Hz, rtol=1e-9)
        np.testing.assert_allclose(spectrum.frequency_Hz, expected.frequency_Hz)


@pytest.mark.parametrize("sizes", [[200], [7, 8001, 150], [10**6]])
def test_out_of_contact_densities_and_lines_are_in_SI(sizes):
    view = fed(made(200_000), sizes)
    (shot,) = view.snapshot().spectra
    assert shot.name == OPEN
    band = (shot.frequency_Hz > 100) & (shot.frequency_Hz < 900)
    white = np.sqrt(np.mean(shot.current_A_per_rtHz[band] ** 2))
    assert white == pytest.approx(1e-11 / np.sqrt(1000.0), rel=0.02)
    white = np.sqrt(np.mean(shot.thermometer_V_per_rtHz[band] ** 2))
    assert white == pytest.approx(1e-7 / np.sqrt(1000.0), rel=0.02)
    (line,) = shot.thermometer_lines
    assert line.name == "mains" and line.rms == pytest.approx(3e-8 / np.sqrt(2.0), rel=0.1)
    assert shot.current_lines == ()
    assert shot.segments == 49 and shot.averaged_s == 100.0
    assert view.snapshot() is view.snapshot()


def test_a_junction_that_opens_and_closes_is_seen_only_while_it_is_open():
    """Half a second in contact, half a second out of it: the spectrum is the instruments' all the same."""
    current_A, thermocouple_V = made(120_000)
    closed = np.arange(120_000) % 2000 < 1000
    view = fed((current_A + closed * CONTACT_A, thermocouple_V + 4e-8), [200])
    (shot,) = view.snapshot().spectra
    assert shot.name == OPEN
    assert shot.averaged_s == pytest.approx(30.0, rel=0.03)
    white = np.sqrt(np.mean(shot.current_A_per_rtHz**2))
    assert white == pytest.approx(1e-11 / np.sqrt(1000.0), rel=0.05)
    assert [(line.name, line.frequency_Hz) for line in shot.thermometer_lines] == [("mains", 50.0)]
    assert shot.current_lines == ()


def test_a_junction_in_contact_is_no_noise():
    current_A, thermocouple_V = made(40_000)
    view = fed((current_A + CONTACT_A, thermocouple_V), [200])
    assert view.snapshot().spectra == ()


def test_held_and_modulated_stretches_are_averaged_by_themselves_and_their_lines_named():
    view = fed(made(20_000), [200])
    view.event(step("modulate", "begin", 20_000, programme={"frequency_Hz": "49/4"}))
    t = np.arange(80_000) / RATE_Hz
    wave = CONTACT_A * np.sin(2 * np.pi * 12.25 * t)
    fed((wave + made(80_000)[0], made(80_000)[1]), [300], view, first=20_000)
    view.event(step("modulate", "end", 100_000))
    assert names(view) == [OPEN, HELD]
    instruments, held = view.snapshot().spectra
    assert [line.name for line in held.current_lines] == ["modulation"]
    assert instruments.current_lines == ()
    assert held.averaged_s == 40.0


def test_sweeps_are_no_noise():
    view = NoiseModel()
    view.event(step("sweep", "begin"))
    fed(made(40_000), [200], view)
    assert view.snapshot().spectra == ()


def test_without_a_bias_a_junction_is_as_it_was():
    view = fed(made(20_000), [200], bias_V=0.0)  # a run begins with the tip back
    assert names(view) == [OPEN]
    view.jump()
    fed(made(20_000), [200], view, first=50_000, bias_V=0.0)
    assert view.snapshot().spectra == ()
    fed(made(20_000), [200], view, first=70_000)
    fed(made(20_000), [200], view, first=90_000, bias_V=0.0)
    assert view.snapshot().spectra[0].averaged_s == 20.0


def test_where_nobody_knows_the_bias_nothing_is_said():
    assert fed(made(40_000), [200], bias_V=np.nan).snapshot().spectra == ()


def test_only_the_last_seconds_count():
    view = NoiseModel(averaged_s=8.0)
    rng = np.random.default_rng(0)
    fed((1e-10 * rng.standard_normal(100_000), np.zeros(100_000)), [1000], view)
    fed((1e-12 * rng.standard_normal(40_000), np.zeros(40_000)), [1000], view, first=100_000)
    assert view.noise.long.spectra()[0].segments == 3
    assert view.noise.short.spectra()[0].density_per_Hz[20:].max() < 1e-26


def test_a_gap_begins_a_segment_anew():
    view = NoiseModel()
    rows = made(7000)
    fed(rows, [7000], view)
    fed(rows, [7000], view, first=7100)
    assert view.noise.long.spectra() == ()
    view.jump()
    assert view.snapshot().spectra == ()


def test_a_thermometer_that_is_not_there_leaves_the_current():
    view = NoiseModel()
    current, _ = made(20_000)
    view.feed(signals(0, current, np.full(20_000, np.nan)))
    (shot,) = view.snapshot().spectra
    assert np.isfinite(shot.current_A_per_rtHz).all() and np.isnan(shot.thermometer_V_per_rtHz).all()
    assert shot.thermometer_lines == ()


def test_a_point_that_stands_in_a_notch_is_no_line():
    """Junctions that open now and then give such spectra: the lobe about the point holds less than its surroundings."""
    density = np.ones(300)
    density[98:103] = 0.1
    density[100] = 3.0
    assert find_lines(Spectrum(np.arange(300.0), density, 1000)) == []
