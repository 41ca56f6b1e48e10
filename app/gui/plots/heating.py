"""Plots of heating: convergence of the temperature rises, and heat in the tip against power in the junction."""

from operator import attrgetter

import numpy as np
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QBoxLayout, QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from analysis.heating.convergence import ConvergenceSeries
from analysis.heating.model_curves import HeatingCurve
from analysis.numbers import counted
from analysis.records import FloatArray
from app.gui.plots.axis import AxisQuantity
from app.gui.plots.layers import DASHED, DOTTED, SOLID, UNKNOWN, Band, LineLayer, Points, union
from app.gui.plots.panel import PlotPanel
from app.gui.plots.ranges import held, span
from app.gui.plots.result_rows import Results, about_heat, heats, rises
from app.gui.plots.reused import ReusedLayers
from app.gui.plots.view import View
from app.gui.widgets.theme import MEDIUM, SMALL, Theme
from app.viewmodels.heating_points import MK, UW, PointsSnapshot
from app.viewmodels.heating_view import HeatingSnapshot

TIME = AxisQuantity("modulated time", "modulated time", "s", letter="<i>t</i>")
RISE = AxisQuantity("temperature rise of the tip", "Δ<i>T</i><sub>TC</sub>", "mK")
TOTAL = AxisQuantity("power in the junction", "<i>Q</i><sub>Total</sub>", "µW")
PROBE = AxisQuantity("heat in the tip", "<i>Q</i><sub>P</sub>", "µW")
EMPTY = "The temperature rise of the tip appears here, hold by hold. Run Heating or open a recording of it."
EMPTY_HEAT = (
    "Heat in the tip against power in the junction appears here, one point per amplitude and polarity."
)
SIGNS = ("positive", "negative")
SCATTER = "scatter of junctions, 1/√<i>t</i>"
NOISE = "thermometer noise alone, 1/√<i>t</i>"
NAMES = ("<i>V</i> &gt; 0", "<i>V</i> &lt; 0")
MODEL_COLOURS = {sign: attrgetter(f"{sign}_model") for sign in SIGNS}
STYLES = {"Landauer": SOLID, "voltage probe": DASHED, "voltage-temperature probe": DOTTED}
SHORT = {
    "voltage probe": "voltage probe (VP)",
    "voltage-temperature probe": "voltage-temperature probe (VTP)",
}
BARS = 48
"""Maximum number of error bars; a long series shows an even selection."""
SETTLED = 3
"""Number of first holds that do not set the range, as their errors would flatten the rest."""
UNDER_WAY = "current amplitude"
NARROW = 640
"""Width in pixels below which the results do not stand beside the choice of an amplitude."""


