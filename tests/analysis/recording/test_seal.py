"""A sealed recording: damage anywhere is found, named, and repaired byte for byte."""

import json
import tracemalloc

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

from analysis.recording import Recording, RecordingError, RecordingWriter, byte_seal, repair, verify
from analysis.records import Event, EventKind
from app.cli import main
from tests.benchmarks import seal
from tests.support.physics.counted import HEADER, block


@pytest.fixture
def sealed(tmp_path):
    path = tmp_path / "run.h5"
    with RecordingWriter(path, HEADER) as writer:
        for first in range(0, 40_000, 10_000):
            writer.append(block(first, 10_000))
            writer.add_event(Event(first, EventKind.MARK, "block", {"first": first}))
    return path


def flip(path, at, mask=4):
    content = bytearray(path.read_bytes())
    content[at] ^= mask
    path.write_bytes(content)


def test_any_damage_is_found_and_no_sample_is_wrong_in_silence():
    outcome = seal.damage(25, seed=3)
    assert {verdict for _, verdict in outcome} <= {"repaired", "told"}
    for kind in ("a bit", "512 bytes of noise", "4 KiB of zeros", "64 KiB of noise"):
        assert outcome[kind, "repaired"] == 5, kind


def test_sealing_takes_a_few_megabytes_at_any_size(tmp_path):
    path = tmp_path / "large.h5"
    with h5py.File(path, "w") as file:
        file["x"] = np.frombuffer(np.random.default_rng(1).bytes(2**26), np.uint8)
        byte_seal.reserve(file)
    tracemalloc.start()
    byte_seal.write(path)
    assert byte_seal.holds(path) and byte_seal.check(path) == byte_seal.Findings([], False, True)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2**23


def test_a_whole_recording_is_whole(sealed):
    assert verify(sealed).verdict == "whole"
    with Recording(sealed) as recording:
        assert recording.sealed
        recording.verify()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("raw/z", "rows 16384 to 32768 of z"),
        ("header", "entry/header"),
        ("events/sample", "entry/events/sample"),
    ],
)
def test_what_is_damaged_is_named_and_repaired(sealed, tmp_path, name, told):
    before = sealed.read_bytes()
    with h5py.File(sealed) as file:
        dataset = file["entry"][name]
        if dataset.chunks:
            at = dataset.id.get_chunk_info(1).byte_offset + 100
        elif name == "header":
            at = before.index(b'"procedure"')
        else:
            at = dataset.id.get_offset()
    flip(sealed, at)
    found = verify(sealed)
    assert (found.verdict, found.repairable) == ("damaged", True)
    assert told in found.damage[0]
    repair(sealed, tmp_path / "mended.h5")
    assert (tmp_path / "mended.h5").read_bytes() == before


def test_a_part_that_differs_from_its_seal_is_never_read_as_right(sealed):
    with h5py.File(sealed, "r+") as file:  # valid for HDF5, and not what was recorded
        file["entry/raw/current"][100] = 5.0
    with Recording(sealed) as recording:
        with pytest.raises(RecordingError, match="rows 0 to 16384 are damaged"):
            recording.samples(0, 200)
        assert np.array_equal(recording.samples(20_000, 20_100), block(20_000, 100).data)
    with h5py.File(sealed, "r+") as file:
        file["entry/events/name"][0] = "other"
    with Recording(sealed) as recording, pytest.raises(RecordingError, match="list of events"):
        recording.events  # noqa: B018


def test_more_than_the_parity_holds_is_told_and_not_repaired(sealed, tmp_path):
    content = bytearray(sealed.read_bytes())
    half = len(content) // 2
    content[4096:half] = bytes(half - 4096)
    sealed.write_bytes(content)
    found = verify(sealed)
    assert (found.verdict, found.repairable) == ("damaged", False)
    with pytest.raises(RecordingError, match="cannot be repaired"):
        repair(sealed, tmp_path / "mended.h5")
    assert [p.name for p in tmp_path.iterdir()] == ["run.h5"]


def test_a_repacked_file_is_whole_by_its_manifest(sealed, tmp_path):
    copy = tmp_path / "copy.h5"
    with h5py.File(sealed) as old, h5py.File(copy, "w") as new:
        new.create_dataset("first", data=np.zeros(3000))  # everything comes to another place
        for name in old:
            old.copy(name, new)
        new.attrs.update(old.attrs)
        del new["first"]
    found = verify(copy)
    assert found.verdict == "whole"
    assert "repacked" in found.damage[0]


