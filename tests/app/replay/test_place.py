"""Going to a place of a recording shows what playing up to it shows."""

import math
from dataclasses import replace

import numpy as np
import pytest

from app.replay.player import Player
from app.views.session import Session
from tests.app.views.streams import RATE_Hz, made_holds, made_traces

SPAN_S = 30.0


def played_to(path, sample):
    with Player(path) as player:
        session = Session(player.header)
        player.play()
        while player.state.sample < sample:
            for item in player.advance(min(10_000, sample - player.state.sample) / RATE_Hz):
                session.take(item)
    return session


def sought(path, samples):
    with Player(path, math.inf) as player:
        session = Session(player.header)
        for sample in samples:
            player.seek(sample)
            past, items = player.look_back(SPAN_S)
            session.jump(past)
            for item in items:
                session.take(item)
    return session


@pytest.fixture(scope="module", params=["traces", "holds"])
def recording(request, tmp_path_factory):
    made = made_traces(60) if request.param == "traces" else made_holds(40)
    return made.write(tmp_path_factory.mktemp("place") / "run.h5"), made.stop


@pytest.mark.parametrize("share", [0.3, 0.97])
@pytest.mark.parametrize("before", [[], [1.0]], ids=["at first", "from the end"])
def test_strips_trace_and_status_are_those_of_the_place(recording, share, before):
    path, stop = recording
    place = round(share * stop)
    expected, found = played_to(path, place), sought(path, [*(round(x * stop) for x in before), place])
    status, should_say = found.status.snapshot(), expected.status.snapshot()
    in_state_s = min(should_say.in_state_s, status.in_state_s)  # how long at most, nobody has seen
    assert in_state_s >= SPAN_S or in_state_s == should_say.in_state_s
    assert repr(status) == repr(replace(should_say, in_state_s=in_state_s))
    ours, theirs = found.strips.snapshot(), expected.strips.snapshot()
    assert ours.now_s == theirs.now_s and ours.gaps_s == ()
    n = np.count_nonzero(theirs.time_s > -SPAN_S + 1.0)
    assert n
    np.testing.assert_array_equal(ours.log10_G[-n:], theirs.log10_G[-n:])
    trace, should_be = found.trace.snapshot(), expected.trace.snapshot()
    assert trace.traces == should_be.traces
    shown = [line.number for line in trace.last]
    assert shown == [line.number for line in should_be.last][-len(shown) :] if shown else not should_be.last
    assert (trace.under_way is None) == (should_be.under_way is None)


def test_records_once_seen_stay_when_one_goes_back(tmp_path):
    made = made_traces(20)
    path = made.write(tmp_path / "run.h5")
    session = sought(path, [made.stop, 0])
    session.settle()
    shot = session.snapshot()
    assert shot.histogram.kept + shot.histogram.rejected == 20
    assert shot.trace.traces == 0 and not shot.trace.last
    assert (shot.status.ended, shot.status.recorded_samples, shot.status.time_s) == ("", 0, 0.0)
