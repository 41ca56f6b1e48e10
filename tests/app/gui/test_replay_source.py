"""A recording in a window: the same numbers as its analysis, keys, rules that all views follow, saving."""

import threading
from contextlib import suppress
from functools import cache
from math import inf

import pytest
from PyQt6.QtCore import Qt

from app.gui.panels.selection_rules import RULES, SelectionPanel
from app.gui.replay_source import ReplaySource
from app.gui.windows.replay_window import ReplayWindow
from app.gui.windows.status_line import RigStatusLine
from app.offline.analyse import analyse_measurement
from app.replay.saved_analysis import load, path_of
from app.viewmodels.options import SessionOptions
from app.viewmodels.session_result import result_of
from tests.support.recordings.results import sections
from tests.support.recordings.streams import made_holds, made_traces, recording_of

MADE = {"traces": (made_traces, 14), "holds": (made_holds, 8)}

pytestmark = pytest.mark.usefixtures("few_resamples")


@pytest.fixture(params=MADE)
def kind(request):
    return request.param


@pytest.fixture
def path(kind, tmp_path):
    return recording_of(*MADE[kind], tmp_path / "run.h5")


@pytest.fixture(scope="module")
def numbers(tmp_path_factory):
    """The analysis of a recording as a file, by its kind."""

    @cache
    def of(kind):
        return sections(
            analyse_measurement(
                [recording_of(*MADE[kind], tmp_path_factory.mktemp(kind) / "run.h5")]
            ).to_json()
        )

    return of


@pytest.fixture
def traces(tmp_path):
    return recording_of(*MADE["traces"], tmp_path / "run.h5")


@pytest.fixture
def open_window(theme, settings, qtbot):
    opened = []

    def make(path, speed=inf):
        window = ReplayWindow(theme, settings, ReplaySource(path, speed))
        opened.append(window)
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)  # keys go to the window that is
        return window

    yield make
    for window in opened:
        with suppress(RuntimeError):  # the test has closed it
            window.close()


def played(window, qtbot):
    window.source.play()
    qtbot.waitUntil(lambda: window.source.state.at_end and not window.source.state.playing)


def test_a_replay_has_the_numbers_of_the_recording(open_window, kind, path, numbers, qtbot):
    window = open_window(path)
    played(window, qtbot)
    assert numbers(kind)
    assert sections(result_of(window.session)) == numbers(kind)


def test_views_show_what_was_played(open_window, traces, qtbot):
    window = open_window(traces)
    played(window, qtbot)
    window.session.settle()
    window.paint()
    view = window.area.views["Histogram"]
    assert not view.counts.empty
    assert f"{window.session.histogram.snapshot().kept} traces" in view.panel.count.toPlainText()
    assert window.line.state.number == window.session.status.snapshot().state.value


def test_a_replay_cannot_be_mistaken_for_the_rig(open_window, traces):
    window = open_window(traces)
    assert not isinstance(window.line, RigStatusLine)
    assert not hasattr(window.line, "button")
    assert window.line.background == "replay_window"
    assert "replay of run.h5" in window.windowTitle()
    assert window.replay_line.replay.number.startswith("REPLAY")


def test_keys_step_and_steer(slow_replay, open_window, traces, qtbot):
    window = open_window(traces, speed=1.0)
    source = window.source
    first = source.state.sample
    qtbot.keyClick(window, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: source.state.trace is not None and source.state.trace.number == 0)
    qtbot.keyClick(window, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: source.state.trace is not None and source.state.trace.number == 1)
    qtbot.keyClick(window, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: source.state.trace is not None and source.state.trace.number == 0)
    qtbot.keyClick(window, Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: source.state.speed == 2.0)
    qtbot.keyClick(window, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: source.state.speed == 1.0)
    qtbot.keyClick(window, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: source.state.sample == first)
    qtbot.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: source.state.playing)
    qtbot.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not source.state.playing)
    qtbot.keyClick(window, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: source.state.at_end)


