"""The program that keeps a computer awake is started for a run, and ends with it."""

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.acquisition.bench import Observer
from app.console.awake import awake
from tests.support.rig.rigs import quick, served_rig


@pytest.fixture
def inhibit(tmp_path):
    """A stand-in for systemd-inhibit, which runs the command after its options."""
    if sys.platform == "win32":
        pytest.skip("Windows has no such program")
    program = tmp_path / "systemd-inhibit"
    program.write_text("#!/bin/sh\nexec cat\n", encoding="utf-8")
    program.chmod(0o755)
    return program


def test_a_computer_is_kept_awake_while_the_run_lasts(inhibit, monkeypatch):
    started = []
    start = subprocess.Popen

    def remembered(*args, **keywords):
        started.append(start(*args, **keywords))
        return started[-1]

    monkeypatch.setattr("app.console.awake.subprocess.Popen", remembered)
    with pytest.raises(KeyError), awake({"systemd-inhibit": str(inhibit), "cat": shutil.which("cat")}.get):
        assert started[0].poll() is None
        raise KeyError
    assert started[0].poll() is not None
    assert "--what=sleep" in " ".join(started[0].args)


@pytest.mark.parametrize("found", [{}, {"systemd-inhibit": os.fspath(Path("none", "such")), "cat": "cat"}])
def test_a_computer_without_the_program_runs_all_the_same(found):
    with awake(found.get):
        pass


def test_a_run_keeps_the_computer_awake_until_it_is_over(tmp_path, monkeypatch, unanalysed):
    seen = []

    @contextmanager
    def noted():
        seen.append("awake")
        yield
        seen.append("may sleep")

    monkeypatch.setattr("app.acquisition.bench.awake", noted)
    with served_rig(tmp_path) as rig:
        watching = Observer(on_event=lambda event: seen.append("run"))
        rig.bench("its steps are tried elsewhere").run(quick(1), tmp_path / "run.h5", observer=watching)

    assert (seen[0], seen[1], seen[-2], seen[-1]) == ("awake", "run", "run", "may sleep")
