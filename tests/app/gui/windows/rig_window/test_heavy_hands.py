"""Keys that are held down, and a double click: one act each."""

import pytest
from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtGui import QKeyEvent, QShortcut
from PyQt6.QtWidgets import QApplication

HELD = 5
NONE, CONTROL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


def hold(widget, key, modifiers=NONE):
    """Hold a key down until it has repeated itself."""
    for number in range(HELD):
        event = QKeyEvent(QEvent.Type.KeyPress, key, modifiers, "\r", number > 0)
        QApplication.sendEvent(widget, event)
    QApplication.sendEvent(widget, QKeyEvent(QEvent.Type.KeyRelease, key, modifiers, "\r"))


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_enter_held_down_on_run_now_starts_one_run(window, client, qtbot, key):
    qtbot.waitUntil(lambda: window.procedures.run_button.isEnabled())
    window.procedures.run_button.setFocus()
    hold(window.procedures.run_button, key)
    window.ask("heard")
    qtbot.waitUntil(lambda: bool(client.of("heard")))
    assert len(client.of("run_now")) == 1


def test_a_double_click_on_run_now_starts_one_run(window, client, qtbot):
    qtbot.waitUntil(lambda: window.procedures.run_button.isEnabled())
    for act in (qtbot.mouseClick, qtbot.mouseDClick):
        act(window.procedures.run_button, Qt.MouseButton.LeftButton)
    window.ask("heard")
    qtbot.waitUntil(lambda: bool(client.of("heard")))
    assert len(client.of("run_now")) == 1


def test_keys_of_the_menu_do_not_repeat_themselves(window):
    repeats = {
        action.text()
        for menu in window.menus.actions()
        for action in menu.menu().actions()
        if action.shortcuts() and action.autoRepeat()
    }
    assert repeats == set()


def test_keys_of_panels_do_not_repeat_themselves(window):
    """Space on *Run now*, Delete in the queue, Enter on a recording."""
    keys = {"Space", "Del", "Return", "Enter"}
    found = [one for one in window.findChildren(QShortcut) if one.key().toString() in keys]

    assert {one.key().toString() for one in found} == keys
    assert not any(one.autoRepeat() for one in found)


def test_a_double_click_on_retract_retracts(window, client, qtbot):
    qtbot.mouseDClick(window.rig_line.button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(window.rig_line.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.messages.text.startswith("Retracted after"))
    assert client.retracted >= 1
