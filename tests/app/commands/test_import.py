import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from click.testing import CliRunner, Result
from igorwriter import IgorWave

from analysis.importers.arrange import arranged
from analysis.recording import Recording
from app.commands.import_ import command


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    folder = tmp_path / "traces"
    folder.mkdir()
    for number in (10, 9):
        lines = [",".join(str(number + i + row / 100) for i in range(20)) for row in range(3)]
        (folder / f"day{number}.csv").write_text("\n".join(lines))
    (folder / "readme.md").write_text("hello")
    return folder


def test_a_folder_becomes_one_recording_and_the_summary_says_what_is_known(rows, tmp_path):
    out = tmp_path / "out.h5"
    options = ["--unit", "conductance=G0", "--rate-Hz", 2000, "--speed-nm-per-s", 0.1, "--bias-mV", 100]
    result = run(rows, "--out", out, *options, "--sample", "BDA on Au", "--notes", "old setup")
    assert result.exit_code == 0, result.output
    said = result.output
    assert "6 traces from 2 files, 120 samples of conductance (G0); compressed" in said
    assert said.index("from the files:") < said.index("from the options:") < said.index("unknown:")
    assert "rate: 2000 Hz" in said
    assert "series resistance" in said.split("unknown:")[1]
    assert "readme.md" in said.split("skipped")[1]
    with Recording(out) as recording:
        header = recording.header
        assert header.provenance == "imported"
        assert header.sources == ("day9.csv", "day10.csv")
        assert (header.sample, header.notes) == ("BDA on Au", "old setup")
        assert header.unknowns == ("series resistance",)
        assert "hotjunction" in header.versions
        trace = recording.trace(0)
        assert trace.conductance_G0 == pytest.approx(9 + np.arange(20))
        assert trace.displacement_m == pytest.approx(np.arange(20) * 0.1e-9 / 2000)
        assert trace.bias_V == pytest.approx(0.1)
    with h5py.File(out) as file:
        assert file["entry"].attrs["default"] == "histogram"
        assert "trace" in file["entry"]


def test_without_options_nothing_is_invented(rows, tmp_path):
    result = run(rows, "--out", tmp_path / "out.h5")
    assert result.exit_code == 0
    unknown = result.output.split("unknown:")[1]
    for what in ("what the values are", "sampling rate", "displacement", "bias", "series resistance"):
        assert what in unknown


def test_what_the_file_says_goes_before_the_options(tmp_path):
    wave = IgorWave(np.linspace(1, 0, 100), name="Current_0")
    wave.set_datascale("uA")
    wave.set_dimscale("x", 0.0, 1e-3, "s")
    wave.save(str(tmp_path / "Current_0.ibw"))
    out = tmp_path / "out.h5"
    result = run(tmp_path / "Current_0.ibw", "--out", out, "--unit", "current=nA", "--rate-Hz", 5)
    assert result.exit_code == 0
    with Recording(out) as recording:
        assert recording.rate_Hz == 1000.0
        assert recording.samples(0, 1)[0, 0] == pytest.approx(1e-6)


@pytest.mark.parametrize("name", ["broken.ibw", "broken.tdms", "broken.csv", "unknown.xyz", "absent.txt"])
def test_a_file_that_cannot_be_read_gives_one_line_and_no_recording(tmp_path, name):
    path, out = tmp_path / name, tmp_path / "out.h5"
    if "absent" not in name:
        path.write_bytes(b"no data here")
    result = run(path, "--out", out)
    assert result.exit_code == 2
    assert result.output.startswith(f"Error: {path}: ")
    assert result.output.count("\n") == 1
    assert not out.exists()


def test_an_existing_recording_is_not_overwritten(rows, tmp_path):
    out = tmp_path / "out.h5"
    out.write_text("precious")
    result = run(rows, "--out", out)
    assert result.exit_code == 2
    assert "never overwritten" in result.output
    assert out.read_text() == "precious"


def test_a_unit_without_a_name_is_refused(rows, tmp_path):
    result = run(rows, "--out", tmp_path / "out.h5", "--unit", "nA")
    assert result.exit_code == 2
    assert "not NAME=UNIT" in result.output


def test_the_command_loads_no_reader_before_it_is_needed():
    code = "import sys, app.commands.import_; print(sorted({'numpy', 'h5py', 'igor2', 'nptdms'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    assert done.stdout.strip() == "[]"


def test_real_recordings_of_three_kinds(tmp_path):
    folder = os.environ.get("HOTJUNCTION_RECORDINGS")
    if not folder:
        pytest.skip("HOTJUNCTION_RECORDINGS does not say where the recordings of others are")
    for name, traces in (("eka-au-stmbj", 202), ("au-tunnelling", 97), ("egain-decanethiol", 10)):
        out = tmp_path / f"{name}.h5"
        result = run(Path(folder) / name, "--out", out)
        assert result.exit_code == 0, result.output
        with Recording(out) as recording:
            assert len(recording.traces) == traces
            recording.verify()


def test_a_folder_of_nothing_known_says_so(tmp_path):
    result = run(tmp_path, "--out", tmp_path.parent / "out.h5")

    assert result.exit_code == 2
    assert "no file of a known format" in result.output


def test_a_broken_file_in_a_folder_is_left_out_and_listed(rows, tmp_path):
    (rows / "day11.csv").write_bytes(b"")
    (rows / "day12.tdms").write_bytes(b"TDSm, and then the disk was full")
    out = tmp_path / "x.h5"

    done = run(rows, "--unit", "conductance=G0", "--out", out)

    assert done.exit_code == 1
    assert f"left out: {rows / 'day11.csv'}: an empty file" in done.stdout
    assert f"left out: {rows / 'day12.tdms'}: " in done.stdout
    assert "2 files left out, see above." in done.stderr
    with Recording(out) as recording:
        assert len(recording.traces) == 6
    named = run(rows / "day10.csv", rows / "day11.csv", "--out", tmp_path / "y.h5")
    assert named.exit_code == 2
    assert "an empty file" in named.stderr


def test_a_folder_of_broken_files_only_is_refused(tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_bytes(b"")
    done = run(tmp_path, "--preview")
    assert done.exit_code == 2
    assert "b.csv: an empty file (1 other file can't be read either)" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="names of bytes are those of POSIX")
def test_a_name_that_is_no_text_is_refused_in_words(rows):
    try:
        (rows / "day9.csv").rename(os.fsdecode(os.fsencode(rows / "day") + b"\xff.csv"))
    except OSError:
        pytest.skip("this file system takes no such names")
    done = run(rows, "--unit", "conductance=G0", "--out", rows / "x.h5")
    assert done.exit_code == 1
    assert (rows / "x.h5").is_file()
    assert "the name holds bytes that are no text in UTF-8; rename it" in done.stdout


def test_a_file_that_another_program_still_writes_is_refused(rows, monkeypatch):
    def writes_on(pieces, options):
        with (rows / "day9.csv").open("a") as file:
            file.write("\n1,2,3")
        return arranged(pieces, options)

    monkeypatch.setattr("analysis.importers.arranged", writes_on)
    done = run(rows / "day9.csv", "--preview")
    assert done.exit_code == 2
    assert "changed while it was read: another program writes to it" in done.stderr
