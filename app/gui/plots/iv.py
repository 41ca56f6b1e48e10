"""Plot of the mean I-V curve with its band and the fitted model."""

from operator import attrgetter

import numpy as np
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from analysis.numbers import counted
from app.gui.plots.axis import AxisQuantity
from app.gui.plots.layers import DASHED, Band, LineLayer, union
from app.gui.plots.panel import PlotPanel
from app.gui.plots.ranges import Range, held, span
from app.gui.plots.result_rows import Results, misfit, model_row
from app.gui.plots.view import View
from app.gui.widgets.theme import SMALL, Theme
from app.viewmodels.iv_view import IVSnapshot

VOLTAGE = AxisQuantity("voltage", "<i>V</i>", "V")
CURRENT = AxisQuantity("current", "<i>I</i>", "nA")
EMPTY = "I-V curves of held junctions and their mean appear here. Run I-V or open a recording of it."

MOST_BEYOND = 2.0
"""Multiple of the measured current up to which a model extends the range, so that it cannot flatten the data."""
LEAST_FILLED = 0.75
"""Fraction of the range that data must fill, so that one large curve does not leave the others small for long."""


class IVPlot(View[IVSnapshot]):
    """Mean I-V curve in the colours of the polarities."""

    title = "I-V"

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.panel = PlotPanel(theme, "current-voltage curve", VOLTAGE, CURRENT, EMPTY, legend=True)
        add = self.panel.add
        self.newest = add(LineLayer("newest curve", attrgetter("neutral"), z=1))
        self.bands = (
            add(Band("SD of the junctions, <i>V</i> &gt; 0", attrgetter("positive"))),
            add(Band("SD of the junctions, <i>V</i> &lt; 0", attrgetter("negative"))),
        )
        self.means = (
            add(LineLayer("mean and SD, <i>V</i> &gt; 0", attrgetter("positive"), width=2)),
            add(LineLayer("mean and SD, <i>V</i> &lt; 0", attrgetter("negative"), width=2)),
        )
        self.models = (
            add(LineLayer("Landauer fit", attrgetter("positive_model"), DASHED, width=2, z=15)),
            add(
                LineLayer(
                    "Landauer fit, <i>V</i> &lt; 0", attrgetter("negative_model"), DASHED, width=2, z=15
                )
            ),
        )
        self.results = Results("low-bias conductance and fit")
        layout = QVBoxLayout(self)
        layout.addWidget(self.results)
        self._lay_out(layout, self.panel)
        layout.setSpacing(SMALL)
        self._tell(self.panel)

    def draw(self, snapshot: IVSnapshot) -> None:
        """Draw the polarities separately; the point at zero bias belongs to both."""
        self.newest.set(snapshot.newest_V, snapshot.newest_nA)
        v = snapshot.voltage_V
        sides = (v >= 0, v <= 0)
        for side, mean, band, model in zip(sides, self.means, self.bands, self.models, strict=True):
            mean.set(v[side], snapshot.current_nA[side])
            band.set(v[side], snapshot.low_nA[side], snapshot.high_nA[side])
            fitted = side[: snapshot.model_nA.size]
            model.set(v[: fitted.size][fitted], snapshot.model_nA[fitted])
        self.panel.empty_text = snapshot.problem or self.waiting or self.panel.usual_text
        self.results.tell(_found(snapshot), why=misfit(snapshot.misfit))
        self.panel.set_count(*_counted(snapshot))
        self.panel.set_legend(
            [layer.name for layer in (*self.means, self.models[0], self.newest) if not layer.empty]
        )
        reach = max((float(np.abs(x).max()) for x in (v, snapshot.newest_V) if x.size), default=0.0)
        if reach:
            currents = union([span(snapshot.low_nA, snapshot.high_nA, snapshot.newest_nA), _near(snapshot)])
            self.panel.set_home(
                x=(-1.04 * reach, 1.04 * reach), y=held(self.panel.home[1], currents, least=LEAST_FILLED)
            )


def _near(snapshot: IVSnapshot) -> Range | None:
    """Return the span of the model, limited to `MOST_BEYOND` times the measured current."""
    measured = span(snapshot.low_nA, snapshot.high_nA, snapshot.newest_nA)
    if measured is None or not snapshot.model_nA.size:
        return None
    most = MOST_BEYOND * max(abs(end) for end in measured)
    return span(np.clip(snapshot.model_nA, -most, most))


def _found(snapshot: IVSnapshot) -> str:
    """Return level, couplings and conductance; the current alone leaves open on which side of E_F the level lies."""
    at_no_bias = snapshot.conductance_G0, snapshot.sigma_conductance_G0
    return model_row(snapshot.parameters, at_no_bias, side_known=False)


def _counted(snapshot: IVSnapshot) -> list[str]:
    if not snapshot.curves:
        return []
    text = f"{counted(snapshot.junctions, 'junction')}, {counted(snapshot.curves, 'curve')}"
    dropped = sum(snapshot.dropped.values())
    return [text + (f", {dropped} left out" if dropped else "")]
