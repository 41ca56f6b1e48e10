"""The smallest size of `python -m tests.soak`: some minutes on one bench, and the figures of made ones."""

import math

import numpy as np
import pytest

from tests.soak.__main__ import Look, slope_a_day, table
from tests.soak.minutes import Minute, soaked


def test_recordings_are_whole_up_to_a_fault_and_the_bench_goes_on(tmp_path):
    with soaked(tmp_path, np.random.default_rng(3)) as soaking:
        minutes = [
            soaking.live("break-junction", fault, 3.0)
            for fault in ("buffer overrun", "link lost", "computer away for 60 s", "SUPPRESS pressed")
        ]

    assert [(one.fault, one.wrong) for one in minutes if one.wrong] == []
    assert [one.status for one in minutes] == ["fault"] * 4
    assert all(one.samples > 4000 for one in minutes)


def test_growth_is_that_of_the_later_half():
    looks = [Look(hour, 100.0 + (2.0 * hour if hour > 9 else 40.0), 5, 9, 3, 7, 0.0) for hour in range(20)]

    assert slope_a_day(looks, "memory_MiB") == pytest.approx(48.0)
    assert slope_a_day(looks, "threads") == pytest.approx(0.0)
    assert math.isnan(slope_a_day(looks[:2], "threads"))


def test_the_table_counts_wrong_recordings():
    minutes = [
        Minute("iv", "rupture", "finished", samples=10, rig_s=1800.0),
        Minute("iv", "x", wrong=["gap"]),
    ]

    looks = [Look(hour, 200.0, 30, 50, 9, 7, 40.0 * hour**2) for hour in (0.1, 1.1, 2.1)]
    rows = dict(table(minutes, looks, 7).rows)

    assert rows["time of the rig, h"] == "0.50"
    assert rows["recordings with a sample too few or too many, or a gap elsewhere"] == "1"
    assert rows["processor time, s for an hour of the rig: earlier and later half"] == "48.0, 128.0"
    assert rows["threads: first look, half-time, end"].startswith("30, 30, 30")
