"""The whole window, offscreen: how soon it is there, what a live run costs it, and a recording of ten hours in it."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.replay import HOURS, SHORTEST_NIGHT_h, write_night
from tests.benchmarks.table import Row, scaled

START_S, OPEN_S, SEEK_S, CORE, GAP_S = 1.2, 3.0, 0.1, 0.25, 0.050
WARM_S, SECONDS, SEEKS, STARTS = 10.0, 30.0, 20, 3
SHORTEST_S = 1.0
PATIENCE_S = 120.0
LAYOUTS = ("usual layout", "all views at once")
RUNS = {
    "break-junction": {"traces": 10_000, "withdraw_speed": 2.0},
    "heating": {"amplitudes": [1.08], "holds": 100, "conductance": 0.002, "withdraw_speed": 2.0},
}


def rows(size: float = 1.0) -> Iterator[Row]:
    """Yield all figures; ``size`` is a share of the repetitions and seconds, and 0 looks at one live run only."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    yield _row(
        "from the command to a usable window", min(_start_s() for _ in range(scaled(STARTS, size))), START_S
    )
    with tempfile.TemporaryDirectory() as folder:
        night = Path(folder) / "night.h5"
        hours = max(HOURS * size, SHORTEST_NIGHT_h)
        write_night(night, hours)
        opened_s, sought_s = _apart(_replay, night, hours, scaled(SEEKS, size))
        yield _row(f"open a recording of {hours:.3g} h, first picture included", opened_s, OPEN_S)
        yield _row(f"seek in it, picture included: worst of {len(sought_s)}", max(sought_s), SEEK_S)
        for procedure, every in list(product(RUNS, LAYOUTS))[: None if size else 1]:
            core, gap_s, work_s, frames = _apart(_live, procedure, every, Path(folder), size)
            yield Row(
                f"live {procedure}, 2 kHz x 4 channels, {every}: {frames:.0f} pictures/s",
                f"{100 * core:.0f} % of a core",
                f"{100 * CORE:.0f} %",
                f"{CORE / core:.1f}",
            )
            yield _row("  longest time between two pictures", gap_s, GAP_S)
            yield _row("  longest work of the window's thread between two pictures", work_s, GAP_S)


def _row(name: str, took_s: float, most_s: float) -> Row:
    return Row(name, f"{took_s:.2f} s", f"{most_s:g} s", f"{most_s / took_s:.1f}")


def _apart(work: Callable[..., Any], *arguments: Any) -> Any:
    """In a process of its own, whose processor time is the window's alone."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


FIRST_WINDOW = """
import sys
from PyQt6.QtCore import QSettings, QTimer
from PyQt6.QtWidgets import QApplication
from app.gui.main import Program
app = QApplication([])
program = Program(app, QSettings(sys.argv[1], QSettings.Format.IniFormat))
window = program.open_rig(lambda: sys.exit())
QTimer.singleShot(0, lambda: (window.grab(), sys.stdout.write("there"), sys.stdout.flush(), app.exit()))
app.exec()
program.close()
"""


def _start_s() -> float:
    with tempfile.TemporaryDirectory() as folder:
        began_s = time.perf_counter()
        command = [sys.executable, "-c", FIRST_WINDOW, str(Path(folder) / "settings.ini")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert process.stdout is not None and process.stdout.read(5) == b"there"
            return time.perf_counter() - began_s


# ---- in processes of their own ----


def _program(folder: Path) -> tuple[Any, Any]:
    from PyQt6.QtCore import QSettings
    from PyQt6.QtWidgets import QApplication

    from app.gui.main import Program, keep_drawing

    app = QApplication.instance() or QApplication([])
    program = Program(app, QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat))
    keep_drawing(program)
    return app, program


def _until(app: Any, condition: Callable[[], bool]) -> float:
    """Seconds until it held, with the window alive; it paints 25 times a second, so the next event is never far."""
    from PyQt6.QtCore import QEventLoop

    began_s = time.perf_counter()
    while not condition():
        app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        assert time.perf_counter() - began_s < PATIENCE_S, "the window did not come to it"
    return time.perf_counter() - began_s


def _replay(path: Path, hours: float, seeks: int) -> tuple[float, list[float]]:
    app, program = _program(path.parent)
    began_s = time.perf_counter()
    window = program.open_recording(path)
    strips = window.area.views["Strip charts"]
    _until(app, lambda: strips._drawn is not None and strips._drawn.time_s.size > 0)
    opened_s = time.perf_counter() - began_s
    sought_s = []
    for time_s in np.random.default_rng(2).uniform(0, hours * 3600, seeks):
        window.source.seek_time(float(time_s))
        sought_s.append(_until(app, lambda t=time_s: t < strips._drawn.now_s < t + 60))
    program.close()
    return opened_s, sought_s


def _live(procedure: str, layout: str, folder: Path, size: float) -> tuple[float, float, float, float]:
    """Share of a core, longest time between two pictures and work in it, and pictures a second."""
    from app.acquisition.simulated_rig import SimulationSettings
    from app.gui.bench_launcher import any_bench
    from app.gui.dialogs.close_dialog import Parting
    from app.server.client import BenchClient
    from app.server.connection import running_benches
    from app.server.process import start_bench_process

    connections = folder / f"{procedure} {layout}"
    bench = start_bench_process(SimulationSettings("wall"), folder, connections)
    (path,) = running_benches(connections)
    app, program = _program(connections)
    window = program.open_rig(lambda: any_bench(path))
    window.ask_about_run = lambda: Parting.END
    try:
        with BenchClient(bench) as client:
            client.command("queue_add", procedure=procedure, values=RUNS[procedure])
        if layout != "usual layout":
            for dock in window.area.docks.values():
                dock.setFloating(True)
                dock.resize(1000, 450)
                dock.show()
        _until(
            app,
            lambda: window.session is not None and window.session.status.snapshot().time_s > size * WARM_S,
        )
        return _measured(app, window, max(size * SECONDS, SHORTEST_S))
    finally:
        program.close()
        with BenchClient(bench) as client:
            client.command("shutdown", abort=True)


def _measured(app: Any, window: Any, seconds: float) -> tuple[float, float, float, float]:
    """The work is processor time, and so does not depend on what else the machine does."""
    from PyQt6.QtCore import QTimer

    stamps: list[tuple[float, float]] = []
    window._timer.timeout.connect(lambda: stamps.append((time.perf_counter(), time.thread_time())))
    began_s, worked_s = time.perf_counter(), time.process_time()
    QTimer.singleShot(round(seconds * 1000), app.exit)  # not quit, which closes windows
    app.exec()
    core = (time.process_time() - worked_s) / (time.perf_counter() - began_s)
    gap_s, work_s = np.diff(stamps, axis=0).max(axis=0)
    return core, float(gap_s), float(work_s), len(stamps) / seconds
