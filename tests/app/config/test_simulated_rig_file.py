"""The file of a simulated rig takes no other file's place, and is whole or not there."""

from pathlib import Path

import pytest
from click.testing import CliRunner

import hotjunction as hj
from app.cli import main
from app.config.simulated_rig_file import MARK, is_simulated, write_simulated
from app.config.toml import FileError

OWN = "# The rig in room 113\n"


def test_it_is_written_and_written_anew(tmp_path):
    rig_file = tmp_path / "rig.toml"
    for text in (f"{MARK}, the first\n", f"{MARK}, the second\n"):
        write_simulated(rig_file, text)
        assert rig_file.read_text("utf-8") == text
    assert is_simulated(rig_file)
    assert [file.name for file in tmp_path.iterdir()] == ["rig.toml"]


def test_a_disk_that_is_full_leaves_the_file_that_was_there(tmp_path, monkeypatch):
    rig_file = tmp_path / "rig.toml"
    write_simulated(rig_file, f"{MARK}\n")

    def half(self, content):
        with self.open("wb") as file:
            file.write(content[: len(content) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(FileError, match=r"rig\.toml can't be written: No space left on device\."):
        write_simulated(rig_file, f"{MARK}, another\n")

    assert rig_file.read_text("utf-8") == f"{MARK}\n"
    assert [file.name for file in tmp_path.iterdir()] == ["rig.toml"]


@pytest.mark.parametrize(
    "words",
    [
        "demo --out .",
        "sim",
        "sim --rig-file rig.toml",
        "commission rig.toml --simulated",
        "drill rig.toml --simulated",
    ],
)
def test_no_command_replaces_the_file_of_a_real_rig(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rig.toml").write_text(OWN, "utf-8")

    done = CliRunner().invoke(main, words.split(), input="y\n")

    assert done.exit_code == 2
    assert "rig.toml is not the file of a simulated rig, and is not overwritten" in done.output
    assert (tmp_path / "rig.toml").read_text("utf-8") == OWN


def test_no_script_replaces_it_either(tmp_path):
    (tmp_path / "rig.toml").write_text(OWN, "utf-8")

    with pytest.raises(FileError, match="is not overwritten"), hj.simulated_rig("Au", folder=tmp_path):
        pytest.fail("it was served")

    assert (tmp_path / "rig.toml").read_text("utf-8") == OWN


@pytest.mark.parametrize("name", ["demo.toml", "report.html"])
def test_the_demo_replaces_no_other_file(name, tmp_path):
    (tmp_path / name).write_text("mine", "utf-8")

    done = CliRunner().invoke(main, ["demo", "--out", str(tmp_path)])

    assert done.exit_code == 2
    assert f"{name} exists and is not of a demo; choose another --out." in done.output
    assert [file.name for file in tmp_path.iterdir()] == [name]
