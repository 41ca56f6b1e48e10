"""`hotjunction rig`, and every other command beside an owner or on a rig that a trip holds."""

from dataclasses import replace

import pytest
from click.testing import CliRunner

from app.acquisition.owner import myself
from app.acquisition.ownership import Ownership
from app.acquisition.watchdog.rig_state import SAFE, TRIPPED, RigState, read_state, write_state
from app.cli import main
from app.config.rig import load_rig
from app.config.rig_folder import state_path
from tests.support.rig.rigs import served_rig

BOB = replace(myself("hotjunction serve"), user="bob", pid=2**22 + 7, started=1.0)

UNPROVED = ("--unproved", "a test")


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    with served_rig(tmp_path_factory.mktemp("rig")) as served:
        yield served


def said(*words, answer=""):
    done = CliRunner().invoke(main, list(words), input=answer, catch_exceptions=False)
    return done.exit_code, done.output


def commands(rig, tmp_path):
    file, out = str(rig.file), str(tmp_path / "run.h5")
    return {
        "run": ("run", "break-junction", "--rig", file, "--out", out, "--traces", "1", *UNPROVED),
        "run --serve": ("run", "break-junction", "--rig", file, "--out", out, "--traces", "1", "--serve"),
        "calibrate": ("calibrate", "noise", "--rig", file, "--out", out),
        "check": ("check", file),
        "check --prove": ("check", file, "--prove"),
        "serve": ("serve", file, "--connections", str(tmp_path / "connections")),
        "commission": ("commission", file, "--yes", "--out", str(tmp_path / "day")),
        "rig clear": ("rig", "clear", file, "--by", "Ada", "--yes"),
        "rig take-over": ("rig", "take-over", file, "--by", "Ada"),
    }


@pytest.mark.parametrize(
    "name", ["run", "run --serve", "calibrate", "check", "serve", "commission", "rig take-over"]
)
def test_beside_an_owner_every_command_is_refused_with_its_name(rig, tmp_path, name):
    owner = Ownership(rig.file, load_rig(rig.file), BOB)
    owner.claim()
    try:
        code, output = said(*commands(rig, tmp_path)[name])
    finally:
        owner.release()
    assert code
    assert "Rig Dev1 is held by bob" in " ".join(output.split())
    assert not (tmp_path / "run.h5").exists()


@pytest.mark.parametrize("name", ["run", "calibrate", "check --prove", "check"])
def test_on_a_rig_that_a_trip_holds_every_command_says_so_and_how_to_clear_it(rig, tmp_path, name):
    path = state_path(rig.file, load_rig(rig.file))
    write_state(path, RigState(TRIPPED, why="no samples came for 0.41 s", safe=True))
    try:
        code, output = said(*commands(rig, tmp_path)[name])
    finally:
        path.unlink()
    text = " ".join(output.replace("│", " ").split())
    assert (code == 0) is (name == "check")
    assert "no samples came for 0.41 s" in text
    assert "hotjunction rig clear" in text
    assert not (tmp_path / "run.h5").exists()


def test_status_says_owner_and_trip(rig):
    file = str(rig.file)
    assert said("rig", "status", file) == (0, "Rig Dev1 has no owner.\nNo trip of the watchdog holds it.\n")
    owner = Ownership(rig.file, load_rig(rig.file), BOB)
    owner.claim()
    path = state_path(rig.file, load_rig(rig.file))
    write_state(path, RigState(TRIPPED, why="the bench has gone", safe=True))
    code, output = said("rig", "status", file)
    owner.release()
    path.unlink()
    assert code == 1
    assert "held by bob" in output
    assert "because the bench has gone" in output


def test_a_trip_is_cleared_by_name_on_a_rig_that_is_seen_safe_and_not_without_a_look(rig):
    file, path = str(rig.file), state_path(rig.file, load_rig(rig.file))
    assert "nothing to clear" in said("rig", "clear", file, "--by", "Ada")[1]
    write_state(path, RigState(TRIPPED, why="the bench has gone", safe=True))
    assert said("rig", "clear", file, "--by", "Ada", answer="n\n")[0] == 1
    assert read_state(path).state == TRIPPED
    code, output = said("rig", "clear", file, "--by", "Ada", answer="y\n")
    assert code == 0
    assert "Cleared by Ada: bias 0 V, z 0 V (seen on the loop-backs)." in output
    assert read_state(path).state == SAFE
    path.unlink()


def test_take_over_of_a_free_rig_does_nothing(rig):
    assert said("rig", "take-over", str(rig.file), "--by", "Ada") == (0, "Rig Dev1 has no owner.\n")


def test_make_safe_says_what_became_of_each_rig(tmp_path, monkeypatch):
    monkeypatch.setenv("HOTJUNCTION_RIGS", str(tmp_path / "rigs"))
    assert said("rig", "make-safe") == (0, "")
    write_state(tmp_path / "rigs" / "a.json", RigState(TRIPPED, rig_file=str(tmp_path / "gone.toml")))
    assert "gone.toml: NOT SAFE" in said("rig", "make-safe")[1]
