"""Tab bars that Qt forgets: a layout that is made or restored before its window is shown leaves old ones visible."""

from collections import defaultdict

from PyQt6.QtCore import QRect, Qt
from PyQt6.QtWidgets import QDockWidget, QMainWindow, QTabBar

NEAR = 4
"""Pixels between a tab bar and its docks."""


def hide_ghosts(window: QMainWindow) -> None:
    """Of tab bars with the same tabs, hide all but the one that stands at its docks."""
    direct = Qt.FindChildOption.FindDirectChildrenOnly
    docks = {dock.windowTitle(): dock for dock in window.findChildren(QDockWidget, options=direct)}
    groups: dict[frozenset[str], list[QTabBar]] = defaultdict(list)
    for bar in window.findChildren(QTabBar, options=direct):
        if bar.isVisible():
            groups[frozenset(bar.tabText(i) for i in range(bar.count()))].append(bar)
    for titles, bars in groups.items():
        seen = [docks[title] for title in titles if title in docks and docks[title].x() >= 0]
        best = min(bars, key=lambda bar: min((_distance(bar, dock) for dock in seen), default=0))
        for bar in bars:
            if bar is not best:
                bar.hide()


def _distance(bar: QTabBar, dock: QDockWidget) -> int:
    """How badly a bar fits to a dock."""
    one, other = bar.geometry(), QRect(dock.geometry())
    beside = min(abs(one.top() - other.bottom()), abs(one.bottom() - other.top()))
    return max(beside - NEAR, 0) + abs(one.left() - other.left()) + abs(one.width() - other.width())
