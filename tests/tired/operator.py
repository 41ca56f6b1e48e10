"""An operator who clicks, types and chooses at random, whatever is enabled in the windows that are open."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QAction, QKeySequence
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QDialog,
    QFileDialog,
    QHeaderView,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QSlider,
    QTabBar,
    QWidget,
)

from app.gui.main import Program
from app.gui.plots.panel import PlotPanel
from app.gui.widgets.theme import Choice
from app.gui.windows.rig_window import RigWindow
from app.server.connection import Connection

TYPED = (
    "", "0", "-5", "−0.5", "3", "0.1", "2000", "1e9", "1,5", "0.5 1.0", "0.1:0.5:0.1", "1; 2; 5", "abc", "nan", "±",
    "+0--0+", "%s {}", "a long remark of a tired operator on the tip that was changed at three",
)  # fmt: skip
KEYS = (
    "Esc", "Esc", "Space", "Return", "Tab", "Shift+Tab", "Up", "Down", "Left", "Right", "Home", "End", "Delete", "F1",
    "Ctrl+Return", "Ctrl+Shift+Return", "Ctrl+K", "Ctrl+S", "Ctrl+W", "Alt+Right", "Alt+Down", "R", "X", "Y", "P", "N",
    *(f"Ctrl+{n}" for n in range(1, 10)), *(f"Alt+{n}" for n in range(1, 8)),
)  # fmt: skip
SIZES = ((1024, 576), (1366, 744), (1500, 940), (1920, 1056))
MOST_WINDOWS = 6

Act = Callable[[QWidget], str]


class TiredOperator:
    """Does one thing after the other; each says what it was.

    Parameters
    ----------
    program : Program
    connect : callable
        Returns the connection to the bench of the windows that are opened.
    rng : numpy.random.Generator
    folder : Path
        Where files are chosen and written.
    further : tuple of (int, callable), optional
        Further acts and their weights.
    """

    def __init__(
        self,
        program: Program,
        connect: Callable[[], Connection],
        rng: np.random.Generator,
        folder: Path,
        further: tuple[tuple[int, Act], ...] = (),
    ) -> None:
        self.program, self.connect, self.rng, self.folder = program, connect, rng, folder
        self.retracted_before: dict[RigWindow, int] = {}
        """Answers to RETRACT in the log of each window before the last time that it was wanted."""
        self._acts: tuple[tuple[int, Act], ...] = (
            (40, self.click),
            (14, self.press),
            (12, self.type_text),
            (12, self.choose),
            (6, self.pick_row),
            (6, self.use_menu),
            (6, self.use_plot),
            (5, self.show_tab),
            (3, self.retract),
            (2, self.resize),
            (1, self.change_theme),
            (1, self.open_window),
            *further,
        )

    # ---- what is open ----

    @property
    def rig_windows(self) -> list[RigWindow]:
        """Windows of the rig, in the order in which they were opened."""
        return [window for window in self.program.windows if isinstance(window, RigWindow)]

    def _in_front(self) -> QWidget | None:
        """Return a dialog that waits for an answer, else any of the windows."""
        if (modal := QApplication.activeModalWidget()) is not None:
            return modal
        shown = [w for w in QApplication.topLevelWidgets() if w.isVisible() and not isinstance(w, QMenu)]
        return self._one_of(sorted(shown, key=lambda w: w.windowTitle()))

    def _one_of(self, several: Any) -> Any:
        several = list(several)
        return several[self.rng.integers(len(several))] if several else None

    # ---- acts ----

    def act(self) -> str:
        """Do one thing, and say what."""
        if (popup := QApplication.activePopupWidget()) is not None:
            return self._answer_popup(popup)
        root = self._in_front()
        if root is None:
            return self.open_window()
        if isinstance(root, QFileDialog):  # it could delete files
            root.reject()
            return "leave the choice of a file"
        weights = np.array([weight for weight, _ in self._acts], float)
        _, chosen = self._acts[self.rng.choice(len(weights), p=weights / weights.sum())]
        return chosen(root)

    def _answer_popup(self, popup: QWidget) -> str:
        actions = [one for one in popup.actions() if one.isEnabled() and not one.isSeparator()]
        if isinstance(popup, QMenu) and actions and self.rng.random() < 0.7:
            action = self._one_of(actions)
            QTest.mouseClick(
                popup, Qt.MouseButton.LeftButton, pos=popup.actionGeometry(action).center(), delay=-1
            )
            return f"choose “{action.text()}” of a menu"
        QTest.keyClick(popup, Qt.Key.Key_Escape)
        return "leave a menu"

    def click(self, root: QWidget) -> str:
        """Click a button."""
        button = self._one_of(_usable(root, QAbstractButton))
        if button is None:
            return "no button"
        said = f"click “{button.text() or button.toolTip() or button.accessibleName()}”"
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        return said

    def press(self, root: QWidget) -> str:
        """Press a key, some of them twice."""
        keys = str(self._one_of(KEYS))
        handle = root.window().windowHandle() if root.window() is not None else None
        if handle is None:
            return "no window for a key"
        for _ in range(2 if keys == "Esc" and self.rng.random() < 0.3 else 1):
            key = QKeySequence(keys)[0]
            QTest.keyClick(handle, key.key(), key.keyboardModifiers())
        return f"press {keys}"

    def type_text(self, root: QWidget) -> str:
        """Type a text into a field."""
        field = self._one_of(_usable(root, (QLineEdit, QPlainTextEdit)))
        if field is None or field.isReadOnly():
            return "no field"
        text = str(self._one_of(TYPED))
        field.selectAll()
        QTest.keyClick(field, Qt.Key.Key_Delete)
        if text.isascii():
            QTest.keyClicks(field, text)
        else:  # pasted: QTest knows only ASCII
            (field.insert if isinstance(field, QLineEdit) else field.insertPlainText)(text)
        if self.rng.random() < 0.3:
            QTest.keyClick(field, Qt.Key.Key_Return)
        return f"type “{text}” into “{field.accessibleName()}”"

    def choose(self, root: QWidget) -> str:
        """Choose an entry of a list, or a place of a slider."""
        one = self._one_of(_usable(root, (QComboBox, QSlider)))
        if isinstance(one, QSlider):
            one.setValue(int(self.rng.integers(one.minimum(), one.maximum() + 1)))
            return "move a slider"
        if one is None or not one.count():
            return "no list"
        place = int(self.rng.integers(one.count()))
        one.setFocus()
        one.setCurrentIndex(place)
        one.activated.emit(place)
        return f"choose “{one.itemText(place)}” of “{one.accessibleName()}”"

    def pick_row(self, root: QWidget) -> str:
        """Click a row of a table, sometimes twice or with the right button."""
        views = _usable(root, QAbstractItemView)
        table = self._one_of(one for one in views if not isinstance(one, QHeaderView))
        model = table.model() if table is not None else None
        if model is None or not model.rowCount():
            return "no row"
        index = model.index(
            int(self.rng.integers(model.rowCount())), int(self.rng.integers(model.columnCount()))
        )
        table.scrollTo(index)
        place = table.visualRect(index).center()
        act = QTest.mouseDClick if self.rng.random() < 0.2 else QTest.mouseClick
        act(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
        return f"{act.__name__} on “{index.data()}”"

    def use_menu(self, root: QWidget) -> str:
        """Choose an entry of the menus of a window."""
        if isinstance(root, QDialog):
            return "no menu"
        action = self._one_of(list(_entries(root)))
        if action is None:
            return "no menu"
        said = f"menu “{action.text()}”"
        action.trigger()
        return said

    def use_plot(self, root: QWidget) -> str:
        """Move, click, double click, turn the wheel or open the menu on a plot."""
        plot = self._one_of([panel for panel in root.findChildren(PlotPanel) if panel.isVisible()])
        if plot is None:
            return "no plot"
        area = plot.findChild(QWidget, "qt_scrollarea_viewport") or plot
        x, y = self.rng.random(2)
        place = QPoint(round(x * area.width()), round(y * area.height()))
        QTest.mouseMove(area, place)
        match int(self.rng.integers(4)):
            case 0:
                QTest.mouseClick(area, Qt.MouseButton.LeftButton, pos=place)
            case 1:
                QTest.mouseDClick(area, Qt.MouseButton.LeftButton, pos=place)
            case 2:
                QTest.mousePress(area, Qt.MouseButton.LeftButton, pos=place)
                QTest.mouseMove(area, place + QPoint(40, 25))
                QTest.mouseRelease(area, Qt.MouseButton.LeftButton, pos=place + QPoint(40, 25))
            case 3:
                QTest.mouseClick(area, Qt.MouseButton.RightButton, pos=place)
        return f"use the plot “{plot.title}”"

    def show_tab(self, root: QWidget) -> str:
        """Click a tab."""
        bar = self._one_of(_usable(root, QTabBar))
        if bar is None or not bar.count():
            return "no tab"
        place = int(self.rng.integers(bar.count()))
        QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(place).center())
        return f"show “{bar.tabText(place)}”"

    def retract(self, root: QWidget | None = None) -> str:
        """Click RETRACT, which no dialog must prevent from being pressed by key."""
        window = self._one_of([window for window in self.rig_windows if window.source is not None])
        if window is None:
            return "no rig"
        self.retracted_before = {one: answers_to_retract(one) for one in self.rig_windows}
        if QApplication.activeModalWidget() is None:
            QTest.mouseClick(window.rig_line.button, Qt.MouseButton.LeftButton)
            return "click RETRACT"
        for _ in range(2):
            QTest.keyClick(QApplication.activeModalWidget().windowHandle(), Qt.Key.Key_Escape)
        return "press Esc Esc in a dialog"

    def resize(self, root: QWidget) -> str:
        """Give a window the size of another screen."""
        window = self._one_of(self.rig_windows)
        width, height = SIZES[self.rng.integers(len(SIZES))]
        if window is not None:
            window.resize(width, height)
        return f"resize to {width} × {height}"

    def change_theme(self, root: QWidget) -> str:
        """Change between light and dark."""
        choice = self._one_of((Choice.LIGHT, Choice.DARK))
        self.program.theme.choose(choice)
        return f"theme {choice.value}"

    def open_window(self, root: QWidget | None = None) -> str:
        """Open another window of the bench, or close the last one where many are open."""
        windows = self.program.windows
        if len(windows) >= MOST_WINDOWS:
            windows[-1].close()
            return "close a window"
        connection = self.connect()
        self.program.open_rig(lambda: (connection, False))
        return "open a window"


def answers_to_retract(window: RigWindow) -> int:
    """Return how often the log of a window says what came of RETRACT."""
    return sum(entry.text.startswith(("Retracted after", "NOT SAFE")) for entry in window.log.entries)


def _usable(root: QWidget, kinds: Any) -> Iterator[Any]:
    for widget in root.findChildren(QWidget):
        if isinstance(widget, kinds) and widget.isVisible() and widget.isEnabled():
            yield widget


def _entries(window: QWidget) -> Iterator[QAction]:
    for menu in window.findChildren(QMenu):
        yield from (
            one
            for one in menu.actions()
            if one.isEnabled() and one.isVisible() and one.menu() is None and one.text()
        )
