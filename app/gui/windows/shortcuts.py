"""Keyboard shortcuts and the dialog that lists them."""

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QLabel, QVBoxLayout, QWidget

from app.gui.widgets.theme import LARGE, MEDIUM, SMALL

RIG_KEYS = (
    ("Esc Esc", "Retract: set the bias to 0 V and pull the tip back, immediately"),
    ("Space", "Pause before the next approach, or resume"),
    ("Ctrl+K", "Skip the trace, hold or curve in progress; the run goes on"),
    ("Ctrl+Enter", "Run the form now"),
    ("Ctrl+Shift+Enter", "Add the form to the queue"),
)
REPLAY_KEYS = (
    ("Space", "Play or pause"),
    ("Left, Right", "Previous or next trace"),
    ("Shift+Left, Shift+Right", "Previous or next hold"),
    ("Up, Down", "Play faster or slower (in the list of recordings: previous or next row)"),
    ("Home, End", "Go to the start; play to the end at full speed"),
)
COMMON_KEYS = (
    ("Ctrl+O", "Open a recording"),
    ("Ctrl+S", "Save the analysis next to the recording"),
    (
        "Alt+arrows",
        "Move the crosshair of the selected plot along a curve, or to another; Ctrl+C copies its reading",
    ),
    ("R, double click", "Reset the axes of the selected plot; X, Y: logarithmic or linear axis"),
    ("P, N, E", "Copy the selected plot as a picture, copy its numbers, export it"),
    ("F1", "Show this list"),
)


class KeysDialog(QDialog):
    """List of the keyboard shortcuts."""

    def __init__(self, keys: tuple[tuple[str, str], ...], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        grid = QGridLayout()
        grid.setHorizontalSpacing(LARGE)
        grid.setVerticalSpacing(SMALL)
        for row, (key, action) in enumerate(keys):
            name = QLabel(key)
            font = name.font()
            font.setBold(True)
            name.setFont(font)
            grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignRight)
            grid.addWidget(QLabel(action), row, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(LARGE, LARGE, LARGE, LARGE)
        whole.setSpacing(MEDIUM)
        whole.addLayout(grid)
        whole.addWidget(buttons)
