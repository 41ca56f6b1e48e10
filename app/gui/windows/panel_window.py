"""Window of panels around views, with messages at its bottom, which remembers its layout."""

import logging
import math
import time
from typing import Any

from PyQt6.QtCore import QSettings, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QCloseEvent
from PyQt6.QtWidgets import QDockWidget, QHBoxLayout, QMainWindow, QSizePolicy, QVBoxLayout, QWidget

from app.gui.panels.log import LogPanel
from app.gui.widgets.focus import first_field, step_in_sight
from app.gui.widgets.message_line import MessageLine
from app.gui.widgets.screen import fit_to_screen
from app.gui.widgets.stale_tab_bars import hide_ghosts
from app.gui.widgets.theme import Theme
from app.gui.windows.menus import Menus
from app.gui.windows.view_tabs import ViewTabs

SETTLED_MS = 100
SIZE = QSize(1500, 940)
SHORT = 680
"""Height in pixels below which panels under the plots move beside them."""
LAYOUT_VERSION = 1
LEFT, RIGHT, BOTTOM = (
    Qt.DockWidgetArea.LeftDockWidgetArea,
    Qt.DockWidgetArea.RightDockWidgetArea,
    Qt.DockWidgetArea.BottomDockWidgetArea,
)


class PanelWindow(QMainWindow):
    """Views in the middle, a line of numbers above them, panels around them.

    Parameters
    ----------
    theme : Theme
    settings : QSettings
        Remembers the layout.
    line : QWidget
        Numbers that can be read from afar.
    """

    kind = ""
    """Key under which the layout is saved."""
    closed = pyqtSignal()

    def __init__(self, theme: Theme, settings: QSettings, line: QWidget) -> None:
        super().__init__()
        self.theme, self.settings = theme, settings
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setDockNestingEnabled(True)
        fit_to_screen(self, SIZE)
        self.area = ViewTabs(theme)
        self.area.message.connect(self.say)
        self.log, self.messages = LogPanel(theme), MessageLine(theme)
        self.messages.log_asked.connect(self.show_log)
        self.setStatusBar(self.messages)
        self.docks: dict[str, QDockWidget] = {}
        self.menus = Menus()
        self.menus.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.first_row = QHBoxLayout()
        """Menus, and an alarm beside them, where it moves nothing."""
        self.first_row.addWidget(self.menus)
        self.first_row.addStretch(0)
        bars = QWidget()
        self._top = top = QVBoxLayout(bars)
        top.setContentsMargins(0, 0, 0, 0)
        top.setSpacing(0)
        top.addLayout(self.first_row)
        top.addWidget(line)
        self.setMenuWidget(bars)
        self.setCentralWidget(self.area)
        self._settled = False
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._settle)

    def focusNextPrevChild(self, next: bool) -> bool:
        """Move the focus, skipping widgets hidden behind a tab."""
        return step_in_sight(lambda: super(PanelWindow, self).focusNextPrevChild(next))

    def add_panel(self, title: str, widget: QWidget, where: Qt.DockWidgetArea) -> QDockWidget:
        """Add a movable panel and return its dock."""
        dock = self.docks[title] = QDockWidget(title, self)
        dock.setObjectName(f"panel {title}")
        dock.setWidget(widget)
        self.addDockWidget(where, dock)
        return dock

    # ---- messages and panels ----

    def say(self, text: str, level: int = logging.INFO, at_s: float = math.nan) -> None:
        """Show a message at the bottom of the window and in its log.

        Parameters
        ----------
        text : str
        level : int
            Level of `logging`.
        at_s : float
            Time of the event in s since 1970; NaN or a time in the future (of a simulated clock) means now.
        """
        now_s = time.time()
        self.log.add(level, at_s if at_s < now_s else now_s, text)
        self.messages.tell(level, text)

    def show_log(self) -> None:
        """Bring the log to the front."""
        self.docks["Log"].show()
        self.docks["Log"].raise_()

    def show_panel(self, title: str) -> None:
        """Bring a panel to the front and give it the keyboard focus."""
        dock = self.docks[title]
        dock.show()
        dock.raise_()
        if (panel := dock.widget()) is not None and (field := first_field(panel)) is not None:
            field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    # ---- layout ----

    def begin_layout(self) -> None:
        """Take the present layout as the default one, and restore the saved one."""
        self._usual = self.saveState(LAYOUT_VERSION)
        self.restore_layout()

    def usual_layout(self) -> None:
        """Restore the default layout."""
        self.restoreState(self._usual, LAYOUT_VERSION)
        self.area.usual()
        self.settle_sizes()
        self._soon.start()

    @property
    def is_short(self) -> bool:
        """True if the height is too small for panels below the plots."""
        return self.height() < SHORT

    def settle_sizes(self) -> None:
        """Give panels their default sizes."""
        self.area.settle_sizes()

    def _settle(self) -> None:
        """Set sizes and hide stale tab bars after the window has appeared."""
        if not self._settled:
            self._settled = True
            self.settle_sizes()
            self._soon.start(SETTLED_MS)  # Qt updates the layout a little later
        hide_ghosts(self)
        hide_ghosts(self.area)

    def restore_layout(self) -> None:
        """Restore the saved layout."""
        geometry, state, views = (
            self.settings.value(f"{self.kind}/{name}") for name in ("geometry", "state", "views")
        )
        if geometry is not None:
            self.restoreGeometry(geometry)
            fit_to_screen(self, self.size())  # the screen may have changed
        self._settled = state is not None and self.restoreState(state, LAYOUT_VERSION)
        if views is not None:
            self.area.restore(views)
        titles = str(self.settings.value(f"{self.kind}/titles", "")).splitlines()
        if gone := [title for title in titles if title not in self.area.docks]:
            self.say(
                f"{', '.join(gone)}: in the saved layout, but no plug-in that is loaded has such a view."
            )

    def remember_layout(self) -> None:
        """Save the layout."""
        states = {
            "geometry": self.saveGeometry(),
            "state": self.saveState(LAYOUT_VERSION),
            "views": self.area.saveState(),
            "titles": "\n".join(self.area.docks),
        }
        for name, value in states.items():
            self.settings.setValue(f"{self.kind}/{name}", value)

    def showEvent(self, a0: Any) -> None:
        """Set the sizes soon after the window appears."""
        super().showEvent(a0)
        self._soon.start()

    def leave(self) -> bool:
        """Release the source of the window; return True if the window may close."""
        return True

    def release(self) -> None:
        """End what draws and works for the window, which closes."""

    def closeEvent(self, a0: QCloseEvent | None) -> None:
        """Save the layout and release everything, unless the user chooses to stay."""
        assert a0 is not None
        if not self.leave():
            a0.ignore()
            return
        self.release()
        self.messages.stop()
        self.remember_layout()
        super().closeEvent(a0)
        self.closed.emit()
