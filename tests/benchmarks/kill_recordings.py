"""Kills writers of recordings at random moments and looks at what they leave behind.

``python -m tests.benchmarks.kill_recordings 200`` prints the outcome. A writer is a process of its own that
records as fast as it can, tells on its standard output what `flush` returned, and now and then finishes its
file, so that kills also hit the creation and the compression. Every value follows from its sample index, so
a wrong one cannot hide.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis.recording import RecordedChannel, Recording, RecordingError, RecordingWriter, RunHeader, recover
from analysis.recording.run_log import log_of
from analysis.records import Block, Event, EventKind
from tests.benchmarks.table import Row, scaled
from tests.support.leash import leash

CHANNELS = ("current", "thermocouple", "bias", "z")
RATE_Hz = 2000.0
LATEST_KILL_s = 0.4
KILLS = 200


@dataclass(frozen=True)
class Outcome:
    """Counts over all kills; everything but ``kills`` and ``slowest_open_s`` must be 0."""

    kills: int
    unopened: int
    lost: int
    wrong: int
    unrecovered: int
    slowest_open_s: float
    samples: int
    finished: int


def values(first: int, n: int) -> np.ndarray:
    """Return every channel at samples ``first`` to ``first + n``, shape (4, n)."""
    index = np.arange(first, first + n, dtype=np.int64)
    return np.stack([(index * 2654435761 + 40503 * c) % 2**31 / 7.0 for c in range(len(CHANNELS))])


def script(seed: int) -> Iterator[tuple[Block, bool]]:
    """Blocks of one run, some after a gap, and whether to flush after each."""
    rng = np.random.default_rng(seed)
    first = 0
    for _ in range(int(rng.integers(20, 3000))):
        first += int(rng.integers(1, 5000)) if rng.random() < 0.02 else 0
        n = int(rng.integers(1, 400))
        yield Block(first, RATE_Hz, CHANNELS, values(first, n)), bool(rng.random() < 0.5)
        first += n


def write(path: Path, seed: int) -> None:
    """One writer: flushes at random and prints what it was told is saved (samples, events)."""
    header = RunHeader("kill test", tuple(RecordedChannel(name) for name in CHANNELS), RATE_Hz, seed=seed)
    with RecordingWriter(path, header) as writer:
        for count, (block, flush) in enumerate(script(seed), 1):
            writer.add_event(Event(block.first, EventKind.MARK, "block", {"number": count}))
            writer.append(block)  # may flush by itself; then both are saved
            if flush:
                saved = writer.flush()
                sys.stdout.write(f"{saved} {count}\n")
                sys.stdout.flush()


def start_writer() -> subprocess.Popen[str]:
    """A writer that has done its imports and waits to be told where to write."""
    command = [sys.executable, "-m", "tests.benchmarks.kill_recordings", "write"]
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def _kill_one(
    child: subprocess.Popen[str], path: Path, seed: int, after_s: float, *, acknowledged: bool
) -> tuple[int, int] | None:
    """Let the child write, kill it; returns the last acknowledged (samples, events), None before creation.

    ``acknowledged``: count the time from the first acknowledgement, not from the start.
    """
    assert child.stdin is not None and child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    child.stdin.write(f"{seed} {path}\n")
    child.stdin.flush()
    first = (
        child.stdout.readline() if acknowledged else ""
    )  # on a busy machine that may be long after the start
    try:
        child.wait(after_s)
    except subprocess.TimeoutExpired:
        child.kill()
    said = (first + child.stdout.read()).split("\n")[:-1]  # a line that was cut off is not an acknowledgement
    child.wait()
    child.stdin.close()
    child.stdout.close()
    if not said:
        return (0, 0) if path.exists() or log_of(path).exists() else None
    samples, events = said[-1].split()
    return int(samples), int(events)


def wrong_values(recording: Recording, seed: int) -> int:
    """Number of blocks or events that are not what the writer of this seed wrote, up to where it came."""
    bad, left = 0, recording.n_samples
    expected_events = 0
    for block, _ in script(seed):
        if left <= 0:
            break
        n = min(left, len(block))
        stored = recording.samples(block.first, block.first + n)
        bad += not np.array_equal(stored, block.data[:, :n])
        left -= n
        expected_events += 1
    numbers = [event.payload["number"] for event in recording.events if event.kind is EventKind.MARK]
    return bad + (left != 0) + (numbers != list(range(1, expected_events + 1)))


def kill_recordings(count: int, seed: int = 1, folder: Path | None = None) -> Outcome:
    """Kill ``count`` writers, each at a moment drawn from ``seed``; look at what is left."""
    if folder is None:
        with tempfile.TemporaryDirectory() as temporary:
            return kill_recordings(count, seed, Path(temporary))
    rng = np.random.default_rng(seed)
    unopened = lost = wrong = unrecovered = samples = finished = kills = 0
    slowest = 0.0
    child = start_writer()
    while kills < count:
        following = start_writer()
        run_seed, path = int(rng.integers(2**31)), folder / f"run{kills}.h5"
        wait_s = float(rng.uniform(0.0, LATEST_KILL_s))
        told = _kill_one(child, path, run_seed, wait_s, acknowledged=kills % 2 == 0)
        child = following
        if told is None:  # killed before there was a file
            continue
        kills += 1
        began = time.perf_counter()
        try:
            with Recording(path) as recording:
                slowest = max(slowest, time.perf_counter() - began)
                lost += recording.n_samples < told[0] or len(recording.events) < told[1]
                wrong += wrong_values(recording, run_seed) > 0
                samples += recording.n_samples
                finished += recording.status == "finished"
            out = path.with_suffix(".recovered.h5")
            recover(path, out)
            with Recording(out) as recovered:
                unrecovered += recovered.n_samples < told[0] or wrong_values(recovered, run_seed) > 0
            out.unlink()
        except RecordingError:
            unopened += 1
        for left in (path, log_of(path)):
            left.unlink(missing_ok=True)
    child.kill()
    child.wait()
    for pipe in (child.stdin, child.stdout):
        assert pipe is not None
        pipe.close()
    return Outcome(kills, unopened, lost, wrong, unrecovered, slowest, samples, finished)


def rows(size: float = 1.0) -> list[Row]:
    """Return the outcome as lines of a table; ``size`` is a share of the kills."""
    outcome = kill_recordings(scaled(KILLS, size))
    bad = f"{outcome.unopened} unopened, {outcome.lost} lost, {outcome.wrong} wrong, {outcome.unrecovered} unrecovered"
    return [
        Row(f"recordings of {outcome.kills} killed writers", bad, "0 (target)"),
        Row("slowest to open of them", f"{outcome.slowest_open_s * 1e3:.0f} ms", "10 s (target)"),
    ]


def main() -> None:
    """Writer ("write") or, with a number, the benchmark."""
    if sys.argv[1:] == ["write"]:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        seed, _, path = sys.stdin.readline().rstrip("\n").partition(" ")
        if path:
            write(Path(path), int(seed))
        return
    with leash():
        outcome = kill_recordings(int(sys.argv[1]) if len(sys.argv) > 1 else KILLS)
    sys.stdout.write(f"{outcome}\n")


if __name__ == "__main__":
    main()
