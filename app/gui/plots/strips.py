"""Strip charts of conductance, tip, thermocouple and bias over the last seconds, linked in time."""

import sys
from operator import attrgetter

import numpy as np
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from analysis.records import FloatArray
from app.gui.plots.axis import AxisQuantity
from app.gui.plots.decimate import parted
from app.gui.plots.layers import LineLayer
from app.gui.plots.marks import Gaps
from app.gui.plots.panel import PlotPanel
from app.gui.plots.ranges import Range, held
from app.gui.plots.view import View
from app.gui.widgets.colours import blend
from app.gui.widgets.theme import SMALL, Palette, Theme
from app.viewmodels.strips import StripsSnapshot

TIME = AxisQuantity("time before now", "time before now", "s", letter="<i>t</i>")
MINUTES = AxisQuantity("time before now", "time before now", "min", letter="<i>t</i>")
HOURS = AxisQuantity("time before now", "time before now", "h", letter="<i>t</i>")
SAMPLES = AxisQuantity("samples before now", "samples before now", "thousands", letter="<i>n</i>")
CONDUCTANCE = AxisQuantity("conductance", "<i>G</i>", "<i>G</i><sub>0</sub>", log=True)
STRIPS = {
    "log10_G": CONDUCTANCE,
    "tip_nm": AxisQuantity("tip position", "<i>z</i>", "nm"),
    "thermocouple_uV": AxisQuantity("thermocouple", "<i>V</i><sub>TC</sub>", "µV"),
    "bias_V": AxisQuantity("bias", "<i>V</i>", "V"),
}
EMPTY = {"log10_G": "The last seconds of all signals appear here. Start a run or open a recording."}
LEAST_SPAN = {"log10_G": 3.0, "tip_nm": 0.5, "thermocouple_uV": 1.0, "bias_V": 0.02}
"""Minimum range of each strip, so that the noise of a quiet signal is not magnified."""
LONGEST_IN_S, LONGEST_IN_MIN = 300.0, 180.0
"""Longest time spans with an axis in seconds, and in minutes."""
LEAST_SHARE = 1e-3
"""Minimum range of the strip of a further channel, as a share of its value."""
DECADES = (-7.0, 2.0)
NOISE_DECADES = 1.0
"""Decades shown below the noise limit."""
LEAST_HEIGHT = 14
"""Minimum height of a strip, in pixels."""
TIME_AXIS = 44
"""Height of the time axis below the last strip, in pixels."""


