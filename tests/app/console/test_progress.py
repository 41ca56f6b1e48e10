"""Progress lines of commands whose output is no terminal."""

import io

import pytest
from rich.console import Console

from app.console import progress
from app.console.progress import RunProgress
from app.offline import command_line
from app.offline.command_line import on_terminal


@pytest.fixture
def clock(monkeypatch):
    """Seconds that each look at the clock takes."""
    now, step = [0.0], [8.0]

    def look():
        now[0] += step[0]
        return now[0]

    monkeypatch.setattr(progress.time, "monotonic", look)
    return step


@pytest.fixture
def lines(monkeypatch):
    out = io.StringIO()
    monkeypatch.setattr(command_line, "stderr_console", lambda: Console(file=out, width=200))
    return lambda: out.getvalue().splitlines()


def test_the_first_files_say_nothing_about_the_rest(clock, lines):
    """The first file of a catalogue also pays for the start of the workers: 300 times its time is no estimate."""
    with on_terminal("Analysing", 300) as step:
        for _ in range(4):
            step()
        clock[0] = 5.0
        step()
    assert lines() == [
        *(f"Analysing: {n} of 300 files" for n in range(1, 5)),
        "Analysing: 5 of 300 files, 2183 s left",  # 5 in 37 s
    ]


def test_the_first_cycle_of_a_run_says_nothing_about_the_rest(clock):
    out = io.StringIO()
    shown = RunProgress("iv", 100, Console(file=out, width=200))
    for _ in range(5):
        shown.advance()
        shown._draw()
    *first, last = out.getvalue().splitlines()
    assert [line.split(",")[0] for line in first] == [f"iv {n}/100" for n in range(1, 5)]
    assert not any("left" in line for line in first)
    assert last == "iv 5/100, 7.5/min, 760 s left"
