"""The Tab key passes over what stands behind another's tab."""

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QDockWidget, QLineEdit, QMainWindow, QVBoxLayout, QWidget

from app.gui.widgets.focus import behind_a_tab, step_in_sight
from app.gui.windows.view_tabs import ViewTabs


class _Window(QMainWindow):
    def focusNextPrevChild(self, next: bool) -> bool:
        return step_in_sight(lambda: super(_Window, self).focusNextPrevChild(next))


@pytest.fixture
def window(qapp):
    made = _Window()
    made.docks = {}
    for title in ("one", "two", "three"):
        dock, inside = QDockWidget(title), QWidget()
        rows = QVBoxLayout(inside)
        dock.edits = [QLineEdit(f"{title} a"), QLineEdit(f"{title} b")]
        for edit in dock.edits:
            rows.addWidget(edit)
        dock.setWidget(inside)
        made.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
        made.docks[title] = dock
    made.tabifyDockWidget(made.docks["one"], made.docks["two"])
    made.docks["one"].raise_()
    made.show()
    QTest.qWaitForWindowExposed(made)
    made.activateWindow()
    QTest.qWait(20)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("raised", "seen"),
    [("one", {"one a", "one b", "three a", "three b"}), ("two", {"two a", "two b", "three a", "three b"})],
)
def test_the_keyboard_goes_where_something_is_seen(window, raised, seen):
    window.docks[raised].raise_()
    QTest.qWait(20)
    window.docks[raised].edits[0].setFocus()
    gone = set()
    for _ in range(14):
        focus = QApplication.focusWidget()
        assert not behind_a_tab(focus)
        if isinstance(focus, QLineEdit):
            gone.add(focus.text())
        QTest.keyClick(focus, Qt.Key.Key_Tab)
    assert gone == seen


def test_a_dock_that_its_content_covers_is_in_sight(theme, qtbot):
    area = ViewTabs(theme)
    area.resize(900, 600)
    area.show()
    qtbot.waitUntil(lambda: len(area.views.made) == 2)
    QTest.qWait(20)
    seen = {title for title, dock in area.docks.items() if not behind_a_tab(dock.widget())}
    assert seen == {"Live", "Strip charts"}
    area.docks["Noise"].setFloating(True)
    assert not behind_a_tab(area.docks["Noise"].widget())
    area.docks["Noise"].setFloating(False)
    area.close()


def test_a_window_without_anything_to_go_to(qapp):
    assert not step_in_sight(lambda: False)
    assert not behind_a_tab(None)
