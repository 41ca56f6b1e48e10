"""Windows in every kind of trouble, for pictures."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QSettings
from PyQt6.QtWidgets import QWidget

from analysis.recording import RecordingError
from app.gui.widgets.theme import Theme
from app.gui.windows.compare_window import CompareWindow
from app.gui.windows.rig_window import RigWindow
from app.viewmodels.compared import ComparedRecording
from app.viewmodels.junction_state import ShownState
from tests.support.gui import windows
from tests.support.gui.fake_bench import instruments, job, state
from tests.support.recordings import compared_recordings, synthetic

Act = Callable[[RigWindow], None]
Maker = Callable[[Theme, QSettings], QWidget]

HEATING = job(2, "fault", cycles=63, reason="the Keithley 428 did not answer for 5 s")
REFUSED = job(2, "fault", refused=True, reason="the gain of the Keithley 428 is too high: 1e7 V/A")


def _in_run(act: Act, **status: Any) -> Maker:
    """A rig in the middle of a run, with changes of its status."""
    return _window(act, windows.JOBS, status)


def _idle(act: Act, *jobs: dict[str, Any], **status: Any) -> Maker:
    """A rig without a run."""

    def rested(window: RigWindow) -> None:
        window._told("instruments", instruments())
        act(window)

    return _window(rested, jobs, status)


def _window(act: Act, jobs: tuple[dict[str, Any], ...], status: dict[str, Any]) -> Maker:
    def make(theme: Theme, settings: QSettings) -> QWidget:
        session = windows.made_session(status=synthetic.status(**status))
        window = windows.rig_window(theme, settings, session, 3, "heating", jobs, windows.SENTENCES)
        act(window)
        return window

    return make


def _nothing(window: RigWindow) -> None:
    """Leave the window as it is."""


def _told(topic: str, content: dict[str, Any]) -> Act:
    return lambda window: window._told(topic, content)


def _silent(name: str) -> Act:
    """One instrument does not answer."""

    def act(window: RigWindow) -> None:
        known = instruments()
        known[name]["answers"] = False
        known[name]["message"] = "no answer within 3 s: check power and cable"
        window._told("instruments", known)

    return act


def _stale(window: RigWindow) -> None:
    assert window.source is not None
    window.source.stale_s = 12.0  # type: ignore[misc]


def _said(text: str) -> Act:
    return lambda window: window.say(text, 40)


def _unread(theme: Theme, settings: QSettings) -> QWidget:
    """A comparison with a file that cannot be read."""

    def read(path: Path) -> ComparedRecording:
        if "damaged" in path.name:
            raise RecordingError(f"{path.name}: the file is cut short; try hotjunction recover {path.name}")
        return compared_recordings.made(path)

    names = ("bdnc-iv", "damaged", "bda-iv")
    window = CompareWindow(theme, [Path(f"2026-11-21-{name}.h5") for name in names], read)
    window.reading.join()
    window.look()
    return window


TRIPPED = "The watchdog has tripped and made the rig safe: no samples came for 0.41 s. Look at the tip, then restart"
DISK = "The disk is nearly full: 1.2 GB are left, enough for 20 min. The run stops safely before it is full."

FAILURES: dict[str, Maker] = {
    "fault": _idle(_told("state", state(HEATING, held="run 2 failed", failed=2)), HEATING),
    "refused": _idle(_told("state", state(REFUSED, held="run 2 was refused", failed=2)), REFUSED),
    "lost": _in_run(lambda window: window._is_lost("no answer within 5 s")),
    "tripped": _idle(_told("state", {**state(), "tripped": TRIPPED})),
    "silent-amplifier": _idle(_silent("current_amplifier")),
    "silent-card": _idle(_silent("daq")),
    "stale": _in_run(_stale),
    "railed": _in_run(_nothing, conductance_G0=float("inf"), full_scale_G0=6.45, state=ShownState.CONTACT),
    "piezo-end": _in_run(_nothing, tip_nm=792.0),
    "disk-full": _in_run(_said(DISK)),
    "no-bench": _idle(
        lambda window: window.failed("The bench did not start: the rig file has no section daq.")
    ),
    "compare-unreadable": _unread,
}
"""Each kind of trouble by its name."""
