"""What the user writes down: into the recording under way, or with the next run."""

from PyQt6.QtCore import QEvent, QObject, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from app.gui.theme import MEDIUM, SMALL

NEXT = "Without a run under way, notes go into the recordings of the runs that are queued next."


class NotesPanel(QWidget):
    """A field for notes, and a button that puts them into the recording with their time."""

    note_asked = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = QPlainTextEdit()
        self.text.setTabChangesFocus(True)
        self.text.setMinimumHeight(self.text.fontMetrics().height())
        self.text.setPlaceholderText("What you see, change, suspect …")
        self.text.setToolTip(
            "What is worth knowing about this tip, this sample, this hour; Ctrl+Return keeps it."
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
        """Ctrl+Return belongs to the note here: it must not start a run."""
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

    def follow(self, *, running: bool) -> None:
        """Whether there is a run that a note can go to."""
        self.button.setEnabled(running)
        self.button.setToolTip("With the present time (Ctrl+Return in the field)" if running else NEXT)

    @property
    def for_next(self) -> str:
        """What is written and has gone nowhere yet."""
        return self.text.toPlainText().strip()

    def _note(self) -> None:
        if self.for_next:
            self.note_asked.emit(self.for_next)

    def taken(self) -> None:
        """It is in the recording."""
        self.text.clear()
