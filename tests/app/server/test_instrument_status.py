"""Settings of an instrument that did not report all of them itself."""

import numpy as np
import pytest

from analysis.records import Block
from app.server.instrument_status import InstrumentRows
from tests.support.gui import fake_bench


def shown(output_V, answers=True):
    rig = fake_bench.rig()
    rows = InstrumentRows(rig)
    channels = ("current", "thermocouple", "bias", "z")
    data = np.repeat([[output_V], [0.0], [0.1], [4.0]], 100, axis=1)
    rows.feed(Block(0, 2000.0, channels, data))
    if not answers:
        rows.failed("current_amplifier", "It does not answer.")
    return rows.to_json(rig, ""), rig.daq.inputs.current.range_V


@pytest.mark.parametrize(("share", "overloaded"), [(1.0, True), (-1.0, True), (0.9, None)])
def test_an_amplifier_at_the_end_of_its_range_is_overloaded_whatever_it_said_last(share, overloaded):
    full_scale_V = shown(0.0)[1]
    content, _ = shown(share * full_scale_V)
    amplifier = content["current_amplifier"]
    assert amplifier["settings"].get("overloaded") is overloaded
    assert ("reduce the current or the gain" in amplifier["message"]) == bool(overloaded)
    assert content["daq"]["current_full_scale_V"] == full_scale_V


def test_an_amplifier_that_does_not_answer_says_so_first():
    full_scale_V = shown(0.0)[1]
    content, _ = shown(full_scale_V, answers=False)
    assert content["current_amplifier"]["message"] == "It does not answer."
