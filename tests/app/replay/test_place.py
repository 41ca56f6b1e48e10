"""Going to a place of a recording shows what playing up to it shows."""

import math
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest

from app.replay.player import Player
from app.viewmodels.session import Session
from tests.support.recordings.streams import RATE_Hz, made_holds, made_traces

SPAN_S = 30.0


class NobodyWorks:
    """A worker that leaves histograms, I-V and heating undone: nothing here looks at them, and they take long."""

    def ask(self, work):
        """Not now."""


def shown(session):
    """Return the contents of the views of the place: status, strips, trace."""
    return deepcopy((session.status.snapshot(), session.strips.snapshot(), session.trace.snapshot()))


def played_to(path, samples):
    """Return the contents of the views during playing, at each of some rising places."""
    at = []
    with Player(path) as player:
        session = Session(player.header, worker=NobodyWorks())
        player.play()
        for sample in samples:
            while player.state.sample < sample:
                for item in player.advance(min(10_000, sample - player.state.sample) / RATE_Hz):
                    session.feed(item)
            at.append(shown(session))
    return at


def sought(path, samples, worker=None):
    with Player(path, math.inf) as player:
        session = Session(player.header, worker=worker)
        for sample in samples:
            player.seek(sample)
            past, items = player.look_back(SPAN_S)
            session.jump(past)
            for item in items:
                session.feed(item)
    return session


SHARES = (0.3, 0.97)


@pytest.fixture(scope="module", params=["traces", "holds"])
def recording(request, tmp_path_factory):
    """A recording's file, its end, and what playing it shows at each share of it."""
    made = made_traces(60) if request.param == "traces" else made_holds(40)
    path, stop = made.write(tmp_path_factory.mktemp("place") / "run.h5"), made.stop
    played = played_to(path, [round(share * stop) for share in SHARES])
    return path, stop, dict(zip(SHARES, played, strict=True))


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("before", [[], [1.0]], ids=["at first", "from the end"])
def test_strips_trace_and_status_are_those_of_the_place(recording, share, before):
    path, stop, played = recording
    place = round(share * stop)
    should_say, theirs, should_be = played[share]
    status, ours, trace = shown(sought(path, [*(round(x * stop) for x in before), place], NobodyWorks()))
    in_state_s = min(should_say.in_state_s, status.in_state_s)  # how long at most, nobody has seen
    assert in_state_s >= SPAN_S or in_state_s == should_say.in_state_s
    assert repr(status) == repr(replace(should_say, in_state_s=in_state_s))
    assert ours.now_s == theirs.now_s and ours.gaps_s == ()
    n = np.count_nonzero(theirs.time_s > -SPAN_S + 1.0)
    assert n
    np.testing.assert_array_equal(ours.log10_G[-n:], theirs.log10_G[-n:])
    assert trace.traces == should_be.traces
    lines = [line.number for line in trace.last]
    assert lines == [line.number for line in should_be.last][-len(lines) :] if lines else not should_be.last
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