class HeatingPlot(View[HeatingSnapshot]):
    """Convergence on the left, heat on the right."""

    title = "Heating"

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.convergence = ConvergencePanel(theme)
        self.heat = HeatPanel(theme)
        self.choice = QComboBox()
        self.choice.addItem(UNDER_WAY)
        self.choice.setToolTip("Amplitude of the modulation shown in the left plot")
        self.choice.setAccessibleName("amplitude")
        self.choice.activated.connect(self.redraw)
        self.results = Results("temperature rises and heats")
        self._counts: dict[str, int] = {}
        self._active = ""
        self._arrange()
        self._tell(self.convergence, self.heat)

    def _arrange(self) -> None:
        label = QLabel("Amplitude")
        label.setBuddy(self.choice)
        chosen = QHBoxLayout()
        chosen.setContentsMargins(MEDIUM, 0, 0, 0)
        chosen.setSpacing(MEDIUM)
        chosen.addWidget(label)
        chosen.addWidget(self.choice)
        chosen.addStretch(1)
        self._above = above = QHBoxLayout()
        above.setContentsMargins(0, SMALL, 0, 0)
        above.setSpacing(SMALL)
        above.addLayout(chosen)
        above.addWidget(self.results, 1)
        both = QHBoxLayout()
        both.setSpacing(MEDIUM)
        both.addWidget(self.convergence, 1)
        both.addWidget(self.heat, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(SMALL)
        whole.addLayout(above)
        whole.addLayout(both, 1)

    def resizeEvent(self, a0: QResizeEvent | None) -> None:
        """Set the results below the choice of an amplitude in a narrow view, where they would take seven lines."""
        super().resizeEvent(a0)
        narrow = self.width() < NARROW
        self._above.setDirection(
            QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        )

    def draw(self, snapshot: HeatingSnapshot) -> None:
        """Draw the chosen series, and the points of all amplitudes."""
        self._offer([series.label for series in snapshot.series])
        self.convergence.empty_text = snapshot.problem or self.waiting or self.convergence.usual_text
        series = self._chosen(snapshot.series)
        self.convergence.show_series(series)
        if series is None or not series.hold.size:
            self.results.tell()
        else:
            why = about_heat(series, snapshot.scale_relative)
            self.results.tell(rises(series), heats(series), why=why)
        self.heat.show_points(snapshot)

    def _offer(self, labels: list[str]) -> None:
        present = [self.choice.itemText(i) for i in range(1, self.choice.count())]
        if labels == present:
            return
        chosen = self.choice.currentText()
        self.choice.clear()
        self.choice.addItems([UNDER_WAY, *labels])
        self.choice.setCurrentIndex(max(self.choice.findText(chosen, Qt.MatchFlag.MatchExactly), 0))

    def _chosen(self, series: tuple[ConvergenceSeries, ...]) -> ConvergenceSeries | None:
        counts = {each.label: each.hold.size + each.rejected for each in series}
        grown = [label for label, count in counts.items() if count != self._counts.get(label)]
        self._counts = counts
        self._active = grown[-1] if grown else self._active
        wanted = self.choice.currentText() if self.choice.currentIndex() > 0 else self._active
        return next((each for each in series if each.label == wanted), series[-1] if series else None)


class ConvergencePanel(PlotPanel):
    """Running means of both polarities with their errors, on bands of the expected errors.

    Both bands are centred on the present mean and fall as 1/sqrt(t): the wide one from the scatter of junctions, the
    narrow one from the thermometer's noise alone, the limit for identical junctions.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, "convergence", TIME, RISE, EMPTY, legend=True, parent=parent)
        self.scatters, self.bands = (
            [
                self.add(Band(f"{what}, {name}", attrgetter(sign), opacity))
                for name, sign in zip(NAMES, SIGNS, strict=True)
            ]
            for what, opacity in ((SCATTER, 0.13), (NOISE, 0.4))
        )
        self.means = [
            self.add(LineLayer(f"mean, {name}", attrgetter(sign), width=1.5))
            for name, sign in zip(NAMES, SIGNS, strict=True)
        ]
        self.bars = [
            self.add(Points(name, attrgetter(sign), symbol, size=6))
            for name, sign, symbol in zip(NAMES, SIGNS, "os", strict=True)
        ]
        self.unknown = [
            self.add(Points(f"{UNKNOWN}, {name}", attrgetter(sign), symbol, size=6, hollow=True))
            for name, sign, symbol in zip(NAMES, SIGNS, "os", strict=True)
        ]
        for layer, name in ((self.scatters[0], SCATTER), (self.bands[0], NOISE), (self.unknown[0], UNKNOWN)):
            layer.legend_name = name

    def show_series(self, series: ConvergenceSeries | None) -> None:
        """Show the series of an amplitude; None for none."""
        if series is None or not series.hold.size:
            for line in self.means:
                line.set([], [])
            for points in (*self.bars, *self.unknown):
                points.set([], [])
            for band in (*self.bands, *self.scatters):
                band.set([], [], [])
            self.set_count()
            return
        t, known = series.modulated_s, series.error_known
        some = np.unique(np.linspace(0, t.size - 1, min(t.size, BARS)).astype(int))
        sure, unsure = some[known[some]], np.flatnonzero(~known)
        fine = np.geomspace(t[0] / 2, t[-1] * 1.05, 100)
        falling = np.sqrt(t[-1] / fine)
        columns = (x / MK for x in (series.dT_K, series.sigma_K, series.expected_K))
        for i, (mean, sigma, expected) in enumerate(zip(*columns, strict=True)):
            self.means[i].set(t, mean)
            self.bars[i].set(t[sure], mean[sure], sigma[sure])
            self.unknown[i].set(t[unsure], mean[unsure])
            for band, last in ((self.bands[i], expected[-1]), (self.scatters[i], sigma[-1])):
                half = (last if band is self.bands[i] or known[-1] else np.nan) * falling
                band.set(fine, mean[-1] - half, mean[-1] + half)
        self.set_legend(
            [
                *NAMES,
                *([self.scatters[0].name] if known[-1] else []),
                self.bands[0].name,
                *([self.unknown[0].name] if unsure.size else []),
            ]
        )
        left_out = f", {series.rejected} left out" if series.rejected else ""
        self.set_count(f"{series.label}: {counted(t.size, 'hold')}{left_out}")
        self._home(series)

    def _home(self, series: ConvergenceSeries) -> None:
        t = series.modulated_s
        settled = slice(min(SETTLED, t.size - 1), None)
        means = series.dT_K[:, settled] / MK
        sigmas = np.nan_to_num(series.sigma_K)[:, settled] / MK
        low, high = float(np.min(means - 1.5 * sigmas)), float(np.max(means + 1.5 * sigmas))
        self.set_home(x=held(self.home[0], (0.0, float(t[-1])), zero=True), y=held(self.home[1], (low, high)))


class HeatPanel(PlotPanel):
    """Points of all amplitudes, on the symmetric line and the models."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, "heat in the tip", TOTAL, PROBE, EMPTY_HEAT, legend=True, parent=parent)
        self.symmetric = self.add(
            LineLayer("symmetric: half of the power", attrgetter("neutral"), width=1.5, z=3)
        )
        self.controls = self.add(Points("controls", attrgetter("neutral"), "d"))
        self.points = [
            self.add(Points(name, attrgetter(sign), symbol, size=8))
            for name, sign, symbol in zip(NAMES, SIGNS, "os", strict=True)
        ]
        self._models: tuple[HeatingCurve, ...] = ()
        self._model_layers = ReusedLayers(self)

    def show_points(self, snapshot: HeatingSnapshot) -> None:
        """Set points, symmetric line and models."""
        for layer, columns in zip(self.points, _of(snapshot.points), strict=True):
            layer.set(*columns)
        self.controls.set(*(np.concatenate(pair) for pair in zip(*_of(snapshot.control_points), strict=True)))
        if snapshot.curves is not self._models:
            self._show_models(snapshot.curves)
        names = [*NAMES, *(["controls"] if not self.controls.empty else [])]
        names += [self.symmetric.name, *(curve.name for curve in snapshot.curves)]
        self._home()
        self.set_legend(names)
        self.set_count(*_counted(snapshot))

    def _home(self) -> None:
        """Set the range to all points, with models and symmetric line beside them."""
        measured = [layer.spans() for layer in (*self.points, self.controls)]
        points = union([across for across, _ in measured])
        if points is None:
            self.symmetric.set([], [])
            return
        below = points[0] < 0.0  # a control at zero power, within its error
        home = held(self.home[0], (min(points[0], 0.0), max(points[1], 0.0)), zero=not below)
        assert home is not None
        across = np.concatenate([[0.0], np.geomspace(1e-4, 1.0, 50)]) * home[1]
        self.symmetric.set(across, across / 2.0)
        lines = [line for line in self._model_layers if isinstance(line, LineLayer)]
        models = [span(line.y[line.x <= home[1]]) for line in lines]
        heats = union([(0.0, home[1] / 2.0), *(up for _, up in measured), *models])
        self.set_home(x=home, y=held(self.home[1], heats))

    def _show_models(self, curves: tuple[HeatingCurve, ...]) -> None:
        self._model_layers.clear()
        self._models = curves
        for curve in curves:
            p = curve.predicted
            for sign, total_W, heat_W, error_K in (
                ("positive", p.q_total_pos_W, p.q_probe_pos_W, curve.error_pos_K),
                ("negative", p.q_total_neg_W, p.q_probe_neg_W, curve.error_neg_K),
            ):
                total, heat, error = total_W / UW, heat_W / UW, error_K / p.resistance_K_per_W / UW
                name = curve.name if sign == "positive" else f"{curve.name}, {NAMES[1]}"
                take, colour = self._model_layers.take, MODEL_COLOURS[sign]
                band = take(Band, f"{curve.name}, standard error, {sign} bias", colour, 0.15)
                band.set(total, heat - error, heat + error)
                line = take(LineLayer, name, colour, STYLES.get(curve.name, DASHED), width=1.5, z=8)
                line.legend_name = SHORT.get(curve.name, curve.name)
                line.set(total, heat)


def _of(points: PointsSnapshot) -> tuple[tuple[FloatArray, ...], tuple[FloatArray, ...]]:
    """Return x, y and the errors of y and x, for positive and negative bias."""
    return (
        (points.q_total_pos_uW, points.q_probe_pos_uW, points.sigma_probe_pos_uW, points.sigma_total_pos_uW),
        (points.q_total_neg_uW, points.q_probe_neg_uW, points.sigma_probe_neg_uW, points.sigma_total_neg_uW),
    )


def _counted(snapshot: HeatingSnapshot) -> list[str]:
    if not snapshot.holds:
        return []
    rows = [counted(snapshot.used, "hold") + (f", {snapshot.rejected} left out" if snapshot.rejected else "")]
    if snapshot.model:
        rows.append(snapshot.model)
    return rows
