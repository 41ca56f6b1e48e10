"""The menus of a window: the mouse's way to everything that has a key, and their list of keys."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from PyQt6.QtGui import QAction, QActionGroup, QKeySequence
from PyQt6.QtWidgets import QDockWidget, QMenu, QMenuBar

from app.gui.area import TABS
from app.gui.theme import Choice
from app.views.strips import WINDOWS_S

if TYPE_CHECKING:
    from app.gui.window import Window

THEMES = {"As the &desktop": Choice.SYSTEM, "&Light": Choice.LIGHT, "D&ark": Choice.DARK}


class Menus(QMenuBar):
    """The bar with all menus."""

    def fill(self, window: "Window") -> None:
        """Files, what runs, views, help."""
        file = self.menu("&File")
        self.action(file, "&Open recording …", window.ask_for_recording, "Ctrl+O")
        self.action(file, "Open &folder …", window.browser.choose_folder)
        self.action(file, "&Save analysis", window.save_analysis, "Ctrl+S")
        window.models.fill_menu(file)
        file.addSeparator()
        self.action(file, "&Close", window.close, "Ctrl+W")
        window.fill_run_menu()
        self._fill_view(window, self.menu("&View"))
        self.action(self.menu("&Help"), "&Keys", window.show_keys, "F1")

    def _fill_view(self, window: "Window", view: QMenu) -> None:
        for number, (title, *_) in enumerate(TABS):
            self.action(view, title, partial(window.area.raise_tab, number), f"Ctrl+{number + 1}")
        own = self.submenu(view, "In a window of its &own")
        for title, view_dock in window.area.docks.items():
            self.action(own, title, partial(_float, view_dock))
        spans = {f"{seconds:g} s": seconds for seconds in WINDOWS_S}
        self.choices(self.submenu(view, "Strip charts &show"), window.area.window_s, spans, window.set_span)
        view.addSeparator()
        for dock in window.docks.values():
            view.addAction(dock.toggleViewAction())
        self.action(view, "&Usual layout", window.usual_layout)
        view.addSeparator()
        self.choices(self.submenu(view, "&Theme"), window.theme.choice, THEMES, window.theme.choose)

    def menu(self, title: str) -> QMenu:
        """One menu more."""
        menu = self.addMenu(title)
        assert menu is not None
        return menu

    @staticmethod
    def submenu(menu: QMenu, title: str) -> QMenu:
        """A menu in a menu."""
        inner = menu.addMenu(title)
        assert inner is not None
        return inner

    def action(self, menu: QMenu, words: str, slot: Callable[[], Any], keys: str = "") -> QAction:
        """An entry of a menu, with its keys."""
        action = QAction(words, self)
        action.triggered.connect(lambda: slot())
        if keys:
            action.setShortcuts([QKeySequence(one) for one in keys.split("|")])
        menu.addAction(action)
        return action

    def choices(
        self, menu: QMenu, chosen: Any, choices: Mapping[str, Any], slot: Callable[[Any], Any]
    ) -> None:
        """Entries of which one is chosen."""
        group = QActionGroup(menu)
        for words, value in choices.items():
            action = self.action(menu, words, partial(slot, value))
            action.setCheckable(True)
            action.setChecked(value == chosen)
            group.addAction(action)


def _float(dock: QDockWidget) -> None:
    dock.setFloating(not dock.isFloating())
