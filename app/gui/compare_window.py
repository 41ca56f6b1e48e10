"""Several recordings in one plot: histograms, I-V curves, heat."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QCloseEvent
from PyQt6.QtWidgets import QLabel, QTabWidget, QVBoxLayout, QWidget

from app.gui.plots.heating import PROBE, TOTAL
from app.gui.plots.histogram import COUNTS
from app.gui.plots.layers import Line, Points
from app.gui.plots.panel import PlotPanel
from app.gui.plots.strips import CONDUCTANCE
from app.gui.tasks import Tasks
from app.gui.theme import MEDIUM, Palette, Theme

MOST = 6
SIZE = (1000, 640)
WORDS = {"pos": "<i>V</i> &gt; 0", "neg": "<i>V</i> &lt; 0"}


class CompareWindow(QWidget):
    """A plot for each kind of result that the recordings have, each recording in a colour of its own.

    Parameters
    ----------
    theme : Theme
    paths : list of Path
        At most six are shown.
    """

    closed = pyqtSignal()

    def __init__(self, theme: Theme, paths: list[Path]) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.paths = paths[:MOST]
        self.setWindowTitle("hotjunction – " + ", ".join(path.stem for path in self.paths))
        self.resize(*SIZE)
        self.histogram = PlotPanel(
            theme,
            "histograms",
            CONDUCTANCE,
            COUNTS,
            "None of these has opening traces.",
            legend=(1.0, 0.0),
            zero=True,
        )
        self.heat = PlotPanel(
            theme, "heat", TOTAL, PROBE, "None of these has a result of heating.", legend=(0.0, 0.0)
        )
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.histogram, "Histograms")
        self.tabs.addTab(self.heat, "Heat")
        self.said = QLabel("Analysing …")
        self.said.setWordWrap(True)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(MEDIUM, MEDIUM, MEDIUM, MEDIUM)
        whole.addWidget(self.tabs, 1)
        whole.addWidget(self.said)
        self._problems: list[str] = []
        self._left = len(self.paths)
        self._tasks = Tasks("compare")
        for number, path in enumerate(self.paths):
            self._tasks.do(
                partial(_measured, path), partial(self._show, number, path), partial(self._fail, path)
            )

    def _fail(self, path: Path, error: Any) -> None:
        self._over(f"{path.name}: {error}")

    def _show(self, number: int, path: Path, measurement: Any) -> None:
        colour = _colour(number)
        if measurement.histogram is not None:
            log = measurement.histogram.analysis.log
            line = self.histogram.add(Line(path.stem, colour))
            counts = log.counts / max(log.n_traces, 1)
            line.set(log.axis.centres, counts)
            self.histogram.refresh()
        if measurement.heating is not None and measurement.heating.points:
            points = measurement.heating.points
            for sign, symbol in (("pos", "o"), ("neg", "s")):
                layer = self.heat.add(Points(f"{path.stem}, {WORDS[sign]}", colour, symbol))
                layer.set(_uW(points, f"q_total_{sign}_W"), _uW(points, f"q_probe_{sign}_W"))
            self.heat.refresh()
            self.tabs.setCurrentWidget(self.heat)
        self._over("; ".join(measurement.warnings))

    def _over(self, problem: str) -> None:
        self._left -= 1
        if problem:
            self._problems.append(problem)
        words = "Analysing …" if self._left else ""
        self.said.setText("\n".join([*self._problems, words]).strip())

    def closeEvent(self, a0: QCloseEvent | None) -> None:
        """Wait for the analysis under way."""
        self._tasks.close()
        super().closeEvent(a0)
        self.closed.emit()


def _measured(path: Path) -> Any:
    from app.measurement import analyse_measurement

    return analyse_measurement([path])


def _uW(points: Any, name: str) -> list[float]:
    return [1e6 * getattr(one, name) for one in points]


def _colour(number: int) -> Callable[[Palette], str]:
    return lambda colours: colours.sequence[number % len(colours.sequence)]
