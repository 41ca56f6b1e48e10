"""Log, notes, the bar of a replay, the list of keys, tasks."""

import logging
import threading
from datetime import datetime
from math import inf

import pytest

from app.gui.background import Tasks
from app.gui.panels.log import LogPanel
from app.gui.panels.log import time_of_day as log_clock
from app.gui.panels.notes import NotesPanel
from app.gui.panels.replay_bar import SPEEDS, ReplayBar, elapsed_text, speed_words
from app.gui.widgets.theme import Choice
from app.gui.windows.shortcuts import COMMON_KEYS, RIG_KEYS, KeysDialog
from app.replay.player import PlayerState
from app.replay.segments import ReplaySegment


class OneDay(datetime):
    """Time of day on which it never becomes midnight."""

    @classmethod
    def now(cls, tz=None):
        return cls(2026, 11, 29, 14, 2, 11, tzinfo=tz)


NOW_S = OneDay.now().timestamp()


@pytest.fixture
def log(theme, monkeypatch):
    monkeypatch.setattr("app.gui.panels.log.datetime", OneDay)
    made = LogPanel(theme)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("choice", "seen"),
    [(0, ["told", "odd", "wrong", "worse"]), (1, ["odd", "wrong", "worse"]), (2, ["wrong", "worse"])],
)
def test_the_log_shows_as_much_as_one_wants(log, choice, seen):
    log.choice.setCurrentIndex(choice)
    for level, text in (
        ("info", "told"),
        ("warning", "odd"),
        ("error", "wrong"),
        (logging.CRITICAL, "worse"),
    ):
        log.add(level, NOW_S, text)
    assert [line[10:].strip() for line in log.text.toPlainText().splitlines()] == seen
    log.choice.setCurrentIndex(0)
    assert len(log.text.toPlainText().splitlines()) == 4


def test_the_log_says_when_and_takes_markup_as_text(log):
    log.add("error", NOW_S, "<b>no</b>")
    line = log.text.toPlainText()
    assert line.endswith("<b>no</b>")
    assert line[2] == line[5] == ":"


def test_what_is_told_late_stands_where_it_belongs(log, qtbot):
    for time_s, text in ((NOW_S - 60, "first"), (NOW_S, "last"), (NOW_S - 30, "second")):
        log.add("info", time_s, text)
    assert [entry.text for entry in log.entries] == ["first", "second", "last"]
    qtbot.waitUntil(
        lambda: [line[10:] for line in log.text.toPlainText().splitlines()] == ["first", "second", "last"]
    )


def test_another_day_is_said():
    then_s, now_s = (datetime(2026, 11, day, 14, 2, 11).timestamp() for day in (21, 29))
    assert log_clock(then_s, now_s) == "2026-11-21 14:02:11"
    assert log_clock(now_s, now_s) == "14:02:11"


def test_the_log_follows_the_theme(log, theme):
    log.add("error", 0.0, "wrong")
    theme.choose(Choice.DARK)
    assert theme.palette.danger in log.text.document().toHtml()


def test_notes_go_into_a_recording_only_while_there_is_one(qapp, qtbot):
    notes = NotesPanel()
    assert not notes.button.isEnabled()
    assert "next run" in notes.button.toolTip()
    notes.follow(running=True)
    notes.text.setPlainText("  tip 14 looks blunt ")
    with qtbot.waitSignal(notes.note_asked) as asked:
        notes.button.click()
    assert asked.args == ["tip 14 looks blunt"]
    notes.taken("tip 14 looks blunt")
    assert notes.for_next == ""
    notes.close()


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        ("tip 14 looks blunt", ""),
        ("tip 14 looks blunt\nand bent", "and bent"),
        ("tip 15 looks blunt", "tip 15 looks blunt"),
    ],
)
def test_what_is_typed_before_a_slow_bench_answers_stays(qapp, typed, left):
    notes = NotesPanel()
    notes.text.setPlainText(typed)
    notes.taken("tip 14 looks blunt")
    assert notes.for_next == left
    notes.close()


def state(**changed):
    content = {
        "sample": 0, "stop": 200, "time_s": 0.0, "duration_s": 100.0, "playing": False, "speed": 20.0,
        "at_end": False, "growing": False, "trace": None, "hold": None, "traces": (0, 12), "holds": (0, 0),
    }  # fmt: skip
    return PlayerState(**{**content, **changed})


@pytest.fixture
def bar(theme):
    made = ReplayBar(theme)
    made.show()
    made.show_state(state())
    yield made
    made.close()


def test_the_bar_says_where_the_replay_is(bar):
    bar.show_state(state(time_s=61.0, trace=ReplaySegment("trace", 4, 0, 9), playing=True))
    assert bar.time.text() == "01:01 / 01:40"
    assert bar.where.text() == "trace 5/12"
    assert bar.slider.value() == 6100
    assert bar.play.toolTip() == "Pause (Space)"
    assert bar.trace_on.isEnabled()
    assert not bar.hold_on.isEnabled()
    assert "no hold" in bar.hold_on.toolTip()


@pytest.mark.parametrize(
    ("button", "signal", "arguments"),
    [
        ("play", "toggled", []), ("trace_back", "trace_asked", [-1]), ("trace_on", "trace_asked", [1]),
        ("hold_back", "hold_asked", [-1]), ("hold_on", "hold_asked", [1]),
    ],
)  # fmt: skip
def test_the_bar_asks(bar, qtbot, button, signal, arguments):
    bar.show_state(state(holds=(0, 3)))
    with qtbot.waitSignal(getattr(bar, signal)) as asked:
        getattr(bar, button).click()
    assert asked.args == arguments


def test_the_slider_seeks(bar, qtbot):
    with qtbot.waitSignal(bar.sought) as asked:
        bar.slider.sliderMoved.emit(2500)
    assert asked.args == [25.0]


@pytest.mark.parametrize(
    ("speed", "steps", "becomes"),
    [(20.0, 1, 50.0), (20.0, -1, 10.0), (1.0, -1, 1.0), (inf, 1, inf), (1000.0, 1, inf)],
)
def test_faster_and_slower(bar, qtbot, speed, steps, becomes):
    bar.show_state(state(speed=speed))
    with qtbot.waitSignal(bar.speed_asked) as asked:
        bar.faster(steps)
    assert asked.args == [becomes]
    assert becomes in SPEEDS


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "00:00"), (65.9, "01:05"), (3723, "1:02:03"), (36000, "10:00:00")]
)
def test_clock(seconds, words):
    assert elapsed_text(seconds) == words


@pytest.mark.parametrize(("speed", "words"), [(20.0, "20×"), (1000.0, "1000×"), (inf, "fastest")])
def test_speeds(speed, words):
    assert speed_words(speed) == words


def test_keys_are_listed(log):
    dialog = KeysDialog((*RIG_KEYS, *COMMON_KEYS), log)
    dialog.show()
    assert dialog.isVisible()
    dialog.close()


def test_tasks_tell_results_and_failures_in_the_thread_that_made_them(qapp, qtbot):
    tasks = Tasks("test")
    told: list[object] = []
    here = threading.get_ident()

    def then(result):
        told.append((result, threading.get_ident() == here))

    tasks.do(lambda: threading.get_ident() != here, then)
    tasks.do(lambda: 1 / 0, then, lambda error: told.append(type(error)))
    qtbot.waitUntil(lambda: len(told) == 2)
    assert told == [(True, True), ZeroDivisionError]
    tasks.close()
    tasks.do(lambda: 1, then)
    assert len(told) == 2
