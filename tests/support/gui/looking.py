"""Views in tests: shown in some size, their text as a person would copy it."""

from typing import Any

from PyQt6.QtGui import QTextDocument
from PyQt6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.gui.plots.view import View


def shown(qtbot: QtBot, view: View[Any], width: int = 900, height: int = 500) -> Any:
    qtbot.addWidget(view)
    view.resize(width, height)
    view.show()
    qtbot.waitExposed(view)
    return view


def read(label: QLabel) -> str:
    """Return the text that is copied when all of it is selected."""
    document = QTextDocument()
    document.setHtml(label.text())
    return read_text(document.toPlainText())


def read_text(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{WORD JOINER}", "")
