"""Holds to temperatures, beside one plain least squares a hold; and holds out of a long recording."""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from analysis.heating.estimator import EstimatorSettings, estimate_holds
from analysis.heating.holds import Hold, holds_of
from analysis.heating.line import Line
from analysis.heating.programme import three_level
from analysis.recording import RecordedChannel, Recording, RecordingWriter, RunHeader
from analysis.records import Block, Event, EventKind
from tests.benchmarks.table import Row, scaled
from tests.support.physics.made_holds import RATE_Hz, SEEBECK_V_per_K, made_hold

HOLDS = 500
SAMPLES = 10_000
RUPTURED = 0.3
SETTINGS = EstimatorSettings(SEEBECK_V_per_K, lines=(Line(50.0),))

RECORDED_HOLDS = 60
EVERY_S = 30


def junctions(rng: np.random.Generator, count: int) -> list[Hold]:
    """Holds with noise, 30 % of which break somewhere after the first second."""
    made = []
    for number in range(count):
        hold = made_hold(n=SAMPLES, rng=rng, noise_V=3e-7, current_noise_A=1e-9, number=number)
        if rng.random() < RUPTURED:
            hold.current_A[rng.integers(2500, SAMPLES) :] *= 1e-4
        made.append(hold)
    return made


def plain(holds: list[Hold]) -> list[float]:
    """One `numpy.linalg.lstsq` a hold: levels, parabola, one line of the mains; no exclusions, alignment, errors."""
    n = np.arange(SAMPLES)
    phase = (3 * ((49 * n) % 8000)) // 8000
    kept = (((3 * ((49 * n) % 8000)) % 8000) // 147 >= 6) & (49 * n // 8000 < 61)
    t = n / RATE_Hz
    found = []
    for hold in holds:
        wave = 2.0 * np.pi * 50.0 * t
        columns = [phase == 0, phase == 2, np.ones(SAMPLES), t, t**2, np.sin(wave), np.cos(wave)]
        matrix = np.column_stack(columns)[kept]
        solution = np.linalg.lstsq(matrix, hold.thermocouple_V[kept], rcond=None)[0]
        found.append(-solution[0] / SEEBECK_V_per_K)
    return found


def recording(path: Path, rng: np.random.Generator, holds: int) -> None:
    """A recording with a hold of 5 s every half minute."""
    channels = ("current", "thermocouple", "bias", "z")
    settings = {"current_gain_V_per_A": 1e5, "thermocouple_gain": 1e4}
    header = RunHeader(
        "heating", tuple(RecordedChannel(name) for name in channels), RATE_Hz, settings=settings
    )
    programme = three_level(1.27).to_json()
    n = int(EVERY_S * RATE_Hz)
    with RecordingWriter(path, header) as writer:
        for number in range(holds):
            first = number * n
            begin = {"phase": "begin", "programme": programme, "start": first + 1000, "hold": number}
            writer.append(Block(first, RATE_Hz, channels, rng.standard_normal((4, n))))
            writer.add_event(Event(first + 1000, EventKind.STEP, "modulate", begin))
            end = {"phase": "end", "ended": "finished"}
            writer.add_event(Event(first + 1000 + SAMPLES, EventKind.STEP, "modulate", end))


def timed(work: Callable[[], object], rounds: int = 3) -> float:
    """Shortest of some rounds, seconds: what else the machine does only ever adds."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return min(taken)


def rows(size: float = 1.0) -> Iterator[Row]:
    """Yield the rows of the table; ``size`` is a share of the holds."""
    rng = np.random.default_rng(1)
    holds, recorded = junctions(rng, scaled(HOLDS, size, 2)), scaled(RECORDED_HOLDS, size, 2)
    ours_s, plain_s = timed(lambda: list(estimate_holds(holds, SETTINGS))), timed(lambda: plain(holds), 1)
    yield Row(
        f"{len(holds)} holds of {SAMPLES} samples: align, exclude, regress, errors",
        f"{ours_s:.2f} s",
        f"{plain_s:.2f} s (numpy lstsq each, temperatures only)",
        f"{plain_s / ours_s:.1f}",
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "campaign.h5"
        recording(path, rng, recorded)
        with Recording(path) as opened:
            holds_s = timed(lambda: sum(1 for _ in holds_of(opened)))
            all_s = timed(lambda: sum(len(block) for block in opened.blocks()), 1)
    yield Row(
        f"{recorded} holds out of {recorded * EVERY_S / 60:.3g} min of recording",
        f"{holds_s:.2f} s",
        f"{all_s:.2f} s (all samples read)",
        f"{all_s / holds_s:.1f}",
    )
