"""Which widgets can be seen, and a keyboard focus that skips the others.

Qt moves docks behind another's tab outside of the window instead of hiding them, so that the Tab key would step
through fields that cannot be seen.
"""

from collections.abc import Callable

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QDockWidget, QWidget

MOST = 1000
"""Steps after which the search for a visible field is given up."""


def behind_a_tab(widget: QWidget | None) -> bool:
    """Return True if the widget is in a dock that Qt has moved outside of its window."""
    while widget is not None:
        if isinstance(widget, QDockWidget) and not widget.isFloating():
            window = widget.parentWidget()
            if window is not None and not window.rect().intersects(widget.geometry()):
                return True
        widget = widget.parentWidget()
    return False


def in_sight(widget: QWidget) -> bool:
    """Return True if any part of a widget is visible.

    Qt reports a dock behind a tab as visible, although it lies outside of its window, and ``QWidget.visibleRegion``
    leaves out parts covered by children.
    """
    if not widget.isVisible() or widget.window() is None or widget.window().isMinimized():  # type: ignore[union-attr]
        return False
    seen, at = widget.rect(), widget
    while not at.isWindow():
        seen = seen.translated(at.pos())
        parent = at.parentWidget()
        if parent is None:
            break
        at = parent
        seen &= at.rect()
    return not seen.isEmpty()


def first_field(panel: QWidget) -> QWidget | None:
    """Return the first widget inside a panel that the Tab key reaches; None if there is none."""
    widget = panel.nextInFocusChain()
    while widget is not None and widget is not panel:
        reached = bool(widget.focusPolicy().value & Qt.FocusPolicy.TabFocus.value)
        if reached and panel.isAncestorOf(widget) and widget.isEnabled() and widget.isVisible():
            return widget
        widget = widget.nextInFocusChain()
    return None


def step_in_sight(step: Callable[[], bool]) -> bool:
    """Step the keyboard focus to the next visible widget; return False if ``step`` could not move it."""
    for _ in range(MOST):
        if not step():
            return False
        if not behind_a_tab(QApplication.focusWidget()):
            return True
    return True
