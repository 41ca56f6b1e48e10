"""The whole window, offscreen: how soon it is there, what a live run costs it, and a recording of ten hours in it."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.replay import HOURS, SHORTEST_NIGHT_h, write_night
from tests.benchmarks.table import Row, scaled

START_S, OPEN_S, SEEK_S, CORE, GAP_S = 1.2, 3.0, 0.1, 0.25, 0.050
WARM_S, SECONDS, SEEKS, STARTS = 10.0, 15.0, 20, 3
"""A window is warm when it has loaded what results need and has begun to collect garbage."""
SHORTEST_S = 1.0
PATIENCE_S = 120.0
RUNS = {
    "break-junction": {"traces": 10_000, "withdraw_speed": 2.0},
    "heating": {"amplitudes": [1.08], "holds": 100, "conductance": 0.002, "withdraw_speed": 2.0},
}


def rows(size: float = 1.0) -> Iterator[Row]:
    """Yield all figures; ``size`` is a share of the repetitions and seconds, and 0 looks at one live run only."""
    os.environ.update(QT_QPA_PLATFORM="offscreen", QT_LOGGING_RULES="default.warning=false")
    with _modules() as compiled:
        starts = [_start_s(compiled) for _ in range(1 + scaled(STARTS, size))]
    yield _row("from the command to a usable window", *min(starts[1:]), START_S)
    with tempfile.TemporaryDirectory() as folder:
        for procedure in list(RUNS)[: None if size else 1]:
            with _apart() as window:
                window.submit(begin, procedure, Path(folder), size * WARM_S).result()
                for layout, arrange in LAYOUTS[: None if size else 1]:
                    seconds = max(size * SECONDS, SHORTEST_S)
                    live = window.submit(measured, arrange, seconds).result()
                    yield from _of_life(f"live {procedure}, 2 kHz x 4 channels, {layout}", live)
                window.submit(end).result()
        night = Path(folder) / "night.h5"
        hours = max(HOURS * size, SHORTEST_NIGHT_h)
        write_night(night, hours)
        with _apart() as window:
            opened, sought = window.submit(replay, night, hours, scaled(SEEKS, size)).result()
        yield _row(f"open a recording of {hours:.3g} h, first picture included", *opened, OPEN_S)
        yield _row(f"seek in it, picture included: worst of {len(sought)}", *max(sought), SEEK_S)


def _row(name: str, took_s: float, worked_s: float, most_s: float) -> Row:
    return Row(
        name, f"{took_s:.2f} s (processor {worked_s:.2f} s)", f"{most_s:g} s", f"{most_s / took_s:.1f}"
    )


def _of_life(name: str, live: "Life") -> Iterator[Row]:
    yield Row(
        f"{name}: {live.pictures_per_s:.0f} pictures/s",
        f"{100 * live.core:.0f} % of a core",
        f"{100 * CORE:.0f} %",
        f"{CORE / live.core:.1f}",
    )
    for what, took_s in (
        ("longest time between two pictures", live.gap_s),
        ("longest work of the window's thread between two pictures", live.work_s),
    ):
        yield Row(f"  {what}", f"{1e3 * took_s:.0f} ms", f"{1e3 * GAP_S:.0f} ms", f"{GAP_S / took_s:.1f}")


def _apart() -> Executor:
    """Return a process of its own, whose processor time is the window's alone."""
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"))


FIRST_WINDOW = """
import sys, time
from PyQt6.QtCore import QSettings, QTimer
from PyQt6.QtWidgets import QApplication
from app.gui.main import Program
app = QApplication([])
program = Program(app, QSettings(sys.argv[1], QSettings.Format.IniFormat))
window = program.open_rig(lambda: sys.exit())
QTimer.singleShot(0, lambda: (window.grab(), print(time.process_time(), flush=True), app.exit()))
app.exec()
program.close()
"""


_modules = tempfile.TemporaryDirectory
"""Place of the compiled modules, at first empty."""


def _start_s(compiled: str) -> tuple[float, float]:
    """Seconds to a first window, and processor seconds of it; modules are ``compiled`` once, as by an installation."""
    with tempfile.TemporaryDirectory() as folder:
        began_s = time.perf_counter()
        command = [sys.executable, "-c", FIRST_WINDOW, str(Path(folder) / "settings.ini")]
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": compiled, "PYTHONDONTWRITEBYTECODE": ""}
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
        ) as process:
            assert process.stdout is not None
            worked_s = float(process.stdout.readline())
            return time.perf_counter() - began_s, worked_s


# ---- in processes of their own ----


