"""Strip charts against a brute-force minimum and maximum of all samples, however the samples came."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.recording import RecordedChannel, RunHeader
from analysis.records import Block
from app.viewmodels.signals import Decoder, SampledSignals, extra_units, log10_G
from app.viewmodels.strips import COLUMNS, WHOLE_RUN, StripCharts

RATE_Hz = 2000.0


def signals(first, data, rate_Hz=RATE_Hz):
    """Conductance, extension, thermocouple, bias in the rows."""
    conductance, extension, thermocouple, bias = data
    return SampledSignals(first, rate_Hz, conductance, bias * np.nan, bias, extension, thermocouple)


def made(n, seed=0):
    rng = np.random.default_rng(seed)
    data = rng.standard_normal((4, n))
    data[0] = 10.0 ** data[0]
    data[0, rng.integers(0, n, n // 100)] = np.nan
    data[1] *= 1e-9
    return data


def feed(strips, data, sizes):
    at, i = 0, 0
    while at < data.shape[1]:
        strips.feed(signals(at, data[:, at : at + sizes[i % len(sizes)]]))
        at, i = min(at + sizes[i % len(sizes)], data.shape[1]), i + 1


def brute(row, shot, n):
    """Least and largest of the samples of each drawn column, from all samples."""
    column_s = shot.column_s
    width = round(column_s * RATE_Hz)
    middles = (shot.time_s[::2] + shot.now_s) / column_s - 0.5
    columns = np.round(middles[:-1]).astype(int)  # the last may be cut at 0
    columns = np.append(columns, columns[-1] + 1)
    least = np.array([np.nanmin(row[c * width : min((c + 1) * width, n)]) for c in columns])
    largest = np.array([np.nanmax(row[c * width : min((c + 1) * width, n)]) for c in columns])
    return np.stack([least, largest], axis=1).ravel()


@pytest.mark.parametrize("window_s, pixels", [(10.0, 900), (30.0, 640), (120.0, 1777), (10.0, 5000)])
def test_lines_are_exact_for_any_cutting(window_s, pixels):
    data = made(70_001)
    rows = {
        "log10_G": log10_G(data[0]),
        "tip_nm": data[1] / 1e-9,
        "thermocouple_uV": data[2] * 1e6,
        "bias_V": data[3],
    }
    for sizes in ([200], [1, 7, 1999, 333], [70_001], [4096]):
        strips = StripCharts(window_s, pixels)
        feed(strips, data, sizes)
        shot = strips.snapshot()
        for name, row in rows.items():
            np.testing.assert_array_equal(getattr(shot, name), brute(row, shot, 70_001), err_msg=name)
        assert shot.now_s == 70_001 / RATE_Hz
        assert shot.time_s.size <= 2 * (min(pixels, COLUMNS) + 2)
        assert shot.time_s[0] <= -min(window_s, shot.now_s) + shot.column_s
        assert shot.time_s[-1] <= 0.0


def test_a_spike_of_one_sample_shows_in_every_window():
    data = np.zeros((4, 20_000))
    data[3, 12_345] = 7.0
    strips = StripCharts()
    feed(strips, data, [200])
    for window_s in (10.0, 30.0, 120.0):
        strips.show(window_s, 600)
        shot = strips.snapshot()
        assert shot.bias_V.max() == 7.0
        at_s = shot.time_s[int(np.argmax(shot.bias_V))]
        assert at_s == pytest.approx(12_345 / RATE_Hz - 10.0, abs=shot.column_s)
        assert shot.extents["bias_V"] == (0.0, 7.0)


def test_missing_samples_leave_a_gap_in_the_line_and_are_told():
    strips = StripCharts(10.0, 900)
    strips.feed(signals(0, np.ones((4, 4000))))
    strips.feed(signals(8000, np.ones((4, 4000))))
    shot = strips.snapshot()
    assert shot.gaps_s == ((-4.0, -2.0),)
    missing = (shot.time_s > -3.99) & (shot.time_s < -2.01)
    assert missing.any() and np.isnan(shot.bias_V[missing]).all()
    assert np.isfinite(
        shot.bias_V[~missing & (np.abs(shot.time_s + 4.0) > 0.02) & (np.abs(shot.time_s + 2.0) > 0.02)]
    ).all()


def test_without_news_the_picture_is_the_same_object():
    strips = StripCharts()
    assert strips.snapshot().time_s.size == 0
    strips.feed(signals(0, made(400)))
    shot = strips.snapshot()
    assert strips.snapshot() is shot
    strips.show(10.0, 900)
    assert strips.snapshot() is not shot
    with pytest.raises(ValueError, match="strip charts: 20 s; allowed: 10 s, 30 s, 120 s, whole run"):
        strips.show(20.0, 900)


def test_after_a_jump_nothing_of_before_is_left():
    strips = StripCharts()
    strips.feed(signals(50_000, np.ones((4, 4000))))
    strips.jump(100)
    strips.feed(signals(100, np.full((4, 200), 2.0)))
    shot = strips.snapshot()
    assert set(shot.bias_V) == {2.0} and shot.gaps_s == ()


def test_infinite_and_negative_conductances_stand_at_the_edges():
    assert log10_G(np.array([np.inf, -1.0, 0.0, 1.0])).tolist() == [3.0, -9.0, -9.0, 0.0]


def test_a_channel_beyond_the_roles_has_a_line_of_its_own_in_its_unit():
    channels = tuple(RecordedChannel(name) for name in ("bias", "z", "thermocouple", "current"))
    header = RunHeader(
        "break-junction",
        (*channels, RecordedChannel("base_temperature", "K")),
        RATE_Hz,
        settings={"current_gain_V_per_A": 1e5},
    )
    strips, decoder = StripCharts(units=extra_units(header)), Decoder(header)
    data = np.zeros((5, 4000))
    data[4] = np.linspace(300.0, 310.0, 4000)

    strips.feed(decoder.signals(Block(0, RATE_Hz, header.channel_names, data)))

    shot = strips.snapshot()
    assert shot.units == {"base_temperature": "K"}
    assert shot.extents["base_temperature"] == pytest.approx((300.0, 310.0))
    assert shot.line("base_temperature").size == shot.time_s.size
    assert extra_units(replace(header, provenance="imported")) == {}


def test_the_whole_run_is_shown_however_long_it_is_and_whatever_part_was_played_first():
    n = 3 * COLUMNS + 123
    data = np.random.default_rng(4).standard_normal((4, n))
    data[0] = 10.0 ** data[0]
    data[3, [5, 6000]] = 9.0, -9.0
    strips = StripCharts(WHOLE_RUN, 100_000)
    strips.feed(signals(6000, data[:, 6000:9000]))
    strips.jump(0)
    for first in range(0, n, 700):
        strips.feed(signals(first, data[:, first : first + 700]))
    shot = strips.snapshot()
    width = round(shot.column_s * RATE_Hz)
    assert width == 4, "twice doubled"
    columns = np.append(data[3], np.full(-n % width, np.nan)).reshape(-1, width)
    np.testing.assert_array_equal(shot.bias_V[::2], np.nanmin(columns, axis=1))
    np.testing.assert_array_equal(shot.bias_V[1::2], np.nanmax(columns, axis=1))
    assert shot.now_s == n / RATE_Hz and shot.now_s <= shot.window_s < 1.2 * max(shot.now_s, 10.0)
    assert shot.time_s[0] == pytest.approx(-shot.now_s, abs=shot.column_s)
    strips.show(WHOLE_RUN, 300)
    assert strips.snapshot().bias_V.size <= 2 * 301
    assert np.nanmax(strips.snapshot().bias_V) == 9.0 and np.nanmin(strips.snapshot().bias_V) == -9.0
