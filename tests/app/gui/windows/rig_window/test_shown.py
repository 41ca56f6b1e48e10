"""What is shown: the state of a run, the views in front, the log and messages."""

import re
import time

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication

from analysis.recording import RecordedChannel, RunHeader
from analysis.records import Block, Event, EventKind
from app.gui.widgets.focus import in_sight
from app.server.stream import Behind, RunInfo
from app.viewmodels.junction_state import ShownState
from app.viewmodels.registry import STRIPS, tabs
from tests.support.gui.fake_bench import instruments, job, state
from tests.support.gui.rig_window import FAULT, HELD, sentences, told_alarm, told_entry
from tests.support.gui.windows import made_session


def test_the_status_line_of_an_idle_rig_comes_from_the_instruments(window):
    window._told("instruments", instruments(z_V=4.0, bias_V=0.1))
    window.paint()
    assert window.line.state.number == ShownState.TUNNELLING.value
    assert (window.line.conductance.number, window.line.tip.number) == ("0.0129", "40.0")


def test_an_idle_tip_that_drift_can_reach_is_said_to_be_until_a_run_begins(window, client):
    alone = "The tip is back by the piezo alone: drift can reach it; take its housing back by hand."
    window._told("instruments", instruments())
    window._told("state", {**state(job(1, "finished")), "alone": alone})
    window.paint()
    state_word = window.line.state
    assert (state_word.number, state_word.note) == ("retracted", "housing taken back?")
    assert (state_word.note_colour, state_word.toolTip()) == ("warning", alone)
    header = RunHeader("heating", (RecordedChannel("current"),), 2000.0)
    client.stream("run", RunInfo(2, header, "/data/2.h5"))
    window._told("state", {**state(job(2, "running")), "alone": ""})
    window.paint()
    assert window.line.state.note_colour != "warning"
    assert window.line.state.toolTip() == ""


def test_a_bench_that_does_not_answer_is_a_fault_until_it_does(window, client, qtbot):
    client.tell("lost", {"message": "no answer"})
    qtbot.waitUntil(lambda: window._lost != "")
    window.paint()
    assert window.line.state.number == ShownState.FAULT.value
    assert not window.procedures.check()
    client.tell("instruments", instruments())
    qtbot.waitUntil(lambda: window._lost == "")
    assert window.procedures.check()


def test_no_command_waits_for_a_lost_bench_but_retract_is_tried(window, client, qtbot):
    """A stopped bench would act on it when it goes on, perhaps in the morning."""
    window._told("state", state(job(1, "running", left_s=660.0), job(2)))
    window._told("instruments", instruments("A run has them", bias_V=0.1))
    client.tell("lost", {"message": "no answer"})
    qtbot.waitUntil(lambda: window._lost != "")
    client.asked.clear()
    window.pause()
    window.ask("resume")
    window.queue.abort_present()
    window.clear_trip()
    for button in (window.queue.pause, window.queue.skip, window.queue.abort, window.notes.button):
        assert not button.isEnabled() and "does not answer" in button.toolTip()
    section = window.rig.sections["daq"]
    assert {shown.text() for shown in section.readings.values()} == {"–"}
    assert not section.outputs["bias_V"].isEnabled()
    assert "The command was not sent." in window.messages.text
    client.answers["retract"] = None
    assert window.rig_line.button.isEnabled()
    window.rig_line.button.click()
    qtbot.waitUntil(lambda: window.messages.text.startswith("NOT SAFE"))
    assert client.retracted == 1
    assert client.asked == []

    client.tell("instruments", instruments(bias_V=0.1))
    qtbot.waitUntil(lambda: window._lost == "")
    assert window.queue.pause.isEnabled() and window.notes.button.isEnabled()
    assert section.outputs["bias_V"].isEnabled()
    window.pause()
    qtbot.waitUntil(lambda: bool(client.of("pause")))


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


def test_a_run_that_sends_nothing_is_said_to(window, client, monkeypatch):
    header = RunHeader("heating", (RecordedChannel("current"),), 2000.0)
    client.stream("run", RunInfo(2, header, "/data/2.h5"))
    window._told("state", state(job(2, "running")))
    window.source._data_s -= 10.0
    window.paint()
    assert re.fullmatch("no data for 1\\d s", window.line.state.note)


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


def test_the_log_of_before_is_there(open_window, client, qtbot):
    entry = {"number": 1, "level": "warning", "time_s": 0.0, "text": "Hold 1 rejected"}
    client.answers["log"] = {"entries": [entry]}
    window = open_window(client)
    qtbot.waitUntil(lambda: "Hold 1 rejected" in sentences(window))
