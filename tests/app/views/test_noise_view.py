import numpy as np
import pytest

from analysis.heating.spectrum import Spectrum, find_lines, power_spectrum
from analysis.records import Event, EventKind
from app.views.noise_view import NoiseView
from app.views.signals import Signals

RATE_Hz = 2000.0


def signals(first, current_A, thermocouple_V, rate_Hz=RATE_Hz):
    nothing = np.full(current_A.size, np.nan)
    return Signals(first, rate_Hz, nothing, current_A, nothing, nothing, thermocouple_V)


def made(n, seed=0):
    rng = np.random.default_rng(seed)
    t = np.arange(n) / RATE_Hz
    current = 1e-11 * rng.standard_normal(n) + 1e-9 * t
    return current, 1e-7 * rng.standard_normal(n) + 3e-8 * np.sin(2 * np.pi * 50.0 * t)


def fed(rows, sizes, view=None):
    view = view or NoiseView()
    at, i = 0, 0
    while at < rows[0].size:
        stop = at + sizes[i % len(sizes)]
        view.feed(signals(at, rows[0][at:stop], rows[1][at:stop]))
        at, i = stop, i + 1
    return view


@pytest.mark.parametrize("sizes", [[200], [7, 8001, 150], [10**6]])
def test_the_spectrum_is_that_of_all_samples_at_once(sizes):
    rows = made(60_003)
    found = fed(rows, sizes).spectra()
    for spectrum, row in zip(found, rows, strict=True):
        expected = power_spectrum([row], RATE_Hz)
        assert (spectrum.segments, spectrum.overlapped) == (expected.segments, expected.overlapped)
        np.testing.assert_allclose(spectrum.density_per_Hz, expected.density_per_Hz, rtol=1e-9)
        np.testing.assert_allclose(spectrum.frequency_Hz, expected.frequency_Hz)


def test_densities_and_lines_in_the_units_of_their_axes():
    view = fed(made(200_000), [200])
    shot = view.snapshot()
    band = (shot.frequency_Hz > 100) & (shot.frequency_Hz < 900)
    assert np.sqrt(np.mean(shot.current_pA_per_rtHz[band] ** 2)) == pytest.approx(
        10.0 / np.sqrt(1000.0), rel=0.02
    )
    assert np.sqrt(np.mean(shot.thermometer_nV_per_rtHz[band] ** 2)) == pytest.approx(
        100.0 / np.sqrt(1000.0), rel=0.02
    )
    (line,) = shot.thermometer_lines
    assert line.name == "mains" and line.rms == pytest.approx(3e-8 / np.sqrt(2.0), rel=0.1)
    assert shot.current_lines == ()
    assert shot.segments == 49 and shot.averaged_s == 100.0
    assert view.snapshot() is shot


def test_only_the_last_minutes_count():
    view = NoiseView(averaged_s=8.0)
    fed(
        (np.full(100_000, 1e-9) * np.random.default_rng(0).standard_normal(100_000), np.zeros(100_000)),
        [1000],
        view,
    )
    rng = np.random.default_rng(1)
    view.feed(signals(100_000, 1e-12 * rng.standard_normal(40_000), np.zeros(40_000)))
    shot = view.snapshot()
    assert shot.segments == 3
    assert shot.current_pA_per_rtHz[400:].max() < 0.2


def test_a_gap_begins_a_segment_anew_and_a_modulation_is_named():
    view = NoiseView()
    current, thermo = made(7000)
    view.event(
        Event(0, EventKind.STEP, "modulate", {"phase": "begin", "programme": {"frequency_Hz": "49/4"}})
    )
    view.feed(signals(0, current, thermo))
    view.feed(signals(7100, current, thermo))
    assert view.spectra() is None and not view.snapshot().frequency_Hz.size
    t = np.arange(80_000) / RATE_Hz
    wave = 1e-6 * np.sin(2 * np.pi * 12.25 * t)
    view.feed(signals(20_000, made(80_000)[0], wave + made(80_000)[1]))
    assert "modulation" in [line.name for line in view.snapshot().thermometer_lines]
    view.jump()
    assert view.spectra() is None


def test_a_thermometer_that_is_not_there_leaves_the_current():
    view = NoiseView()
    current, _ = made(20_000)
    view.feed(signals(0, current, np.full(20_000, np.nan)))
    shot = view.snapshot()
    assert np.isfinite(shot.current_pA_per_rtHz).all() and np.isnan(shot.thermometer_nV_per_rtHz).all()
    assert shot.thermometer_lines == ()


def test_a_point_that_stands_in_a_notch_is_no_line():
    """As a junction that opens now and then has them: the lobe about the point holds less than its surroundings."""
    density = np.ones(300)
    density[98:103] = 0.1
    density[100] = 3.0
    assert find_lines(Spectrum(np.arange(300.0), density, 1000)) == []
