"""`hotjunction gui` refuses wrong arguments in a sentence, before a window opens."""

import pytest
from click.testing import CliRunner
from PyQt6.QtCore import QSettings

from app.cli import main
from app.gui import bench_launcher as benches
from app.gui.recent import RecentFiles
from app.server.connection import Connection


@pytest.fixture(autouse=True)
def offscreen(qapp, monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")


def told(*arguments):
    result = CliRunner().invoke(main, ["gui", *map(str, arguments)])
    assert result.exit_code != 0
    return result.output


def test_what_is_not_there(tmp_path):
    assert "no such file" in told(tmp_path / "night.h5")


def test_what_is_neither_a_rig_file_nor_a_recording(tmp_path):
    (tmp_path / "notes.txt").write_text("tip 14")
    assert "notes.txt" in told(tmp_path / "notes.txt")


def test_a_rig_file_with_a_mistake(tmp_path):
    (tmp_path / "rig.toml").write_text("name = 3")
    assert "name" in told(tmp_path / "rig.toml")


def test_a_folder_without_a_recording(tmp_path):
    assert "holds no recording" in told(tmp_path)


def test_a_folder_of_broken_recordings(tmp_path):
    (tmp_path / "night.h5").write_bytes(b"nothing")
    assert "night.h5" in told(tmp_path)


def test_attaching_to_nothing(monkeypatch):
    monkeypatch.setattr(benches, "running_benches", dict)
    assert "No bench is running" in told("--attach")


def test_attaching_to_a_bench_that_is_gone(tmp_path):
    gone = Connection(
        "tcp://127.0.0.1:9", "tcp://127.0.0.1:9", "tcp://127.0.0.1:9", "t", 1, "rig.toml", "a rig"
    )
    gone.write(tmp_path / "bench-1.json")
    assert "is no longer running" in told("--attach", tmp_path / "bench-1.json")


def test_attaching_goes_without_a_rig_file(tmp_path):
    (tmp_path / "rig.toml").write_text("")
    assert "--attach goes without" in told(tmp_path / "rig.toml", "--attach")


def test_no_screen(monkeypatch, tmp_path):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    assert "There is no screen here" in told()


@pytest.mark.parametrize(
    ("name", "folder", "simulated"),
    [
        ("simulated rig: Au, seed 0, wall clock", True, True),
        ("simulated rig: Au", False, False),
        ("SPM 2", True, False),
    ],
)
def test_a_bench_with_a_simulated_rig_of_its_own(tmp_path, monkeypatch, name, folder, simulated):
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    rig_file = (tmp_path if folder else tmp_path.parent) / "hotjunction-x" / "rig.toml"
    connection = Connection("a", "b", "c", "t", 1, str(rig_file), name)
    assert benches.is_simulated(connection) is simulated


def test_recent_files_are_listed_and_opened_by_number(tmp_path, monkeypatch):
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    monkeypatch.setattr("app.gui.main.saved_settings", lambda: settings)

    def gui(*arguments):
        result = CliRunner().invoke(main, ["gui", *map(str, arguments)])
        return result.exit_code, result.output

    assert gui("--recent") == (0, "")
    recording, rig = tmp_path / "a.h5", tmp_path / "rig.toml"
    for kind, path in (("recordings", recording), ("rigs", rig)):
        path.write_text("neither", "utf-8")
        RecentFiles(settings, kind).add(path)
    assert gui("--recent")[1].splitlines() == [f" 1  {recording}", f" 2  {rig}"]
    code, said = gui("--recent", "1")
    assert code == 2 and "a.h5" in said, "it is no recording"
    assert "there are 2 recent files" in gui("--recent", "3")[1]
    assert "goes without" in gui("--recent", "1", rig)[1]
