"""A replay gives the stream of the run once more: all of it, in order, from anywhere, at any pace."""

import math
from pathlib import Path

import numpy as np
import pytest

from analysis.conductance import CurrentCalibration
from analysis.heating.programme import three_level
from analysis.recording import (
    RecordedChannel,
    Recording,
    RecordingError,
    RecordingWriter,
    RunHeader,
    TraceEntry,
)
from analysis.records import Block, Event, EventKind, Trace
from analysis.reduce import reduce
from analysis.traces.read import traces_of
from analysis.traces.segmenter import Segmenter
from app.replay.growing_recording import HELD_BACK_S, LOOK_AGAIN_S
from app.replay.player import MOST_SAMPLES, Player

RATE_Hz = 2000.0
CHANNELS = ("current", "thermocouple", "bias", "z")
CYCLE, CYCLES = 2000, 6
STOP = CYCLE * CYCLES


def header(**more) -> RunHeader:
    settings = {"current_gain_V_per_A": 1e5, "extension_m_per_V": 7e-8}
    return RunHeader(
        "test", tuple(RecordedChannel(name) for name in CHANNELS), RATE_Hz, settings=settings, **more
    )


def cycle_events(cycle: int) -> list[Event]:
    """An opening; in every other cycle a hold behind it."""
    at = cycle * CYCLE
    events = [
        Event(at + 10, EventKind.SETTING, "current_offset_V", {"value": 1e-3 * cycle}),
        Event(at + 100, EventKind.STEP, "withdraw", {"phase": "begin"}),
        Event(at + 900, EventKind.STEP, "withdraw", {"phase": "end", "ended": "open"}),
    ]
    if cycle % 2:
        begin = {"phase": "begin", "programme": three_level(1.0).to_json(), "start": at + 1000}
        events += [
            Event(at + 1000, EventKind.STEP, "modulate", begin),
            Event(at + 1900, EventKind.STEP, "modulate", {"phase": "end", "ended": "finished"}),
        ]
    return events


def block(first: int, n: int) -> Block:
    index = np.arange(first, first + n, dtype=float)
    return Block(first, RATE_Hz, CHANNELS, np.stack([index, index * 2, np.full(n, 1e3), index / STOP]) * 1e-4)


def write(path: Path, gap: tuple[int, int] | None = None) -> Path:
    with RecordingWriter(path, header()) as writer:
        for cycle in range(CYCLES):
            for event in cycle_events(cycle):
                writer.add_event(event)
            whole = block(cycle * CYCLE, CYCLE)
            for part in [whole] if gap is None else [whole.part(0, gap[0]), whole.part(gap[1], STOP)]:
                writer.append(part)
        writer.add_event(Event(STOP, EventKind.MARK, "safe", {"safe": True}))
    return path


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> Path:
    return write(tmp_path_factory.mktemp("replay") / "run.h5")


def played(player: Player, wall_dt: float = 0.05) -> list:
    """Everything up to the end."""
    player.play()
    items = []
    while not player.state.at_end:
        items += player.advance(wall_dt)
    return items


def position_of(items: list) -> int:
    return [item for item in items if isinstance(item, Block)][-1].stop


def assert_in_order(items: list) -> None:
    """No sample twice, none before its turn, and every event between the samples where it belongs."""
    reached = 0
    for i, item in enumerate(items):
        if isinstance(item, Block):
            assert item.first >= reached
            reached = item.stop
        elif isinstance(item, Event):
            assert reached <= item.sample
            following = next((other.first for other in items[i:] if isinstance(other, Block)), None)
            assert following is None or following >= item.sample


