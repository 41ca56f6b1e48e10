"""Our own processes find our own code, wherever it is and wherever they start."""

import json
import os
import subprocess
import sysconfig
from pathlib import Path

import pytest

from app import child_process
from app.acquisition.simulated_rig import (
    ANSWER_S,
    HEARTBEAT_S,
    SAFE_WITHIN_S,
    SimulationSettings,
    _from_line,
    _to_line,
    patient,
    simulated_rig,
)
from tests.support.rig.rigs import namesakes_in


def test_a_checkout_is_on_the_way_of_a_child_before_everything_else():
    given = {"PYTHONPATH": os.pathsep.join(["/a", "", "/b"]), "PYTHONIOENCODING": "cp1252"}

    changed = child_process.environment(given)

    root = str(Path(child_process.__file__).parents[1].resolve())
    assert changed["PYTHONPATH"].split(os.pathsep) == [root, "/a", "/b"]  # an empty one is the present folder
    assert changed["PYTHONIOENCODING"] == "utf-8"


def test_what_is_installed_needs_no_way(monkeypatch):
    monkeypatch.setattr(child_process, "PROJECT", Path(sysconfig.get_path("purelib")).resolve())
    assert "PYTHONPATH" not in child_process.environment({})


def test_a_child_is_not_of_our_group_and_does_not_take_files_of_the_user_for_ours(tmp_path, monkeypatch):
    monkeypatch.chdir(namesakes_in(tmp_path / "namesakes"))
    process = child_process.start("app", "--version", stdin=subprocess.DEVNULL)
    group = os.getpgid(process.pid) if hasattr(os, "getpgid") else None
    said, _ = process.communicate()

    assert said.startswith(b"hotjunction ")
    assert process.returncode == 0
    if group is not None:
        assert group == process.pid


@pytest.mark.parametrize(
    "settings",
    [
        SimulationSettings(),
        SimulationSettings(
            "fast", 3, Path("a") / "b.toml", ("sample.species=Au", "x=1"), "::1", Path("r.h5"), 2.5
        ),
    ],
)
def test_settings_reach_the_simulated_rig_as_they_are(settings):
    assert _from_line(_to_line(settings).decode()) == settings


def test_a_simulated_rig_that_can_not_serve_says_why():
    with (
        pytest.raises(RuntimeError, match=r"sample\.spices"),
        simulated_rig(SimulationSettings(overrides=("sample.spices=Au",))),
    ):
        pass


@pytest.mark.parametrize("there", ["", "answer_s = 2.0\n"])
def test_a_simulated_rig_of_our_own_is_given_time_to_answer(there):
    text = patient(f"[daq]\n{there}x = 1\n[safe]\nz_V = 0.0\n")
    assert text == (
        f"[daq]\nanswer_s = {ANSWER_S}\nx = 1\n"
        f"[safe]\nheartbeat_s = {HEARTBEAT_S}\nwithin_s = {SAFE_WITHIN_S}\nz_V = 0.0\n"
    )


def test_an_answer_to_somebody_who_has_gone_is_nothing(capfd, monkeypatch):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as nobody:
        monkeypatch.setattr("sys.stdout", nobody)
        child_process.reply_to_parent(json.dumps(["serving", "text"]))
