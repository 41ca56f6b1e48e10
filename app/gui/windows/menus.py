"""Menus of a window, with every action that has a keyboard shortcut."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from PyQt6.QtGui import QAction, QActionGroup, QKeySequence
from PyQt6.QtWidgets import QDockWidget, QMenu, QMenuBar

from app.gui.widgets.theme import Choice
from app.gui.widgets.view_tabs import TABS
from app.viewmodels.strips import WINDOWS_S

if TYPE_CHECKING:
    from app.gui.windows.window import SessionWindow

THEMES = {"Same as &desktop": Choice.SYSTEM, "&Light": Choice.LIGHT, "D&ark": Choice.DARK}


class Menus(QMenuBar):
    """Menu bar of a window."""

    def fill(self, window: "SessionWindow") -> None:
        """Add the menus File, Run (of a rig), View and Help."""
        file = self.menu("&File")
        self.action(file, "&Open recording …", window.ask_for_recording, "Ctrl+O")
        self.action(file, "Open &folder …", window.browser.choose_folder)
        self.action(file, "&Save analysis", window.save_analysis, "Ctrl+S")
        window.models.fill_menu(file)
        file.addSeparator()
        self.action(file, "&Close", window.close, "Ctrl+W")
        window.fill_run_menu()
        self._fill_view(window, self.menu("&View"))
        self.action(self.menu("&Help"), "&Keyboard shortcuts", window.show_keys, "F1")

    def _fill_view(self, window: "SessionWindow", view: QMenu) -> None:
        for number, (title, *_) in enumerate(TABS):
            self.action(view, title, partial(window.area.raise_tab, number), f"Ctrl+{number + 1}")
        own = self.submenu(view, "In its &own window")
        for title, view_dock in window.area.docks.items():
            self.action(own, title, partial(_float, view_dock))
        spans = {f"{seconds:g} s": seconds for seconds in WINDOWS_S}
        self.choices(
            self.submenu(view, "Time &span of strip charts"), window.area.window_s, spans, window.set_span
        )
        view.addSeparator()
        for dock in window.docks.values():
            view.addAction(dock.toggleViewAction())
        self.action(view, "&Default layout", window.usual_layout)
        view.addSeparator()
        self.choices(self.submenu(view, "&Theme"), window.theme.choice, THEMES, window.theme.choose)

    def menu(self, title: str) -> QMenu:
        """Add a menu and return it."""
        menu = self.addMenu(title)
        assert menu is not None
        return menu

    @staticmethod
    def submenu(menu: QMenu, title: str) -> QMenu:
        """Add a submenu and return it."""
        inner = menu.addMenu(title)
        assert inner is not None
        return inner

    def action(self, menu: QMenu, text: str, slot: Callable[[], Any], keys: str = "") -> QAction:
        """Add an entry to a menu, with its keys separated by "|", and return it."""
        action = QAction(text, self)
        action.triggered.connect(lambda: slot())
        if keys:
            action.setShortcuts([QKeySequence(key) for key in keys.split("|")])
        menu.addAction(action)
        return action

    def choices(
        self, menu: QMenu, chosen: Any, choices: Mapping[str, Any], slot: Callable[[Any], Any]
    ) -> None:
        """Add entries of which exactly one is checked."""
        group = QActionGroup(menu)
        for text, value in choices.items():
            action = self.action(menu, text, partial(slot, value))
            action.setCheckable(True)
            action.setChecked(value == chosen)
            group.addAction(action)


def _float(dock: QDockWidget) -> None:
    dock.setFloating(not dock.isFloating())
