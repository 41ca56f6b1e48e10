"""Time from 900 traces of 10 000 samples to fitted peaks, beside a plain numpy script that does the least of it."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import igor2.binarywave
import numpy as np
from scipy.optimize import curve_fit

from analysis.records import Trace
from analysis.traces.options import AnalysisOptions
from analysis.traces.pipeline import analyse
from analysis.traces.result import Analysis
from tests.benchmarks.table import Row, scaled

BLOCKS = 9  # of 100 traces: those that there are, again and again
SAMPLES = 10_000
STEP_m = 20e-9 / 40_000  # 20 nm/s at 40 kHz


def paths() -> list[Path]:
    """Nine blocks of traces, or none where HOTJUNCTION_RECORDINGS does not say where there are any."""
    folder = Path(os.environ.get("HOTJUNCTION_RECORDINGS", "nowhere")) / "eka-au-stmbj"
    found = sorted(folder.glob("PullOutConductanceBlock_*.ibw"))
    return [found[i % len(found)] for i in range(BLOCKS)] if found else []


def load(path: Path) -> np.ndarray:
    """Conductances of a block, shape (100, 10000), and no parameters."""
    data: np.ndarray = igor2.binarywave.load(str(path))["wave"]["wData"][:SAMPLES].T
    return data


def ours(blocks: list[Path]) -> Analysis:
    """Selection, noise floor, three histograms, peaks, 300 resamples, 27 windows and backgrounds."""
    displacement_m = STEP_m * np.arange(SAMPLES)
    traces = [
        Trace(100 * i + j, (0, SAMPLES), displacement_m, g.astype(float), 0.025, "unknown")
        for i, path in enumerate(blocks)
        for j, g in enumerate(load(path))
    ]
    return analyse(traces, AnalysisOptions(), np.random.default_rng(0))


EDGES_G0 = np.linspace(-0.25, 10.0, 1026)
NEAR_G0 = 0.7, 1.2


def plain(blocks: list[Path]) -> float:
    """The same histograms with numpy's own functions and one fit: no selection, no errors; the first peak in G0."""
    g = np.concatenate([load(path) for path in blocks]).astype(float)
    return fitted(histograms(g))


def with_error(blocks: list[Path]) -> float:
    """The same, with the error of the first peak from as many resamples of the traces as ours; that error in G0."""
    g = np.concatenate([load(path) for path in blocks]).astype(float)
    fitted(histograms(g))
    rows = np.array([np.histogram(trace, EDGES_G0)[0] for trace in g])
    rng = np.random.default_rng(0)
    centres = []
    for _ in range(AnalysisOptions().resamples):
        with suppress(RuntimeError):  # no minimum was found
            centres.append(fitted(rows[rng.integers(len(rows), size=len(rows))].sum(axis=0)))
    return float(np.std(centres))


def histograms(g: np.ndarray) -> np.ndarray:
    """Count conductances (traces, samples) into three histograms; return the linear one."""
    counts = np.histogram(g, EDGES_G0)[0]
    positive = g > 0.0
    log_g = np.log10(np.where(positive, g, 1e-30))
    np.histogram(log_g[positive], np.linspace(-6.0, 2.0, 801))
    opened = SAMPLES - 1 - np.argmax((g >= 0.5)[:, ::-1], axis=1)
    displacement = STEP_m * (np.arange(SAMPLES) - opened[:, None])
    np.histogram2d(
        displacement[positive],
        log_g[positive],
        (np.linspace(-0.5e-9, 2.5e-9, 301), np.linspace(-6.0, 2.0, 321)),
    )
    return counts


def fitted(counts: np.ndarray) -> float:
    """Return the centre of a Gaussian on a slope, fitted to the first peak."""
    x = (EDGES_G0[1:] + EDGES_G0[:-1]) / 2.0
    inside = (x > NEAR_G0[0]) & (x < NEAR_G0[1])

    def gaussian(x: np.ndarray, a: float, c: float, s: float, b: float, m: float) -> np.ndarray:
        return a * np.exp(-0.5 * ((x - c) / s) ** 2) + b + m * (x - c)

    start = (counts[inside].max(), 0.95, 0.05, counts[inside].min(), 0.0)
    return float(curve_fit(gaussian, x[inside], counts[inside], start)[0][1])


def timed(work: Callable[[list[Path]], object], blocks: list[Path], rounds: int) -> float:
    """Return the shortest processor time of some rounds, s: what else the machine does only ever adds."""
    taken = []
    for _ in range(rounds):
        began = time.process_time()
        work(blocks)
        taken.append(time.process_time() - began)
    return min(taken)


def rows(size: float = 1.0) -> list[Row]:
    """Return the rows of the table, or one that says why there are none; ``size`` is a share of blocks and rounds."""
    blocks = paths()[: scaled(BLOCKS, size)]
    name = f"{100 * len(blocks) or 900} traces of 10 000 samples: load, select, 1D, 2D, fit"
    if not blocks:
        return [Row(name, "not run: HOTJUNCTION_RECORDINGS is not set")]
    rounds = scaled(5, size)
    ours_s, plain_s, error_s = (timed(work, blocks, rounds) for work in (ours, plain, with_error))
    peaks = len(ours(blocks).peaks)
    return [
        Row(name, f"{ours_s:.2f} s, with errors of {peaks} peaks", f"{plain_s:.2f} s (plain numpy, no errors)",
            f"{plain_s / ours_s:.1f}"),
        Row("the same, with the error of one peak for numpy", f"{ours_s:.2f} s", f"{error_s:.2f} s (plain numpy)",
            f"{error_s / ours_s:.1f}"),
    ]  # fmt: skip
