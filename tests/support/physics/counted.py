"""Recordings whose samples tell their own index."""

from pathlib import Path

import numpy as np

from analysis.recording import RecordedChannel, RecordingWriter, RunHeader
from analysis.records import Block

RATE_Hz = 2000.0
NAMES = ("current", "z")
HEADER = RunHeader("break junction", tuple(RecordedChannel(name) for name in NAMES), RATE_Hz)


def block(first: int, n: int) -> Block:
    """Samples that tell their own index and channel."""
    index = np.arange(first, first + n, dtype=float)
    return Block(first, RATE_Hz, NAMES, np.stack([index, index + 0.5]))


def write(path: Path, blocks: list[Block], header: RunHeader = HEADER) -> None:
    with RecordingWriter(path, header) as writer:
        for each in blocks:
            writer.append(each)
