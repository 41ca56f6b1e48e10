"""Invariants that hold after each act of an operator, whatever it was."""

import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from PyQt6.QtCore import QMessageLogContext, QPoint, QRect, QtMsgType, qInstallMessageHandler
from PyQt6.QtWidgets import (
    QApplication,
    QCheckBox,
    QDialog,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)

from app.gui.windows.rig_window import RigWindow
from tests.support.gui.cut_texts import cut_texts
from tests.support.gui.words import raw, texts
from tests.tired.operator import SIZES

HARMLESS = ("This plugin does not support", "Mouse event")
"""Messages of Qt offscreen, and on clicks that a plot's scene keeps."""
QUOTED = ("nan", "1e9", "%s {}", "-5")
"""Texts that the operator types, and that messages quote as they were typed."""


class Ear(logging.Handler):
    """Keeps tracebacks of the log and warnings of Qt."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:  # not what the bench says of a run that failed
            self.heard.append(logging.Formatter().format(record))

    def taken(self) -> list[str]:
        """Return what was heard since the last call."""
        heard, self.heard = self.heard, []
        return heard


@contextmanager
def listening() -> Iterator[Ear]:
    """Hear whatever goes wrong in any thread of this process."""
    ear, threads, before = Ear(), threading.excepthook, sys.excepthook

    def raised(kind: Any, error: Any, traceback: Any) -> None:
        logging.getLogger("tired").error("uncaught", exc_info=(kind, error, traceback))

    def told(kind: QtMsgType, _: QMessageLogContext, message: str | None) -> None:
        if kind is not QtMsgType.QtDebugMsg and not str(message).startswith(HARMLESS):
            ear.heard.append(f"Qt: {message}")
        if kind is QtMsgType.QtFatalMsg:
            sys.stderr.write(f"Qt: {message}\n")

    qt = qInstallMessageHandler(told)
    sys.excepthook = raised
    threading.excepthook = lambda args: raised(args.exc_type, args.exc_value, args.exc_traceback)
    logging.getLogger().addHandler(ear)
    try:
        yield ear
    finally:
        logging.getLogger().removeHandler(ear)
        sys.excepthook, threading.excepthook = before, threads
        qInstallMessageHandler(qt)


def retract_is_whole(window: RigWindow) -> list[str]:
    """Complain where RETRACT is not visible, enabled and inside its window."""
    button = window.rig_line.button
    place = QRect(button.mapTo(window, QPoint(0, 0)), button.size())
    if button.isVisible() and button.isEnabled() and window.rect().contains(place):
        return []
    return [f"RETRACT at {place} is not whole in {window.rect()}"]


def words_are_plain() -> list[str]:
    """Complain of what is raw on any visible widget; what the operator types is his own."""
    found: set[str] = set()
    for root in _shown():
        typed = {one.text() for one in root.findChildren(QLineEdit)}
        typed |= {one.toPlainText() for one in root.findChildren(QPlainTextEdit)}
        shown = {text for text in texts(root) if not any(quoted in text for quoted in QUOTED)} - typed
        found |= {complaint for text in shown for complaint in raw(text)}
    return sorted(found)


def nothing_is_cut() -> list[str]:
    """Complain of labels and buttons in sight that have too little room; fields, lists and tables scroll."""
    roots = [root for root in _shown() if root.width() >= SIZES[0][0] or isinstance(root, QDialog)]
    seen = [
        widget
        for root in roots
        for kind in (QLabel, QPushButton, QCheckBox)
        for widget in root.findChildren(kind)
        if widget.isVisible() and not widget.visibleRegion().isEmpty()
    ]
    return [f"cut: {text!r}" for widget in seen for text in cut_texts(widget) if not _is_told(widget, text)]


def _is_told(widget: QWidget, text: str) -> bool:
    """Return True if the tool tip has the text, or a button has room for its letters, if for no margin."""
    fits = isinstance(widget, QPushButton) and widget.fontMetrics().horizontalAdvance(text) < widget.width()
    return fits or text in widget.toolTip()


def _shown() -> list[QWidget]:
    return [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()]
