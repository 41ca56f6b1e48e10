"""Modules that a bench does not need come when they are used."""

import subprocess
import sys

CODE = """
import sys
from importlib.util import find_spec
import procedures.procedure
slow = ("pandas", "pint", "dask", "dask.base", "IPython", "IPython.display")
assert not [name for name in slow if name in sys.modules], "a bench imports one of them"
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


def test_what_pymeasure_imports_beside_comes_when_it_is_used():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
