"""Painting of the window's views, offscreen: processor time of a second of life, and the slowest frame."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from analysis.records import Event, EventKind
from tests.benchmarks.table import Row

FRAMES_PER_S, RATE_HZ, SECONDS, WARM_S = 20, 2000, 8, 2
OPENING_FRAMES = 40
FEWEST_FRAMES = 3
MOST_CORE, MOST_FRAME_S = 0.60, 0.100

Step = Callable[[int], None]


def rows(size: float = 1.0) -> Iterator[Row]:
    """Yield what the views cost together, and each alone; ``size`` is a share of the seconds that are painted."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PyQt6.QtCore import QSettings
    from PyQt6.QtWidgets import QApplication

    from app.gui.widgets.theme import Choice, Theme

    app = QApplication.instance() or QApplication([])
    with tempfile.TemporaryDirectory() as folder:
        theme = Theme(QSettings(str(Path(folder) / "theme.ini"), QSettings.Format.IniFormat))
        theme.choose(Choice.DARK)
        theme.dress(app)  # type: ignore[arg-type]
        yield from _usual(app, theme, size)
        yield from _each(app, theme, size)


def _usual(app: object, theme: object, size: float) -> Iterator[Row]:
    """The layout of the window: status line, the picture of a tab, strips of four channels below."""
    views, steps = _views(theme)
    for name in ("status", "strips", "heating"):
        views[name].show()
    costs = _run(app, steps, size * SECONDS)
    yield _core("usual layout: status line, strips, heating; 20 frames/s", costs)
    yield _slowest("usual layout: slowest frame", costs)
    for view in views.values():
        view.show()
    costs = _run(app, steps, size * SECONDS)
    yield _core("all seven views and the status line at once; 20 frames/s", costs)
    yield _slowest("all views at once: slowest frame", costs)
    _close(app, views)


def _each(app: object, theme: object, size: float) -> Iterator[Row]:
    views, steps = _views(theme)
    for name, view in views.items():
        view.show()
        costs = _run(app, steps, size * 3)
        view.hide()
        yield Row(f"  {name} alone", f"{np.mean(costs[len(costs) // 3 :]) * 1e3:.1f} ms a frame")
    costs = _run(app, steps, size * 2)
    yield Row("  all hidden: feeding alone", f"{np.mean(costs) * 1e3:.2f} ms a frame")
    _close(app, views)


def _views(theme: object) -> tuple[dict, dict[str, Step]]:  # type: ignore[type-arg]
    """Views, and what happens to each in a frame: as a run of 2 kHz and four channels makes it happen."""
    from app.gui.plots import heating, histogram, iv, noise, strips, trace, transmission
    from app.gui.windows.status_line import RigStatusLine
    from app.viewmodels.current_trace import CurrentTrace
    from app.viewmodels.strips import StripCharts
    from tests.support.recordings import synthetic

    views = {
        "status": RigStatusLine(theme),  # type: ignore[arg-type]
        "strips": strips.StripsView(theme),  # type: ignore[arg-type]
        "trace": trace.TraceView(theme),  # type: ignore[arg-type]
        "histogram": histogram.HistogramPlot(theme),  # type: ignore[arg-type]
        "iv": iv.IVPlot(theme),  # type: ignore[arg-type]
        "heating": heating.HeatingPlot(theme),  # type: ignore[arg-type]
        "transmission": transmission.TransmissionPlot(theme),  # type: ignore[arg-type]
        "noise": noise.NoisePlot(theme),  # type: ignore[arg-type]
    }
    for name, view in views.items():
        view.resize(1400, {"status": 72, "strips": 330}.get(name, 450))
    rng = np.random.default_rng(0)
    n = RATE_HZ // FRAMES_PER_S
    charts, growing = StripCharts(30.0, 1300), CurrentTrace()
    charts.feed(synthetic.signals(0, 30 * RATE_HZ, rng))
    openings = [synthetic.opening(number, rng) for number in range(11)]
    for opening in openings:
        growing.trace(opening)
    blocks = [synthetic.signals(30 * RATE_HZ + i * n, n, rng) for i in range(FRAMES_PER_S * 40)]
    kept = {
        "histogram": [synthetic.histogram(i) for i in range(3)],
        "iv": [synthetic.iv(i) for i in range(3)],
        "heating": [synthetic.heating(i, 60 + i) for i in range(3)],
        "transmission": [synthetic.transmission() for _ in range(2)],
        "noise": [synthetic.noise(i) for i in range(3)],
    }
    once_in = {"histogram": 30, "iv": 40, "heating": 60, "transmission": 200, "noise": 40}
    fed = iter(blocks)

    def feed(frame: int) -> None:
        block = next(fed)
        if frame % OPENING_FRAMES == 0:
            growing.event(Event(block.first, EventKind.STEP, "withdraw", {"phase": "end"}))
            growing.trace(openings[frame // OPENING_FRAMES % len(openings)])
            growing.event(Event(block.first, EventKind.STEP, "withdraw", {"phase": "begin"}))
        charts.feed(block)
        growing.feed(block)

    def step(name: str) -> Step:
        every, snapshots = once_in[name], kept[name]
        return lambda frame: views[name].present(snapshots[frame // every % len(snapshots)])

    def numbers(frame: int) -> None:
        views["status"].present(synthetic.status(in_state_s=frame / 20, tip_nm=400 + 0.1 * frame))

    steps: dict[str, Step] = {
        "feed": feed,
        "strips": lambda frame: views["strips"].present(charts.snapshot()),
        "trace": lambda frame: views["trace"].present(growing.snapshot()),
        "status": numbers,
        **{name: step(name) for name in once_in},
    }
    return views, steps


def _run(app: object, steps: dict[str, Step], seconds: float) -> list[float]:
    """Processor seconds of each frame at its pace, painting included; the first seconds are not counted."""
    from PyQt6.QtCore import QEventLoop, QTimer

    costs = []
    begun = time.perf_counter()
    for frame in range(max(FEWEST_FRAMES, round(FRAMES_PER_S * seconds))):
        before = time.process_time()
        for step in steps.values():
            step(frame)
        loop = QEventLoop()
        left_s = max((frame + 1) / FRAMES_PER_S - (time.perf_counter() - begun), 0.002)
        QTimer.singleShot(round(1e3 * left_s), loop.quit)
        loop.exec()
        costs.append(time.process_time() - before)
    return costs[round(min(WARM_S, seconds / 3) * FRAMES_PER_S) :]


def _close(app: object, views: dict) -> None:  # type: ignore[type-arg]
    for view in views.values():
        view.close()
        view.deleteLater()
    app.processEvents()  # type: ignore[attr-defined]


def _core(name: str, costs: list[float]) -> Row:
    share = float(np.mean(costs)) * FRAMES_PER_S
    return Row(name, f"{100 * share:.0f} % of a core", f"{100 * MOST_CORE:.0f} %", f"{MOST_CORE / share:.1f}")


def _slowest(name: str, costs: list[float]) -> Row:
    worst = max(costs)
    return Row(name, f"{1e3 * worst:.0f} ms", f"{1e3 * MOST_FRAME_S:.0f} ms", f"{MOST_FRAME_S / worst:.1f}")
