"""What a window of a rig is told in tests, and what it says."""

from tests.support.gui.fake_bench import job, state

FAULT = job(1, "fault", reason="the card does not answer")
HELD = {"held": "job 1 ended with a fault", "failed": 1}


def told_alarm(window, *jobs, **changed):
    window._told("state", state(*jobs, **changed))
    window.paint()
    return window.alarm.text() if window.alarm.isVisible() else ""


def told_entry(number, text, level="info", time_s=0.0):
    return {"number": number, "level": level, "time_s": time_s, "text": text}


def sentences(window):
    return [entry.text for entry in window.log.entries]
