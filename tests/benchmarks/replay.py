"""Replay of a night: opening and seeking in a recording of ten hours, playing it, and a folder of 500 recordings."""

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from analysis.recording import RecordedChannel, RunHeader, TraceEntry
from analysis.recording.finish import write_finished
from analysis.records import Block, Event, EventKind
from app.replay.library import Library
from app.replay.player import Player
from tests.benchmarks.table import Row, scaled

HOURS = 10
RATE_Hz = 2000.0
CHANNELS = ("bias", "z", "thermocouple", "current")
CYCLE = 5000
"""Samples from one opening to the next, 2.5 s: fourteen thousand openings in a night."""

SHORTEST_NIGHT_h = 0.02
SEEKS = 50
RECORDINGS = 500
OPEN_TARGET_s, SEEK_TARGET_s, FOLDER_TARGET_s = 3.0, 0.2, 2.0


@dataclass
class Night:
    """A recorded run of many cycles that all look alike; takes the place of an opened recording."""

    samples: int
    header: RunHeader = field(
        default_factory=lambda: RunHeader(
            "break-junction",
            tuple(RecordedChannel(name) for name in CHANNELS),
            RATE_Hz,
            started="2026-11-21T20:00:00.000+00:00",
            sample="Au-BDNC-Au",
            settings={"current_gain_V_per_A": 1e5, "extension_m_per_V": 7e-8},
        )
    )
    status: str = "finished"
    run: bytes = b""
    gaps: tuple[tuple[int, int], ...] = ()
    path: Path = Path("night.h5")

    @property
    def n_samples(self) -> int:
        return self.samples

    @property
    def cycles(self) -> int:
        return self.samples // CYCLE

    @property
    def events(self) -> tuple[Event, ...]:
        return tuple(event for cycle in range(self.cycles) for event in _cycle_events(cycle))

    @property
    def traces(self) -> tuple[TraceEntry, ...]:
        starts = [cycle * CYCLE for cycle in range(self.cycles)]
        return tuple(TraceEntry(i, at + 2000, at + 4500, "open") for i, at in enumerate(starts))

    def blocks(self, size: int = 65536) -> Iterator[Block]:
        rng = np.random.default_rng(1)
        step = 20 / 2**18
        data = np.round(rng.normal(0, 0.05, (len(CHANNELS), CYCLE)) / step) * step
        data = np.tile(data, (1, -(-size // CYCLE) + 1))
        for first in range(0, self.samples, size):
            n, at = min(size, self.samples - first), first % CYCLE
            yield Block(first, RATE_Hz, CHANNELS, data[:, at : at + n].copy())


def _cycle_events(cycle: int) -> list[Event]:
    at = cycle * CYCLE
    moved = {"from_m": 1e-7, "to_m": 2e-7, "speed_m_per_s": 5e-9}
    ended = {"phase": "end", "ended": "open", "extension_m": 1.5e-7}
    return [
        Event(at + 50, EventKind.SETTING, "bias_V", {"value": 0.1}),
        Event(at + 100, EventKind.STEP, "approach", {"phase": "begin", **moved}),
        Event(at + 1900, EventKind.STEP, "approach", ended),
        Event(at + 2000, EventKind.STEP, "withdraw", {"phase": "begin", **moved}),
        Event(at + 4500, EventKind.STEP, "withdraw", ended),
        Event(at + 4600, EventKind.SETTING, "current_offset_V", {"value": 1e-4, "samples": 100}),
        Event(at + 4700, EventKind.MARK, "trace", {"number": cycle, "ended": "open", "contact_nm": 150.0}),
    ]


def write_night(path: Path, hours: float) -> None:
    """A finished recording of so many hours."""
    write_finished(path, Night(round(hours * 3600 * RATE_Hz), path=path), "finished")


def timed(work: Callable[[], object]) -> float:
    """Seconds that it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def rows(size: float = 1.0) -> Iterator[Row]:
    """Yield all figures; ``size`` is a share of the night's hours, the seeks and the recordings."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _night(Path(folder) / "night.h5", size)
        yield from _folder(Path(folder) / "many", size)


def _night(path: Path, size: float) -> Iterator[Row]:
    hours = max(HOURS * size, SHORTEST_NIGHT_h)
    write_night(path, hours)
    opened_s = min(timed(lambda: Player(path).close()) for _ in range(3))
    yield Row(
        f"open a recording of {hours:.3g} h with {hours * 3600 * RATE_Hz / CYCLE:,.0f} openings",
        f"{opened_s:.2f} s",
        f"{OPEN_TARGET_s:g} s",
        _room(OPEN_TARGET_s, opened_s),
    )
    rng = np.random.default_rng(2)
    with Player(path) as player:
        player.play()
        places = rng.integers(0, player.state.stop, scaled(SEEKS, size))
        sought = [
            timed(lambda place=place: (player.seek(int(place)), player.advance(0.05))) for place in places
        ]
        usual_s, worst_s = float(np.median(sought)), max(sought)
        yield Row(
            f"seek in it, first block included: median of {len(sought)} (worst)",
            f"{usual_s * 1e3:.0f} ms ({worst_s * 1e3:.0f} ms)",
            f"{SEEK_TARGET_s * 1e3:.0f} ms",
            _room(SEEK_TARGET_s, worst_s),
        )
        player.seek(0)
        player.speed = float("inf")
        began, samples = time.perf_counter(), 0
        while samples < min(20_000_000, round(hours * 3600 * RATE_Hz / 2)):
            samples += sum(len(item) for item in player.advance(0.05) if isinstance(item, Block))
        speed = samples / RATE_Hz / (time.perf_counter() - began)
    yield Row("play it as fast as it can", f"{speed:,.0f} x life", "1000 x", f"{speed / 1000:.1f}")


def _folder(folder: Path, size: float) -> Iterator[Row]:
    recordings = scaled(RECORDINGS, size, 2)
    folder.mkdir()
    write_night(folder / "0.h5", min(0.05, HOURS * size + SHORTEST_NIGHT_h))
    content = (folder / "0.h5").read_bytes()
    for number in range(1, recordings):
        (folder / f"{number}.h5").write_bytes(content)
    first_s = timed(lambda: Library(folder).refresh())
    yield Row(
        f"list {recordings} recordings",
        f"{first_s:.2f} s",
        f"{FOLDER_TARGET_s:g} s",
        _room(FOLDER_TARGET_s, first_s),
    )
    again_s = timed(lambda: Library(folder).refresh())
    yield Row("list them again", f"{again_s * 1e3:.0f} ms")


def _room(target: float, ours: float) -> str:
    return f"{target / ours:.1f}"
