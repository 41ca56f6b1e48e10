"""Plot of the open-circuit voltage of held junctions against the temperature difference."""

from operator import attrgetter

from PyQt6.QtWidgets import QVBoxLayout, QWidget

from analysis.numbers import counted
from app.gui.plots.axis import AxisQuantity
from app.gui.plots.layers import LineLayer, Points
from app.gui.plots.panel import PlotPanel
from app.gui.plots.result_rows import BETWEEN, Results, measured
from app.gui.plots.view import View
from app.gui.widgets.theme import SMALL, Theme
from app.viewmodels.thermopower_view import ThermopowerSnapshot

DIFFERENCE = AxisQuantity("reduced temperature difference", "<i>θ</i>", "K")
VOLTAGE = AxisQuantity("open-circuit voltage", "<i>V</i><sub>oc</sub>", "µV")
EMPTY = "Open-circuit voltages of held junctions appear here. Run Thermopower or open a recording of it."


class ThermopowerPlot(View[ThermopowerSnapshot]):
    """Single junctions, the mean at each temperature difference, and the line through the means."""

    title = "Thermopower"

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.panel = PlotPanel(theme, "thermopower", DIFFERENCE, VOLTAGE, EMPTY, legend=True)
        add = self.panel.add
        self.junctions = add(Points("junctions", attrgetter("neutral"), "o", size=4))
        self.means = add(Points("mean and standard error", attrgetter("data"), "o", size=8))
        self.line = add(LineLayer("thermopower", attrgetter("positive_model"), width=2, z=15))
        self.results = Results("thermopower")
        layout = QVBoxLayout(self)
        layout.addWidget(self.results)
        self._lay_out(layout, self.panel)
        layout.setSpacing(SMALL)
        self._tell(self.panel)

    def draw(self, snapshot: ThermopowerSnapshot) -> None:
        """Draw points, means and line."""
        self.junctions.set(snapshot.theta_K, snapshot.voltage_uV)
        self.means.set(snapshot.set_K, snapshot.mean_uV, snapshot.sem_uV)
        self.line.set(snapshot.line_K, snapshot.line_uV)
        self.panel.empty_text = snapshot.problem or self.waiting or self.panel.usual_text
        self.results.tell(*_found(snapshot))
        self.panel.set_count(*_counted(snapshot))
        self.panel.set_legend(
            [layer.name for layer in (self.junctions, self.means, self.line) if not layer.empty]
        )


def _found(snapshot: ThermopowerSnapshot) -> list[str]:
    if snapshot.seebeck_uV_per_K != snapshot.seebeck_uV_per_K:
        return []
    return [
        BETWEEN.join(
            (
                measured("<i>S</i>(300 K)", snapshot.seebeck_uV_per_K, snapshot.sigma_uV_per_K, "µV/K"),
                f"spread {snapshot.spread_uV_per_K:.2g} µV/K",
            )
        )
    ]


def _counted(snapshot: ThermopowerSnapshot) -> list[str]:
    if not snapshot.junctions and not snapshot.rejected:
        return []
    left_out = f", {snapshot.rejected} left out" if snapshot.rejected else ""
    return [counted(snapshot.junctions, "junction") + left_out]
