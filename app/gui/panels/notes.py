"""Notes of the user, for the recording in progress or for the next run."""

from PyQt6.QtCore import QEvent, QObject, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QTextCursor
from PyQt6.QtWidgets import QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from app.gui.widgets.theme import MEDIUM, SMALL

NEXT = "No run is in progress. The note will be added to the next run that you start or queue."


class NotesPanel(QWidget):
    """Text field and a button that adds the note to the recording with the current time."""

    note_asked = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = QPlainTextEdit()
        self.text.setTabChangesFocus(True)
        self.text.setMinimumHeight(self.text.fontMetrics().height())
        self.text.setPlaceholderText("Observations, changes, suspicions …")
        self.text.setToolTip(
            "Note about the tip, the sample or the measurement; Ctrl+Return adds it to the recording."
        )
        self.text.installEventFilter(self)
        self.button = QPushButton("Add &note")
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.clicked.connect(self._note)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(MEDIUM, SMALL, MEDIUM, MEDIUM)
        whole.setSpacing(SMALL)
        whole.addWidget(self.text, 1)
        whole.addWidget(self.button)
        self.follow(running=False)

    def eventFilter(self, a0: QObject | None, a1: QEvent | None) -> bool:
        """Add the note on Ctrl+Return, which elsewhere starts a run."""
        if not isinstance(a1, QKeyEvent) or a1.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            return False
        if not a1.modifiers() & Qt.KeyboardModifier.ControlModifier:
            return False
        if a1.type() == QEvent.Type.ShortcutOverride:
            a1.accept()
            return True
        if a1.type() == QEvent.Type.KeyPress and self.button.isEnabled():
            self._note()
        return a1.type() == QEvent.Type.KeyPress

    def follow(self, *, running: bool, lost: str = "") -> None:
        """Enable the button if a run is in progress on a bench that answers (``lost`` says why it does not)."""
        self.button.setEnabled(running and not lost)
        tip = "Add the note with the current time (Ctrl+Return)" if running else NEXT
        self.button.setToolTip(lost or tip)

    @property
    def for_next(self) -> str:
        """Note that has not been added to a recording yet."""
        return self.text.toPlainText().strip()

    def _note(self) -> None:
        if self.for_next:
            self.note_asked.emit(self.for_next)

    def taken(self, note: str) -> None:
        """Remove a recorded note from the field; what was typed since it was sent stays."""
        if (text := self.for_next).startswith(note):
            self.text.setPlainText(text.removeprefix(note).strip())
            self.text.moveCursor(QTextCursor.MoveOperation.End)
