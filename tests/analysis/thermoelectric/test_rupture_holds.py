"""Holds until rupture, as they are read from a recording."""

import numpy as np
import pytest

from analysis.heating.mask import Filters
from analysis.recording import Recording, RecordingWriter
from analysis.records import Block, Event, EventKind
from analysis.thermoelectric.rupture import measured
from analysis.thermoelectric.rupture_holds import STEP, rupture_holds
from analysis.thermoelectric.rupture_reader import RuptureRules
from tests.support.recordings.made_recordings import CHANNELS, RATE_Hz, header

N = 4000
JUNCTION = {"window_G0": [0.8, 1.2]}


@pytest.mark.parametrize(
    ("begin", "ended", "read"),
    [
        (JUNCTION, "ruptured", True),
        (JUNCTION, "finished", False),
        (JUNCTION, "overcurrent", True),
        ({**JUNCTION, "gap": "wide"}, "finished", True),
        ({}, "finished", True),  # the thermometer's zero
    ],
)
def test_a_junction_that_outlived_its_hold_is_counted_and_not_read(tmp_path, begin, ended, read):
    writer = RecordingWriter(tmp_path / "a.h5", header("thermal-conductance"), save_every_s=float("inf"))
    writer.append(Block(0, RATE_Hz, CHANNELS, np.ones((len(CHANNELS), 2 * N))))
    writer.add_event(Event(N, EventKind.STEP, STEP, {"phase": "begin", **begin}))
    writer.add_event(Event(2 * N, EventKind.STEP, STEP, {"phase": "end", "ended": ended}))
    writer.add_event(Event(2 * N, EventKind.MARK, STEP, {"number": 0, "heated": True, "mode": "dc"}))
    writer.close("finished")
    with Recording(tmp_path / "a.h5") as recording:
        (hold,) = rupture_holds(recording)
    assert hold.samples == (N, 2 * N)
    assert np.isfinite(hold.current_A).all() == read
    found = measured(hold, RuptureRules(16.3e-6, Filters()), np.random.default_rng(1))
    assert found.censored == (ended == "finished")
    assert bool(found.rejected) == (ended != "finished")
