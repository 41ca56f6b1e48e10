"""Files from outside may neither fill the memory nor lead elsewhere."""

import struct
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest

from analysis.importers import ForeignFile, ImportOptions, Spool, files_in, read_file
from analysis.importers.decoding import read_lines, take_lines
from analysis.importers.options import Layout, Orientation


def test_a_line_without_an_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("analysis.importers.decoding.MOST_LETTERS", 2000)
    path = tmp_path / "bomb.txt"
    path.write_text("1 2\n" + "3 " * 1000 + "\n" + "4 " * 1001, encoding="utf-8")
    lines = read_lines(path)

    assert next(lines) == (1, "1 2")
    with pytest.raises(ForeignFile, match=r"bomb\.txt: line 2 has more than 0\.002 million letters"):
        next(lines)


def test_a_link_out_of_a_folder_is_passed_over(tmp_path):
    folder, outside = tmp_path / "data", tmp_path / "outside.txt"
    folder.mkdir()
    (folder / "real.txt").write_text("1 2\n", encoding="utf-8")
    outside.write_text("3 4\n", encoding="utf-8")
    try:
        (folder / "inner.txt").symlink_to(folder / "real.txt")
        (folder / "outer.txt").symlink_to(outside)
    except OSError:
        pytest.skip("this system lets only an administrator make links")

    files, skipped = files_in([folder])

    assert [file.name for file in files] == ["inner.txt", "real.txt"]
    assert skipped == []


def test_a_line_of_too_many_fields_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("analysis.importers.decoding.MOST_FIELDS", 1000)
    path = tmp_path / "bomb.txt"
    path.write_text("1 2\n" + "3 " * 1001, encoding="utf-8")
    with pytest.raises(ForeignFile, match=r"bomb\.txt: line 2 has more than 0\.001 million fields"):
        list(read_lines(path))


def test_long_lines_are_converted_a_few_at_a_time():
    lines = iter([(number, "x" * 100) for number in range(10)])
    assert [len(take_lines(lines, 5, letters=250)) for _ in range(5)] == [3, 3, 3, 1, 0]
    assert len(take_lines(iter([(1, ""), (2, ""), (3, "")]), 2)) == 2


def test_more_traces_than_a_file_of_measurements_holds_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("analysis.importers.MOST_TRACES", 50)
    path = tmp_path / "rows.csv"
    path.write_text("".join(f"{','.join(['1.5'] * 20)}\n" for _ in range(51)), encoding="utf-8")
    with pytest.raises(ForeignFile, match=r"rows\.csv: more than 50 traces"):
        read_file(path, "csv", ImportOptions(layout=Layout(orientation=Orientation.ROWS)))


def test_more_columns_than_a_table_has_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("analysis.importers.formats.text._MOST_COLUMNS", 30)
    path = tmp_path / "wide.txt"
    path.write_text(f"{' '.join(['1.5'] * 31)}\n" * 3, encoding="utf-8")
    with pytest.raises(ForeignFile, match="31 columns, more than 30"):
        read_file(path, "text")


def test_numbers_that_grow_out_of_a_small_file_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("analysis.importers.FREE_BYTES", 100)
    monkeypatch.setattr("analysis.importers.MOST_TIMES", 2)
    path = tmp_path / "grows.txt"
    path.write_text("1 2\n" * 100, encoding="utf-8")  # 400 bytes, 1600 as numbers
    with pytest.raises(ForeignFile, match=r"GB of numbers in a file of 0\.0004 MB"):
        read_file(path, "text")


def test_a_full_disk_of_temporary_files_is_named(tmp_path, monkeypatch):
    path = tmp_path / "data.txt"
    path.write_text("1 2\n" * 100, encoding="utf-8")
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=2**28))
    with Spool(in_memory_bytes=0) as spool, pytest.raises(ForeignFile, match=r"temporary files .* is full"):
        read_file(path, "text", spool=spool)


# --- TDMS, whose description claims what it likes


def text(content):
    return struct.pack("<I", len(content)) + content.encode()


def channel(path, n, dtype=10):
    """Return the description of a channel of ``n`` doubles; of an object without data if ``n`` is None."""
    index = b"\xff" * 4 if n is None else struct.pack("<IIIQ", 20, dtype, 1, n)
    return text(path) + index + struct.pack("<I", 0)


def segment(channels, data=b"", contents=2 | 4 | 8, length=None):
    description = struct.pack("<I", len(channels)) + b"".join(channels)
    length = len(description) + len(data) if length is None else length
    return b"TDSm" + struct.pack("<IIQQ", contents, 4713, length, len(description)) + description + data


GROUP = [channel("/", None), channel("/'g'", None)]
INTERLEAVED = 2 | 4 | 8 | 32
CLAIM = 2**40


@pytest.mark.parametrize(
    "content",
    [
        segment([*GROUP, channel("/'g'/'a'", CLAIM), channel("/'g'/'b'", CLAIM)], bytes(800)),
        segment([*GROUP, channel("/'g'/'a'", CLAIM)], bytes(800), INTERLEAVED),
        segment([*GROUP, channel("/'g'/'a'", CLAIM)], bytes(800), INTERLEAVED, length=8 * CLAIM),
        segment([*GROUP, channel("/'g'/'a'", CLAIM, dtype=0), channel("/'g'/'b'", 100)], bytes(800)),
        segment([*GROUP, *(channel(f"/'g'/'{i}'", 1, 1) for i in range(10_001))], bytes(10_001)),
        segment([*GROUP, *(channel(f"/'g'/'{i}'", 1, 1) for i in range(9000))], bytes(9000))
        + segment([], contents=2) * 2000,
        segment(GROUP)[:-4] + struct.pack("<I", 2**31),
    ],
    ids=["contiguous", "interleaved", "long", "void", "wide", "lists", "properties"],
)
def test_claims_of_a_small_tdms_file_are_one_sentence_and_little_memory(tmp_path, content):
    path = tmp_path / "claims.tdms"
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(ForeignFile) as caught:
            read_file(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "\n" not in str(caught.value)
    assert peak < 50e6


@pytest.mark.parametrize("length", [8 * 1000 + 100, 2**64 - 1])
def test_a_tdms_file_that_claims_more_than_it_has_gives_what_it_has(tmp_path, length):
    path = tmp_path / "cut.tdms"
    values = np.arange(100.0)
    path.write_bytes(segment([*GROUP, channel("/'g'/'a'", 1000)], values.tobytes(), length=length))
    (piece,) = read_file(path)
    assert np.array_equal(piece.quantities[0].values, values)
    assert "cut short" in piece.remarks[0]
