"""Cost of showing a run: all views live at 2 kHz and four channels, and the memory that a day leaves in use."""

import gc
import time
import tracemalloc
from collections.abc import Callable, Iterator

import numpy as np

from analysis.disk_backed_list import DiskBackedList
from analysis.heating.heating import HeatingOptions
from analysis.records import Block, Event, Trace
from analysis.traces.options import AnalysisOptions
from app.viewmodels.heating_view import HeatingModel
from app.viewmodels.histogram_view import HistogramModel
from app.viewmodels.session import Session
from app.viewmodels.signals import SampledSignals
from app.viewmodels.strips import StripCharts
from tests.benchmarks.table import Row, scaled
from tests.support.physics.iv_junctions import opening_traces
from tests.support.physics.made_holds import made_hold
from tests.support.recordings.streams import Made, RATE_Hz, header, made_holds

BLOCK = 200
FRAME_S = 0.05
DAY_TRACES, DAY_HOLDS = 4000, 2500
"""Records of a day: a trace each 20 s, a hold each 35 s."""


def traces_run(count: int) -> Made:
    """Minutes of openings at 0.1 nm/s, as in the paper: a sample each 0.05 pm."""
    rng = np.random.default_rng(1)
    made = Made(header("break-junction", parameters={"traces": count}), rng)
    for number, trace in enumerate(
        opening_traces(rng, count, molecule_G0=2e-3, probability=0.6, step_m=5e-14)
    ):
        made.trace(trace, number)
    return made


def cost(made: Made, frames: bool) -> tuple[float, float]:
    """Seconds of the processor, and seconds of the run; with all pictures 20 times a second, or without."""
    stream: list[Block | Event] = list(made.cut([BLOCK]))
    session = Session(made.header)
    began, drawn_s = time.process_time(), 0.0
    for item in stream:
        session.feed(item)
        if frames and isinstance(item, Block) and item.stop / RATE_Hz >= drawn_s + FRAME_S:
            session.snapshot()
            drawn_s = item.stop / RATE_Hz
    session.close()
    return time.process_time() - began, made.stop / RATE_Hz


def strips_ms(size: float) -> tuple[float, float]:
    """Milliseconds to feed a block to the strip charts, and to draw them."""
    rng, strips = np.random.default_rng(0), StripCharts(30.0, 900)
    nothing = np.full(BLOCK, np.nan)
    rows = rng.standard_normal((4, BLOCK))
    n, pictures = scaled(2000, size), scaled(200, size)
    began = time.process_time()
    for i in range(n):
        strips.feed(SampledSignals(i * BLOCK, RATE_Hz, rows[0], nothing, rows[1], rows[2], rows[3]))
    fed = time.process_time()
    for i in range(pictures):
        strips.show(30.0, 900 + i % 2)
        strips.snapshot()
    return (fed - began) / n * 1e3, (time.process_time() - fed) / pictures * 1e3


def growth_bytes(first: int, second: int, feed: Callable[[Iterator[int]], object]) -> float:
    """Memory that a record leaves behind, from what more of them leave."""
    tracemalloc.start()
    feed(iter(range(first)))
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    feed(iter(range(first, second)))
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return (after - before) / (second - first)


def trace_bytes(size: float) -> float:
    """Return the memory of a trace in the histogram, in bytes."""
    made = opening_traces(np.random.default_rng(2), 20, molecule_G0=2e-3, probability=0.6, step_m=1e-12)
    shelf: DiskBackedList[Trace] = DiskBackedList()
    view = HistogramModel(shelf, lambda usual: AnalysisOptions(resamples=2))

    def feed(numbers: Iterator[int]) -> None:
        for number in numbers:
            shelf.add(made[number % 20])
        view.work()

    return growth_bytes(scaled(400, size, 20), scaled(1200, size, 40), feed)


def hold_bytes(size: float) -> float:
    """Return the memory of a hold in the heating view, in bytes."""
    rng = np.random.default_rng(3)
    made = [made_hold(n=2400, rng=rng, noise_V=3e-7, current_noise_A=1e-9, number=i) for i in range(10)]
    shelf: DiskBackedList = DiskBackedList("programme")
    view = HeatingModel(shelf, header("heating"), HeatingOptions(resamples=10))

    def feed(numbers: Iterator[int]) -> None:
        for number in numbers:
            shelf.add(made[number % 10])
        view.work()

    return growth_bytes(scaled(60, size, 4), scaled(160, size, 8), feed)


def rows(size: float = 1.0) -> Iterator[Row]:
    """Yield the rows of the table; ``size`` is a share of the run, and of the records that fill the memory."""
    for name, made in (
        ("openings at 0.1 nm/s", traces_run(scaled(20, size))),
        ("holds one after the other", made_holds(scaled(30, size, 2))),
    ):
        bare_s, run_s = cost(made, frames=False)
        yield Row(
            f"all views live, {name}, fits and bootstraps included",
            f"{bare_s / run_s:.1%} of a core",
            "10 % (target)",
            f"{0.1 * run_s / bare_s:.1f}",
        )
        drawn_s, _ = cost(made, frames=True)
        yield Row("the same with every picture made 20 times a second", f"{drawn_s / run_s:.1%} of a core")
    feed_ms, draw_ms = strips_ms(size)
    yield Row(
        f"strip charts: {BLOCK} samples x 4, three windows",
        f"{feed_ms:.3f} ms",
        "1 ms (target)",
        f"{1 / feed_ms:.1f}",
    )
    yield Row("strip charts: a picture 900 pixels wide", f"{draw_ms:.3f} ms")
    day_MB = (DAY_TRACES * trace_bytes(size) + DAY_HOLDS * hold_bytes(size)) / 1e6
    yield Row(f"memory left by a day: {DAY_TRACES} traces and {DAY_HOLDS} holds", f"{day_MB:.1f} MB")
