"""The last sentence: errors until they are read, everything else for a while."""

import logging

import pytest
from PyQt6.QtCore import Qt

from app.gui.widgets.message_line import FADES_MS, MessageLine


@pytest.fixture
def line(theme, qtbot):
    made = MessageLine(theme)
    qtbot.addWidget(made)
    made.resize(600, 24)
    made.show()
    yield made
    made.stop()


def shown(line):
    return line.label.text()


def test_success_fades(line, monkeypatch, qtbot):
    monkeypatch.setitem(FADES_MS, logging.INFO, 1)
    line.tell(logging.INFO, "Saved /data/1.json")
    assert shown(line) == "Saved /data/1.json"
    qtbot.waitUntil(lambda: shown(line) == "")


def test_an_error_stays_whatever_is_said_after_it_until_it_is_read(line, theme, qtbot):
    line.tell(logging.ERROR, "rig.toml is a rig file, not a transmission model.")
    line.tell(logging.INFO, "hold 3 kept")
    line.tell(logging.WARNING, "hold 4 rejected")
    assert shown(line).startswith("rig.toml is a rig file")
    assert line.label.palette().windowText().color().name() == theme.palette.danger
    assert not line._fade.isActive()
    qtbot.mouseClick(line.close_button, Qt.MouseButton.LeftButton)
    assert shown(line) == ""
    line.tell(logging.INFO, "hold 5 kept")
    assert shown(line) == "hold 5 kept"


def test_of_several_errors_the_last_is_shown_with_the_number_of_the_others(line, qtbot):
    for number in range(3):
        line.tell(logging.ERROR, f"error {number}")
    assert shown(line) == "error 2  (2 more in the log)"
    with qtbot.waitSignal(line.log_asked):
        qtbot.mouseClick(line.label, Qt.MouseButton.LeftButton)
    assert shown(line) == ""


def test_a_long_sentence_is_elided_and_whole_in_the_tool_tip(line):
    text = "line one\n" + "and much more " * 40
    line.tell(logging.WARNING, text)
    assert shown(line).endswith("…")
    assert "\n" not in shown(line)
    assert text in line.label.toolTip()
    assert line.label.fontMetrics().horizontalAdvance(shown(line)) <= line.label.width()


def test_nothing_moves_when_a_sentence_comes_or_goes(line):
    before = line.height(), line.label.geometry()
    line.tell(logging.ERROR, "an error")
    assert (line.height(), line.label.geometry()) == before
    line.dismiss()
    assert (line.height(), line.label.geometry()) == before