class StripsView(View[StripsSnapshot]):
    """Four strips, and one of each further channel of the rig, that share zoom in time and crosshair."""

    title = "Live"

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.strips = {
            name: PlotPanel(theme, f"strip of {quantity.name}", TIME, quantity, EMPTY.get(name, ""))
            for name, quantity in STRIPS.items()
        }
        self._shown: dict[str, Range | None] = dict.fromkeys(STRIPS)
        self.gaps = {
            name: panel.add(Gaps("gap", attrgetter("warning"))) for name, panel in self.strips.items()
        }
        self.lines = {
            name: panel.add(
                LineLayer(STRIPS[name].name, attrgetter("data" if name == "log10_G" else "neutral"))
            )
            for name, panel in self.strips.items()
        }
        self.quiet = self.strips["log10_G"].add(LineLayer("noise", _faint, z=9))
        self.noise_log10_G = float("nan")
        """Noise limit of the conductance, log10 G/G0; NaN if unknown."""
        bias = self.strips["bias_V"]
        self.positive = bias.add(LineLayer("positive bias", attrgetter("positive"), z=11))
        self.negative = bias.add(LineLayer("negative bias", attrgetter("negative"), z=11))
        self._arrange()

    def _arrange(self) -> None:
        panels = tuple(self.strips.values())
        self._lay_out(QVBoxLayout(self), *panels)
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.setSpacing(0)
        for panel in panels:
            panel.plotItem.layout.setContentsMargins(0, SMALL, 2 * SMALL, 0)
        self._there: tuple[str, ...] = ()
        self._crosshairs(panels)
        self._show_strips(tuple(STRIPS))
        self._tell(*panels)

    def _crosshairs(self, panels: tuple[PlotPanel, ...], among: tuple[PlotPanel, ...] = ()) -> None:
        """Let these strips, and those among which they are, show each other's crosshair."""
        everyone = (*among, *panels)
        for panel in everyone:
            for other in everyone:
                if other is not panel and (panel in panels or other in panels):
                    panel.crosshair_moved.connect(other.point_across)

    def _add_strip(self, name: str, unit: str) -> None:
        """Add the strip of a channel beyond the four signals."""
        words = name.replace("_", " ")
        panel = PlotPanel(self.theme, f"strip of {words}", TIME, AxisQuantity(words, words, unit))
        panel.plotItem.layout.setContentsMargins(0, SMALL, 2 * SMALL, 0)
        self._crosshairs((panel,), tuple(self.strips.values()))
        self.strips[name] = panel
        self.gaps[name] = panel.add(Gaps("gap", attrgetter("warning")))
        self.lines[name] = panel.add(LineLayer(words, attrgetter("neutral")))
        self._shown[name] = None
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.addWidget(panel, 1)
        self._tell(panel)

    def _show_strips(self, names: tuple[str, ...]) -> None:
        """Show the strips of recorded signals, with the time axis below the last."""
        if names == self._there:
            return
        self._there = names
        layout, last = self.layout(), self.strips[names[-1]]
        assert isinstance(layout, QVBoxLayout)
        for name, panel in self.strips.items():
            panel.setVisible(name in names)
            panel.x_axis.bare(panel is not last)
            panel.inside.setXLink(last.inside if name in names and panel is not last else None)
            panel.setMinimumHeight(LEAST_HEIGHT + (TIME_AXIS if panel is last else 0))
            layout.setStretchFactor(panel, 5 if panel is last else 3)

    def draw(self, snapshot: StripsSnapshot) -> None:
        """Draw the strips up to now."""
        for name, unit in snapshot.units.items():
            if name not in self.strips:
                self._add_strip(name, unit)
        quantity, unit_s = _time_axis(snapshot)
        for panel in self.strips.values():
            panel.set_quantity(panel.x_axis, quantity)
        time = snapshot.time_s / unit_s
        for name, panel in self.strips.items():
            if name not in STRIPS and name not in snapshot.extras:
                continue
            values: FloatArray = snapshot.line(name)
            panel.set_home((-snapshot.window_s / unit_s, 0.0), self._range(name, snapshot.extents.get(name)))
            self.gaps[name].set([(start / unit_s, end / unit_s) for start, end in snapshot.gaps_s])
            self.lines[name].set(time, values)
        seen, quiet = parted(snapshot.log10_G, self.noise_log10_G)
        self.lines["log10_G"].set(time, 10.0**seen)
        self.quiet.set(time, 10.0**quiet)
        self._show_strips(tuple(name for name in self.strips if name in snapshot.extents) or tuple(STRIPS))
        self._colour_bias(time, snapshot.bias_V)

    def _colour_bias(self, time: FloatArray, bias_V: FloatArray) -> None:
        """Colour the parts of the bias above and below zero by polarity."""
        columns = bias_V.reshape(-1, 2)
        for layer, above in (
            (self.positive, columns.max(axis=1) > 0),
            (self.negative, columns.min(axis=1) < 0),
        ):
            part = np.maximum(bias_V, 0.0) if layer is self.positive else np.minimum(bias_V, 0.0)
            layer.set(time, np.where(np.repeat(above, 2), part, np.nan))

    def _range(self, name: str, extent: Range | None) -> Range | None:
        """Return the range of a strip, constant while the signal stays inside."""
        if extent is None:
            return None
        low, high = extent
        if name == "log10_G":
            least = self.noise_log10_G - NOISE_DECADES if np.isfinite(self.noise_log10_G) else DECADES[0]
            low, high = max(low, least, DECADES[0]), min(max(high, low), DECADES[1])
        least = LEAST_SPAN.get(name, max(LEAST_SHARE * max(abs(low), abs(high)), sys.float_info.min))
        room = least - (high - low)
        if room > 0:
            low, high = low - room / 2, high + room / 2
        self._shown[name] = held(self._shown[name], (low, high))
        chosen = self._shown[name]
        return (
            None
            if chosen is None
            else (10.0 ** chosen[0], 10.0 ** chosen[1])
            if name == "log10_G"
            else chosen
        )


def _time_axis(snapshot: StripsSnapshot) -> tuple[AxisQuantity, float]:
    """Return the quantity of the time axis, and its unit in s."""
    if not snapshot.timed:
        return SAMPLES, 1.0
    if snapshot.window_s <= LONGEST_IN_S:
        return TIME, 1.0
    return (MINUTES, 60.0) if snapshot.window_s <= LONGEST_IN_MIN * 60.0 else (HOURS, 3600.0)


def _faint(colours: Palette) -> str:
    return blend(colours.neutral, colours.surface, 0.6)