def test_shift_and_arrows_step_by_hold(open_window, tmp_path, qtbot):
    window = open_window(recording_of(made_holds, 8, tmp_path / "run.h5"), speed=1.0)
    for number in (0, 1):
        qtbot.keyClick(window, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
        qtbot.waitUntil(
            lambda n=number: window.source.state.hold is not None and window.source.state.hold.number == n
        )


def test_going_back_counts_nothing_twice(open_window, traces, numbers, qtbot):
    window = open_window(traces)
    played(window, qtbot)
    window.source.seek_time(0.0)
    qtbot.waitUntil(lambda: window.source.state.time_s == 0.0)
    played(window, qtbot)
    assert sections(result_of(window.session)) == numbers("traces")


def test_other_rules_change_all_views_and_back(open_window, traces, qtbot):
    window = open_window(traces)
    played(window, qtbot)
    window.session.settle()
    before = window.session.histogram.snapshot()
    window.selection.edits["Starts above (G₀)"].setText("50")
    window.selection.decide()
    window.session.settle()
    assert window.session.histogram.snapshot().kept == 0
    assert window.session.options.traces.starts_above_G0 == 50
    window.selection.usual.click()
    window.session.settle()
    assert window.session.histogram.snapshot().kept == before.kept > 0


def test_the_analysis_is_saved_beside_the_recording_which_stays_as_it_is(open_window, traces, numbers, qtbot):
    raw = traces.read_bytes()
    window = open_window(traces)
    played(window, qtbot)
    window.save_analysis()
    qtbot.waitUntil(lambda: path_of(traces).exists())
    qtbot.waitUntil(lambda: any("Saved" in entry.text for entry in window.log.entries))
    saved = load(path_of(traces))
    assert sections(saved.results) == numbers("traces")
    assert saved.summary
    assert traces.read_bytes() == raw


def test_closing_leaves_no_thread(open_window, traces, qtbot):
    before = set(threading.enumerate())
    window = open_window(traces, speed=1.0)
    window.source.play()
    window.close()
    assert set(threading.enumerate()) <= before


def test_a_view_can_have_a_window_of_its_own_and_is_remembered(open_window, traces, settings):
    window = open_window(traces)
    window.area.docks["Noise"].setFloating(True)
    assert window.area.docks["Noise"].isWindow()
    window.close()
    assert settings.value("replay/views") is not None
    again = open_window(traces)
    assert again.area.docks["Noise"].isFloating()
    again.usual_layout()
    assert not again.area.docks["Noise"].isFloating()


# ---- the rules by themselves ----


@pytest.fixture
def panel(theme):
    made = SelectionPanel(theme)
    made.show()
    yield made
    made.close()


@pytest.mark.parametrize(
    "rule", [rule for rules in RULES.values() for rule in rules], ids=lambda rule: rule.label
)
def test_each_rule_is_taken_and_given_back(panel, qtbot, rule):
    text = "0.001 0.01" if rule.numbers == 2 else "3"
    panel.edits[rule.label].setText(text)
    with qtbot.waitSignal(panel.decided) as told:
        pass
    options = told.args[0]
    assert rule.given(options) == ((0.001, 0.01) if rule.numbers == 2 else 3)
    panel.edits[rule.label].setText("")
    panel.decide()
    assert panel.options == SessionOptions()


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("Starts above (G₀)", "high"),
        ("Molecular peak (G₀)", "0.01"),
        ("Molecular peak (G₀)", "0.01 0.001"),
        ("Minimum periods", "-1"),
    ],
)
def test_what_cannot_be_read_is_said_and_changes_nothing(panel, label, text):
    told: list[object] = []
    panel.decided.connect(told.append)
    panel.edits[label].setText(text)
    panel.decide()
    assert told == []
    assert panel.message_label.text().startswith(label)
    assert ("the smaller first" in panel.message_label.text()) == label.startswith("Molecular")


def test_a_decimal_comma_is_taken_where_one_number_is_asked(panel):
    panel.edits["Starts above (G₀)"].setText("0,5")
    panel.edits["Molecular peak (G₀)"].setText("0.001, 0.01")
    panel.decide()
    assert panel.options.traces.starts_above_G0 == 0.5
    assert panel.options.traces.molecular_G0 == (0.001, 0.01)


def test_every_rule_says_what_it_does_and_shows_who_decides(panel):
    panel.resize(320, 500)
    for edit in panel.edits.values():
        assert edit.toolTip()
        assert edit.fontMetrics().horizontalAdvance(edit.placeholderText()) < edit.width()
    assert panel.usual.toolTip()
