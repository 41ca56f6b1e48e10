"""What is imported late: nothing of it for the first window, all of it before the first results."""

import subprocess
import sys

STEPS = """
import sys
import app.gui.main
from app.gui.late_parts import SLOW_TO_IMPORT, load_all_parts
from app.viewmodels.registry import VIEWS
late = (*SLOW_TO_IMPORT, "pyqtgraph", "app.gui.plots.strips", "procedures.peltier", "analysis.junction_noise.telegraph")
assert not [name for name in late if name in sys.modules]
load_all_parts()
assert not [name for name in late if name not in sys.modules]
before = set(sys.modules)
for title in VIEWS:
    module = VIEWS[title].plot.partition(":")[0]
    assert module in before, module
"""


def test_a_window_starts_without_the_parts_that_results_need_and_loads_them_then():
    subprocess.run([sys.executable, "-c", STEPS], check=True)
