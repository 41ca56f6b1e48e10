"""Every dialog by keyboard, in light and dark, on a small screen and magnified: nothing is out of reach or cut."""

import json
import os
import subprocess
import sys
from enum import Enum
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QDialog, QWidget

from app.gui import dialogs
from app.gui.widgets.theme import Choice
from tests.support.gui.cut_texts import cut_texts
from tests.support.gui.dialogs import DIALOGS, look_at, themed

NETBOOK = (1024, 576)
"""Room on the smallest screen, below a title bar."""
MOST_STEPS = 40
SCREENS = {"1": (1024, 600), "1.5": (1920, 1080), "2": (2048, 1200)}
"""Sizes of a screen in its own pixels, by how much it is magnified."""


def name_of(widget):
    text = widget.text() if callable(getattr(widget, "text", None)) else ""
    return widget.accessibleName() or text.replace("&", "") or label_of(widget)


def label_of(widget):
    labels = [
        one
        for one in widget.window().findChildren(QWidget)
        if getattr(one, "buddy", lambda: None)() is widget
    ]
    return labels[0].text().replace("&", "") if labels else type(widget).__name__


def told(answer):
    if isinstance(answer, QDialog):
        return "closed" if not answer.isVisible() else "open"
    return answer.name.lower() if isinstance(answer, Enum) else answer


def press(dialog, key):
    QTest.keyClick(dialog.focusWidget() or dialog, key)


def takes_keys(widget):
    by_tab = widget.focusPolicy().value & Qt.FocusPolicy.TabFocus.value
    return by_tab and widget.isVisible() and widget.isEnabled() and widget.focusProxy() is None


@pytest.fixture(params=DIALOGS)
def case(request):
    return DIALOGS[request.param]


def test_the_first_focus_is_where_one_begins(case, theme):
    first = []
    look_at(case, theme, lambda dialog: first.append(name_of(dialog.focusWidget())))
    assert first == [case.first]


def test_the_tab_key_reaches_everything_and_comes_back(case, theme):
    reached, missed = [], []

    def look(dialog):
        begin = dialog.focusWidget()
        while not reached or (dialog.focusWidget() is not begin and len(reached) < MOST_STEPS):
            reached.append(dialog.focusWidget())
            press(dialog, Qt.Key.Key_Tab)
        missed.extend(
            name_of(one) for one in dialog.findChildren(QWidget) if takes_keys(one) and one not in reached
        )

    look_at(case, theme, look)
    assert missed == []
    assert len(reached) < MOST_STEPS


def test_enter_does_the_main_thing(case, theme, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "app.gui.dialogs.import_dialog.QFileDialog.getOpenFileNames",
        lambda *words: (asked.append("files"), ([], ""))[1],
    )

    def look(dialog):
        if case.typed:
            QTest.keyClicks(dialog.focusWidget(), case.typed)
        press(dialog, Qt.Key.Key_Return)

    answer = told(look_at(case, theme, look))
    answer = asked[0] if asked else answer
    assert answer == case.enter or (case is DIALOGS["hold"] and answer.startswith(case.enter))


def test_escape_has_no_effect(case, theme):
    def look(dialog):
        if case.typed:
            QTest.keyClicks(dialog.focusWidget(), case.typed)
        press(dialog, Qt.Key.Key_Escape)
        assert not dialog.isVisible()

    answer = told(look_at(case, theme, look))
    assert answer == (case.escape if case.escape is not None else "closed")


@pytest.mark.parametrize("choice", [Choice.LIGHT, Choice.DARK])
def test_no_text_is_cut_at_the_first_size_which_fits_a_small_screen(case, choice, qapp, tmp_path):
    def look(dialog):
        assert cut_texts(dialog) == []
        assert dialog.width() <= NETBOOK[0] and dialog.height() <= NETBOOK[1]

    look_at(case, themed(tmp_path, qapp, choice), look)


@pytest.mark.parametrize("scale", SCREENS)
def test_no_text_is_cut_on_any_screen(scale, tmp_path):
    width, height = SCREENS[scale]
    screen = {"name": "made up", "x": 0, "y": 0, "width": width, "height": height, "logicalDpi": 96, "dpr": 1}
    config = tmp_path / "screens.json"
    config.write_text(json.dumps({"screens": [screen]}), "utf-8")
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": f"offscreen:configfile={config}",
        "QT_SCALE_FACTOR": scale,
        "QT_LOGGING_RULES": "default.warning=false",
    }
    command = [sys.executable, "-m", "tests.support.gui.dialogs"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    seen = json.loads(done.stdout)
    assert seen["screen"] == [round(side / float(scale)) for side in (width, height)]
    assert {name: cut for name, cut in seen["cut"].items() if cut} == {}
    assert set(seen["cut"]) == set(DIALOGS)


def test_no_dialog_of_the_program_is_left_out():
    """Whatever opens a dialog does it by the functions and classes that the list calls."""
    folder = Path(dialogs.__file__).parents[1]
    makers = ("QMessageBox", "QInputDialog", "(QDialog)", "QProgressDialog", "QWizard", "QErrorMessage")
    found = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.py")
        if any(maker in path.read_text("utf-8") for maker in makers)
    }
    assert found == {
        "dialogs/close_dialog.py",
        "dialogs/hold_until.py",
        "dialogs/import_dialog.py",
        "dialogs/preview.py",
        "dialogs/questions.py",
        "windows/shortcuts.py",
    }
