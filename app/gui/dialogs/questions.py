"""Short questions: whether something is so or shall be done, and a name."""

from PyQt6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QLineEdit, QMessageBox, QVBoxLayout, QWidget

from app.gui.widgets.theme import LARGE, MEDIUM

WIDTH = 420
"""Least width in pixels of the words above a line of text."""


def agreed(parent: QWidget | None, title: str, question: str, yes: str, no: str = "Cancel") -> bool:
    """Ask before what can't be undone, or must have been seen; Enter and Escape both mean no.

    Parameters
    ----------
    parent : QWidget or None
    title, question : str
        The question may have details from its second line on.
    yes, no : str
        Labels of the buttons.
    """
    text, _, details = question.partition("\n")
    box = QMessageBox(QMessageBox.Icon.Question, title, text, parent=parent)
    box.setInformativeText(details)
    does = box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
    leaves = box.addButton(no, QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(leaves)
    box.setEscapeButton(leaves)
    box.exec()
    return box.clickedButton() is does


class TextDialog(QDialog):
    """Line of text with the words that ask for it; its main button waits for a text.

    Parameters
    ----------
    title, words : str
    action : str
        Label of the main button.
    text : str
        Text to begin with, selected.
    """

    def __init__(
        self, title: str, words: str, action: str, text: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        label = QLabel(words)
        label.setWordWrap(True)
        label.setMinimumWidth(WIDTH)
        self.line = QLineEdit(text)
        self.line.setAccessibleName(title)
        self.line.selectAll()
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        assert ok is not None
        self.ok = ok
        self.ok.setText(action)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.line.textChanged.connect(self._follow)
        self._follow()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(LARGE, LARGE, LARGE, LARGE)
        whole.setSpacing(MEDIUM)
        for part in (label, self.line, buttons):
            whole.addWidget(part)
        whole.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)

    @property
    def text(self) -> str:
        """Text without blanks around it."""
        return self.line.text().strip()

    def _follow(self) -> None:
        self.ok.setEnabled(bool(self.text))


def asked_text(parent: QWidget | None, title: str, words: str, action: str, text: str = "") -> str:
    """Ask for a line of text; return "" if the user gives none."""
    dialog = TextDialog(title, words, action, text, parent)
    return dialog.text if dialog.exec() else ""
