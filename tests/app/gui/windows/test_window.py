"""The window of a rig: with a bench that only answers, and whole stories on a simulated rig."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import pytest
from PyQt6.QtCore import QEvent, QSettings, Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from analysis.recording import RecordedChannel, Recording, RunHeader
from analysis.records import Block, Event, EventKind
from analysis.traces.options import AnalysisOptions
from app.gui.bench_connection import BenchConnection
from app.gui.dialogs.close_dialog import Parting
from app.gui.main import Program
from app.gui.panels.procedures import Wanted
from app.gui.plots.view import in_sight
from app.gui.widgets.theme import Choice, Theme
from app.gui.windows.rig_window import RigWindow
from app.gui.windows.shortcuts import KeysDialog
from app.server.client import BenchClient
from app.server.latest_snapshots import KnownState, Newest
from app.server.stream import Behind, RunInfo
from app.viewmodels.junction_state import ShownState
from app.viewmodels.options import SessionOptions
from app.viewmodels.registry import STRIPS, tabs
from simulators.rig.faults import InstrumentSilent
from tests.support.gui.fake_bench import FakeClient, instruments, job, state
from tests.support.gui.windows import made_session
from tests.support.recordings.streams import made_traces
from tests.support.rig.benches import served_bench
from tests.support.rig.rigs import PATIENCE_S, QUICK


@pytest.fixture
def open_window(theme, settings):
    opened = []

    def make(client=None, owned=False):
        window = RigWindow(theme, settings)
        opened.append(window)
        window.ask_about_run = lambda: Parting.LEAVE
        window.show()
        if client is not None:
            window.attach(BenchConnection(client), owned=owned)
        return window

    yield make
    for window in opened:
        with suppress(RuntimeError):  # the test has closed it
            window.close()


@pytest.fixture
def client(tmp_path):
    return FakeClient(str(tmp_path))


@pytest.fixture(scope="module")
def shared_window(qapp, tmp_path_factory):
    """Keep one window for all tests that leave it open: to build its plots takes longer than what they test."""
    settings = QSettings(str(tmp_path_factory.mktemp("shared") / "settings.ini"), QSettings.Format.IniFormat)
    theme = Theme(settings)
    theme.choose(Choice.LIGHT)
    theme.dress(qapp)
    made = RigWindow(theme, settings)
    made.show()
    list(made.area.views.values())  # a view made in a test would lose its hidden menus with that test
    begun = threading.Event()
    made.tasks.do(begun.set)  # its thread lasts as long as the window
    assert begun.wait(PATIENCE_S)
    yield made
    made.close()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture
def window(shared_window, client, qtbot):
    """Attach a new bench to the shared window, which knows nothing of those before."""
    window = as_new(shared_window)
    window.attach(BenchConnection(client), owned=False)
    heard = []
    window.ask("heard", heard.append)  # commands are answered in their order
    qtbot.waitUntil(lambda: bool(heard))
    client.asked.clear()
    window.procedures.check()
    window.paint()
    window._timer.start()
    yield window
    window._timer.stop()
    window.source.close()
    window.source = None


def as_new(window):
    """Forget what benches have told, and what was typed, chosen and read."""
    window.queue.known = KnownState()
    window._newest, window._entries = Newest(), set()
    window._lost, window._raised, window._narrator = "", None, None
    window.alarm._dismissed = None
    window.log.entries.clear()
    window.messages.dismiss()
    window.notes.taken()
    window.show_log()
    window.area.raise_tab(0)
    return window


def sentences(window):
    return [entry.text for entry in window.log.entries]


# ---- with a bench that only answers ----


def test_before_there_is_a_bench_it_says_so(open_window):
    window = open_window()
    window.paint()
    assert not window.procedures.check()
    assert "starting" in window.procedures.verdict.text()
    window.failed("The bench did not start: no such file")
    assert not window.procedures.check()
    assert "did not start" in window.procedures.verdict.text()


def test_it_is_ready_to_run_the_preset_of_the_simulated_sample(window, client, qtbot):
    assert window.windowTitle() == "hotjunction – a rig"
    assert window.procedures.preset.currentText() == "Au – BDNC – Au"
    window.procedures.run_button.click()
    qtbot.waitUntil(lambda: bool(client.of("run_now")))
    (asked,) = client.of("run_now")
    assert asked["procedure"] == "break-junction"
    assert asked["values"]["withdraw_speed"] == 0.5
    assert asked["sample"] == "Au-BDNC-Au"


ACTIONS = [
    (lambda w: w.queue.pause_asked.emit(), "pause", {}),
    (lambda w: w.queue.resume_asked.emit(), "resume", {}),
    (lambda w: w.queue.abort_asked.emit(2), "abort", {"job": 2}),
    (lambda w: w.queue.remove_asked.emit(3), "queue_remove", {"job": 3}),
    (lambda w: w.queue.move_asked.emit(3, 0), "queue_move", {"job": 3, "place": 0}),
    (
        lambda w: w.rig.set_asked.emit("current_amplifier", "gain_V_per_A", 1e6),
        "set_instrument",
        {"instrument": "current_amplifier", "setting": "gain_V_per_A", "value": 1e6},
    ),
    (lambda w: w.notes.note_asked.emit("blunt"), "notes", {"text": "blunt"}),
]


@pytest.mark.parametrize(("act", "name", "arguments"), ACTIONS, ids=[name for _, name, _ in ACTIONS])
def test_what_is_clicked_is_asked_of_the_bench(window, client, qtbot, act: Callable, name, arguments):
    act(window)
    qtbot.waitUntil(lambda: bool(client.of(name)))
    assert client.of(name) == [arguments]


def test_a_refusal_is_a_sentence_in_the_log(window, client, qtbot):
    client.answers["pause"] = "No run is in progress"
    window.ask("pause")
    qtbot.waitUntil(lambda: "No run is in progress" in sentences(window))


def test_a_refusal_stays_at_the_bottom_of_the_window_until_it_is_read(window, client, qtbot):
    client.answers["pause"] = "No run is in progress"
    window.ask("pause")
    qtbot.waitUntil(lambda: window.messages.text == "No run is in progress")
    window.say("hold 3 kept")
    assert window.messages.text == "No run is in progress"
    window.docks["Recordings"].raise_()
    qtbot.mouseClick(window.messages.label, Qt.MouseButton.LeftButton)
    assert window.messages.text == ""
    assert in_sight(window.log)


def test_a_file_of_another_kind_is_called_what_it_is(window, tmp_path, qtbot):
    path = tmp_path / "rig.toml"
    path.write_text("[daq]\n[piezo]\n[current_amplifier]\n", encoding="utf-8")
    window.models.open(path)
    qtbot.waitUntil(lambda: window.messages.text == "rig.toml is a rig file, not a transmission model.")
    assert sentences(window)[-1] == window.messages.text


def told_entry(number, text, level="info", time_s=0.0):
    return {"number": number, "level": level, "time_s": time_s, "text": text}


def test_an_entry_of_the_log_that_comes_twice_is_shown_once(open_window, client, qtbot):
    client.answers["log"] = {"entries": [told_entry(1, "first"), told_entry(2, "second", time_s=1.0)]}
    window = open_window(client)
    window._told("log", told_entry(2, "second", time_s=1.0))
    qtbot.waitUntil(lambda: "First" in sentences(window))
    assert sentences(window).count("Second") == 1


def test_what_the_bench_says_is_in_labels_and_an_error_of_it_is_seen(window):
    window._told("log", told_entry(7, "open_threshold = 2e-05 G0 is too low", "error"))
    assert window.messages.text == "“Open below” = 2.00×10⁻⁵ G₀ is too low"
    window._told("log", told_entry(8, "heating, job 1: the card does not answer", "error"))
    told_alarm(window, FAULT, **HELD)
    assert window.messages.text == ""  # the alarm says it


BEGAN = "2026-11-21T14:02:11+00:00"
BEGAN_S = 1_795_269_731.0


def test_a_window_that_comes_late_tells_when_it_was_and_notes_of_others(window, client, qtbot):
    header = RunHeader("heating", (RecordedChannel("current"),), 2000.0, started=BEGAN)
    client.stream("run", RunInfo(2, header, "/data/2.h5"))
    client.stream("event", Event(4000, EventKind.MARK, "note", {"text": "blunt"}))
    client.stream("block", Block(0, 2000.0, ("current",), np.zeros((1, 6000))))
    window.paint()
    (entry,) = [one for one in window.log.entries if "blunt" in one.text]
    assert (entry.text, entry.time_s) == ("Note: blunt", BEGAN_S + 2.0)


def test_on_a_simulated_clock_that_is_ahead_nothing_is_said_to_come(window):
    now_s = time.time()
    window.say("hold 3 kept", at_s=now_s + 3600.0)
    assert now_s <= window.log.entries[-1].time_s <= time.time()


def key(window, which, modifiers=Qt.KeyboardModifier.NoModifier):
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        QApplication.sendEvent(window.windowHandle(), QKeyEvent(kind, which, modifiers))


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


def test_a_sequence_runs_in_its_order(window, client, qtbot):
    runs = [Wanted("iv", {"curves": n}, "Au") for n in (1, 2, 3)]
    window.runs.run_now(runs)
    qtbot.waitUntil(lambda: len(client.of("queue_add")) == 2)
    assert [one["values"]["curves"] for one in client.of("run_now")] == [1]
    assert [(one["values"]["curves"], one["place"]) for one in client.of("queue_add")] == [(2, 0), (3, 1)]


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


def test_a_gain_set_by_hand_is_what_runs_are_checked_with(window, client, qtbot):
    window._told("instruments", instruments(gain=1e6))
    assert not window.procedures.check()
    assert "rails" in window.procedures.form.fields["contact_threshold"].problem
    window._told("instruments", instruments(gain=1e5))
    assert window.procedures.check()


def test_the_status_line_of_an_idle_rig_comes_from_the_instruments(window):
    window._told("instruments", instruments(z_V=4.0, bias_V=0.1))
    window.paint()
    assert window.line.state.number == ShownState.TUNNELLING.value
    assert (window.line.conductance.number, window.line.tip.number) == ("0.0129", "40.0")


def test_a_bench_that_does_not_answer_is_a_fault_until_it_does(window, client, qtbot):
    client.tell("lost", {"message": "no answer"})
    qtbot.waitUntil(lambda: window._lost != "")
    window.paint()
    assert window.line.state.number == ShownState.FAULT.value
    assert not window.procedures.check()
    client.tell("instruments", instruments())
    qtbot.waitUntil(lambda: window._lost == "")
    assert window.procedures.check()


def test_the_time_left_is_that_of_the_wall_and_a_late_window_says_how_far_it_is(window, client, qtbot):
    header = RunHeader("heating", (RecordedChannel("current"),), 2000.0, sample="Au-BDNC-Au")
    client.stream("run", RunInfo(2, header, "/data/2.h5"))
    window._told("state", state(job(2, "running", cycles=63, left_s=660.0)))
    client.stream("behind", Behind(400_000, 1_000_000))
    window.paint()
    assert "catching up: 40 %" in window.line.progress.note
    client.stream("behind", Behind(1_000_000, 1_000_000))
    window.paint()
    assert "11 min left" in window.line.progress.note


def test_what_is_not_safe_is_said_over_the_whole_width_until_it_is(window, client, qtbot):
    window._told("state", {**state(job(1, "aborted")), "unsafe": "It could not confirm that it did."})
    window.paint()
    assert window.line.state.number == "NOT SAFE"
    assert window.alarm.isVisible()
    assert "could not confirm" in window.alarm.text() and "by hand" in window.alarm.text()
    window._told("state", state(job(1, "aborted")))
    window.paint()
    assert not window.alarm.isVisible()


def test_a_trip_of_the_watchdog_is_said_and_cleared_by_name(window, monkeypatch):
    window.clear_trip()
    assert "No trip of the watchdog holds the rig" in window.messages.text
    tripped = "The rig is held: its watchdog made the rig safe, because no samples came for 0.41 s"
    window._told("state", {**state(job(1, "fault")), "tripped": tripped})
    window.paint()
    assert "no samples came for 0.41 s, or Run > Clear trip" in window.alarm.text()
    answers = [("", False), ("Ada", True)]
    monkeypatch.setattr("app.gui.windows.rig_window.QInputDialog.getText", lambda *question: answers.pop(0))
    asked = []
    monkeypatch.setattr(window, "ask", lambda name, then=None, **arguments: asked.append((name, arguments)))
    window.clear_trip()
    window.clear_trip()
    assert asked == [("clear_trip", {"by": "Ada"})]


def test_what_is_not_safe_is_said_before_the_recording_is_saved(window, client):
    client.stream(
        "run", RunInfo(2, RunHeader("heating", (RecordedChannel("current"),), 2000.0), "/data/2.h5")
    )
    window._told("state", state(job(2, "saving")))
    client.stream("event", Event(0, EventKind.MARK, "safe", {"safe": False, "status": "fault"}))
    window.paint()
    assert window.line.state.number == "NOT SAFE"
    assert window.alarm.isVisible() and "by hand" in window.alarm.text()


FAULT = job(1, "fault", reason="the card does not answer")
HELD = {"held": "job 1 ended with a fault", "failed": 1}


def told_alarm(window, *jobs, **changed):
    window._told("state", state(*jobs, **changed))
    window.paint()
    return window.alarm.text() if window.alarm.isVisible() else ""


def test_a_fault_is_said_for_as_long_as_the_queue_is_held_by_it(window):
    said = told_alarm(window, FAULT, **HELD)
    assert said == "Heating  1.08 V ended with a fault. The card does not answer. The rig was made safe."
    assert window.alarm.notice.danger
    assert told_alarm(window, FAULT) == ""


@pytest.mark.parametrize("status", ["running", "paused", "saving"])
def test_no_alarm_of_an_earlier_run_stands_over_a_run(window, status):
    """Also in the moment in which the queue does not know yet that another has begun."""
    assert told_alarm(window, FAULT, job(2, status), **HELD) == ""


def test_an_alarm_ends_with_the_first_news_of_another_run(window):
    assert told_alarm(window, FAULT, job(2), **HELD)
    window._told("job", job(2, "running", version=9))
    window.paint()
    assert not window.alarm.isVisible()


def test_an_alarm_does_not_come_back_by_a_pause(window):
    assert told_alarm(window, FAULT, **HELD)
    assert told_alarm(window, FAULT, job(2, "running")) == ""
    assert told_alarm(window, FAULT, job(2, "paused"), held="paused by the user") == ""
    assert told_alarm(window, FAULT, job(2, "finished"), held="paused by the user") == ""


def test_an_alarm_that_was_read_can_be_dismissed_and_the_next_is_shown(window, qtbot):
    assert told_alarm(window, FAULT, **HELD)
    qtbot.mouseClick(window.alarm.close_button, Qt.MouseButton.LeftButton)
    assert told_alarm(window, FAULT, **HELD) == ""
    other = job(2, "fault", reason="the surface is lost")
    assert "surface" in told_alarm(window, FAULT, other, held="job 2 ended with a fault", failed=2)


def test_what_is_not_safe_cannot_be_dismissed(window):
    window._told("state", {**state(FAULT, **HELD), "unsafe": "It could not confirm that it did."})
    window.paint()
    assert not window.alarm.close_button.isVisible()
    window.alarm.dismiss()
    window.paint()
    assert window.alarm.text().startswith("NOT SAFE")


def test_a_refused_setting_is_amber_and_in_the_words_of_the_form(window, theme):
    reason = (
        "contact_threshold = 5 G0 can never be reached: at 100 mV and 1e+07 V/A the current amplifier rails at "
        "0.0645 G0. Lower the gain, the bias or the threshold, or set railed_is_contact."
    )
    refused = job(1, "fault", procedure="break-junction", values={}, reason=reason, refused=True, safe=None)
    said = told_alarm(window, refused, held="job 1 was refused", failed=1)
    assert said == (
        "Break junction was not started. “Contact above” = 5 G₀ can never be reached: at 100 mV and 10 MV/A the "
        "current amplifier rails at 0.0645 G₀. Lower the gain, the bias or the threshold, or set "
        "“Rail counts as contact”."
    )
    assert window.alarm.palette().window().color().name() == theme.palette.warning_fill
    assert told_alarm(window, FAULT, **HELD)
    assert window.alarm.palette().window().color().name() == theme.palette.danger_fill


def test_nobody_calls_a_rig_safe_that_was_not_seen_to_be(window):
    assert "safe" not in told_alarm(window, {**FAULT, "safe": None}, **HELD)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_run_that_goes_on_is_not_called_paused_in_whatever_order_it_is_told(window, client, order):
    client.stream(
        "run", RunInfo(1, RunHeader("heating", (RecordedChannel("current"),), 2000.0), "/data/1.h5")
    )
    older = {**state(job(1, "paused", version=7), held="paused by the user"), "version": 7}
    window._told("state", older)
    window.paint()
    assert "paused" in window.line.progress.note
    resumed = ("state", {**state(job(1, "running", version=8)), "version": 8}), ("state", older)
    for number in order:
        window._told(*resumed[number])
    window._told("job", job(1, "paused", version=6))
    window.paint()
    assert "paused" not in window.line.progress.note
    assert window.queue.pause.text() == "Pause"


def test_older_news_of_the_instruments_is_dropped(window):
    window._told("instruments", {**instruments(gain=1e6), "version": 5})
    window._told("instruments", {**instruments(gain=1e5), "version": 4})
    assert window.rig.sections["current_amplifier"].choices["gain_V_per_A"].currentText() == "10⁶ V/A"


def test_nothing_is_run_on_instruments_that_do_not_answer(window):
    dead = instruments()
    window._told("instruments", {**dead, "daq": {**dead["daq"], "answers": False}})
    assert not window.procedures.check()
    assert "No answer from" in window.procedures.verdict.text()
    window._told("instruments", instruments())
    assert window.procedures.check()


def test_a_run_that_sends_nothing_is_said_to(window, client, monkeypatch):
    header = RunHeader("heating", (RecordedChannel("current"),), 2000.0)
    client.stream("run", RunInfo(2, header, "/data/2.h5"))
    window._told("state", state(job(2, "running")))
    window.source._data_s -= 10.0
    window.paint()
    assert window.line.state.note == "no data for 10 s"


def test_return_in_the_notes_is_a_note_and_no_run(window, client, qtbot):
    window._told("state", state(job(1, "running")))
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.notes.text.setFocus()
    qtbot.keyClicks(window.notes.text, "blunt")
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: client.of("notes") == [{"text": "blunt"}])
    assert client.of("run_now") == []


def test_the_view_that_the_user_chose_stays_in_front(window, client, qtbot):
    def begin(number, procedure):
        client.stream(
            "run", RunInfo(number, RunHeader(procedure, (RecordedChannel("current"),), 2000.0), "/data/1.h5")
        )

    begin(1, "break-junction")
    qtbot.waitUntil(lambda: window.area.front == "Histogram")
    begin(2, "heating")
    qtbot.waitUntil(lambda: window.area.front == "Heating")
    window.area.raise_tab(5)
    begin(3, "iv")
    QApplication.processEvents()
    assert window.area.front == "Noise"


def test_the_log_of_before_is_there(open_window, client, qtbot):
    entry = {"number": 1, "level": "warning", "time_s": 0.0, "text": "Hold 1 rejected"}
    client.answers["log"] = {"entries": [entry]}
    window = open_window(client)
    qtbot.waitUntil(lambda: "Hold 1 rejected" in sentences(window))


def test_recordings_are_looked_for_when_a_run_is_over(window, client, tmp_path, qtbot):
    made_traces(2).write(tmp_path / "run.h5")
    window._told("job", job(1, "finished"))
    qtbot.waitUntil(lambda: [row.file for row in window.browser.model.rows] == ["run.h5"])


CLOSING = [
    ("idle, owned", True, (), Parting.LEAVE, [("shutdown", {"abort": False})]),
    ("idle, of others", False, (), Parting.LEAVE, []),
    ("running, left", True, (job(1, "running"),), Parting.LEAVE, []),
    ("running, stopped", True, (job(1, "running"),), Parting.END, [("shutdown", {"abort": True})]),
    ("of others, stopped", False, (job(1, "running"),), Parting.END, [("pause", {}), ("abort", {})]),
    ("waiting, left", True, (job(1),), Parting.LEAVE, []),
]


@pytest.mark.parametrize(
    ("owned", "jobs", "answer", "asked"), [case[1:] for case in CLOSING], ids=[c[0] for c in CLOSING]
)
def test_what_closing_does_to_the_bench(window, client, monkeypatch, owned, jobs, answer, asked):
    monkeypatch.setattr(window, "owned", owned)
    window._told("state", state(*jobs))
    questions = []
    monkeypatch.setattr(window, "ask_about_run", lambda: questions.append(True) or answer)
    assert window.leave()
    assert [one for one in client.asked if one[0] in ("shutdown", "pause", "abort")] == asked
    assert len(questions) == (1 if jobs else 0)
    assert client.closed


def test_a_window_that_is_closed_leaves_its_bench(open_window, client):
    window = open_window(client, owned=True)
    assert window.close()
    assert client.of("shutdown") == [{"abort": False}]
    assert client.closed


def test_closing_can_be_thought_better_of(window, client, monkeypatch):
    window._told("state", state(job(1, "running")))
    monkeypatch.setattr(window, "ask_about_run", lambda: Parting.STAY)
    assert not window.close()
    assert window.isVisible()
    assert not client.closed


def test_layout_and_theme_are_remembered(open_window, theme, settings, tmp_path):
    first = open_window(FakeClient(str(tmp_path)))
    first.docks["Notes"].hide()
    first.area.docks[STRIPS].setFloating(True)
    theme.choose(Choice.DARK)
    first.close()
    second = open_window(FakeClient(str(tmp_path)))
    assert second.docks["Notes"].isHidden()
    assert second.area.docks[STRIPS].isFloating()
    assert settings.value("theme") == "dark"
    second.usual_layout()
    assert not second.docks["Notes"].isHidden()
    assert not second.area.docks[STRIPS].isFloating()


def test_only_what_can_be_seen_is_drawn(window, monkeypatch):
    drawn = []
    for title, view in window.area.views.items():
        monkeypatch.setattr(view, "present", lambda snapshot, t=title: drawn.append(t) or True)
    session = made_session()
    for number, title in enumerate(tabs()):
        window.area.raise_tab(number)
        QApplication.processEvents()
        drawn.clear()
        window.area.paint(session)
        assert sorted(drawn) == sorted([title, STRIPS])


# ---- stories, on a simulated rig ----


@pytest.fixture
def bench(tmp_path, unanalysed):
    with served_bench(tmp_path) as made:
        yield made


def attached(open_window, bench, qtbot):
    window = open_window(BenchClient(bench.server.connection))
    qtbot.waitUntil(lambda: window.procedures.rig is not None and bool(window.state))
    window.source.options = SessionOptions(
        histogram=AnalysisOptions(resamples=5)
    )  # peaks are tested elsewhere
    window.procedures.preset.setCurrentIndex(0)
    window.procedures.form.set({**QUICK, "traces": 2})
    return window


def status_of(window, number):
    return window.queue.jobs.get(number, {}).get("status", "")


def test_two_runs_are_queued_and_one_is_aborted(open_window, bench, qtbot):
    window = attached(open_window, bench, qtbot)
    window.procedures.form.set({"traces": 5000})
    window.procedures.queue()
    window.procedures.form.set({"traces": 2})
    window.procedures.queue()
    qtbot.waitUntil(lambda: status_of(window, 1) == "running" and status_of(window, 2) == "waiting")
    qtbot.waitUntil(lambda: window.queue.jobs[1]["cycles"] >= 1)
    window.queue.table.selectRow(0)
    window.queue.abort.click()
    qtbot.waitUntil(lambda: status_of(window, 2) == "finished")
    assert status_of(window, 1) == "aborted"
    assert bench.rig.is_safe()
    with Recording(window.queue.jobs[2]["out"]) as recording:
        assert recording.status == "finished"
        qtbot.waitUntil(
            lambda: (
                window.session is not None
                and window.session.status.snapshot().recorded_samples == recording.n_samples
            )
        )
    qtbot.waitUntil(lambda: bool(window.session.status.snapshot().ended))  # its last event comes last
    window.paint()
    assert window.session.status.snapshot().cycles == 2
    assert window.area.front == "Histogram"


def test_retract_during_a_ramp(open_window, bench, qtbot):
    window = attached(open_window, bench, qtbot)
    window.procedures.form.set({"traces": 5000})
    window.procedures.run()
    qtbot.waitUntil(lambda: window.queue.jobs.get(1, {}).get("cycles", 0) >= 1)
    window.rig_line.button.click()
    qtbot.waitUntil(lambda: status_of(window, 1) == "aborted")
    qtbot.waitUntil(lambda: any("Retracted after" in text for text in sentences(window)))
    assert bench.rig.is_safe()
    qtbot.waitUntil(lambda: window.queue.held == "retracted by the user")


def test_a_window_that_comes_later_shows_the_run_from_its_start(open_window, bench, qtbot):
    first = attached(open_window, bench, qtbot)
    first.procedures.form.set({"traces": 5})
    first.procedures.run()
    qtbot.waitUntil(lambda: first.queue.jobs.get(1, {}).get("cycles", 0) >= 1)
    first.close()
    second = attached(open_window, bench, qtbot)
    qtbot.waitUntil(lambda: status_of(second, 1) == "finished")
    with Recording(second.queue.jobs[1]["out"]) as recording:
        samples = recording.n_samples
    qtbot.waitUntil(lambda: second.session.status.snapshot().recorded_samples == samples)
    qtbot.waitUntil(lambda: bool(second.session.status.snapshot().ended))
    assert second.session.status.snapshot().cycles == 5
    second.session.settle()
    shown = second.session.histogram.snapshot()
    assert shown.kept + shown.rejected == 5


def test_a_lost_instrument_is_a_sentence_and_holds_the_queue(open_window, bench, qtbot):
    window = attached(open_window, bench, qtbot)
    window.procedures.form.set({"traces": 5000})
    window.procedures.run()
    qtbot.waitUntil(lambda: window.queue.jobs.get(1, {}).get("cycles", 0) >= 1)
    bench.rig.simulated.faults.add(InstrumentSilent(instrument="current_amplifier"))
    qtbot.waitUntil(lambda: status_of(window, 1) == "fault")
    qtbot.waitUntil(lambda: bool(window.queue.held))
    assert window.queue.jobs[1]["reason"] in "\n".join(sentences(window))


def test_a_note_and_a_gain(open_window, bench, qtbot):
    window = attached(open_window, bench, qtbot)
    window.notes.text.setPlainText("tip 14")
    window.procedures.run()
    qtbot.waitUntil(lambda: status_of(window, 1) == "finished")
    with Recording(window.queue.jobs[1]["out"]) as recording:
        assert recording.header.notes == "tip 14"
    assert window.notes.for_next == ""
    window.rig.set_asked.emit("current_amplifier", "gain_V_per_A", 1e6)
    gain = window.rig.sections["current_amplifier"].choices["gain_V_per_A"]
    qtbot.waitUntil(lambda: gain.currentText() == "10⁶ V/A")
    window.procedures.check()
