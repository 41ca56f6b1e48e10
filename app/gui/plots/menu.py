"""Context menu of a plot: reset, log or linear axes, copy, export."""

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QFileDialog, QMenu, QWidget

from app.gui.plots.axis import ReadableAxis
from app.gui.plots.export import copy_picture, copy_table, export, file_stem
from app.gui.plots.printable import Adjustable

FILTERS = {"png": "Picture (*.png)", "svg": "Drawing (*.svg)", "csv": "Numbers (*.csv)"}


class PanelMenu(QMenu):
    """Menu with every action on a plot; the icons above the plot and its keys are the same actions."""

    def __init__(self, panel: Adjustable, parent: QWidget) -> None:
        super().__init__(parent)
        self._panel = panel
        reset = self._do("&Reset view", "R", panel.reset, "Show all data again (R, or a double click)")
        self.addSeparator()
        self.log_x = self._log("Logarithmic &x axis", "X", panel.x_axis)
        self.log_y = self._log("Logarithmic &y axis", "Y", panel.y_axis)
        self.addSeparator()
        self.copy = self._do("&Copy value", "Ctrl+C", panel.copy_value, "Copy the value at the crosshair")
        picture = self._do(
            "Copy &picture", "P", lambda: copy_picture(panel), "Copy the plot as a picture (P)"
        )
        numbers = self._do("Copy &numbers", "N", lambda: copy_table(panel), "Copy the numbers as a table (N)")
        self.addSeparator()
        export = self._do("&Export …", "E", self.ask, "Save as picture, drawing or table (E)")
        self.shown = (reset, self.log_x, self.log_y, picture, numbers, export)
        """Actions with an icon above the plot, in their order."""
        self.keys = dict(zip("RXYPNE", self.shown, strict=True))
        """Actions by their key, which works while the plot has the focus."""
        self.aboutToShow.connect(self.follow)

    def _do(self, text: str, key: str, slot: Callable[..., object], tip: str) -> QAction:
        action = QAction(f"{text}\t{key}", self)
        action.setToolTip(tip)
        action.setIconVisibleInMenu(False)
        action.triggered.connect(lambda _: slot())
        self.addAction(action)
        return action

    def _log(self, text: str, key: str, axis: ReadableAxis) -> QAction:
        tip = f"{text.replace('&', '')} ({key})"
        action = self._do(text, key, lambda: self._panel.set_log(axis, not axis.log), tip)
        action.setCheckable(True)
        return action

    def follow(self) -> None:
        """Check the logarithmic axes; offer no logarithm to an axis without positive values."""
        axes, actions = (self._panel.x_axis, self._panel.y_axis), (self.log_x, self.log_y)
        for action, axis, home in zip(actions, axes, self._panel.home, strict=True):
            action.setChecked(axis.log)
            action.setEnabled(axis.log or home is None or home[1] > 0)
        self.copy.setEnabled(bool(self._panel.reading.text))

    def ask(self) -> QFileDialog:
        """Ask for a file without blocking the window."""
        title = f"Export {self._panel.title}"
        dialog = QFileDialog(self.parentWidget(), title, file_stem(self._panel))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(FILTERS.values())
        dialog.setDefaultSuffix("png")
        suffixes = {words: suffix for suffix, words in FILTERS.items()}
        dialog.filterSelected.connect(lambda words: dialog.setDefaultSuffix(suffixes[words]))
        dialog.fileSelected.connect(lambda name: export(self._panel, Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog
