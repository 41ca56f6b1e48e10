"""Keys, and the button that retracts."""

import re
import threading

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QAbstractButton, QLabel

from app.gui.bench_connection import BenchConnection
from app.gui.main import Program
from app.gui.windows.shortcuts import KeysDialog
from app.viewmodels.registry import tabs
from tests.support.gui.fake_bench import job, state
from tests.support.gui.rig_window import sentences
from tests.support.rig.rigs import PATIENCE_S


def test_escape_twice_retracts_from_any_window(qapp, settings, client, qtbot):
    program = Program(qapp, settings)
    window = program.open_rig(lambda: None)
    window.attach(BenchConnection(client), owned=False)
    window.show_keys()
    dialog = window.findChild(KeysDialog)
    assert dialog is not None and dialog.isVisible()
    program._escape.pressed.emit()
    qtbot.waitUntil(lambda: client.retracted == 1)
    program.close()


def test_retract_works_while_other_commands_hang(window, client, qtbot):
    hang = threading.Event()
    client.command = lambda name, **arguments: hang.wait(PATIENCE_S)
    window.ask("pause")
    qtbot.mouseClick(window.rig_line.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: client.retracted == 1)
    qtbot.waitUntil(lambda: any("Retracted after" in text for text in sentences(window)))
    hang.set()


def test_a_retraction_that_is_not_confirmed_says_what_to_do(window, client, qtbot):
    client.answers["retract"] = None
    window.retract()
    qtbot.waitUntil(
        lambda: any(text.startswith("NOT SAFE") and "by hand" in text for text in sentences(window))
    )


def test_the_button_is_never_disabled_and_large(window):
    assert window.rig_line.button.isEnabled()
    assert window.rig_line.button.height() >= 50


@pytest.mark.parametrize(
    ("sequence", "name"), [("Ctrl+Return", "run_now"), ("Ctrl+Shift+Return", "queue_add"), ("Space", "pause")]
)
def test_keys(window, client, qtbot, sequence, name):
    window._told("state", state(job(1, "running")))
    window.activateWindow()
    window.area.setFocus()
    modifiers = Qt.KeyboardModifier.NoModifier
    if "Ctrl" in sequence:
        modifiers |= Qt.KeyboardModifier.ControlModifier
    if "Shift" in sequence:
        modifiers |= Qt.KeyboardModifier.ShiftModifier
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, Qt.Key.Key_Space if sequence == "Space" else Qt.Key.Key_Return, modifiers)
    qtbot.waitUntil(lambda: bool(client.of(name)))


@pytest.mark.parametrize("number", range(8))
def test_tabs_by_key(window, qtbot, number):
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, Qt.Key(Qt.Key.Key_1 + number), Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.area.front == tabs()[number])


def test_space_in_a_field_is_a_space(window, client, qtbot):
    window._told("state", state(job(1, "running")))
    window.notes.text.setFocus()
    qtbot.keyClicks(window.notes.text, "tip 14")
    assert window.notes.text.toPlainText() == "tip 14"
    assert client.of("pause") == []


def test_return_in_the_notes_is_a_note_and_no_run(window, client, qtbot):
    window._told("state", state(job(1, "running")))
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.notes.text.setFocus()
    qtbot.keyClicks(window.notes.text, "blunt")
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: client.of("notes") == [{"text": "blunt"}])
    assert client.of("run_now") == []


def test_every_letter_for_alt_is_given_once(window):
    letters = {}
    for widget in (*window.findChildren(QLabel), *window.findChildren(QAbstractButton)):
        plain = not isinstance(widget, QLabel) or widget.buddy() is not None
        if widget.isVisible() and plain and (found := re.search(r"&(\w)", widget.text())):
            letters.setdefault(found[1].lower(), []).append(widget.text())
    for menu in window.menus.actions():
        letters.setdefault(re.search(r"&(\w)", menu.text())[1].lower(), []).append(menu.text())
    assert len(letters) > 20
    assert {letter: names for letter, names in letters.items() if len(names) > 1} == {}
