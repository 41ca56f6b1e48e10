"""Small icons above a plot: reset, logarithmic axes, copy, export."""

from PyQt6.QtCore import QEvent, QObject, QRectF, QSize, Qt
from PyQt6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from app.gui.plots.menu import PanelMenu
from app.gui.widgets import icons
from app.gui.widgets.theme import Palette

SIZE = 14
"""Width of an icon, in pixels."""
APART = 2
NARROW, NARROWEST = 320.0, 140.0
"""Widths of the axes in pixels below which the row is left to the count, and only the menu has the actions."""


class PlotTools(QWidget):
    """Icons of the main actions of a plot, in its row above the axes.

    A narrow plot, or one without such a row, shows them over its upper right corner while the mouse is on it or it
    has the focus.
    """

    def __init__(self, menu: PanelMenu, panel: QWidget) -> None:
        super().__init__(panel)
        self._floating = False
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(APART)
        for action in menu.shown:
            button = QToolButton()
            button.setDefaultAction(action)
            button.setAutoRaise(True)
            button.setIconSize(QSize(SIZE, SIZE))
            button.setFixedSize(SIZE + 4, SIZE + 4)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # each action has a key
            row.addWidget(button)
        self._menu = menu
        self.resize(self.sizeHint())
        panel.installEventFilter(self)

    def dress(self, colours: Palette) -> None:
        """Draw the icons in a theme's colours."""
        for action, draw in zip(self._menu.shown, icons.PLOT_ICONS, strict=True):
            action.setIcon(icons.drawn(colours.quiet, draw))

    def place(self, axes: QRectF, row: float, top: float) -> None:
        """Move the icons to the right end of the row at ``top``; ``axes`` is the area inside the axes."""
        self._floating = top < 0 or axes.width() < NARROW
        y = axes.top() + APART if self._floating else top + (row - self.height()) / 2
        self.move(round(axes.right()) - self.width(), max(round(y), 0))
        self._narrow = axes.width() < NARROWEST
        self.setVisible(self._wanted)

    _narrow = False

    @property
    def _wanted(self) -> bool:
        panel = self.parentWidget()
        assert panel is not None
        return not self._narrow and (not self._floating or panel.underMouse() or panel.hasFocus())

    @property
    def room(self) -> float:
        """Width that the row keeps free for the icons."""
        return 0.0 if self._narrow or self._floating else self.width() + 4.0

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Show floating icons while the mouse is on the plot or it has the focus."""
        if event is not None and self._floating and event.type() in WATCHED:
            self.setVisible(self._wanted)
        return False


WATCHED = (QEvent.Type.Enter, QEvent.Type.Leave, QEvent.Type.FocusIn, QEvent.Type.FocusOut)
