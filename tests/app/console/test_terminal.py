"""Nothing on the way to safe waits for a terminal; signals stop first and are told of later."""

import contextlib
import io
import signal
import sys
import threading

import click
import pytest
from rich.console import Console

from app.console.progress import STOPPING, RunProgress, signals_stop
from app.console.terminal import Unhurried, output_never_waits
from tests.support.rig.rigs import PATIENCE_S, wait_until

AS_A_SENTENCE_AND_ITS_BAR = 6
"""Pieces that may wait; a bar that went on being drawn would add a few each time."""


class Stopped(io.StringIO):
    """A terminal that takes nothing until it is let go."""

    encoding, errors = "utf-8", "strict"

    def __init__(self):
        super().__init__()
        self.go = threading.Event()

    def isatty(self):
        return True

    def write(self, text):
        assert self.go.wait(PATIENCE_S)
        return super().write(text)


@pytest.fixture
def terminal(monkeypatch):
    stopped = Stopped()
    stopped.take_over = lambda: [monkeypatch.setattr(sys, name, stopped) for name in ("stdout", "stderr")]
    yield stopped
    stopped.go.set()


def test_what_is_printed_is_taken_at_once_and_shown_in_order_later(terminal):
    terminal.take_over()
    with output_never_waits():
        for number in range(100):
            click.echo(f"out {number}")
            sys.stderr.write(f"err {number}\n")
        assert terminal.getvalue() == ""
        assert sys.stderr.isatty()
        late = sys.stderr
        threading.Timer(0.1, terminal.go.set).start()

    assert terminal.getvalue() == "".join(f"out {n}\nerr {n}\n" for n in range(100))
    late.write("after the end")  # a handler of the log may still have it
    assert terminal.getvalue().endswith("after the end")
    assert sys.stderr is terminal


def test_bytes_are_refused_as_by_any_text_stream(terminal):
    terminal.take_over()
    with output_never_waits(), pytest.raises(TypeError, match="takes str, not bytes"):
        terminal.go.set()
        sys.stdout.write(b"")


def test_a_terminal_that_is_gone_takes_everything(monkeypatch):
    gone = io.StringIO()
    gone.close()
    monkeypatch.setattr(sys, "stderr", Closed())
    with output_never_waits():
        click.echo("nobody reads this", err=True)


class Closed(io.StringIO):
    """Stream of a terminal whose window was closed."""

    def write(self, text):
        raise OSError(5, "Input/output error")


def test_a_program_without_a_terminal_has_none(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    with output_never_waits():
        assert sys.stdout is None


def test_progress_is_told_without_waiting_and_not_drawn_on_a_terminal_that_is_behind(terminal):
    terminal.take_over()
    with output_never_waits():
        assert isinstance(sys.stderr, Unhurried)
        with RunProgress("taking", 1000, Console(file=sys.stderr, force_terminal=True)) as progress:
            sys.stderr.write("held\n")
            wait_until(lambda: sys.stderr.behind)
            for _ in range(1000):
                progress.advance()
            progress.say("a sentence")
            threading.Event().wait(0.5)  # five times as long as between two drawings
            assert sys.stderr._writer._waiting.qsize() <= AS_A_SENTENCE_AND_ITS_BAR
            terminal.go.set()
            wait_until(lambda: "1000/1000" in terminal.getvalue())
    assert "a sentence" in terminal.getvalue()


def test_without_a_terminal_progress_is_a_line_now_and_then():
    file = io.StringIO()
    with RunProgress("taking", 2, Console(file=file)) as progress:
        progress.advance()
        progress.advance()
    (line,) = file.getvalue().splitlines()
    assert line.startswith("taking 2/2, ")


@pytest.mark.parametrize("before", [signal.SIG_DFL, signal.SIG_IGN], ids=["default", "ignored"])
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_stops_first_and_says_so_then(name, before):
    if not hasattr(signal, name):
        pytest.skip("not on this system")
    number, heard = getattr(signal, name), []
    of_the_test_run = signal.signal(number, before)
    try:
        _ask_to_end_twice(name, number, heard)
        assert signal.getsignal(number) == before
    finally:
        signal.signal(number, of_the_test_run)


def _ask_to_end_twice(name, number, heard):
    with signals_stop(lambda: heard.append("stop"), heard.append):
        signal.raise_signal(number)
        assert heard[0] == "stop"
        assert heard[1].startswith(STOPPING)
        if name == "SIGINT":
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(number)
        else:
            signal.raise_signal(number)  # a service manager may ask again
            assert heard[2:] == ["stop", STOPPING]


def test_what_is_left_of_a_stream_that_is_closed_goes_in_silence():
    stream = io.StringIO()
    with contextlib.redirect_stdout(stream), output_never_waits():
        ours = sys.stdout
    stream.close()

    ours.flush()
    ours.close()

    assert ours.closed
