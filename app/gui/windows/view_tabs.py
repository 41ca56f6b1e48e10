"""Views of a session: large plots in tabs, strip charts below; each can be moved to its own window."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from PyQt6.QtCore import QByteArray, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QDockWidget, QMainWindow, QTabBar, QTabWidget, QWidget

from app.gui.plots.heating import HeatingPlot
from app.gui.plots.histogram import HistogramPlot
from app.gui.plots.iv import IVPlot
from app.gui.plots.noise import NoisePlot
from app.gui.plots.strips import StripsView
from app.gui.plots.trace import TraceView
from app.gui.plots.transmission import TransmissionPlot
from app.gui.plots.view import View, in_sight
from app.gui.widgets.stale_tab_bars import hide_ghosts
from app.gui.widgets.theme import Theme
from app.viewmodels.empty_run import waiting
from app.viewmodels.session import Session
from app.viewmodels.strips import WINDOWS_S
from procedures.registry import views_filled_by

Pick = Callable[[Session], Any]

TABS: tuple[tuple[str, type[View[Any]], Pick, str], ...] = (
    (
        "Live",
        TraceView,
        lambda s: s.trace.snapshot(),
        "Conductance of the current and the last openings (Ctrl+1)",
    ),
    (
        "Histogram",
        HistogramPlot,
        lambda s: s.histogram.snapshot(),
        "Conductance histograms in one and two dimensions (Ctrl+2)",
    ),
    ("I-V", IVPlot, lambda s: s.iv.snapshot(), "Mean I-V curve with a Landauer fit (Ctrl+3)"),
    (
        "Heating",
        HeatingPlot,
        lambda s: s.heating.snapshot(),
        "Temperature rise of the tip and heat dissipated in it (Ctrl+4)",
    ),
    (
        "Theory",
        TransmissionPlot,
        lambda s: s.transmission.snapshot(),
        "Transmission function and bias window (Ctrl+5)",
    ),
    (
        "Noise",
        NoisePlot,
        lambda s: s.noise.snapshot(),
        "Noise spectra of the current and the thermocouple (Ctrl+6)",
    ),
)
STRIPS, USUAL = "Strip charts", "Histogram"
PLOT_HEIGHT = 320
"""Minimum height of a plot, in pixels; the strip charts give way to it."""
AXIS_WIDTH = 80


class ViewDock(QDockWidget):
    """Dock of one view; it has a title bar only while it floats, as its tab names it otherwise."""

    def __init__(self, title: str, view: QWidget, parent: QWidget) -> None:
        super().__init__(title, parent)
        self.setObjectName(f"view {title}")
        self.setWidget(view)
        self.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetMovable
            | QDockWidget.DockWidgetFeature.DockWidgetFloatable
        )
        self._no_title = QWidget(self)
        self.setTitleBarWidget(self._no_title)
        self.topLevelChanged.connect(self._follow)

    def _follow(self, floating: bool) -> None:
        self.setTitleBarWidget(None if floating else self._no_title)


class ViewTabs(QMainWindow):
    """Plots and strip charts of one session.

    Parameters
    ----------
    theme : Theme
    """

    message = pyqtSignal(str)
    """Message about an action on a plot, such as an export."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setDockNestingEnabled(True)
        self.setDocumentMode(True)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.views: dict[str, View[Any]] = {}
        self.docks: dict[str, ViewDock] = {}
        self._picks: dict[str, Pick] = {}
        self.window_s = WINDOWS_S[1]
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._favour_plots)  # after Qt has updated the layout
        top = Qt.DockWidgetArea.TopDockWidgetArea
        docks = [self._add(title, kind(theme), pick, tip) for title, kind, pick, tip in TABS]
        strips = self._add(
            STRIPS, StripsView(theme), lambda s: s.strips.snapshot(), "The most recent seconds of all signals"
        )
        self.addDockWidget(top, docks[0])
        self.splitDockWidget(docks[0], strips, Qt.Orientation.Vertical)  # first: tabs can't be split
        for before, dock in pairwise(docks):
            self.tabifyDockWidget(before, dock)
        self.raise_tab(0)
        self._usual = self.saveState()

    def _add(self, title: str, view: View[Any], pick: Pick, tip: str) -> ViewDock:
        dock = self.docks[title] = ViewDock(title, view, self)
        dock.setToolTip(tip)
        self.views[title], self._picks[title] = view, pick
        view.message.connect(self.message)
        return dock

    def raise_tab(self, number: int) -> None:
        """Bring a tab to the front."""
        dock = self.docks[TABS[number][0]]
        dock.show()
        dock.raise_()

    def raise_view_of(self, session: Session) -> None:
        """Bring the view of a run's main result to the front: histograms, unless its procedure says otherwise."""
        titles = [title for title, *_ in TABS]
        filled = (title for title in views_filled_by(session.header.procedure) if title in titles)
        self.raise_tab(titles.index(next(filled, USUAL)))

    @property
    def front(self) -> str:
        """Title of the visible tab."""
        return next((title for title, *_ in TABS if in_sight(self.views[title])), TABS[0][0])

    def paint(self, session: Session) -> int:
        """Draw the visible views that have changed; return their number."""
        awaited = waiting(session.header.procedure, session.status.snapshot())
        drawn = 0
        for title, pick in self._seen_picks():
            self.views[title].wait_for(awaited.get(title, ""))
            drawn += self.views[title].present(pick(session))
        return drawn

    def _seen_picks(self) -> Iterator[tuple[str, Pick]]:
        return ((title, pick) for title, pick in self._picks.items() if in_sight(self.views[title]))

    def fit_strips(self, session: Session) -> None:
        """Set the time span and the number of pixels of the strip charts."""
        strips = self.views[STRIPS]
        assert isinstance(strips, StripsView)
        strips.noise_log10_G = session.trace.snapshot().noise_log10_G
        pixels = (strips.width() - AXIS_WIDTH) * strips.devicePixelRatioF()
        session.strips.show(self.window_s, max(round(pixels), 100))

    def set_window(self, window_s: float) -> None:
        """Set the time span of the strip charts, in seconds."""
        self.window_s = window_s

    def sizeHint(self) -> QSize:
        """Return a size that fills most of the window."""
        return QSize(900, 700)

    def resizeEvent(self, a0: QResizeEvent | None) -> None:
        """Set up tab bars that Qt has made meanwhile, and let the strip charts shrink first."""
        super().resizeEvent(a0)
        self._calm_tabs()
        self._soon.start()

    def _calm_tabs(self) -> None:
        """Keep tab bars from taking the keyboard focus."""
        for bar in self.findChildren(QTabBar):
            bar.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            bar.setExpanding(False)

    # ---- layout ----

    def settle_sizes(self) -> None:
        """Give the strip charts their default height."""
        self._share_height(self.height() * 4 // 10)
        hide_ghosts(self)

    def _share_height(self, strips: int) -> None:
        """Set the height of the strip charts in pixels, or less if a plot needs the room."""
        height, least = self.height(), self.docks[STRIPS].minimumSizeHint().height()
        strips = max(min(strips, height - PLOT_HEIGHT), least)
        docks = [self.docks[self.front], self.docks[STRIPS]]
        self.resizeDocks(docks, [height - strips, strips], Qt.Orientation.Vertical)

    def _favour_plots(self) -> None:
        """Shrink the strip charts before the plots in a small window."""
        front, strips = self.docks[self.front], self.docks[STRIPS]
        if not in_sight(strips) or front.isFloating() or strips.isFloating():
            return
        if front.height() < PLOT_HEIGHT and strips.height() > strips.minimumSizeHint().height():
            self._share_height(strips.height() + front.height() - PLOT_HEIGHT)

    def usual(self) -> None:
        """Restore the default layout."""
        self.restoreState(self._usual)
        self.raise_tab(0)
        self.settle_sizes()

    def restore(self, state: QByteArray) -> bool:
        """Restore a saved layout; return True if Qt accepts it."""
        return self.restoreState(state)
