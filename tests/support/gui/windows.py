"""Whole windows without a bench or a file behind them, for pictures."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from PyQt6.QtCore import QObject, QSettings, pyqtSignal

from analysis.heating.junction_model import JunctionModel
from analysis.recording import RecordedChannel, RunHeader
from analysis.transport.transmission import FlatTransmission
from app.gui.dialogs.close_dialog import Parting
from app.gui.widgets.theme import Theme
from app.gui.windows.replay_window import ReplayWindow
from app.gui.windows.rig_window import RigWindow
from app.replay.library import LibraryRow
from app.replay.player import PlayerState
from app.replay.segments import ReplaySegment
from app.viewmodels.options import SessionOptions
from app.viewmodels.registry import (
    HEATING,
    HISTOGRAM,
    IV,
    NOISE,
    NOISE_THERMOMETER,
    PELTIER,
    STATISTICS,
    STRIPS,
    THEORY,
    THERMAL_CONDUCTANCE,
    THERMOPOWER,
    TRACE,
)
from tests.support.gui.fake_bench import instruments, job, rig, state
from tests.support.recordings import synthetic
from tests.support.recordings.noise_contacts import noise_thermometer

MODEL = JunctionModel(FlatTransmission(0.002), "made up")
NOON_S = 1_795_269_731.0
BUSY = "A run is using the instruments: change this after the run"

SHOWN = {
    STRIPS: "strips",
    TRACE: "trace",
    HISTOGRAM: "histogram",
    IV: "iv",
    HEATING: "heating",
    THEORY: "transmission",
    NOISE: "noise",
    STATISTICS: "statistics",
    THERMOPOWER: "thermopower",
    THERMAL_CONDUCTANCE: "thermal_conductance",
    PELTIER: "peltier",
    NOISE_THERMOMETER: "noise_thermometer",
}
"""Names of the views of a made session by the titles of their tabs."""


def made_session(**changed: Any) -> Any:
    """A session whose views show made-up numbers."""
    made = {
        "strips": synthetic.strips(), "trace": synthetic.traces(), "histogram": synthetic.histogram(),
        "iv": synthetic.iv(), "heating": synthetic.heating(), "transmission": synthetic.transmission(),
        "noise": synthetic.noise(), "statistics": synthetic.statistics(),
        "thermopower": synthetic.thermopower(), "peltier": synthetic.peltier(),
        "noise_thermometer": noise_thermometer(),
        "thermal_conductance": synthetic.thermal_conductance(), "status": synthetic.status(), **changed,
    }  # fmt: skip
    views = {
        name: SimpleNamespace(snapshot=lambda s=shown: s, show=lambda *_: None)
        for name, shown in made.items()
    }
    header = RunHeader("heating", (RecordedChannel("current"),), 2000.0, sample="Au-BDNC-Au")
    return SimpleNamespace(
        header=header,
        name="2026-11-21-heating-001.h5",
        options=SessionOptions(model=MODEL),
        notes=[],
        time_of=lambda sample: NOON_S + sample / 2000.0,
        views={title: views[name] for title, name in SHOWN.items() if name in views},
        **views,
    )


def rig_window(
    theme: Theme,
    settings: QSettings,
    session: Any,
    tab: int,
    procedure: str,
    jobs: Sequence[dict[str, Any]],
    sentences: Sequence[str],
) -> RigWindow:
    """A window of a rig in the middle of a run."""
    window = RigWindow(theme, settings)
    window.ask_about_run = lambda: Parting.LEAVE  # type: ignore[method-assign]
    nowhere = SimpleNamespace(rig_file="", token="")
    client = SimpleNamespace(command=lambda *_, **__: {}, connection=nowhere)
    window.source = SimpleNamespace(
        session=session,
        recording=None,
        client=client,
        behind=None,
        stale_s=0.0,
        close=lambda: None,
        ask=lambda *_, **__: None,
    )  # type: ignore[assignment]
    window.setWindowTitle("hotjunction – simulated rig: BDNC")
    window.procedures.choose(procedure)
    window.procedures.set_rig(rig())
    window.procedures.explain("")
    window.procedures.check()
    window._told("state", state(*jobs))
    window._told("instruments", instruments(BUSY, z_V=4.12, bias_V=-1.08))
    for number, text in enumerate(sentences):
        window.log.add(
            "warning" if "cut" in text or "left out" in text else "info", NOON_S + 7 * number, text
        )
    window.area.raise_tab(tab)
    return window


JOBS = (
    job(1, "finished", procedure="iv", values={"peak": 1.35}, cycles=100),
    job(2, "running", cycles=63, left_s=660.0),
    job(3, values={"amplitudes": [1.18]}),
    job(4, values={"amplitudes": [1.27]}),
    job(5, procedure="control-out-of-contact", values={"amplitudes": [1.27]}),
)
SENTENCES = (
    "I-V, job 1, records to /data/2026-11-21-iv-001.h5",
    "Heating, job 2, records to /data/2026-11-21-heating-001.h5",
    "hold 62 cut at period 40: its current jumped",
    "hold 63 kept, 61 periods",
)


class MadeReplay(QObject):
    """A replay that stands still."""

    moved, went, failed = pyqtSignal(), pyqtSignal(), pyqtSignal(str)
    reasons: Mapping[str, str] = {}
    seeking = False

    def __init__(self, path: Path, session: Any) -> None:
        super().__init__()
        self.path, self.session = path, session
        self.state = PlayerState(
            2_000_000, 5_000_000, 1000.0, 2500.0, True, 50.0, False, False,
            ReplaySegment("trace", 62, 0, 1), ReplaySegment("hold", 62, 0, 1), (62, 160), (62, 100),
        )  # fmt: skip

    def __getattr__(self, name: str) -> Any:
        if name in ("toggle", "seek_time", "step_trace", "step_hold", "set_speed", "to_end", "close"):
            return lambda *_: None
        raise AttributeError(name)


ROWS = (
    LibraryRow("2026-11-21-heating-001.h5", "Au-BDNC-Au", "heating", notes="tip 14",
    started="2026-11-21T14:02:11+00:00",
        duration_s=2500.0, traces=160, holds=100, status="finished", result="2.3 mK, 6.9 mK at ±1.27 V"),
    LibraryRow("2026-11-21-iv-001.h5", "Au-BDNC-Au", "iv", started="2026-11-21T12:40:00+00:00", duration_s=1900.0,
        traces=140, sweeps=100, status="finished", result="I-V of 100 junctions"),
    LibraryRow("2026-11-21-break-junction-001.h5", "Au-BDNC-Au", "break-junction", started="2026-11-21T11:00:00+00:00",
        duration_s=4900.0, traces=500, status="finished", result="0.00207 ± 0.00005 G0"),
    LibraryRow("2026-11-20-break-junction-003.h5", "Au-BDNC-Au", "break-junction", notes="tip blunt, given up",
        started="2026-11-20T19:00:00+00:00", duration_s=600.0, traces=61, status="aborted"),
)  # fmt: skip


def replay_window(
    theme: Theme, settings: QSettings, source: Any, rows: tuple[LibraryRow, ...] = ROWS
) -> ReplayWindow:
    """A window of a recording, with the list of a folder."""
    window = ReplayWindow(theme, settings, source)
    window.browser.library = None
    window.browser.model.show_rows(rows)
    return window


def settle(window: Any, app: Any, times: int = 6) -> None:
    """Let layouts and pictures come to rest."""
    for _ in range(times):
        app.processEvents()
        window.paint()
        time.sleep(0.02)
