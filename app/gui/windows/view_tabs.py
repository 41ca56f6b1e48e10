"""Views of a session: large plots in tabs, strip charts below; each can be moved to its own window."""

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QByteArray, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QDockWidget, QMainWindow, QTabBar, QTabWidget, QToolButton, QWidget

from app.gui.software import SOFTWARE
from app.gui.widgets.focus import in_sight
from app.gui.widgets.stale_tab_bars import hide_ghosts
from app.gui.widgets.theme import Theme
from app.gui.windows.lazy_views import LazyViews, Unmade
from app.plugins import load_part
from app.viewmodels.empty_run import waiting
from app.viewmodels.registry import HISTOGRAM, STRIPS, VIEWS, tabs
from app.viewmodels.strips import WINDOWS_S
from app.viewmodels.view import RecordView
from procedures.registry import views_filled_by

if TYPE_CHECKING:
    from app.gui.plots.strips import StripsView
    from app.gui.windows.lazy_views import MadeView
    from app.viewmodels.session import Session

PLOT_HEIGHT = 320
"""Minimum height of a plot, in pixels; the strip charts give way to it."""
AXIS_WIDTH = 80


def shortcut_of(title: str) -> str:
    """Return the key that shows a tab; "" for the tenth and later ones, and for the strip charts."""
    number = tabs().index(title) + 1 if title in tabs() else 0
    return f"Ctrl+{number}" if 1 <= number <= 9 else ""


class ViewDock(QDockWidget):
    """Dock of one view; it has a title bar only while it floats, as its tab names it otherwise."""

    def __init__(self, title: str, place: QWidget, parent: QWidget) -> None:
        super().__init__(title, parent)
        self.setObjectName(f"view {title}")
        self.setWidget(place)
        self.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetMovable
            | QDockWidget.DockWidgetFeature.DockWidgetFloatable
        )
        self._no_title = QWidget(self)
        self.setTitleBarWidget(self._no_title)
        self.topLevelChanged.connect(self._follow)

    def fill(self, view: QWidget) -> None:
        """Show the view in its place."""
        place = self.widget()
        self.setWidget(view)
        view.show()
        if place is not None:
            place.deleteLater()

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
        self.theme = theme
        self.views = LazyViews((*tabs(), STRIPS), self._make)
        self.docks: dict[str, ViewDock] = {}
        self.window_s = WINDOWS_S[1]
        self._shown: Session | None = None
        self._origin: dict[str, str] = {}
        self._results: dict[str, Any] = {}
        self._last_results: dict[str, Any] = {}
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._favour_plots)  # after Qt has updated the layout
        top = Qt.DockWidgetArea.TopDockWidgetArea
        docks, strips = [self._add(title) for title in tabs()], self._add(STRIPS)
        self.addDockWidget(top, docks[0])
        self.splitDockWidget(docks[0], strips, Qt.Orientation.Vertical)  # first: tabs can't be split
        for before, dock in pairwise(docks):
            self.tabifyDockWidget(before, dock)
        self.raise_tab(0)
        self._usual = self.saveState()

    def _add(self, title: str) -> ViewDock:
        place = Unmade(title)
        place.seen.connect(self._show_view)
        dock = self.docks[title] = ViewDock(title, place, self)
        key = shortcut_of(title)
        dock.setToolTip(f"{VIEWS.sentence(title)} ({key})" if key else VIEWS.sentence(title))
        if not VIEWS.built_in(title):
            _plot_of(title)  # reports at once a plug-in that fails
        return dock

    def _show_view(self, title: str) -> None:
        self.views[title]  # makes it

    def _make(self, title: str) -> "MadeView":
        view: MadeView = _plot_of(title)(self.theme)
        view.message.connect(self.message)
        self.docks[title].fill(view)
        return view

    def raise_tab(self, number: int) -> None:
        """Bring a tab to the front."""
        title = tabs()[number]
        dock = self.docks[title]
        if self.isVisible():
            self.views[title]  # without a moment of emptiness
        dock.show()
        dock.raise_()

    def raise_view_of(self, session: "Session") -> None:
        """Bring the view of a run's main result to the front: histograms, unless its procedure says otherwise."""
        filled = (title for title in views_filled_by(session.header.procedure) if title in tabs())
        self.raise_tab(tabs().index(next(filled, HISTOGRAM)))

    @property
    def front(self) -> str:
        """Title of the visible tab."""
        return next((title for title in tabs() if in_sight(self.docks[title])), tabs()[0])

    def paint(self, session: "Session") -> int:
        """Draw the visible views that have changed; return their number."""
        awaited = waiting(session.header.procedure, session.status.snapshot())
        if self._shown is not session:
            self._shown, self._origin = session, origin(session)
        drawn = 0
        for title, dock in self.docks.items():
            model = session.views.get(title)
            if isinstance(model, RecordView):
                self._follow_results(title, model)
            if model is not None and in_sight(dock):
                view = self.views[title]
                view.wait_for(awaited.get(title, ""))
                if title not in self._last_results:
                    view.about = self._origin
                drawn += view.present(self._last_results.get(title) or model.snapshot())
        return drawn

    def keep_results(self) -> None:
        """Leave the results of a run in their views, marked in their tabs, until the next run has its own."""
        self._last_results, self._results = self._results, {}

    def _follow_results(self, title: str, model: RecordView[Any]) -> None:
        """Note the result of a run; that of the last one is over with it."""
        if model.has_result:
            self._results[title] = model.snapshot()
            self._last_results.pop(title, None)
        self.docks[title].setWindowTitle(f"{title} (last run)" if title in self._last_results else title)

    def fit_strips(self, session: "Session") -> None:
        """Set the time span and the number of pixels of the strip charts."""
        strips: StripsView = self.views[STRIPS]  # type: ignore[assignment]
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
        """Keep tab bars from taking the keyboard focus, and their names whole."""
        for bar in self.findChildren(QTabBar):
            for one in (bar, *bar.findChildren(QToolButton)):  # Space would scroll, not pause
                one.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            bar.setExpanding(False)
            bar.setElideMode(Qt.TextElideMode.ElideNone)
            bar.setUsesScrollButtons(True)  # rather than names cut to a letter

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


def _plot_of(title: str) -> "type[MadeView]":
    """Return the class of a view. Raises ``PluginError``."""
    plot: type[MadeView] = load_part(f"View {title}", VIEWS[title].plot)
    return plot


def origin(session: "Session") -> dict[str, str]:
    """Return the origin of a session's data, for exports of its plots."""
    header = session.header
    words = {
        "Recording": session.name,
        "Sample": header.sample,
        "Procedure": header.procedure,
        "Began": header.started,
        "Software": SOFTWARE,
    }
    return {name: text for name, text in words.items() if text}
