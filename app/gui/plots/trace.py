"""Plot of the current trace on the previous ones."""

from operator import attrgetter

import numpy as np
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from app.gui.plots.axis import AxisQuantity
from app.gui.plots.decimate import parted
from app.gui.plots.layers import Colour, LineLayer
from app.gui.plots.marks import StraightLine
from app.gui.plots.panel import PlotPanel
from app.gui.plots.ranges import Range, held, span
from app.gui.plots.strips import CONDUCTANCE
from app.gui.plots.view import View
from app.gui.widgets.colours import blend
from app.gui.widgets.theme import Theme
from app.viewmodels.current_trace import TraceLine, TraceSnapshot

DISPLACEMENT = AxisQuantity(
    "displacement from the break", "displacement from the break", "nm", letter="Δ<i>z</i>"
)
TIME = AxisQuantity("time from the break", "time from the break", "s", letter="<i>t</i>")
SAMPLES = AxisQuantity("samples from the break", "samples from the break", letter="<i>n</i>")
ALONG = {"displacement": DISPLACEMENT, "time": TIME, "sample": SAMPLES}
EMPTY = (
    "Each opening of a junction appears here as it is recorded. Start a run or open a recording of traces."
)
BEHIND = 10
BEFORE_nm, LEAST_nm = 1.0, 0.2
"""Maximum range shown before the break, and minimum range on both sides."""
HIGHEST_G0, LOWEST_G0 = 30.0, 3e-7
NOISE_DECADES = 1.3
"""Decades shown below the noise limit."""


class TraceView(View[TraceSnapshot]):
    """Plot of log G against displacement, aligned at the break."""

    title = "Trace"

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.panel = PlotPanel(theme, "traces", DISPLACEMENT, CONDUCTANCE, EMPTY, legend=True)
        self.break_ = self.panel.add(
            StraightLine("break", attrgetter("neutral"), at=float("nan"), upright=False, word="break")
        )
        self.behind = [
            self.panel.add(LineLayer(f"{age + 2} ago", _behind(age), z=5.0 - age / 10))
            for age in range(BEHIND)
        ]
        self.behind[0].legend_name = "earlier traces"
        self.newest = self.panel.add(LineLayer("last trace", attrgetter("data")))
        self.under_way = self.panel.add(LineLayer("current trace", attrgetter("accent"), width=1.0, z=12))
        self.quiet = self.panel.add(LineLayer("noise", _behind(5), z=4))
        self.noise = self.panel.add(
            StraightLine("noise", attrgetter("neutral"), at=float("nan"), upright=False, word="noise")
        )
        self._shown: Range | None = None
        self._put_before: dict[LineLayer, tuple[TraceLine | None, float]] = {}
        self._by_time = False
        self._lowest = LOWEST_G0
        self._lay_out(QVBoxLayout(self), self.panel)
        self._tell(self.panel)

    def draw(self, snapshot: TraceSnapshot) -> None:
        """Draw the traces with the newest in front."""
        finished = list(reversed(snapshot.last))
        for layer, line in zip(
            (self.under_way, self.newest, *self.behind),
            (snapshot.under_way, *finished, *[None] * (BEHIND + 2)),
            strict=False,
        ):
            self._put(layer, line, snapshot.noise_log10_G)
        front = snapshot.under_way or (finished[0] if finished else None)
        self.quiet.set([], [])
        if front is not None:
            self.quiet.set(front.x, 10.0 ** parted(front.log10_G, snapshot.noise_log10_G)[1])
        self.noise.set(10.0**snapshot.noise_log10_G)
        self.break_.set(snapshot.break_G0)
        self.panel.set_count(f"{snapshot.traces} traces" if snapshot.traces != 1 else "1 trace")
        self._home(snapshot)
        shown = (self.under_way, self.newest, self.behind[0])
        self.panel.set_legend([layer.name for layer in shown if not layer.empty])

    def _put(self, layer: LineLayer, line: TraceLine | None, noise: float) -> None:
        """Set the part of a trace above the noise, unless it is unchanged since the last frame."""
        if self._put_before.get(layer) == (line, noise):
            return
        self._put_before[layer] = line, noise
        if line is None:
            layer.set([], [])
        else:
            layer.set(line.x, 10.0 ** parted(line.log10_G, noise)[0])

    def _home(self, snapshot: TraceSnapshot) -> None:
        lines = [line for line in (snapshot.under_way, *snapshot.last) if line is not None and line.x.size]
        if not lines:
            return
        by_time = lines[-1].axis != "displacement"
        self.panel.set_quantity(self.panel.x_axis, ALONG[lines[-1].axis])
        noise = snapshot.noise_log10_G
        drawn = [line for line in lines if line.axis == lines[-1].axis]
        whole = span(*(line.x[~(line.log10_G < noise)] for line in drawn))
        if not by_time and whole is not None:
            whole = (min(max(whole[0], -BEFORE_nm), -LEAST_nm), max(whole[1], LEAST_nm))
        self._shown = held(self._shown if by_time == self._by_time else None, whole)
        self._by_time = by_time
        lowest = max(10.0 ** (noise - NOISE_DECADES), LOWEST_G0) if np.isfinite(noise) else LOWEST_G0
        if not 0.5 < lowest / self._lowest < 2.0:
            self._lowest = lowest
        self.panel.set_home(x=self._shown, y=(self._lowest, HIGHEST_G0))


def _behind(age: int) -> Colour:
    """Return a colour that is closer to the background for older traces."""
    return lambda colours: blend(colours.neutral, colours.surface, 0.75 - 0.055 * age)
