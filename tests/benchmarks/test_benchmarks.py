"""Every benchmark runs: at its smallest size, where its figures mean nothing."""

import subprocess
import sys
from concurrent.futures import Executor, Future
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from threading import Thread

import pytest

from app.acquisition.simulated_rig import patient, served
from tests.benchmarks.__main__ import BENCHMARKS, ON_REQUEST, main
from tests.benchmarks.alarms import RUNS, run_of

HERE = Path(__file__).parent
NO_BENCHMARK = {"__init__", "__main__", "table", "test_benchmarks", "test_leash"}


class AtOnce(Executor):
    """Does its work at once, in this process, which has its imports already."""

    def submit(self, work, /, *arguments, **options):
        done = Future()
        done.set_result(work(*arguments, **options))
        return done


@contextmanager
def served_here(settings):
    """Serve a simulated rig from this process, which has its imports already, as fast as it can."""
    with served(replace(settings, clock="fast")) as (_, text):
        yield patient(text)


@pytest.mark.timeout(300)  # some start a bench and a window as processes of their own
@pytest.mark.parametrize("name", BENCHMARKS + ON_REQUEST)
def test_a_benchmark_runs_at_its_smallest_size(name, monkeypatch, few_resamples):
    benchmark = import_module(f"tests.benchmarks.{name}")
    if hasattr(benchmark, "simulated_rig"):
        monkeypatch.setattr(benchmark, "simulated_rig", served_here)
    if hasattr(benchmark, "Server"):
        monkeypatch.setattr(benchmark, "Server", Thread)
    if hasattr(benchmark, "_apart"):
        monkeypatch.setattr(benchmark, "_apart", AtOnce)
    if hasattr(benchmark, "_modules"):  # those that this process has compiled
        monkeypatch.setattr(benchmark, "_modules", lambda: nullcontext(""))
    rows = list(benchmark.rows(0.0))
    assert rows
    assert all(row.name and row.ours for row in rows)


def test_every_module_here_is_a_benchmark_that_the_command_knows():
    assert {path.stem for path in HERE.glob("*.py")} - NO_BENCHMARK == {*BENCHMARKS, *ON_REQUEST}


def test_the_command_prints_a_table(capsys):
    main(["recorder", "--size", "0"])
    assert "recording a block of 200 x 4 samples" in capsys.readouterr().out


def test_the_command_of_the_readme_has_help():
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", "--help"], capture_output=True, text=True, check=True
    )
    assert "kill_recordings" in done.stdout
    assert "--size" in done.stdout


@pytest.mark.parametrize(
    ("texts", "said"),
    [(["nothing"], "no benchmark nothing; there are simulation"), (["--size", "2"], "0 and 1")],
)
def test_a_wrong_command_line_says_what_is_right(texts, said, capsys):
    with pytest.raises(SystemExit) as ended:
        main(texts)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_the_procedures_of_the_false_alarms_take_their_parameters():
    assert all(run_of(name, 1.0).made().parameter_objects() for name in RUNS)
