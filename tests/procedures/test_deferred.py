"""Modules that a bench does not need come when they are used."""

import subprocess
import sys

CODE = """
import sys
from importlib.util import find_spec
import procedures.procedure
slow = ("pandas", "dask", "IPython")
assert not [name for name in slow if name in sys.modules], "a bench imports one of them"
assert not [name for name in ("dask.base", "IPython.display") if name in sys.modules]
import pymeasure.experiment.experiment, pymeasure.experiment.results
assert pymeasure.experiment.results.pd.DataFrame().empty
if find_spec("IPython"):
    import IPython.display as display
    assert pymeasure.experiment.experiment.display.clear_output is display.clear_output
if find_spec("dask"):
    import pint.compat, dask.base
    assert pint.compat.compute(1) == dask.base.compute(1)
"""


def test_what_pymeasure_imports_beside_comes_when_it_is_used():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
