"""Damaged, foreign and hostile recordings: a sentence, never a bare exception, never other samples in silence."""

import json
import time

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.plausibility import doubts
from analysis.recording import (
    OutsideRecording,
    RecordedChannel,
    Recording,
    RecordingError,
    RecordingWriter,
    RunHeader,
    TraceEntry,
    recover,
)
from analysis.recording.run_log import log_of
from analysis.recording.summary import glance
from analysis.records import Block, Event, EventKind
from tests.support.physics.counted import HEADER, NAMES, RATE_Hz, block

N, COMMITS = 4000, 8
QUICK = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def write_unfinished(path):
    writer = RecordingWriter(path, HEADER)
    for number in range(COMMITS):
        first = number * N // COMMITS
        writer.append(block(first, N // COMMITS))
        writer.add_event(Event(first, EventKind.STEP, "withdraw", {"phase": "begin", "number": number}))
        writer.add_trace(TraceEntry(number, first, first + 100))
        writer.flush()
    return writer


@pytest.fixture(scope="module", params=["finished", "unfinished"])
def sound(request, tmp_path_factory):
    """Bytes of a whole recording."""
    path = tmp_path_factory.mktemp(request.param) / "run.h5"
    writer = write_unfinished(path)
    writer.close() if request.param == "finished" else writer.abandon()
    return path.read_bytes()  # of an unfinished one the view, without its log


@st.composite
def injuries(draw, size):
    """Damage by disks: (kind, place, value); "cut" takes everything from there on.

    Not a sector of noise: over HDF5's references to texts it makes HDF5 ask for gigabytes, which takes seconds.
    """
    kind = draw(st.sampled_from(["bit", "byte", "zeros", "cut"]))
    place = draw(st.integers(0, size - 1))
    return kind, place, draw(st.integers(0, 255))


def injured(content, injury):
    kind, place, value = injury
    changed = bytearray(content)
    if kind == "cut":
        return bytes(changed[:place])
    if kind == "bit":
        changed[place] ^= 1 << value % 8
    elif kind == "byte":
        changed[place] = value
    else:
        place -= place % 512
        changed[place : place + 512] = bytes(len(changed[place : place + 512]))
    return bytes(changed)


def read_everything(path, out):
    """Do what commands do with a recording; returns its samples, or None where a sentence was raised."""
    for look in (glance, lambda path: recover(path, out)):
        try:
            look(path)
        except RecordingError as error:
            assert "\n" not in str(error)
        finally:
            out.unlink(missing_ok=True)
    try:
        with Recording(path) as recording:
            list(doubts(recording))
            recording.events, recording.traces  # noqa: B018
            for entry in recording.traces:
                recording.samples(entry.start, entry.stop)
            return [(each.first, each.data) for each in recording.blocks(700)]
    except RecordingError as error:
        assert str(error).startswith(str(path))
        return None


def check_injured(content, folder, injury):
    path = folder / "injured.h5"
    path.write_bytes(injured(content, injury))
    found = read_everything(path, folder / "out.h5")
    for first, data in found or ():
        assert np.array_equal(data, block(first, data.shape[1]).data), f"other samples in silence: {injury}"
    return found


@QUICK
@given(data=st.data())
def test_an_injured_file_is_told_in_a_sentence_and_shows_no_other_samples(sound, tmp_path, data):
    check_injured(sound, tmp_path, data.draw(injuries(len(sound))))


def test_every_flipped_sample_of_an_unfinished_file_is_told(tmp_path):
    path = tmp_path / "run.h5"
    write_unfinished(path).abandon()
    log_of(path).unlink()
    content = path.read_bytes()
    with Recording(path) as recording:
        chunk = recording.opened.entry["raw/current"].id.get_chunk_info(0).byte_offset
    for row in range(0, N - N // COMMITS, 250):
        path.write_bytes(injured(content, ("bit", chunk + 8 * row + 3, 5)))
        with Recording(path) as recording, pytest.raises(RecordingError, match=r"are damaged.*recover"):
            recording.samples(0, N)
        with Recording(path) as recording:  # what is whole can be read all the same
            away = 0 if row >= 1000 else 2000
            assert np.array_equal(recording.samples(away, away + 500), block(away, 500).data)


def test_what_was_compared_is_not_compared_again_when_the_file_has_grown(tmp_path):
    path = tmp_path / "run.h5"
    writer = write_unfinished(path)
    log = log_of(path).rename(tmp_path / "elsewhere")
    with Recording(path) as before:
        before.samples(0, N)
        log.rename(log_of(path))
        writer.append(block(N, 500))
        writer.flush()
        log_of(path).rename(log)
        with before.again() as after:
            assert after.stop == N + 500
            _, state = after.opened.commits.known
            assert state.tolist() == [1] * (COMMITS + 1)
            assert np.array_equal(after.samples(N, N + 500), block(N, 500).data)
    writer.abandon()


def test_a_heap_of_texts_that_leads_nowhere_is_told(tmp_path):
    path = tmp_path / "run.h5"
    write_unfinished(path).close()
    content = bytearray(path.read_bytes())
    heap = content.index(b"GCOL")
    content[heap + 16 : heap + 48] = bytes(32)  # HDF5 itself would walk it for ever
    path.write_bytes(content)
    with pytest.raises(RecordingError, match="or damaged"):
        Recording(path)


# --- files that somebody made


@pytest.fixture
def finished(tmp_path):
    path = tmp_path / "run.h5"
    write_unfinished(path).close()
    with h5py.File(path, "r+") as file:  # as somebody makes it who has no seal
        del file["seal"]
    return path


def replaced(path, name, **dataset):
    with h5py.File(path, "r+") as file:
        del file[name]
        if dataset:
            file.create_dataset(name, **dataset)


def header_with(path, **changed):
    with h5py.File(path, "r+") as file:
        header = json.loads(file["entry/header"].asstr()[()]) | changed
        del file["entry/header"]
        file["entry/header"] = json.dumps(header)


TEXT = h5py.string_dtype()
MADE = {
    "no samples": ("entry/raw/current", {}, "entry/raw/current is missing"),
    "text for samples": ("entry/raw/current", {"data": [b"a"] * N}, "not a row of floating-point numbers"),
    "whole numbers": ("entry/raw/current", {"data": np.arange(N)}, "not a row of floating-point numbers"),
    "a picture": ("entry/raw/current", {"data": np.zeros((N, 2))}, "not a row of floating-point numbers"),
    "unequal": (
        "entry/raw/current",
        {"data": np.zeros(N - 1)},
        "different numbers of samples .current 3999, z 4000",
    ),
    "2^40 rows": (
        "entry/raw/current",
        {"shape": (2**40,), "dtype": "f8", "chunks": (4096,)},
        "claims 1.1e.12 values",
    ),
    "segments lost": ("entry/segments", {}, "entry/segments is missing"),
    "segments of text": ("entry/segments", {"data": [b"a"]}, "damaged"),
    "segments backwards": (
        "entry/segments",
        {"data": [[0, 0], [100, 3000], [50, 3500]]},
        "table of segments",
    ),
    "segments far out": ("entry/segments", {"data": [[2**60, 0]]}, "table of segments"),
    "no header": ("entry/header", {}, "entry/header is missing"),
    "header of bytes": ("entry/header", {"data": b"\xff\xfe"}, "its header cannot be read"),
    "header without channels": ("entry/header", {"data": "{}"}, "its header cannot be read"),
    "deep header": ("entry/header", {"data": "[" * 100_000}, "its header cannot be read"),
    "payload of bytes": (
        "entry/events/payload",
        {"data": [b"\xff"] * COMMITS, "dtype": TEXT},
        "list of events",
    ),
    "payload is a list": (
        "entry/events/payload",
        {"data": ["[]"] * COMMITS, "dtype": TEXT},
        "list of events",
    ),
    "events lost": ("entry/events/kind", {}, "list of events"),
    "kind unknown": ("entry/events/kind", {"data": ["?"] * COMMITS, "dtype": TEXT}, "list of events"),
    "fewer names": ("entry/events/name", {"data": ["a"], "dtype": TEXT}, "list of events"),
    "sample is text": ("entry/events/sample", {"data": ["a"] * COMMITS, "dtype": TEXT}, "list of events"),
    "traces backwards": ("entry/traces/stop", {"data": np.full(COMMITS, -1)}, "index of traces"),
    "traces of text": ("entry/traces/start", {"data": ["x"] * COMMITS, "dtype": TEXT}, "index of traces"),
    "traces far out": ("entry/traces/stop", {"data": np.full(COMMITS, 2**40)}, "are not within 0 to 4000"),
}


@pytest.mark.parametrize(("name", "dataset", "told"), MADE.values(), ids=MADE)
def test_a_wrong_file_is_told_in_a_sentence(finished, tmp_path, name, dataset, told):
    replaced(finished, name, **dataset)
    with pytest.raises(RecordingError, match=told), Recording(finished) as recording:
        recording.events, recording.traces  # noqa: B018
        for entry in recording.traces:
            recording.samples(entry.start, entry.stop)
    assert read_everything(finished, tmp_path / "out.h5") is None


@pytest.mark.parametrize("field", ["settings", "parameters", "calibrations", "channels", "rate_Hz", "sample"])
def test_a_header_of_wrong_types_is_told(finished, field):
    header_with(finished, **{field: [7]})
    with pytest.raises(RecordingError, match="its header cannot be read"):
        Recording(finished)


def test_nothing_outside_of_the_file_is_followed(finished, tmp_path):
    other = tmp_path / "other.h5"
    with h5py.File(other, "w") as file:
        file["x"] = np.zeros(N)
    (tmp_path / "other.bin").write_bytes(bytes(8 * N))
    layout = h5py.VirtualLayout((N,), "f8")
    layout[:] = h5py.VirtualSource(other, "x", (N,))
    with h5py.File(finished, "r+") as file:
        raw = file["entry/raw"]
        for make in (
            lambda: raw.__setitem__("current", h5py.ExternalLink(str(other), "x")),
            lambda: raw.__setitem__("current", h5py.SoftLink("/entry/raw/z")),
            lambda: raw.create_dataset(
                "current", (N,), "f8", external=[(str(tmp_path / "other.bin"), 0, 8 * N)]
            ),
            lambda: raw.create_virtual_dataset("current", layout),
        ):
            del raw["current"]
            make()
            file.flush()
            with pytest.raises(RecordingError, match="not followed"):
                Recording(finished)


def test_a_bomb_is_refused_before_it_is_unpacked(finished):
    with h5py.File(finished, "r+") as file:
        for name in NAMES:
            del file["entry/raw"][name]
            file["entry/raw"].create_dataset(
                name, (3_000_000_000,), "f8", chunks=(2**20,), compression="gzip", fillvalue=0.0
            )
    began = time.process_time()
    with pytest.raises(RecordingError, match="more than it can hold"):
        Recording(finished)
    assert time.process_time() - began < 5  # reading it would take a minute


def test_recover_keeps_the_samples_where_the_lists_are_damaged(finished, tmp_path):
    replaced(finished, "entry/events/payload", data=["{"] * COMMITS, dtype=TEXT)
    told = r"its list of events cannot be read.*hotjunction recover"
    with Recording(finished) as recording, pytest.raises(RecordingError, match=told):
        recording.events  # noqa: B018
    assert recover(finished, tmp_path / "out.h5") == N
    with Recording(tmp_path / "out.h5") as recording:
        assert np.array_equal(recording.samples(0, N), block(0, N).data)
        assert [event.name for event in recording.events] == ["damaged list left out"]
        assert len(recording.traces) == COMMITS


def test_errors_of_use_are_those_of_python_as_well(finished):
    with Recording(finished) as recording:
        with pytest.raises(IndexError, match="not within 0 to 4000") as caught:
            recording.samples(0, 9000)
        assert isinstance(caught.value, OutsideRecording)
        with pytest.raises(KeyError) as unknown:
            recording.samples(0, 1, ["nothing"])
        assert str(unknown.value) == "no channel 'nothing'; this recording has current, z"


# --- what no rig records


def told_of(path, current, bias, rate_Hz=RATE_Hz, set_V=0.1):
    header = RunHeader("break-junction", (RecordedChannel("current"), RecordedChannel("bias")), rate_Hz)
    with RecordingWriter(path, header) as writer:
        writer.append(Block(0, rate_Hz, ("current", "bias"), np.stack([current, bias])))
        writer.add_event(Event(0, EventKind.SETTING, "bias_V", {"value": set_V}))
        writer.add_event(Event(10, EventKind.STEP, "withdraw", {"phase": "begin"}))
        writer.add_event(Event(3000, EventKind.STEP, "withdraw", {"phase": "end"}))
    with Recording(path) as recording:
        return " ".join(doubts(recording))


def test_what_cannot_be_is_said(tmp_path):
    current, bias = np.linspace(0.0, 1.0, N), np.full(N, 0.1)
    assert told_of(tmp_path / "a.h5", current, bias) == ""
    assert "are swapped" in told_of(tmp_path / "b.h5", bias, current)
    assert "Check the wiring" in told_of(tmp_path / "c.h5", current, np.full(N, 0.001))
    assert "the current is NaN or infinite" in told_of(tmp_path / "d.h5", np.full(N, np.nan), bias)
    assert "the current is NaN or infinite" in told_of(tmp_path / "e.h5", np.full(N, np.inf), bias)
    assert "1e+308 samples per second is not possible" in told_of(tmp_path / "f.h5", current, bias, 1e308)


def told_of_import(path, rows, flags=()):
    """What is said of an import of traces of 1000 samples each, NaN where a file does not have the quantity."""
    header = RunHeader("import", tuple(RecordedChannel(name) for name in rows), RATE_Hz)
    n = len(next(iter(rows.values())))
    with RecordingWriter(path, header) as writer:
        writer.append(Block(0, RATE_Hz, tuple(rows), np.stack(list(rows.values()))))
        for number, start in enumerate(range(0, n, 1000)):
            writer.add_trace(TraceEntry(number, start, start + 1000, flags=flags))
    with Recording(path) as recording:
        return " ".join(doubts(recording))


def test_a_quantity_that_some_imported_files_lack_is_no_doubt(tmp_path):
    known, lacking = np.ones(200_000), np.full(200_000, np.nan)
    seldom = lacking.copy()
    seldom[5_000:6_000] = 1.0  # one trace of 200, which no spread look hits
    both = ("conductance", "current")
    for number, (conductance, current, flags) in enumerate(
        [(known, lacking, ()), (known, seldom, ()), (seldom, lacking, ()), (lacking, known, ("I-V",))]
    ):
        rows = dict(zip(both, (conductance, current), strict=True))
        assert told_of_import(tmp_path / f"{number}.h5", rows, flags) == ""
    assert told_of_import(tmp_path / "i.h5", {"current": seldom}) == ""
    told = told_of_import(tmp_path / "n.h5", dict(zip(both, (lacking, known), strict=True)))
    assert "the conductance is NaN or infinite in all 200000 samples" in told
