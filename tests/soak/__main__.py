"""Serve a bench for days of the rig's time with a random fault a minute: `python -m tests.soak [--hours 72] [--write]`.

Memory, threads, handles and sockets of the process, the files that it leaves, and its processor time for each hour of
the rig are looked at after every fifth minute; the recording of each run is compared with what was read and with the
rig's clock. ``--keep FILE`` lets it be interrupted and go on; the process is then a new one.
"""

import argparse
import gc
import logging
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import numpy as np
import psutil

from app.config.rig_folder import VARIABLE
from app.console.memory import share_pools
from tests.fault_matrix.__main__ import DOCUMENT
from tests.soak.minutes import Minute, soaked
from tests.support.kept import Kept
from tests.support.rig.watchdogs import WatchdogWithoutProcess
from tests.validation.__main__ import write
from tests.validation.study import Table

HOURS = 72.0
LOOK_EVERY = 5
"""Minutes between two looks at the process."""

SHORTEST_H = 2.0
"""Time from which a growth can be told."""

MiB = 2.0**20


@dataclass(frozen=True)
class Look:
    """State of this process and its folder after some minutes of the rig."""

    rig_h: float
    memory_MiB: float
    threads: int
    handles: int
    sockets: int
    files: int
    processor_s: float


def look(rig_s: float, folder: Path) -> Look:
    """Return the state of this process and of the folder in which it keeps everything."""
    gc.collect()
    process = psutil.Process()
    handles = process.num_handles() if os.name == "nt" else process.num_fds()
    return Look(
        rig_s / 3600,
        process.memory_info().rss / MiB,
        process.num_threads(),
        handles,
        len(process.net_connections()),
        sum(path.is_file() for path in folder.rglob("*")),
        time.process_time(),
    )


def soak(hours: float, seed: int, folder: Path, kept: Kept[Minute]) -> list[Look]:
    """Live through some hours of the rig's time, those before included; return the looks at this process."""
    before = sum(minute.rig_s for minute in kept)
    number = sum(1 for _ in kept)
    looks: list[Look] = []
    rig_s = 0.0
    with suppress(KeyboardInterrupt), soaked(folder, np.random.default_rng([seed, number])) as soaking:
        while before + rig_s < 3600 * hours or len(looks) < 2:
            minute = kept.of(str(number), soaking.minute)
            number += 1
            rig_s += minute.rig_s
            if minute.wrong:
                sys.stdout.write(f"{minute.fault} in {minute.procedure}: {'; '.join(minute.wrong)}\n")
            if number % LOOK_EVERY == 0:
                looks.append(look(rig_s, folder))
                sys.stderr.write(f"\r{(before + rig_s) / 3600:.2f} h of the rig, {looks[-1]}")
    sys.stderr.write("\n")
    return looks


def slope_a_day(looks: Sequence[Look], name: str) -> float:
    """Return the growth a day over the later half of the looks; NaN if that is too short."""
    later = looks[len(looks) // 2 :]
    hours = np.array([one.rig_h for one in later])
    values = np.array([getattr(one, name) for one in later])
    if np.ptp(hours) < SHORTEST_H:
        return float("nan")
    return float(24 * np.polyfit(hours, values, 1)[0])


def table(minutes: Sequence[Minute], looks: Sequence[Look], seed: int) -> Table:
    """Return the figures."""
    rows = [
        ("time of the rig, h", f"{sum(one.rig_s for one in minutes) / 3600:.2f}"),
        ("runs, each with a fault", str(len(minutes))),
        ("runs that ended by it", str(sum(one.status == "fault" for one in minutes))),
        ("samples", f"{sum(one.samples for one in minutes):,}"),
        (
            "recordings with a sample too few or too many, or a gap elsewhere",
            str(sum(bool(m.wrong) for m in minutes)),
        ),
    ]
    middle = looks[len(looks) // 2]
    for name, what in (
        ("memory_MiB", "memory, MiB"),
        ("threads", "threads"),
        ("handles", "handles"),
        ("sockets", "sockets"),
        ("files", "files"),
    ):
        begin, half, end = (getattr(one, name) for one in (looks[0], middle, looks[-1]))
        grows = slope_a_day(looks, name)
        a_day = "" if np.isnan(grows) else f" ({grows:+.1f} a day)"
        rows.append(
            (
                f"{what}: first look, half-time, end",
                f"{begin:.0f}, {half:.0f}, {end:.0f}{a_day}",
            )
        )
    early, late = (
        (two.processor_s - one.processor_s) / max(two.rig_h - one.rig_h, 1e-9)
        for one, two in ((looks[0], middle), (middle, looks[-1]))
    )
    rows.append(
        ("processor time, s for an hour of the rig: earlier and later half", f"{early:.1f}, {late:.1f}")
    )
    return Table(
        "soak",
        f"Seed {seed}. Memory, threads, handles, sockets, files and processor time are those of the last "
        f"{looks[-1].rig_h:.2g} h, in one process; a growth is that of their later half, if it is {SHORTEST_H:g} h "
        "long.",
        ("", "figure"),
        tuple(rows),
    )


def main(words: Sequence[str] | None = None) -> int:
    """Soak, and print the figures; return 1 if a recording is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--hours", type=float, default=HOURS, help="time of the rig (default: %(default)g)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help=f"replace the table in {DOCUMENT.name}")
    parser.add_argument(
        "--keep", type=Path, metavar="FILE", help="keep each minute there, and go on where it ends"
    )
    read = parser.parse_args(words)
    logging.disable(logging.CRITICAL)
    share_pools()
    with (
        tempfile.TemporaryDirectory() as name,
        patch("app.acquisition.bench.Watchdog", WatchdogWithoutProcess),
    ):
        os.environ[VARIABLE] = name  # no state of these rigs is kept
        kept = Kept(read.keep, Minute)
        looks = soak(read.hours, read.seed, Path(name), kept)
    minutes = list(kept)
    if not looks:
        return 1
    found = table(minutes, looks, read.seed)
    sys.stdout.write(f"\n{found.markdown()}\n")
    if read.write:
        write(found, DOCUMENT)
    return int(any(one.wrong for one in minutes))


if __name__ == "__main__":
    sys.exit(main())
