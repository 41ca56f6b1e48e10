"""Stale tab bars: Qt leaves old ones visible if a layout is made or restored before its window is shown."""

from collections import defaultdict

from PyQt6.QtCore import QRect, Qt
from PyQt6.QtWidgets import QDockWidget, QMainWindow, QTabBar

NEAR = 4
"""Pixels between a tab bar and its docks."""


def hide_ghosts(window: QMainWindow) -> None:
    """Hide duplicate tab bars, leaving the one that is next to its docks."""
    direct = Qt.FindChildOption.FindDirectChildrenOnly
    docks = {dock.windowTitle(): dock for dock in window.findChildren(QDockWidget, options=direct)}
    groups: dict[frozenset[str], list[QTabBar]] = defaultdict(list)
    for bar in window.findChildren(QTabBar, options=direct):
        if bar.isVisible():
            groups[frozenset(bar.tabText(i) for i in range(bar.count()))].append(bar)
    for titles, bars in groups.items():
        if any(titles < others for others in groups):  # its docks have joined others
            for bar in bars:
                bar.hide()
            continue
        seen = [docks[title] for title in titles if title in docks and docks[title].x() >= 0]
        best = min(bars, key=lambda bar: min((_distance(bar, dock) for dock in seen), default=0))
        for bar in bars:
            if bar is not best:
                bar.hide()


def _distance(bar: QTabBar, dock: QDockWidget) -> int:
    """Return the misfit between a bar and a dock, in pixels."""
    tabs, area = bar.geometry(), QRect(dock.geometry())
    gap = min(abs(tabs.top() - area.bottom()), abs(tabs.bottom() - area.top()))
    return max(gap - NEAR, 0) + abs(tabs.left() - area.left()) + abs(tabs.width() - area.width())
