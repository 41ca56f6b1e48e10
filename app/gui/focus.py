"""The Tab key goes only where something can be seen.

Qt keeps docks that stand behind another's tab outside of the window instead of hiding them, so that the keyboard
would go through fields that nobody sees.
"""

from collections.abc import Callable

from PyQt6.QtWidgets import QApplication, QDockWidget, QWidget

MOST = 1000
"""Steps after which nothing in sight takes the keyboard."""


def behind_a_tab(widget: QWidget | None) -> bool:
    """Whether a widget stands in a dock that is kept outside of its window."""
    while widget is not None:
        if isinstance(widget, QDockWidget) and not widget.isFloating():
            window = widget.parentWidget()
            if window is not None and not window.rect().intersects(widget.geometry()):
                return True
        widget = widget.parentWidget()
    return False


def step_in_sight(step: Callable[[], bool]) -> bool:
    """Step the keyboard's focus until it is on something that can be seen; returns whether it went anywhere."""
    for _ in range(MOST):
        if not step():
            return False
        if not behind_a_tab(QApplication.focusWidget()):
            return True
    return True
