"""Importing the package: quick, and in spite of files that are called like ours."""

import inspect
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

import hotjunction as hj

PROJECT = Path(__file__).parents[2]
HEAVY = (
    "numpy",
    "scipy",
    "h5py",
    "pydantic",
    "pymeasure",
    "nidaqmx",
    "matplotlib",
    "PyQt6",
    "click",
    "xarray",
)
NAMES = ("analysis", "app", "drivers", "procedures", "simulators")


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    """Run a script as a notebook does: its folder comes first on the path, and holds files called like our rooms."""
    for name in NAMES:
        (tmp_path / f"{name}.py").write_text("def mine():\n    return 'the user'\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))

    def run(script):
        return subprocess.run(
            [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8"
        )

    return run


def test_a_folder_with_files_called_like_our_packages_is_no_obstacle(notebook):
    done = notebook(
        "import hotjunction as hj\n"
        "print('break-junction' in hj.procedures(), hj.Bench.__name__, hj.predict.__name__)\n"
        "import app.offline.measurement, drivers.errors\n"
    )

    assert done.stderr == ""
    assert done.stdout.split() == ["True", "Bench", "predict"]


@pytest.mark.parametrize("name", NAMES)
def test_a_foreign_module_that_is_loaded_already_is_named_in_one_sentence(notebook, tmp_path, name):
    done = notebook(f"import {name}\nassert {name}.mine()\nimport hotjunction")

    last = done.stderr.strip().splitlines()[-1]
    assert last == (
        f"ImportError: hotjunction can't be imported: another module called {name!r} ({tmp_path / name}.py) is loaded "
        "already. Rename that file, restart Python, and import hotjunction again."
    )


def test_a_refused_import_leaves_nothing_of_ours_behind(notebook):
    done = notebook(
        "import sys, drivers\n"
        "try: import hotjunction\n"
        "except ImportError: print([name for name in ('analysis', 'app', 'procedures') if name in sys.modules])\n"
        "import analysis\nprint(analysis.mine())"
    )

    assert done.stdout.splitlines() == ["[]", "the user"]


def test_a_hidden_file_of_the_user_is_named_where_it_is_missed(notebook, tmp_path):
    done = notebook("import hotjunction, analysis\nanalysis.mine()")

    last = done.stderr.strip().splitlines()[-1]
    assert last == (
        "AttributeError: module 'analysis' is hotjunction's own and has no attribute 'mine'; it hides "
        f"{tmp_path / 'analysis.py'}. Rename that file to use both."
    )


IN_ORDER = (
    # A module, and what it must not load that those above it have not loaded: each takes a tenth of a second or more.
    ("hotjunction", HEAVY),
    ("app.cli", [name for name in HEAVY if name != "click"]),
    ("app.gui.main", ["scipy.", "matplotlib", "pandas", "pint", "IPython", "nidaqmx", "grpc", "jinja2"]),
    (
        "app.server.server",
        ["scipy.", "matplotlib", "pandas", "pint", "IPython", "app.models.", "app.offline.analyse"],
    ),
    ("simulators.simulated_rig", ["scipy.stats", "scipy.signal", "scipy.ndimage", "matplotlib", "pandas"]),
    ("app.offline.measurement", ["scipy.ndimage", "pandas", "pint", "dask", "IPython"]),
    ("analysis.trace_statistics.clustering", ["scipy.ndimage"]),
)
"""Library parts with a dot at the end stand for every part of the library; scipy itself loads its parts when used."""

SMALL = ("scipy.__config__", "scipy.version", "scipy._")
"""Parts of scipy that come with it."""

SAY_WHAT_IS_LOADED = f"print(*[x for x in sys.modules if not x.startswith({SMALL})])"


SLIDING = """
import numpy as np
from analysis.loop_backs import _Played
from analysis.spectra.lines import find_lines
_Played(0, 1, np.arange(100.0), False, 1)
assert "scipy.ndimage" not in sys.modules
"""
"""Neither a run nor the analysis of its traces uses what is slow to import."""

PYMEASURE = """
from importlib.util import find_spec
from pymeasure.experiment import Procedure, experiment, procedure, results
try: Procedure.parse_columns(["Current (nosuchunit)"])
except ValueError as error: assert "nosuchunit" in str(error)
else: raise AssertionError("an unknown unit was taken")
import pandas, pint, pymeasure.units
assert str(Procedure.parse_columns(["Current (nA)"])["Current (nA)"]) == "nanoampere"
assert results.pd.DataFrame is pandas.DataFrame and results.pint.Quantity is pint.Quantity
assert results.ureg is procedure.ureg is pymeasure.units.ureg is pint.get_application_registry()
if find_spec("IPython"):
    import IPython.display as display
    assert experiment.display.clear_output is display.clear_output
if find_spec("dask"):
    import pint.compat, dask.base
    assert pint.compat.compute(1) == dask.base.compute(1)
"""
"""What PyMeasure imports beside, and a bench does not need, comes when it is used."""


def loaded_by(*modules, then=""):
    """Return the modules that a fresh process has loaded after each import, in turn; it does ``then`` at the end."""
    lines = [f"import {one}\n{SAY_WHAT_IS_LOADED}" for one in modules]
    done = run_python("\n".join(["import sys", *lines, then]))
    return [set(line.split()) for line in done.splitlines()]


def run_python(script):
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def among(names, loaded):
    return [
        name
        for name in names
        if any(one == name or (name[-1] == "." and one.startswith(name)) for one in loaded)
    ]


def test_each_process_starts_without_what_it_does_not_use_and_gets_it_when_it_does():
    """In one process: to start it and import the program takes longer than all else here."""
    stages = loaded_by(*[module for module, _ in IN_ORDER], then=SLIDING + PYMEASURE)
    for (module, unwanted), loaded in zip(IN_ORDER, stages, strict=True):
        assert among(unwanted, loaded) == [], module


def test_a_watchdog_loads_the_rig_file_and_the_card_only():
    (loaded,) = loaded_by("app.acquisition.watchdog.process")
    unwanted = [
        "scipy",
        "h5py",
        "cattrs",
        "pymeasure",
        "matplotlib",
        "PyQt6",
        "zmq",
        "jinja2",
        "procedures",
        "simulators",
    ]
    assert (
        among([*unwanted, "analysis.recording", "analysis.heating.", "app.offline", "app.models"], loaded)
        == []
    )


def test_parts_of_scipy_are_imported_where_they_are_used():
    """One import at the head of a module would be paid by every process."""
    early = [
        f"{path.relative_to(PROJECT)}: {line}"
        for room in ("analysis", "app", "drivers", "procedures")
        for path in (PROJECT / room).rglob("*.py")
        for line in path.read_text("utf-8").splitlines()
        if line.startswith(("from scipy", "import scipy."))
    ]
    assert early == []


def test_every_public_name_is_there_and_documented():
    for name in hj.__all__:
        assert getattr(hj, name).__doc__, name
    assert set(hj.__all__) <= set(dir(hj))
    with pytest.raises(AttributeError, match="no attribute 'analyse'"):
        _ = hj.analyse


@pytest.mark.parametrize(
    "name", ["analyze", "compare_probes", "fit", "open", "predict", "predict_terminals", "procedure"]
)
def test_a_function_says_parameters_errors_and_an_example(name):
    text = inspect.getdoc(getattr(hj, name)) or ""

    assert all(f"\n{section}\n---" in text for section in ("Parameters", "Raises", "Examples"))


def test_the_version_stands_in_one_place():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))

    assert project["project"]["dynamic"] == ["version"] and "version" not in project["project"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "hotjunction.__version__"}
    installed = metadata.distribution("hotjunction").read_text("direct_url.json") or ""
    if PROJECT.as_uri() in installed:  # not where another copy of the project is installed
        assert metadata.version("hotjunction") == hj.__version__