def _program(folder: Path) -> tuple[Any, Any]:
    from PyQt6.QtCore import QSettings
    from PyQt6.QtWidgets import QApplication

    from app.gui.main import Program, keep_drawing

    app = QApplication.instance() or QApplication([])
    program = Program(app, QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat))
    keep_drawing(program)
    return app, program


def _until(app: Any, condition: Callable[[], bool]) -> tuple[float, float]:
    """Seconds and processor seconds until it held, with the window alive.

    It paints 25 times a second, so the next event is never far.
    """
    from PyQt6.QtCore import QEventLoop

    began_s, worked_s = time.perf_counter(), time.process_time()
    while not condition():
        app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        assert time.perf_counter() - began_s < PATIENCE_S, "the window did not come to it"
    return time.perf_counter() - began_s, time.process_time() - worked_s


def replay(path: Path, hours: float, seeks: int) -> tuple[tuple[float, float], list[tuple[float, float]]]:
    """Open a recording and seek in it; return seconds and processor seconds of each."""
    app, program = _program(path.parent)
    began_s, worked_s = time.perf_counter(), time.process_time()
    window = program.open_recording(path)
    strips = window.area.views["Strip charts"]
    _until(app, lambda: strips._drawn is not None and strips._drawn.time_s.size > 0)
    opened = time.perf_counter() - began_s, time.process_time() - worked_s
    sought = []
    for time_s in np.random.default_rng(2).uniform(0, hours * 3600, seeks):
        window.source.seek_time(float(time_s))
        sought.append(_until(app, lambda t=time_s: t < strips._drawn.now_s < t + 60))
    program.close()
    return opened, sought


@dataclass(frozen=True)
class Life:
    """Share of a core, pictures a second, and between two pictures the longest time and the longest work."""

    core: float
    pictures_per_s: float
    gap_s: float
    work_s: float


_alive: dict[str, Any] = {}
"""Application, program, window and bench of this process, by their names."""


def begin(procedure: str, folder: Path, warm_s: float) -> None:
    """Begin a run with a window that shows it, and let both become warm."""
    from app.acquisition.simulated_rig import SimulationSettings
    from app.gui.bench_launcher import any_bench
    from app.gui.dialogs.close_dialog import Parting
    from app.server.client import BenchClient
    from app.server.connection import running_benches
    from app.server.process import start_bench_process

    connections = folder / procedure
    bench = start_bench_process(SimulationSettings("wall"), folder, connections)
    (path,) = running_benches(connections)
    app, program = _program(connections)
    window = program.open_rig(lambda: any_bench(path))
    window.ask_about_run = lambda: Parting.LEAVE
    _alive.update(app=app, program=program, window=window, bench=bench)
    with BenchClient(bench) as client:
        client.command("queue_add", procedure=procedure, values=RUNS[procedure])
    _until(app, lambda: window.session is not None and window.session.status.snapshot().time_s > warm_s)


def usual(window: Any) -> None:
    """Leave the window as it is at first."""


def all_at_once(window: Any) -> None:
    """Let every view float, and so be seen."""
    for dock in window.area.docks.values():
        dock.setFloating(True)
        dock.resize(1000, 450)
        dock.show()


LAYOUTS = (("usual layout", usual), ("all views at once", all_at_once))


def measured(arrange: Callable[[Any], None], seconds: float) -> Life:
    """Measure the window in a layout; work is processor time, and so does not depend on what else the machine does."""
    from PyQt6.QtCore import QTimer

    app, window = _alive["app"], _alive["window"]
    arrange(window)
    begin_s = time.perf_counter()
    _until(app, lambda: time.perf_counter() > begin_s + min(seconds / 5, 1.0))
    stamps: list[tuple[float, float]] = []
    noted = window._timer.timeout.connect(lambda: stamps.append((time.perf_counter(), time.thread_time())))
    began_s, worked_s = time.perf_counter(), time.process_time()
    QTimer.singleShot(round(seconds * 1000), app.exit)  # not quit, which closes windows
    app.exec()
    _until(app, lambda: len(stamps) > 1)
    core = (time.process_time() - worked_s) / (time.perf_counter() - began_s)
    window._timer.timeout.disconnect(noted)
    gap_s, work_s = np.diff(stamps, axis=0).max(axis=0)
    return Life(core, len(stamps) / (time.perf_counter() - began_s), float(gap_s), float(work_s))


def end() -> None:
    """Close the window, and end the run and its bench."""
    from app.server.client import BenchClient

    _alive["program"].close()
    with BenchClient(_alive["bench"]) as client:
        client.command("shutdown", abort=True)
    _alive.clear()