@pytest.fixture
def of_format_1(sealed):
    with h5py.File(sealed, "r+") as file:
        del file["seal"]
        file.attrs["format_version"] = 1
        del file.attrs["run"]
    content = sealed.read_bytes().replace(b"\x89HJSEAL2", b"\0HJSEAL2")  # the bytes of what was removed
    sealed.write_bytes(content)
    return sealed


def test_without_a_seal_it_says_so(of_format_1):
    assert verify(of_format_1).verdict == "no seal"


def test_a_copy_of_format_1_is_sealed_and_every_later_change_of_it_is_found(of_format_1, tmp_path):
    before = of_format_1.read_bytes()
    done = CliRunner().invoke(main, ["seal", str(of_format_1)])
    copy = tmp_path / "run-sealed.h5"
    assert (done.exit_code, done.output) == (0, f"{copy}: sealed\n")
    assert of_format_1.read_bytes() == before
    found = verify(copy)
    assert found.verdict == "whole"
    assert "nothing is proven about before" in found.damage[0]
    with Recording(copy) as new, Recording(of_format_1) as old:
        assert (new.sealed, new.header, new.events) == (True, old.header, old.events)
        assert np.array_equal(new.samples(0, 40_000), old.samples(0, 40_000))
    content = copy.read_bytes()
    for at in np.random.default_rng(5).integers(len(content), size=40).tolist():
        copy.write_bytes(content)
        flip(copy, at, mask=1 << (at % 8))
        assert verify(copy).verdict == "damaged", at


def test_nothing_damaged_unfinished_or_sealed_before_is_sealed(of_format_1, tmp_path):
    CliRunner().invoke(main, ["seal", str(of_format_1)])
    with h5py.File(of_format_1) as file:
        at = file["entry/raw/z"].id.get_chunk_info(1).byte_offset + 100
    flip(of_format_1, at)
    (tmp_path / "folder").mkdir()
    writer = RecordingWriter(tmp_path / "folder" / "run.h5", HEADER)
    writer.append(block(0, 1000))
    writer.abandon()
    given = of_format_1, tmp_path / "run-sealed.h5", tmp_path / "folder"
    done = CliRunner().invoke(main, ["seal", *map(str, given), "--out", str(tmp_path / "out")])
    assert done.exit_code == 1
    assert [line.split(": ", 1)[1][:20] for line in done.output.splitlines()] == [
        "rows 16384 to 32768 ",
        "has a seal already; ",
        "its run did not fini",
    ]
    assert not list((tmp_path / "out").iterdir())


def test_a_run_in_progress_and_its_log_have_no_seal_yet(tmp_path):
    writer = RecordingWriter(tmp_path / "run.h5", HEADER)
    writer.append(block(0, 1000))
    writer.flush()
    assert verify(tmp_path / "run.h5").verdict == "no seal"
    assert verify(tmp_path / "run.h5.log").verdict == "no seal"
    writer.abandon()
    assert run(tmp_path)[0] == 2


def test_a_log_alone_is_recovered_to_a_recording_that_opens(tmp_path):
    writer = RecordingWriter(tmp_path / "run.h5", HEADER)
    writer.append(block(0, 1000))
    writer.flush()
    writer.abandon()
    log = (tmp_path / "run.h5.log").rename(tmp_path / "run.rescued.h5.log")
    done = CliRunner().invoke(main, ["recover", str(log)])
    assert done.exit_code == 0, done.output
    assert verify(tmp_path / "run.rescued-recovered.h5").verdict == "whole"
    with Recording(tmp_path / "run.rescued-recovered.h5") as recording:
        assert recording.n_samples == 1000


def run(*words):
    done = CliRunner().invoke(main, ["verify", *map(str, words)])
    return done.exit_code, done.output


def test_the_command_says_it_in_a_line_and_by_its_exit_code(sealed, tmp_path):
    assert run(sealed) == (0, f"{sealed}: whole\n")
    flip(sealed, len(sealed.read_bytes()) // 3)
    code, output = run(tmp_path)
    assert code == 1
    assert "add --repair" in output
    code, output = run(sealed, "--repair", "--json")
    (result,) = json.loads(output)["recordings"]
    assert (code, result["verdict"]) == (1, "damaged")
    assert run(result["repaired"])[0] == 0
    code, output = run(tmp_path / "none.h5")
    assert code != 0
    assert "no such file" in output
