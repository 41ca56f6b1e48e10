"""Views by title, each made when somebody first asks for it.

Twelve of them would take half of a window's start, and with no view nothing that plots needs to be imported.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakMethod

from PyQt6.QtCore import QSize, QTimer, pyqtSignal
from PyQt6.QtGui import QPaintEvent
from PyQt6.QtWidgets import QWidget

if TYPE_CHECKING:
    from app.gui.plots.view import View

    MadeView = View[Any]

ROOM, LEAST_ROOM = QSize(400, 240), QSize(68, 100)
"""Sizes of the place of a view that is not made yet, in pixels."""


class Unmade(QWidget):
    """Place of a view that is not made yet."""

    seen = pyqtSignal(str)
    """The user sees it: title of the view."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self._soon = QTimer(self)  # ends with the widget
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._tell)

    def _tell(self) -> None:
        self.seen.emit(self._title)

    def sizeHint(self) -> QSize:
        """Return some room; without any the place could not be seen."""
        return ROOM

    def minimumSizeHint(self) -> QSize:
        """Return the room of a small view."""
        return LEAST_ROOM

    def paintEvent(self, a0: QPaintEvent | None) -> None:
        """Ask for the view, after painting; a widget that is behind another one is never painted."""
        self._soon.start(0)


class LazyViews(Mapping[str, "MadeView"]):
    """Views by title; reading one makes it.

    Parameters
    ----------
    titles : tuple of str
    make : method
        Makes the view of a title; its owner, which also owns the views, is not kept alive.
    """

    def __init__(self, titles: tuple[str, ...], make: "Callable[[str], MadeView]") -> None:
        self._titles, self._make = titles, WeakMethod(make)
        self._prepare: list[Callable[[str, MadeView], object]] = []
        self.made: dict[str, MadeView] = {}
        """Views that exist."""

    def __getitem__(self, title: str) -> "MadeView":
        """Return a view. Raises ``KeyError`` for an unknown title."""
        if title not in self.made:
            if title not in self._titles:
                raise KeyError(title)
            make = self._make()
            assert make is not None  # the owner of the views exists while somebody reads them
            view = self.made[title] = make(title)
            for prepare in self._prepare:
                prepare(title, view)
        return self.made[title]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the titles."""
        return iter(self._titles)

    def __len__(self) -> int:
        """Return the number of titles."""
        return len(self._titles)

    def prepare(self, action: "Callable[[str, MadeView], object]") -> None:
        """Call ``action`` with title and view: now for those that exist, later for each that is made."""
        self._prepare.append(action)
        for title, view in self.made.items():
            action(title, view)
