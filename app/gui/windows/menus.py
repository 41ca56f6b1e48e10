"""Menus of a window, from entries that are data."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from PyQt6.QtGui import QAction, QActionGroup, QKeySequence
from PyQt6.QtWidgets import QMenu, QMenuBar


@dataclass(frozen=True)
class Item:
    """Entry that does something.

    ``keys`` are its shortcuts, separated by "|"; ``why_not`` returns why it can't be chosen now, "" if it can.
    """

    text: str
    slot: Callable[[], Any]
    keys: str = ""
    why_not: Callable[[], str] | None = None


@dataclass(frozen=True)
class Choices:
    """Submenu of which one entry is chosen: values by their texts."""

    text: str
    chosen: Any
    values: Mapping[str, Any]
    slot: Callable[[Any], Any]


@dataclass(frozen=True)
class Submenu:
    """Menu within a menu."""

    text: str
    entries: "Sequence[Entry]"


@dataclass(frozen=True)
class Listed:
    """Submenu whose entries are made each time it opens; ``nothing`` is shown if there are none."""

    text: str
    entries: "Callable[[], Sequence[Entry]]"
    nothing: str


Entry = Item | Choices | Listed | Submenu | QAction | None
"""Entry of a menu; None is a separator."""


class Menus(QMenuBar):
    """Menu bar of a window."""

    def fill(self, menus: Mapping[str, Sequence[Entry]]) -> None:
        """Add menus with their entries."""
        for title, entries in menus.items():
            menu = self.addMenu(title)
            assert menu is not None
            self._fill(menu, entries)

    def _fill(self, menu: QMenu, entries: Sequence[Entry]) -> None:
        for entry in entries:
            match entry:
                case None:
                    menu.addSeparator()
                case Item():
                    self._add(menu, entry)
                case Choices():
                    self._fill_choices(_inner(menu, entry.text), entry)
                case Listed():
                    self._follow_list(_inner(menu, entry.text), entry)
                case Submenu():
                    self._fill(_inner(menu, entry.text), entry.entries)
                case _:
                    menu.addAction(entry)

    def _follow_list(self, menu: QMenu, listed: Listed) -> None:
        def fill() -> None:
            menu.clear()
            self._fill(menu, listed.entries())
            if menu.isEmpty():
                self._add(menu, Item(listed.nothing, lambda: None)).setEnabled(False)

        menu.aboutToShow.connect(fill)

    def _add(self, menu: QMenu, item: Item) -> QAction:
        action = QAction(item.text, self)
        action.triggered.connect(lambda: item.slot())
        action.setAutoRepeat(False)
        if item.keys:
            action.setShortcuts([QKeySequence(keys) for keys in item.keys.split("|")])
        menu.addAction(action)
        if item.why_not is not None:
            menu.setToolTipsVisible(True)
            menu.aboutToShow.connect(partial(_allow, action, item.why_not))
            menu.aboutToHide.connect(partial(action.setEnabled, True))  # for its keys
        return action

    def _fill_choices(self, menu: QMenu, choices: Choices) -> None:
        group = QActionGroup(menu)
        for text, value in choices.values.items():
            action = self._add(menu, Item(text, partial(choices.slot, value)))
            action.setCheckable(True)
            action.setChecked(value == choices.chosen)
            group.addAction(action)


def _allow(action: QAction, why_not: Callable[[], str]) -> None:
    reason = why_not()
    action.setEnabled(not reason)
    action.setToolTip(reason)


def _inner(menu: QMenu, text: str) -> QMenu:
    inner = menu.addMenu(text)
    assert inner is not None
    return inner
