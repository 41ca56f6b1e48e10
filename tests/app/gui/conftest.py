"""Widgets are tested offscreen; a warning of Qt fails the test, and so does anything left behind."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import pytest
from PyQt6.QtCore import QEvent, QMessageLogContext, QSettings, QtMsgType, qInstallMessageHandler
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from app.gui.theme import Choice, Theme

HARMLESS = (
    "This plugin does not support",  # the offscreen platform has no window manager
    "Mouse event",  # QTest about clicks that a plot's scene keeps until the button is released
)


@pytest.fixture(autouse=True)
def quiet_qt() -> Iterator[list[str]]:
    """Every message of Qt, but debug ones."""
    said: list[str] = []

    def handle(kind: QtMsgType, _: QMessageLogContext, message: str | None) -> None:
        if kind is not QtMsgType.QtDebugMsg and not str(message).startswith(HARMLESS):
            said.append(str(message))

    before = qInstallMessageHandler(handle)
    yield said
    qInstallMessageHandler(before)
    assert said == []


@pytest.fixture(autouse=True)
def nothing_left(qapp: QApplication) -> Iterator[None]:
    """No thread and no window stays."""
    threads = set(threading.enumerate())
    windows = QApplication.topLevelWidgets()
    yield
    for widget in QApplication.topLevelWidgets():
        if widget not in windows and widget.parent() is None:
            widget.close()
            widget.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    QTest.qWait(1)
    left = [w for w in QApplication.topLevelWidgets() if w not in windows and w.isVisible()]
    assert left == []
    assert set(threading.enumerate()) <= threads


@pytest.fixture
def settings(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def theme(qapp: QApplication, settings: QSettings) -> Theme:
    theme = Theme(settings)
    theme.choose(Choice.LIGHT)
    theme.dress(qapp)
    return theme
