"""Default places and sizes of the panels of a rig's window."""

from collections.abc import Mapping

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QWidget

from app.gui.windows.panel_window import BOTTOM, LEFT, RIGHT, PanelWindow

BESIDE = 340
"""Width of the panels beside the views, in pixels."""
ACROSS, UP = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
PLACES = {
    "Procedure": LEFT,
    "Selection": LEFT,
    "Queue": RIGHT,
    "Rig": RIGHT,
    "Log": BOTTOM,
    "Recordings": BOTTOM,
    "Notes": BOTTOM,
}

QUEUE, RIG = 340, 290
"""Heights of two panels, in proportion: the queue shows the run in progress and the next four on a laptop."""

STACKED = ("Notes", "Log", "Recordings")
"""Panels that share the place of *Rig* in a short window, whose height the plots need."""


def arrange(window: PanelWindow, panels: Mapping[str, QWidget]) -> None:
    """Add the panels, by their titles, at their default places."""
    window.setCorner(Qt.Corner.BottomLeftCorner, BOTTOM)
    window.setCorner(Qt.Corner.BottomRightCorner, BOTTOM)
    docks = {title: window.add_panel(title, panels[title], where) for title, where in PLACES.items()}
    window.tabifyDockWidget(docks["Procedure"], docks["Selection"])
    window.splitDockWidget(docks["Queue"], docks["Rig"], UP)
    window.splitDockWidget(docks["Log"], docks["Notes"], ACROSS)
    window.tabifyDockWidget(docks["Log"], docks["Recordings"])
    for title in ("Procedure", "Log"):
        docks[title].raise_()


def size_panels(window: PanelWindow) -> None:
    """Set the panels to their default sizes, leaving most room to the views."""
    docks = window.docks
    if window.is_short:
        for title in STACKED:
            window.tabifyDockWidget(docks["Rig"], docks[title])
        docks["Rig"].raise_()
    beside = min(BESIDE, window.width() // 4)
    window.resizeDocks([docks["Procedure"], docks["Queue"]], [beside, beside], ACROSS)
    window.resizeDocks([docks["Queue"], docks["Rig"]], [QUEUE, RIG], UP)
    if not window.is_short:
        window.resizeDocks([docks["Log"]], [min(140, window.height() // 7)], UP)
        window.resizeDocks([docks["Log"], docks["Notes"]], [1000, 360], ACROSS)
