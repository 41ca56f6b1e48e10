"""Current against voltage: the mean of the junctions with its band, and the model fitted to it."""

from operator import attrgetter

import numpy as np
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from app.gui.plots.axis import Quantity
from app.gui.plots.layers import DASHED, Band, Line
from app.gui.plots.panel import PlotPanel
from app.gui.plots.view import View
from app.gui.theme import Theme
from app.views.iv_view import IVSnapshot

VOLTAGE = Quantity("voltage", "<i>V</i>", "V")
CURRENT = Quantity("current", "<i>I</i>", "nA")
EMPTY = "I-V curves of held junctions and their mean appear here: run the I-V procedure, or open a recording of it."


class IVView(View[IVSnapshot]):
    """The mean in the colours of its polarity."""

    title = "I-V"

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.panel = PlotPanel(theme, "current-voltage curve", VOLTAGE, CURRENT, EMPTY, legend=(0.0, 0.0))
        add = self.panel.add
        self.newest = add(Line("newest curve", attrgetter("neutral"), z=1))
        self.bands = (
            add(Band("SD of the junctions, V > 0", attrgetter("positive"))),
            add(Band("SD of the junctions, V < 0", attrgetter("negative"))),
        )
        self.means = (
            add(Line("mean, <i>V</i> &gt; 0", attrgetter("positive"), width=2)),
            add(Line("mean, <i>V</i> &lt; 0", attrgetter("negative"), width=2)),
        )
        self.model = add(Line("Landauer fit", attrgetter("text"), DASHED, width=1.5, z=15))
        self._lay_out(QVBoxLayout(self), self.panel)
        self._tell(self.panel)

    def draw(self, snapshot: IVSnapshot) -> None:
        """Each polarity by itself; the point at no bias belongs to both."""
        self.newest.set(snapshot.newest_V, snapshot.newest_nA)
        v = snapshot.voltage_V
        for side, mean, band in zip((v >= 0, v <= 0), self.means, self.bands, strict=True):
            mean.set(v[side], snapshot.current_nA[side])
            band.set(v[side], snapshot.low_nA[side], snapshot.high_nA[side])
        has_model = snapshot.model_nA.size
        self.model.set(v if has_model else [], snapshot.model_nA)
        self.panel.empty_text = snapshot.problem or EMPTY
        self.panel.set_count(_counted(snapshot))
        self.panel.set_legend(
            [layer.name for layer in (*self.means, *self.bands, self.model, self.newest) if not layer.empty]
        )
        reach = max((float(np.abs(x).max()) for x in (v, snapshot.newest_V) if x.size), default=0.0)
        if reach:
            self.panel.set_home(x=(-1.04 * reach, 1.04 * reach))


def _counted(snapshot: IVSnapshot) -> str:
    if not snapshot.curves:
        return ""
    words = f"{snapshot.junctions} junctions, {snapshot.curves} curves"
    dropped = sum(snapshot.dropped.values())
    words += f", {dropped} left out" if dropped else ""
    if np.isfinite(snapshot.misfit):
        words += f"<br>fit off by {100 * snapshot.misfit:.1f} %"
    return f'<div align="right">{words}</div>'
