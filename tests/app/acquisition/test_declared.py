"""Settings that no instrument can confirm are confirmed by the user once a day and after a change."""

from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from app.acquisition.declared import confirm_declared, declared_settings
from app.cli import main
from app.config.rig import Rig, load_rig
from app.config.toml import FileError

RIG = """
[daq]
controller = "local"
[daq.inputs]
bias = { channel = "ai2" }
z = { channel = "ai3" }
thermocouple = { channel = "ai1" }
current = { channel = "ai0" }
[daq.outputs]
bias = { channel = "ao0", min_V = -2, max_V = 2 }
z = { channel = "ao1", min_V = 0, max_V = 10 }
[current_amplifier]
model = "manual"
description = "blue box"
gain_V_per_A = 1e6
bandwidth_Hz = 3500
inverting = true
[voltage_preamplifier]
address = "ASRL1::INSTR"
[piezo]
extension_nm_per_V = 10
"""
TODAY, TOMORROW = date(2026, 11, 29), date(2026, 11, 30)


class User:
    """Answers the same to every question, and counts them."""

    def __init__(self, answer: bool) -> None:
        self.answer = answer
        self.asked: list[str] = []

    def __call__(self, question: str) -> bool:
        self.asked.append(question)
        return self.answer


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rig.toml"
    path.write_text(RIG, "utf-8")
    return path


def confirm(file: Path, user: User, day: date, *, yes: bool = False, rig: Rig | None = None) -> None:
    confirm_declared(file, rig or load_rig(file), yes, user, lambda: day, file.parent / "confirmed.json")


def test_the_question_names_every_stated_number(file):
    (line,) = declared_settings(load_rig(file))

    assert line == (
        "manual current amplifier (blue box): gain 1 MV/A, rise time 100 us, bandwidth 3.5 kHz, rail 10 V, inverting"
    )


def test_it_is_asked_once_a_day_and_after_each_change(file):
    user = User(True)

    confirm(file, user, TODAY)
    confirm(file, user, TODAY)
    assert len(user.asked) == 1
    confirm(file, user, TOMORROW)
    assert len(user.asked) == 2
    file.write_text(RIG.replace("1e6", "1e7"), "utf-8")
    confirm(file, user, TOMORROW)
    assert len(user.asked) == 3
    assert "gain 10 MV/A" in user.asked[-1]


def test_a_no_refuses_the_run_and_is_not_remembered(file):
    for _ in range(2):
        with pytest.raises(FileError, match=r"(?s)nothing was moved.*gain 1 MV/A.*--yes"):
            confirm(file, User(False), TODAY)


def test_yes_in_the_command_asks_nothing_and_holds_for_the_day(file):
    user = User(False)

    confirm(file, user, TODAY, yes=True)
    confirm(file, user, TODAY)

    assert not user.asked


def test_nothing_is_asked_about_an_amplifier_that_can_be_set(file):
    rig = load_rig(file)
    text = RIG.replace('model = "manual"\ndescription = "blue box"', 'address = "GPIB0::22::INSTR"').replace(
        "bandwidth_Hz = 3500\n", ""
    )
    file.write_text(text, "utf-8")

    assert list(declared_settings(load_rig(file))) == []
    assert rig.current_amplifier.rise_time_s == pytest.approx(1e-4), "0.35 over the bandwidth"


def test_a_rise_time_that_contradicts_the_bandwidth_is_refused(file):
    file.write_text(RIG.replace("bandwidth_Hz = 3500", "bandwidth_Hz = 3500\nrise_time_s = 1e-3"), "utf-8")

    with pytest.raises(FileError, match=r"rise_time_s = 0.001 s is not that of bandwidth_Hz = 3500 Hz"):
        load_rig(file)


def test_a_bench_and_a_window_ask_as_a_run_does(file, monkeypatch, tmp_path):
    """Without a terminal nobody can answer: no bench starts; the window asks before it starts one."""
    monkeypatch.setattr("app.acquisition.declared.platformdirs.user_state_dir", lambda *a, **k: str(tmp_path))
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    asked = User(False)

    served = CliRunner().invoke(main, ["serve", str(file)])

    assert served.exit_code != 0
    assert "nothing was moved. These settings can't be read back" in served.output

    def opened(open_first):
        open_first(SimpleNamespace(ask=asked, open_rig=pytest.fail))

    monkeypatch.setattr("app.gui.main.run", opened)
    shown = CliRunner().invoke(main, ["gui", str(file)])
    assert shown.exit_code != 0
    assert "These settings can't be read back" in shown.output
    assert "blue box" in asked.asked[0]
