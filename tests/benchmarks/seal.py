"""Damages sealed recordings at random places: is each found, and repaired byte for byte?

``python -m tests.benchmarks.seal 2000`` prints the counts by kind of damage and verdict.
"""

import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

from analysis.recording import (
    RecordedChannel,
    Recording,
    RecordingError,
    RecordingWriter,
    RunHeader,
    repair,
    verify,
)
from analysis.records import Block, Event, EventKind
from tests.benchmarks.kill_recordings import CHANNELS, RATE_Hz, values
from tests.benchmarks.table import Row, scaled

DAMAGES = 2000
KINDS = {
    "a bit": 0,
    "512 bytes of noise": 512,
    "4 KiB of zeros": 4096,
    "64 KiB of noise": 65536,
    "cut off": -1,
}


def sealed(folder: Path) -> Path:
    """Write a finished recording of about 3 MB."""
    path = folder / "run.h5"
    header = RunHeader("seal test", tuple(RecordedChannel(name) for name in CHANNELS), RATE_Hz)
    with RecordingWriter(path, header) as writer:
        for first in range(0, 120_000, 20_000):
            writer.add_event(Event(first, EventKind.MARK, "block", {"first": first}))
            writer.append(Block(first, RATE_Hz, CHANNELS, values(first, 20_000)))
    return path


def damaged(content: bytes, kind: str, rng: np.random.Generator) -> bytes:
    """Return the content with one damage."""
    size, changed = KINDS[kind], bytearray(content)
    if size < 0:
        return bytes(changed[: int(rng.integers(len(changed) * 99 // 100, len(changed)))])
    at = int(rng.integers(0, len(changed) - max(size, 1)))
    if size == 0:
        changed[at] ^= 1 << int(rng.integers(8))
    elif "zeros" in kind:
        changed[at : at + size] = bytes(size)
    else:
        changed[at : at + size] = rng.bytes(size)
    return bytes(changed)


def damage(count: int, seed: int = 1) -> Counter[tuple[str, str]]:
    """Damage a recording ``count`` times; return numbers by kind of damage and what came of it."""
    rng = np.random.default_rng(seed)
    outcome: Counter[tuple[str, str]] = Counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        content = sealed(folder).read_bytes()
        target, mended = folder / "damaged.h5", folder / "mended.h5"
        for i in range(count):
            kind = list(KINDS)[i % len(KINDS)]
            changed = damaged(content, kind, rng)
            if changed == content:
                continue
            target.write_bytes(changed)
            outcome[kind, _outcome(target, mended, content)] += 1
            mended.unlink(missing_ok=True)
    return outcome


def _outcome(target: Path, mended: Path, content: bytes) -> str:
    if _silently_wrong(target):
        return "wrong samples in silence"
    try:
        found = verify(target)
    except RecordingError:
        return "told"
    if found.verdict != "damaged":
        return "not found"
    if not found.repairable:
        return "told"
    repair(target, mended)
    return "repaired" if mended.read_bytes() == content else "wrongly repaired"


def _silently_wrong(path: Path) -> bool:
    try:
        with Recording(path) as recording:
            return any(not np.array_equal(b.data, values(b.first, len(b))) for b in recording.blocks())
    except RecordingError:
        return False


def rows(size: float = 1.0) -> list[Row]:
    """Return the outcome as lines of a table; ``size`` is a share of the damages."""
    outcome = damage(scaled(DAMAGES, size, len(KINDS)))
    verdicts = Counter(verdict for (_, verdict), n in outcome.items() for _ in range(n))
    text = ", ".join(f"{n} {verdict}" for verdict, n in verdicts.most_common())
    return [Row(f"damages to sealed recordings: {sum(outcome.values())}", text, "0 not found (target)")]


def main() -> None:
    """Print the counts."""
    for (kind, verdict), n in sorted(damage(int(sys.argv[1]) if len(sys.argv) > 1 else DAMAGES).items()):
        sys.stdout.write(f"{kind}: {n} {verdict}\n")


if __name__ == "__main__":
    main()
