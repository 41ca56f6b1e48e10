"""The program leaves its process as it was: handlers of Ctrl-C and of exceptions, threads, garbage."""

import gc
import signal
import sys

import pytest
from PyQt6.QtCore import QTimer

from app.config.toml import FileError
from app.gui.main import SWITCH_S, Program, run


@pytest.fixture(autouse=True)
def own_settings(monkeypatch, settings):
    monkeypatch.setattr("app.gui.main.saved_settings", lambda: settings)


def state():
    return signal.getsignal(signal.SIGINT), sys.excepthook, sys.getswitchinterval(), gc.isenabled()


@pytest.fixture(params=["collecting", "not collecting"])
def before(request, monkeypatch):
    """Give the process other handlers than Python's, with its garbage collected or not."""
    handler, hook = signal.getsignal(signal.SIGINT), sys.excepthook
    monkeypatch.setattr(sys, "excepthook", lambda *_: hook(*_))
    signal.signal(signal.SIGINT, lambda *_: None)
    if request.param == "collecting":
        gc.enable()
    yield state()
    signal.signal(signal.SIGINT, handler)
    gc.disable()


def test_after_windows_closed_by_ctrl_c(before):
    during = []

    def interrupt() -> None:
        during.append(state())
        signal.raise_signal(signal.SIGINT)

    def open_first(program: Program) -> None:
        program.compare([])
        QTimer.singleShot(0, interrupt)

    assert run(open_first) == 0
    [(ctrl_c, excepthook, *others)] = during
    assert ctrl_c != before[0] and excepthook != before[1] and others == [SWITCH_S, False]
    assert state() == before


def test_without_a_window(before):
    assert run(lambda program: None) == 1
    assert state() == before


def test_after_a_refused_file(before):
    def refuse(program: Program) -> None:
        raise FileError("rig.toml: no")

    with pytest.raises(FileError):
        run(refuse)
    assert state() == before
