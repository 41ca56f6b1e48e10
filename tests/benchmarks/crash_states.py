"""Reads the log of a run in every state that a crash can leave it in, and counts what is lost or wrong.

``python -m tests.benchmarks.crash_states 10000`` prints the outcome. One run is written with its writes and syncs
noted. States are made of them: *kill*, after any write; *torn*, with the last write cut, or zeros from some sector
on; *power*, with every sector since the last sync there or not; *liar*, with a drive that ignored the last syncs.
Every value follows from its sample index, so a wrong one cannot hide.
"""

import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from analysis.recording import RecordedChannel, Recording, RecordingError, RunHeader, durable, layout
from analysis.recording.run_log import RunLog, log_of
from analysis.records import Event, EventKind
from tests.benchmarks.kill_recordings import CHANNELS, RATE_Hz, script, values
from tests.benchmarks.table import Row, scaled

SECTORS = (512, 4096)
STATES = 10_000
FLUSHES = 60


@dataclass
class Written:
    """Content of a log after each write, and what had been acknowledged by then (samples, events)."""

    writes: list[bytes] = field(default_factory=list)
    synced: list[int] = field(default_factory=list)
    """Number of writes that were on the disk after each write."""
    acknowledged: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Outcome:
    """Counts over all states; ``refused``, ``lost``, ``wrong`` and ``bare`` must be 0."""

    states: Counter[str]
    refused: int
    lost: int
    wrong: int
    bare: int


def write_run(folder: Path, seed: int) -> Written:
    """Write a log of some flushes, noting each write before its sync."""
    written = Written()
    append, sync = durable.append, durable.sync

    def noted(descriptor: int, content: bytes) -> None:
        append(descriptor, content)
        written.writes.append(content)
        written.synced.append(len(written.writes) - 1)

    header = RunHeader("crash test", tuple(RecordedChannel(name) for name in CHANNELS), RATE_Hz, seed=seed)
    durable.append, durable.sync = noted, lambda descriptor: None
    try:
        log = RunLog(folder / "run.h5.log", header, bytes(range(8)))
        written.acknowledged.append((0, 0))
        for count, (block, _) in zip(range(1, FLUSHES), script(seed), strict=False):
            event = Event(block.first, EventKind.MARK, "block", {"number": count})
            content = {"sample": event.sample, "kind": str(event.kind), "name": event.name}
            line = layout.line("event", {**content, "payload": dict(event.payload)})
            written.acknowledged.append((log.commit([block], line), count))
        log.close()
    finally:
        durable.append, durable.sync = append, sync
    return written


def state(written: Written, kind: str, rng: np.random.Generator) -> tuple[bytes, tuple[int, int]]:
    """Return the content of the log in one state, and what must be readable in it."""
    last = int(rng.integers(1, len(written.writes)))
    whole = b"".join(written.writes[:last])
    if kind == "kill":
        return whole, written.acknowledged[last - 1]
    if kind == "liar":
        sure = max(last - int(rng.integers(2, 20)), 1)
        return _mixed(b"".join(written.writes[:sure]), whole, rng), (0, 0)
    following = whole + written.writes[last]
    if kind == "torn":
        sector = int(rng.choice(SECTORS))
        cut = int(rng.integers(len(whole) // sector, len(following) // sector + 1)) * sector
        cut = min(max(cut, len(whole)), len(following))
        rest = bytes(len(following) - cut) if rng.random() < 0.5 else b""
        return following[:cut] + rest, written.acknowledged[last - 1]
    return _mixed(whole, following, rng), written.acknowledged[last - 1]


def _mixed(sure: bytes, all_of_it: bytes, rng: np.random.Generator) -> bytes:
    """Return a file whose sectors behind ``sure`` are each on the disk or zero; the length is anything between."""
    sector = int(rng.choice(SECTORS))
    content = bytearray(all_of_it[: int(rng.integers(len(sure), len(all_of_it) + 1))])
    for at in range(len(sure) // sector * sector, len(content), sector):
        if rng.random() < 0.5:
            lo, hi = max(at, len(sure)), min(at + sector, len(content))
            content[lo:hi] = bytes(max(hi - lo, 0))
    return bytes(content)


def look(path: Path, seed: int, promised: tuple[int, int]) -> str:
    """Read a state; return "" if it is right, otherwise what is wrong with it."""
    try:
        with Recording(path) as recording:
            right = all(np.array_equal(b.data, values(b.first, len(b))) for b in recording.blocks())
            marks = [e.payload["number"] for e in recording.events if e.kind is EventKind.MARK]
            if not right or marks != sorted(set(marks)):
                return "wrong"
            return "lost" if recording.n_samples < promised[0] or len(marks) < promised[1] else ""
    except RecordingError:
        return "refused" if promised != (0, 0) else ""
    except Exception as error:
        return f"bare: {error!r}"


def crash(count: int, seed: int = 1) -> Outcome:
    """Read ``count`` states drawn from ``seed``."""
    rng = np.random.default_rng(seed)
    kinds = ("kill", "torn", "power", "liar")
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written = write_run(folder, seed)
        path = folder / "run.h5"
        states = [kinds[i % len(kinds)] for i in range(count)]
        for kind in states:
            content, promised = state(written, kind, rng)
            log_of(path).write_bytes(content)
            found[look(path, seed, promised).split(":")[0]] += 1
    return Outcome(Counter(states), found["refused"], found["lost"], found["wrong"], found["bare"])


def rows(size: float = 1.0) -> list[Row]:
    """Return the outcome as lines of a table; ``size`` is a share of the states."""
    outcome = crash(scaled(STATES, size))
    bad = ", ".join(f"{getattr(outcome, what)} {what}" for what in ("refused", "lost", "wrong", "bare"))
    return [Row(f"logs in {sum(outcome.states.values())} states of crashes", bad, "0 (target)")]


def main() -> None:
    """Print the outcome."""
    sys.stdout.write(f"{crash(int(sys.argv[1]) if len(sys.argv) > 1 else STATES)}\n")


if __name__ == "__main__":
    main()
