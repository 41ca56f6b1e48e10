"""Context menu of a plot: reset, log or linear axes, copy, export."""

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QFileDialog, QMenu, QWidget

from app.gui.plots.axis import ReadableAxis
from app.gui.plots.export import copy_table, export
from app.gui.plots.printable import Adjustable

KINDS = {"png": "picture", "svg": "drawing", "csv": "numbers"}


class PanelMenu(QMenu):
    """Menu with every action on a plot, so that none needs a mouse."""

    def __init__(self, panel: Adjustable, parent: QWidget) -> None:
        super().__init__(parent)
        self._panel = panel
        self._do("&Reset view\tR", panel.reset)
        self.addSeparator()
        self.log_x = self._log("Logarithmic &x axis", panel.x_axis)
        self.log_y = self._log("Logarithmic &y axis", panel.y_axis)
        self.addSeparator()
        self.copy = self._do("&Copy value\tCtrl+C", panel.copy_value)
        self._do("Copy &numbers", lambda: copy_table(panel))
        self.addSeparator()
        for suffix, kind in KINDS.items():
            self._do(f"Export {kind} (&{suffix.upper()})…", lambda _=False, suffix=suffix: self._ask(suffix))
        self.aboutToShow.connect(self._say_what_is)

    def _do(self, text: str, slot: Callable[..., object]) -> QAction:
        action = QAction(text, self)
        action.triggered.connect(slot)
        self.addAction(action)
        return action

    def _log(self, text: str, axis: ReadableAxis) -> QAction:
        action = QAction(text, self)
        action.setCheckable(True)
        action.triggered.connect(lambda: self._panel.set_log(axis, not axis.log))
        self.addAction(action)
        return action

    def _say_what_is(self) -> None:
        self.log_x.setChecked(self._panel.x_axis.log)
        self.log_y.setChecked(self._panel.y_axis.log)
        self.copy.setEnabled(bool(self._panel.reading.text))

    def _ask(self, suffix: str) -> None:
        """Ask for a file without blocking the window."""
        dialog = QFileDialog(
            self.parentWidget(), f"Export {self._panel.title}", f"{self._panel.title}.{suffix}"
        )
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(suffix)
        dialog.setNameFilter(f"{suffix.upper()} (*.{suffix})")
        dialog.fileSelected.connect(lambda name: export(self._panel, Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
