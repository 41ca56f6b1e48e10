"""What is clicked is asked of the bench, with what the bench has told, until the window closes."""

import threading
from collections.abc import Callable

import pytest
from PyQt6.QtWidgets import QMenu

from app.gui.bench_connection import UNDO_RETRACT
from app.gui.dialogs.close_dialog import Parting
from app.gui.panels.procedures import Wanted
from app.gui.widgets.theme import Choice
from app.viewmodels.registry import STRIPS
from tests.support.gui.fake_bench import FakeClient, instruments, job, state
from tests.support.gui.rig_window import sentences
from tests.support.recordings.streams import made_traces
from tests.support.rig.rigs import PATIENCE_S


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


def test_a_sequence_runs_in_its_order(window, client, qtbot):
    runs = [Wanted("iv", {"curves": n}, "Au") for n in (1, 2, 3)]
    window.runs.run_now(runs)
    qtbot.waitUntil(lambda: len(client.of("queue_add")) == 2)
    assert [one["values"]["curves"] for one in client.of("run_now")] == [1]
    assert [(one["values"]["curves"], one["place"]) for one in client.of("queue_add")] == [(2, 0), (3, 1)]


def test_a_gain_set_by_hand_is_what_runs_are_checked_with(window, client, qtbot):
    window._told("instruments", instruments(gain=1e6))
    assert not window.procedures.check()
    assert "rails" in window.procedures.form.fields["contact_threshold"].problem
    window._told("instruments", instruments(gain=1e5))
    assert window.procedures.check()


@pytest.mark.parametrize(
    ("jobs", "name"), [((), "run_now"), ((job(1, "running"),), "queue_add"), ((job(1),), "run_now")]
)
def test_the_tip_is_parked_from_panel_and_menu(window, client, qtbot, jobs, name):
    window._told("state", state(*jobs))
    window.rig.park.click()
    choose(window, "Park the tip &far back")
    qtbot.waitUntil(lambda: len(client.of(name)) == 2)
    assert client.of(name) == [{"procedure": "park", "values": {}}] * 2


def test_a_tip_that_can_not_be_parked_says_why(window, client, qtbot):
    lost = {"message": "no answer"}
    client.tell("lost", lost)
    qtbot.waitUntil(lambda: window._lost != "")
    assert not window.rig.park.isEnabled() and "does not answer" in window.rig.park.toolTip()
    client.tell("instruments", instruments())
    qtbot.waitUntil(window.rig.park.isEnabled)
    window._hello({"folder": "/data", "rig": {**window._rig.model_dump(), "coarse": None}})
    assert not window.rig.park.isEnabled()
    action = choose(window, "Park the tip &far back")
    assert not action.isEnabled()
    assert action.toolTip() == window.rig.park.toolTip()
    assert action.toolTip().startswith("This rig has no coarse positioner: take the tip's housing back")


def choose(window, text):
    """Open the menu Run and choose an entry of it, if it can be chosen."""
    run = next(menu for menu in window.menus.findChildren(QMenu) if menu.title() == "&Run")
    run.aboutToShow.emit()
    action = next(action for action in run.actions() if action.text() == text)
    action.trigger()
    return action


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


@pytest.mark.parametrize("name", UNDO_RETRACT)
def test_what_waits_behind_a_slow_command_is_not_sent_after_retract(window, client, qtbot, monkeypatch, name):
    busy, go_on, command = threading.Event(), threading.Event(), client.command

    def slowly(asked, **arguments):
        if asked == "check":
            busy.set()
            assert go_on.wait(PATIENCE_S)
        return command(asked, **arguments)

    monkeypatch.setattr(client, "command", slowly)
    heard = []
    window.ask("check")
    assert busy.wait(PATIENCE_S)
    window.ask(name)
    window.ask("state", heard.append)
    window.retract()
    go_on.set()
    qtbot.waitUntil(lambda: bool(heard))
    assert client.retracted == 1
    assert client.of(name) == []
    assert any("RETRACT came before this began" in text for text in sentences(window))
    window.ask(name)
    qtbot.waitUntil(lambda: client.of(name) == [{}])
