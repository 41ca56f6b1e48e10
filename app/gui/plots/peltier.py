"""Plots of Peltier heat: odd and even part against the current, and the coefficient hold by hold."""

from operator import attrgetter

from PyQt6.QtWidgets import QWidget

from analysis.numbers import counted
from app.gui.plots.axis import AxisQuantity
from app.gui.plots.layers import LineLayer, Points
from app.gui.plots.panel import PlotPanel
from app.gui.plots.result_rows import BETWEEN, Results, measured
from app.gui.plots.view import View
from app.gui.widgets.theme import Theme
from app.viewmodels.peltier_view import PeltierSnapshot

CURRENT = AxisQuantity("current", "<i>I</i>", "nA")
HEAT = AxisQuantity("heat in the tip", "<i>Q</i><sub>P</sub>", "pW")
HOLDS = AxisQuantity("holds", "holds", "")
COEFFICIENT = AxisQuantity("Peltier coefficient", "Peltier coefficient <i>Π</i>", "mV", letter="<i>Π</i>")
EMPTY = "Heats of held junctions appear here. Run Peltier heat or open a recording of it."


class PeltierPlot(View[PeltierSnapshot]):
    """Heats on the left, convergence of the coefficient on the right."""

    title = "Peltier"

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.heats = PlotPanel(theme, "odd and even heat", CURRENT, HEAT, EMPTY, legend=True)
        add = self.heats.add
        self.odd = add(Points("odd part", attrgetter("data"), "o", size=8))
        self.even = add(Points("even part", attrgetter("neutral"), "s", size=8))
        self.line = add(LineLayer("<i>Π I</i>", attrgetter("positive_model"), width=2, z=15))
        self.convergence = PlotPanel(theme, "coefficient", HOLDS, COEFFICIENT, EMPTY)
        self.means = self.convergence.add(Points("mean and standard error", attrgetter("data"), "o", size=6))
        self.results = Results("Peltier coefficient")
        self._set_beside(self.results, self.heats, self.convergence)

    def draw(self, snapshot: PeltierSnapshot) -> None:
        """Draw heats, line and means."""
        self.odd.set(snapshot.current_nA, snapshot.odd_pW, snapshot.sigma_odd_pW)
        seen = snapshot.even_pW == snapshot.even_pW
        self.even.set(snapshot.current_nA[seen], snapshot.even_pW[seen], snapshot.sigma_even_pW[seen])
        self.line.set(snapshot.line_nA, snapshot.line_pW)
        self.means.set(snapshot.hold, snapshot.coefficient_mV, snapshot.sigma_mV)
        for panel in (self.heats, self.convergence):
            panel.empty_text = snapshot.problem or self.waiting or panel.usual_text
        self.results.tell(*_found(snapshot))
        self.heats.set_count(*_counted(snapshot))
        self.heats.set_legend([layer.name for layer in (self.odd, self.even, self.line) if not layer.empty])


def _found(snapshot: PeltierSnapshot) -> list[str]:
    if snapshot.Pi_mV != snapshot.Pi_mV:
        return []
    row = [measured("<i>Π</i>", snapshot.Pi_mV, snapshot.sigma_Pi_mV, "mV")]
    if snapshot.kelvin == snapshot.kelvin:
        row.append(measured("<i>Π</i>/(<i>S T</i>)", snapshot.kelvin, snapshot.sigma_kelvin, ""))
    if snapshot.cools:
        row.append(snapshot.cools.removesuffix("."))
    return [BETWEEN.join(row)]


def _counted(snapshot: PeltierSnapshot) -> list[str]:
    if not snapshot.junctions and not snapshot.rejected:
        return []
    left_out = f", {snapshot.rejected} left out" if snapshot.rejected else ""
    return [counted(snapshot.junctions, "hold") + left_out]
