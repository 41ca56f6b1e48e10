"""Cost of recording, beside plain h5py appends of the same samples in the same run."""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np

from analysis.recording import RecordedChannel, Recording, RecordingWriter, RunHeader
from analysis.records import Block
from tests.benchmarks.table import Row, scaled

CHANNELS = ("current", "thermocouple", "bias", "z")
RATE_Hz, BLOCK = 2000.0, 200
FLUSH_EVERY = 5  # blocks: half a second
HOUR = round(3600 * RATE_Hz / BLOCK)  # blocks


def samples(rng: np.random.Generator) -> np.ndarray:
    """One block of noise in steps of an 18-bit converter over 20 V, shape (4, 200)."""
    step = 20 / 2**18
    return np.round(rng.normal(0, 0.05, (len(CHANNELS), BLOCK)) / step) * step


def open_writer(path: Path) -> RecordingWriter:
    """A writer that flushes every half second of data."""
    header = RunHeader("benchmark", tuple(RecordedChannel(name) for name in CHANNELS), RATE_Hz)
    return RecordingWriter(path, header, save_every_s=0.5)


def ours(path: Path, data: np.ndarray, blocks: int) -> Callable[[], None]:
    """A function that records the blocks and leaves the file as a killed process would."""
    writer = open_writer(path)

    def work() -> None:
        for i in range(blocks):
            writer.append(Block(i * BLOCK, RATE_Hz, CHANNELS, data))
        writer.flush()
        writer.abandon()

    return work


def plain(path: Path, data: np.ndarray, blocks: int) -> Callable[[], None]:
    """The same with plain h5py: one SWMR dataset, an append a block, a flush every half second."""
    file = h5py.File(path, "w", libver="latest")
    shape = {"shape": (0, len(CHANNELS)), "maxshape": (None, len(CHANNELS))}
    dataset = file.create_dataset("samples", chunks=(4096, len(CHANNELS)), dtype="f8", **shape)
    file.swmr_mode = True

    def work() -> None:
        for i in range(blocks):
            dataset.resize((i + 1) * BLOCK, axis=0)
            dataset[i * BLOCK :] = data.T
            if i % FLUSH_EVERY == FLUSH_EVERY - 1:
                dataset.flush()
        file.close()

    return work


def timed(work: Callable[[], None]) -> tuple[float, float]:
    """Wall and processor seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def cost(folder: Path, rng: np.random.Generator, blocks: int, rounds: int) -> list[Row]:
    """Time and processor load of recording, both ways in turn; medians over the rounds."""
    data = samples(rng)
    taken: dict[Callable[..., Callable[[], None]], list[tuple[float, float]]] = {ours: [], plain: []}
    for round_ in range(rounds):
        for way, figures in taken.items():
            path = folder / f"{way.__name__}{round_}.h5"
            figures.append(timed(way(path, data, blocks)))
            path.unlink()
    wall_us = {way: np.median([f[0] for f in figures]) / blocks * 1e6 for way, figures in taken.items()}
    load = {
        way: np.median([f[1] for f in figures]) / (blocks * BLOCK / RATE_Hz) for way, figures in taken.items()
    }
    return [
        Row(
            "recording a block of 200 x 4 samples, saved every 0.5 s",
            f"{wall_us[ours]:.0f} us",
            f"{wall_us[plain]:.0f} us (h5py)",
            f"{wall_us[plain] / wall_us[ours]:.1f}",
        ),
        Row(
            "processor load of recording at 2 kHz x 4",
            f"{load[ours]:.2%}",
            f"{load[plain]:.2%} (h5py)",
            f"{load[plain] / load[ours]:.1f}",
        ),
    ]


def hour(folder: Path, rng: np.random.Generator, blocks: int) -> list[Row]:
    """Open an hour of samples (or so many blocks) left by a killed writer, compress it, and open it then."""
    data, path = samples(rng), folder / "hour.h5"
    writer = open_writer(path)
    for i in range(blocks):
        writer.append(Block(i * BLOCK, RATE_Hz, CHANNELS, data + i))
    writer.flush()
    killed, _ = timed(lambda: Recording(path).close())
    size = path.stat().st_size
    closing, _ = timed(lambda: writer.close())
    finished, _ = timed(lambda: Recording(path).close())
    return [
        Row(
            "opening an hour left by a killed writer",
            f"{killed * 1e3:.0f} ms",
            "10 s (target)",
            f"{10 / killed:.0f}",
        ),
        Row("opening a finished hour", f"{finished * 1e3:.0f} ms", "3 s (target)", f"{3 / finished:.0f}"),
        Row(
            f"closing an hour: {size / 1e6:.0f} MB to {path.stat().st_size / 1e6:.0f} MB, compared",
            f"{closing:.1f} s",
        ),
    ]


def rows(size: float = 1.0) -> Iterator[Row]:
    """Yield all figures of the recorder; ``size`` is a share of the blocks, the rounds and the hour."""
    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        yield from cost(Path(folder), rng, scaled(3000, size, 10), scaled(5, size))
        yield from hour(Path(folder), rng, scaled(HOUR, size, 10))
