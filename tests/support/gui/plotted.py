"""Axes, a line and an origin for tests of plots."""

from operator import attrgetter

from app.gui.plots.axis import AxisQuantity
from app.gui.plots.layers import LineLayer
from app.gui.plots.panel import PlotPanel

V = AxisQuantity("voltage", "<i>V</i>", "V")
NA = AxisQuantity("current", "<i>I</i>", "nA")
G = AxisQuantity("conductance", "<i>G</i>", "<i>G</i><sub>0</sub>", log=True)

ABOUT = {"Recording": "2026-11-21-iv-001.h5", "Sample": "Au <b> & Au", "Results": "G = (2.1 ± 0.2)×10⁻³ G₀"}


def drawn(panel: PlotPanel) -> LineLayer:
    line = panel.add(LineLayer("mean, <i>V</i> &gt; 0", attrgetter("positive")))
    line.set([0.0, 0.5, 1.0], [0.0, 40.0, 100.0])
    panel.refresh()
    return line
