"""Calls of a run to Windows, recorded by stand-ins for its libraries."""

import signal
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from app.console import windows
from app.console.windows import CLOSE, LOGOFF, SHUTDOWN, attentive, console_end_stops, fine_timer
from tests.support.patience import PATIENCE_S


class Library:
    """Writes down its calls; keeps the handlers of the console."""

    def __init__(self, calls: list[tuple[Any, ...]]) -> None:
        self.calls = calls
        self.handlers: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *values: self.calls.append((name, *values))

    def GetCurrentProcess(self) -> int:
        return -1

    def SetConsoleCtrlHandler(self, handler: Any, add: bool) -> None:
        (self.handlers.append if add else self.handlers.remove)(handler)


@pytest.fixture
def windll() -> SimpleNamespace:
    calls: list[tuple[Any, ...]] = []
    return SimpleNamespace(kernel32=Library(calls), winmm=Library(calls), calls=calls)


def test_a_run_keeps_the_computer_awake_and_its_timer_fine_and_gives_both_back(
    windll: SimpleNamespace,
) -> None:
    with pytest.raises(KeyError), attentive(windll):
        assert windll.calls == [
            ("timeBeginPeriod", 1),
            ("SetThreadExecutionState", 0x80000001),
            ("SetPriorityClass", -1, 0x80),
        ]
        windll.calls.clear()
        raise KeyError

    assert windll.calls == [
        ("SetPriorityClass", -1, 0x20),
        ("SetThreadExecutionState", 0x80000000),
        ("timeEndPeriod", 1),
    ]


def test_a_simulated_rig_asks_for_the_timer_alone(windll: SimpleNamespace) -> None:
    with fine_timer(windll):
        pass

    assert windll.calls == [("timeBeginPeriod", 1), ("timeEndPeriod", 1)]


@pytest.mark.parametrize("event", [CLOSE, LOGOFF, SHUTDOWN])
def test_the_end_of_the_console_stops_the_run_and_waits_until_the_rig_is_safe(
    windll: SimpleNamespace, event: int
) -> None:
    asked = threading.Event()
    with console_end_stops(asked.set, windll):
        (handler,) = windll.kernel32.handlers
        answers: list[int] = []
        ending = threading.Thread(target=lambda: answers.append(handler(event)))
        ending.start()
        assert asked.wait(PATIENCE_S)
        assert not answers  # Windows would end the process now
    ending.join(PATIENCE_S)

    assert answers == [1]
    assert not windll.kernel32.handlers


def test_other_keys_are_left_to_python(windll: SimpleNamespace) -> None:
    asked = threading.Event()
    with console_end_stops(asked.set, windll):
        assert windll.kernel32.handlers[0](signal.CTRL_C_EVENT if hasattr(signal, "CTRL_C_EVENT") else 0) == 0

    assert not asked.is_set()


def test_a_console_that_is_closed_is_not_waited_for_longer_than_windows_waits(
    windll: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "END_S", 0.01)
    with console_end_stops(lambda: None, windll):
        assert windll.kernel32.handlers[0](CLOSE) == 1


def test_other_systems_are_asked_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "_system", lambda: None)
    with attentive(), fine_timer(), console_end_stops(lambda: pytest.fail("stopped")):
        pass
