"""Question of a commissioning to its operator."""

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QColor, QFont, QPalette
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.gui.widgets.theme import LARGE, MEDIUM, Theme, tabular
from app.viewmodels.wording import with_units

QUESTION_PT = 12.0


class QuestionBar(QWidget):
    """Question to the operator with its two answers, hidden without one."""

    answered = pyqtSignal(int, bool)
    """Number of the question, and True for yes."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme, self.number = theme, 0
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setFont(tabular(self.font(), QUESTION_PT, QFont.Weight.Medium))
        self.yes, self.no = QPushButton("&Yes, it is so"), QPushButton("&No")
        self.yes.clicked.connect(lambda: self.answered.emit(self.number, True))
        self.no.clicked.connect(lambda: self.answered.emit(self.number, False))
        self.no.setToolTip("The step is not done, nor those that need it.")
        buttons = QHBoxLayout()
        buttons.setSpacing(MEDIUM)
        buttons.addStretch(1)
        buttons.addWidget(self.no)
        buttons.addWidget(self.yes)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(LARGE, MEDIUM, LARGE, MEDIUM)
        whole.setSpacing(MEDIUM)
        whole.addWidget(self.words)
        whole.addLayout(buttons)
        self.setAutoFillBackground(True)
        theme.changed.connect(self._colour)
        self._colour()
        self.hide()

    def ask(self, number: int, question: str) -> None:
        """Show a question; hide the bar for number 0."""
        if number and number != self.number:
            self.words.setText(f"Is this so? {with_units(question)}.")
        self.number = number
        self.setVisible(bool(number))

    def _colour(self) -> None:
        colours, palette = self.theme.palette, self.palette()
        palette.setColor(QPalette.ColorRole.Window, QColor(colours.warning_fill))
        palette.setColor(QPalette.ColorRole.WindowText, QColor(colours.on_warning))
        self.setPalette(palette)
        for button in (self.yes, self.no):
            usual = button.palette()
            usual.setColor(QPalette.ColorRole.Window, QColor(colours.window))
            button.setPalette(usual)
