"""Flicker and telegraph noise from a recording of held junctions to numbers, tables and pictures."""

import numpy as np
import pytest

from analysis.held_statistics.flicker import STATISTIC as FLICKER
from analysis.held_statistics.telegraph import STATISTIC as TELEGRAPH
from analysis.junction_noise.stretches import stretches_of
from analysis.recording import Recording
from analysis.statistics.statistic import StatisticError
from tests.support.physics.held_noise import RATE_Hz, flicker_hold, telegraph_hold
from tests.support.recordings.made_recordings import made_checks

JUNCTIONS, SWITCHING = 10, 4
EXPONENT = 1.4


@pytest.fixture(scope="module")
def stretches(tmp_path_factory):
    """Ten junctions with flicker noise of exponent 1.4, two checks each, then four that switch; white amplifier."""
    rng = np.random.default_rng(1)
    holds = []
    for log_g in rng.uniform(-4.0, -2.5, JUNCTIONS):
        power = 10.0 ** (EXPONENT * log_g - 4.5 + 0.2 * rng.standard_normal())
        holds += [flicker_hold(rng, 10.0**log_g, power, 0.2) for _ in range(2)]
    for _ in range(SWITCHING):
        switched = telegraph_hold(rng, 1.0, (5e-3, 2e-3), 8.0)
        holds += [1e-3 * (1.0 + 0.03 * part) for part in np.split(switched, 2)]
    path = made_checks(
        tmp_path_factory.mktemp("held") / "checks.h5", holds, RATE_Hz, rng=rng, checks_a_junction=2
    )
    with Recording(path) as recording:
        return list(stretches_of(recording))


def test_stretches_are_cut_at_checks_and_belong_to_junctions(stretches):
    assert len(stretches) == 2 * (JUNCTIONS + SWITCHING)
    assert [s.junction for s in stretches[:4]] == [1, 1, 2, 2]
    first = stretches[0]
    assert first.conductance_G0.size == first.samples[1] - first.samples[0] == 2000
    assert first.bias_V == pytest.approx(0.1)
    assert first.open_A.std() == pytest.approx(1e-12, rel=0.05)


def test_the_exponent_is_inside_and_the_switching_junctions_are_not(stretches):
    result = FLICKER.compute(stretches, np.random.default_rng(0))
    exponent, robust = (number.estimate for number in result.numbers)
    assert exponent.n == JUNCTIONS
    assert exponent.interval[0] < EXPONENT < exponent.interval[1]
    assert robust.interval[0] < EXPONENT < robust.interval[1]
    assert result.data["switching_junctions"] == list(range(JUNCTIONS + 1, JUNCTIONS + SWITCHING + 1))
    assert any(f"{SWITCHING} junctions switch between two levels" in remark for remark in result.remarks)
    shares = dict(row[:2] for row in result.tables[0].rows)
    assert 0.0 < shares["amplifier's share of the noise power, median"] < 0.2
    content = result.to_json()
    assert content["numbers"][0]["value"] == exponent.value
    assert result.pictures[0].x.log and result.pictures[0].y.log


def test_the_switching_junctions_have_dwell_times(stretches):
    result = TELEGRAPH.compute(stretches, np.random.default_rng(0))
    share, lower, upper = (number.estimate for number in result.numbers)
    assert share.value == pytest.approx(SWITCHING / (JUNCTIONS + SWITCHING))
    assert 10.0**lower.value == pytest.approx(5e-3, rel=0.4)
    assert 10.0**upper.value == pytest.approx(2e-3, rel=0.4)
    assert lower.doubts[0].startswith("only 4: ")
    assert len(result.data["switching"]) == 2 * SWITCHING
    assert result.tables[0].rows


def test_flicker_alone_has_no_telegraph_noise(stretches):
    result = TELEGRAPH.compute(stretches[:4], np.random.default_rng(0))
    assert result.numbers[0].estimate.value == 0.0
    assert len(result.tables) == 1 and not result.pictures


def test_slow_samples_are_refused_with_the_remedy(stretches):
    from dataclasses import replace

    slow = [replace(s, rate_Hz=2000.0) for s in stretches[:2]]
    with pytest.raises(StatisticError, match="needs 2500 samples/s or more"):
        FLICKER.compute(slow, np.random.default_rng(0))
    with pytest.raises(StatisticError, match="there is no held junction"):
        TELEGRAPH.compute([], np.random.default_rng(0))
