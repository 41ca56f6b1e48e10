"""For every test: what hotjunction keeps for its user goes elsewhere, and a watchdog only starts where it is tested."""

import gc
import os
import sys
from contextlib import nullcontext
from dataclasses import fields

import pytest
from hypothesis import settings

# Threads of BLAS wait for each other longer than they compute on matrices as small as ours, once other processes keep
# the cores busy. Set before numpy is loaded, here and in every process that a test starts.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from analysis.recording import layout
from analysis.traces.options import AnalysisOptions
from app.acquisition.watchdog import Watchdog
from app.server.client import LONGEST_S
from tests.support.near_arrays import compare_arrays_at_once
from tests.support.patience import PATIENCE_S
from tests.support.rig.watchdogs import WatchdogWithoutProcess

# Each process that a test starts would compile all modules anew, and pytest the tests.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Python would collect garbage in whichever thread has just made an object, that of pytest-xdist among them, and widgets
# that are deleted outside of Qt's thread crash it. Here it is collected between tests.
gc.disable()

MANY = 50_000
"""Objects made since the last collection that make the next one worth its time."""

YOUNG_PER_FULL = 10
"""Collections of new objects before one of all objects, which takes as long as the imports are many."""


def pytest_collection_finish(session):
    """Leave modules and tests, which are never garbage, out of collections."""
    gc.freeze()


def pytest_runtest_teardown(item, nextitem):
    """Collect garbage in the thread of the tests, once there may be much."""
    new, young, _ = gc.get_count()
    if new > MANY:
        gc.collect(2 if young >= YOUNG_PER_FULL else 0)


settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")  # how long an example takes is the machine's affair


@pytest.fixture(autouse=True, scope="session")
def logs_elsewhere(tmp_path_factory):
    """Keep the log of watchdogs (platformdirs, on Linux), states of rigs and the cache in folders of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        patch.setenv("HOTJUNCTION_RIGS", str(tmp_path_factory.mktemp("rigs")))
        patch.setenv("HOTJUNCTION_PRESETS", str(tmp_path_factory.mktemp("presets")))
        patch.setenv("HOTJUNCTION_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("HOTJUNCTION_CATALOGUE", str(tmp_path_factory.mktemp("catalogue") / "catalogue.sqlite"))
        yield


@pytest.fixture(autouse=True, scope="session")
def arrays_at_once():
    """Compare arrays with ``pytest.approx`` in one step."""
    with pytest.MonkeyPatch.context() as patch:
        compare_arrays_at_once(patch)
        yield


BENCHES = ("app.acquisition.bench", "app.server.bias_by_hand")


@pytest.fixture(autouse=True, scope="session")
def watchdogs_without_process():
    """Give benches in this process, also those that a module's tests share, a watchdog that is none."""
    with pytest.MonkeyPatch.context() as patch:
        for module in BENCHES:
            patch.setattr(f"{module}.Watchdog", WatchdogWithoutProcess)
        yield


@pytest.fixture
def watchdog_process(monkeypatch):
    """Give benches in this process a watchdog as on a rig, a process of its own."""
    for module in BENCHES:
        monkeypatch.setattr(f"{module}.Watchdog", Watchdog)


@pytest.fixture(autouse=True, scope="session")
def computer_may_sleep():
    """Start no program that keeps the computer awake for each of the runs in this process, which are short."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.acquisition.bench.awake", nullcontext)
        yield


@pytest.fixture(autouse=True, scope="session")
def modules_left_alone():
    """Run no whole collection of garbage before each run: modules are out of collections here, see above."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.console.memory.leave_modules_alone", lambda: None)
        yield


@pytest.fixture(autouse=True, scope="session")
def patient_clients():
    """Let clients wait for commands that query instruments or import modules: on a busy machine they take long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.server.client.LONGEST_S", dict.fromkeys(LONGEST_S, PATIENCE_S))
        yield


@pytest.fixture
def unanalysed(monkeypatch):
    """Let runs end with a recording as it was written, neither analysed nor compressed, which takes longer than they.

    For tests that look at what was recorded, not at what becomes of it.
    """
    leave_unanalysed(monkeypatch)


def leave_unanalysed(patch):
    """Let runs end with a recording as it was written, until the patch is undone."""
    patch.setattr("app.acquisition.bench.analysed", lambda recording: None)
    patch.setattr("analysis.recording.writer.finish", lambda path, plots, result: layout.STORED_PLAIN)


@pytest.fixture
def undrawn(monkeypatch):
    """Leave the figures of reports out: for tests of what stands beside them."""
    draw_nothing(monkeypatch)


def draw_nothing(patch):
    """Leave the figures of reports out, until the patch is undone."""
    patch.setattr("app.report.section.svg_text", lambda figure: "<svg></svg>")


@pytest.fixture
def few_resamples(monkeypatch):
    """Bootstrap peaks less often, from files and in views: for tests that ask nothing of the size of their errors."""
    resample_less(monkeypatch)


def resample_less(patch):
    """Set fewer resamples as the default, until the patch is undone."""
    init = AnalysisOptions.__init__
    names = [field.name for field in fields(AnalysisOptions)][-len(init.__defaults__) :]
    usual = dict(zip(names, init.__defaults__, strict=True))
    patch.setattr(init, "__defaults__", tuple({**usual, "resamples": 30}.values()))