@pytest.mark.parametrize("speed", [1.0, 7.3, 1000.0, math.inf])
def test_the_whole_stream_comes_in_order_at_any_speed(recorded, speed):
    with Player(recorded, speed) as player:
        items = played(player)
        expected = player.events

    blocks = [item for item in items if isinstance(item, Block)]
    assert np.array_equal(np.concatenate([b.data for b in blocks], axis=1), block(0, STOP).data)
    assert tuple(item for item in items if isinstance(item, Event)) == expected
    assert len(expected) == 3 * CYCLES + 2 * (CYCLES // 2) + 1
    assert_in_order(items)


def test_reducers_make_of_a_replay_what_they_make_of_the_file(recorded):
    segmenter = Segmenter(CurrentCalibration(1e5, 0.0, 0.0, 10.0), 7e-8)
    with Player(recorded, 30.0) as player:
        again = list(reduce(played(player), [segmenter]))
    with Recording(recorded) as recording:
        direct = list(traces_of(recording))
    assert len(again) == len(direct) == CYCLES
    for one, other in zip(again, direct, strict=True):
        assert (one.number, one.samples, one.ended, one.flags) == (
            other.number, other.samples, other.ended, other.flags,
        )  # fmt: skip
        assert np.array_equal(one.conductance_G0, other.conductance_G0)


@pytest.mark.parametrize(
    ("speed", "wall_dt", "calls", "samples"), [(1, 0.05, 4, 400), (10, 0.01, 3, 600), (0.5, 0.0007, 10, 7)]
)
def test_as_much_comes_as_time_has_passed(recorded, speed, wall_dt, calls, samples):
    with Player(recorded, speed) as player:
        player.play()
        for _ in range(calls):
            player.advance(wall_dt)
        assert player.state.sample == samples
        assert player.state.time_s == samples / RATE_Hz


def test_nothing_comes_while_paused_and_nothing_is_made_up_for(recorded):
    with Player(recorded) as player:
        assert player.advance(1.0) == []
        player.play()
        player.advance(0.1)
        player.pause()
        assert player.advance(5.0) == []
        player.play()
        player.advance(0.1)
        assert player.state.sample == 400


def test_a_long_absence_gives_no_flood(tmp_path):
    with RecordingWriter(tmp_path / "long.h5", header()) as writer:
        writer.append(block(0, 3 * MOST_SAMPLES))
    with Player(tmp_path / "long.h5") as player:
        player.play()
        items = player.advance(3600.0)
        assert sum(len(item) for item in items) == MOST_SAMPLES
        player.advance(0.05)
        assert player.state.sample == MOST_SAMPLES + 100


@pytest.mark.parametrize("sample", [0, 1, 99, 100, 101, 4567, STOP - 1, STOP])
def test_from_anywhere_the_rest_comes_and_the_settings_of_before(recorded, sample):
    with Player(recorded, math.inf) as player:
        before = player.seek(sample)
        items = played(player)
    offsets = [cycle * 1e-3 for cycle in range(CYCLES) if cycle * CYCLE + 10 < sample]
    assert [event.payload["value"] for event in before] == offsets[-1:]
    assert [e.sample for e in items if isinstance(e, Event)] == [
        e.sample
        for e in [*(e for c in range(CYCLES) for e in cycle_events(c)), Event(STOP, EventKind.MARK, "safe")]
        if e.sample >= sample
    ]
    assert sum(len(item) for item in items if isinstance(item, Block)) == STOP - sample
    assert_in_order(items)


def test_a_place_outside_is_the_nearest_end(recorded):
    with Player(recorded) as player:
        player.seek(-5)
        assert player.state.sample == 0
        player.seek_time(1e9)
        assert player.state.sample == STOP


def test_going_to_traces_and_holds(recorded):
    with Player(recorded) as player:
        player.seek_trace(3)
        assert player.state.sample == 3 * CYCLE + 100
        assert player.state.trace == player.traces[3]
        assert player.state.traces == (3, CYCLES)
        player.seek_hold(1)
        assert player.state.sample == 3 * CYCLE + 1000
        assert player.state.hold == player.holds[1]
        assert player.state.trace is None
        with pytest.raises(IndexError, match="there is no number 6; allowed: 0 to 5"):
            player.seek_trace(CYCLES)


@pytest.mark.parametrize("sample", [0, 50, 2950, 3000, 3100, 5500, STOP])
def test_looking_back_gives_the_last_seconds_whole_openings_and_what_was_before(recorded, sample):
    with Player(recorded) as player:
        player.seek(sample)
        past, items = player.look_back(1.0)
        assert player.state.sample == sample
        cuts = [cuts.at(max(sample - 2000, 0)) for cuts in (player.traces, player.holds)]
    wanted = min([max(sample - 2000, 0), *(cut.start for cut in cuts if cut is not None)])
    assert past.at == past.samples == wanted
    assert past.counts == {"safe": 0}
    assert past.traces == sum(cycle * CYCLE + 900 <= wanted for cycle in range(CYCLES))
    assert past.step is None
    assert sum(len(item) for item in items if isinstance(item, Block)) == sample - wanted
    assert_in_order(items)


def test_looking_back_into_a_step_that_began_long_ago_tells_of_it(tmp_path):
    with RecordingWriter(tmp_path / "long.h5", header()) as writer:
        writer.add_event(Event(10, EventKind.STEP, "approach", {"phase": "begin"}))
        writer.add_event(Event(20, EventKind.MARK, "trace", {}))
        writer.add_event(Event(30, EventKind.MARK, "trace", {"counts": False}))
        writer.append(block(0, 5000))
    with Player(tmp_path / "long.h5") as player:
        player.seek(4000)
        past, _ = player.look_back(1.0)
    assert past.step is not None and past.step.sample == 10
    assert past.counts == {"trace": 1} and past.last == {"trace": (20,)}


def test_samples_in_a_gap_are_not_counted_as_past(tmp_path):
    with Player(write(tmp_path / "gap.h5", gap=(3000, 4500))) as player:
        player.seek(STOP)
        past, _ = player.look_back(1.0)
    assert past.samples == past.at - 1500


def test_stepping_by_traces_and_holds(recorded):
    with Player(recorded) as player:
        visited = []
        while player.step_trace(1) is not None:
            visited.append(player.state.sample)
        assert visited == [cycle * CYCLE + 100 for cycle in range(CYCLES)]
        player.step_trace(-2)
        assert player.state.sample == 3 * CYCLE + 100
        player.step_hold(-1)
        assert player.state.sample == CYCLE + 1000
        assert player.step_hold(-1) is None
        assert player.state.sample == CYCLE + 1000


def test_stepping_back_soon_after_a_beginning_goes_to_the_one_before(recorded):
    with Player(recorded) as player:
        player.seek_trace(3)
        player.play()
        player.advance(0.2)
        player.step_trace(-1)
        assert player.state.sample == 2 * CYCLE + 100
        player.advance(0.7)
        player.step_trace(-1)
        assert player.state.sample == 2 * CYCLE + 100


def test_a_gap_is_passed_over_and_stays_visible(tmp_path):
    path = write(tmp_path / "gap.h5", gap=(3000, 4500))
    with Player(path, math.inf) as player:
        items = played(player)
        player.seek(3500)
        following = next(item for item in player.advance(1.0) if isinstance(item, Block))
    blocks = [item for item in items if isinstance(item, Block)]
    assert not any(b.first < 4500 and b.stop > 3000 for b in blocks)
    assert not any(np.isnan(b.data).any() for b in blocks)
    assert sum(map(len, blocks)) == STOP - 1500
    assert following.first == 4500
    assert_in_order(items)


@pytest.mark.parametrize("rate_Hz", [RATE_Hz, math.nan])
def test_an_imported_recording_gives_its_traces_with_the_stream(tmp_path, rate_Hz):
    path = tmp_path / "imported.h5"
    channels = (RecordedChannel("conductance", ""), RecordedChannel("extension", "m"))
    about = RunHeader("import", channels, rate_Hz, provenance="imported")
    with RecordingWriter(path, about) as writer:
        for number in range(5):
            data = np.stack([np.full(300, 1.0 + number), np.linspace(0, 1e-9, 300)])
            writer.append(Block(300 * number, rate_Hz, about.channel_names, data))
            writer.add_trace(TraceEntry(number, 300 * number, 300 * (number + 1)))
    with Player(path) as player:
        items = played(player)
        player.seek_trace(3)
        rest = played(player)
        assert player.state.traces == (5, 5)
    assert [item.number for item in items if isinstance(item, Trace)] == list(range(5))
    assert [item.number for item in rest if isinstance(item, Trace)] == [3, 4]
    for i, item in enumerate(items):
        if isinstance(item, Trace):
            assert items[i - 1].stop == item.samples[1]
            assert (item.conductance_G0 == 1.0 + item.number).all()


def test_a_recording_that_is_being_written_is_followed_to_its_end(tmp_path):
    path = tmp_path / "growing.h5"
    held_back = round(HELD_BACK_S * RATE_Hz)
    writer = RecordingWriter(path, header())
    writer.append(block(0, 5000))
    writer.flush()
    with Player(path, math.inf) as player:
        player.play()
        items = player.advance(0.05)
        assert player.state.sample == 5000 - held_back
        assert player.state.growing
        writer.add_event(Event(4000, EventKind.MARK, "late"))
        writer.append(block(5000, 5000))
        writer.flush()
        items += player.advance(LOOK_AGAIN_S)
        assert player.state.sample == 10_000 - held_back
        writer.close()
        items += player.advance(LOOK_AGAIN_S)
        assert player.state.sample == 10_000
        assert player.state.at_end
        assert not player.state.growing
    assert [item.name for item in items if isinstance(item, Event)] == ["late"]
    assert np.array_equal(
        np.concatenate([b.data for b in items if isinstance(b, Block)], axis=1), block(0, 10_000).data
    )
    assert_in_order(items)


def test_what_a_killed_run_left_is_played_to_its_last_sample(tmp_path):
    writer = RecordingWriter(tmp_path / "killed.h5", header())
    writer.append(block(0, 5000))
    writer.flush()
    writer.abandon()
    with Player(tmp_path / "killed.h5", math.inf) as player:
        player.play()
        items = []
        for _ in range(30):
            items += player.advance(LOOK_AGAIN_S)
        assert position_of(items) == 5000
        assert player.state.at_end


@pytest.mark.parametrize("speed", [0.0, -1.0, math.nan])
def test_an_impossible_speed_is_refused(recorded, speed):
    with pytest.raises(ValueError, match="must be positive"):
        Player(recorded, speed)


def test_a_file_that_is_none_is_refused_in_words(tmp_path):
    (tmp_path / "no.h5").write_text("hello")
    with pytest.raises(RecordingError, match="not an HDF5 file"):
        Player(tmp_path / "no.h5")
