"""Alarms: each belongs to its cause, and none stands over a run."""

import pytest
from PyQt6.QtCore import Qt

from analysis.recording import RecordedChannel, RunHeader
from analysis.records import Event, EventKind
from app.server.stream import RunInfo
from tests.support.gui.fake_bench import job, state
from tests.support.gui.rig_window import FAULT, HELD, told_alarm


def test_what_is_not_safe_is_said_over_the_whole_width_until_it_is(window, client, qtbot):
    window._told("state", {**state(job(1, "aborted")), "unsafe": "It could not confirm that it did."})
    window.paint()
    assert window.line.state.number == "NOT SAFE"
    assert window.alarm.isVisible()
    assert "could not confirm" in window.alarm.text() and "by hand" in window.alarm.text()
    window._told("state", state(job(1, "aborted")))
    window.paint()
    assert not window.alarm.isVisible()


def test_a_trip_of_the_watchdog_is_said_and_cleared_by_name(window, client, qtbot, monkeypatch):
    window.clear_trip()
    assert "No trip of the watchdog holds the rig" in window.messages.text
    tripped = "The rig is held: its watchdog made the rig safe, because no samples came for 0.41 s"
    window._told("state", {**state(job(1, "fault")), "tripped": tripped})
    window.paint()
    assert "no samples came for 0.41 s, or Run > Clear trip" in window.alarm.text()
    answers = ["", "Ada"]
    monkeypatch.setattr("app.gui.windows.rig_commands.asked_text", lambda *words: answers.pop(0))
    window.clear_trip()
    window.clear_trip()
    cleared = [("clear_trip", {"by": "Ada"})]
    qtbot.waitUntil(lambda: [one for one in client.asked if one[0] == "clear_trip"] == cleared)


def test_what_is_not_safe_is_said_before_the_recording_is_saved(window, client):
    client.stream(
        "run", RunInfo(2, RunHeader("heating", (RecordedChannel("current"),), 2000.0), "/data/2.h5")
    )
    window._told("state", state(job(2, "saving")))
    client.stream("event", Event(0, EventKind.MARK, "safe", {"safe": False, "status": "fault"}))
    window.paint()
    assert window.line.state.number == "NOT SAFE"
    assert window.alarm.isVisible() and "by hand" in window.alarm.text()


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
