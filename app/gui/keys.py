"""The keys of the window, and the list of them."""

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QLabel, QVBoxLayout, QWidget

from app.gui.theme import LARGE, MEDIUM, SMALL

RIG_KEYS = (
    ("Esc Esc", "Retract: bias 0 V, tip back, at once"),
    ("Space", "Pause before the next approach, and go on"),
    ("Ctrl+Enter", "Run what the form says, now"),
    ("Ctrl+Shift+Enter", "Add it to the queue"),
)
REPLAY_KEYS = (
    ("Space", "Play, pause"),
    ("Left, Right", "Previous, next trace"),
    ("Shift+Left, Shift+Right", "Previous, next hold"),
    ("Up, Down", "Faster, slower; in the list of recordings, the row above, below"),
    ("Home, End", "Start; play to the end at full speed"),
)
COMMON_KEYS = (
    ("Ctrl+1 … Ctrl+6", "Live, histogram, I-V, heating, theory, noise"),
    ("Ctrl+O", "Open a recording"),
    ("Ctrl+S", "Save the analysis beside the recording"),
    ("Alt+arrows", "Move the crosshair of the plot that has the focus; Ctrl+C copies what it reads"),
    ("R, double click", "Show the whole plot again; a right click exports it"),
    ("F1", "This list"),
)


class KeysDialog(QDialog):
    """What each key does."""

    def __init__(self, keys: tuple[tuple[str, str], ...], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        grid = QGridLayout()
        grid.setHorizontalSpacing(LARGE)
        grid.setVerticalSpacing(SMALL)
        for row, (key, does) in enumerate(keys):
            name = QLabel(key)
            font = name.font()
            font.setBold(True)
            name.setFont(font)
            grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignRight)
            grid.addWidget(QLabel(does), row, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(LARGE, LARGE, LARGE, LARGE)
        whole.setSpacing(MEDIUM)
        whole.addLayout(grid)
        whole.addWidget(buttons)
