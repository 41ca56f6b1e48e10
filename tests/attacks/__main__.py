"""Attacks benches and prints what became of the rig: `python -m tests.attacks [KIND ...] [--count N]`.

Kinds are deaths, links, owners, servers and surroundings; all if none is named. A death takes about five seconds, 1.7
of a processor. Only on a system with signals. With ``--keep FILE`` deaths can be interrupted and go on, also in parts:
``--from 500 --to 600``. Several at once share two processors badly: the times are then those of a busy computer.
"""

import argparse
import os
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from app.config.rig_folder import VARIABLE
from tests.attacks import deaths, links, owners, servers, surroundings
from tests.attacks.deaths import Outcome, attacked_rig
from tests.support.instruments.cable import Cable
from tests.support.kept import Kept, add_parts
from tests.support.rig.rigs import served_rig

KINDS = "deaths", "links", "owners", "servers", "surroundings"
CROWDS = 300, 1000, 3000
"""Silent connections in which a bench must retract."""

MOST_RETRACTS = 30
PATIENT_S = 2.0
"""Longest time without samples where nothing is timed."""

PROMISED_S = 0.5
"""Time from a death to a safe rig."""


def table_of(outcomes: Sequence[Outcome]) -> Table:
    """Return the table of deaths: one line a signal, and one for all."""
    table = Table(
        "signal", "n", "safe", f"within {PROMISED_S:g} s", "median s", "p99.9 s", "moved again", "trip held"
    )
    lines: dict[str, list[Outcome]] = defaultdict(list)
    for one in outcomes:
        lines[one.death.name].append(one)
    for name, some in [*sorted(lines.items()), ("all", list(outcomes))]:
        times_s = np.array([one.safe_s for one in some])
        table.add_row(
            name,
            str(len(some)),
            str(int(np.isfinite(times_s).sum())),
            str(int((times_s <= PROMISED_S).sum())),
            f"{np.median(times_s):.3f}",
            f"{np.quantile(times_s, 0.999, method='higher'):.3f}",
            str(sum(not one.stayed for one in some)),
            str(sum(one.latched for one in some)),
        )
    return table


def attack_with_deaths(
    console: Console, count: int, kept: Kept[Outcome], first: int = 0, stop: int | None = None
) -> None:
    """Kill, stop and ask benches in each phase, from one case to another, but those that are kept."""
    every = list(enumerate(deaths.deaths(count, np.random.default_rng(1))))
    # Ctrl-C ends it with the table so far
    with suppress(KeyboardInterrupt), attacked_rig() as (rig, victims):
        for number, death in every[first:stop]:
            rng = np.random.default_rng([1, number])
            outcome = kept.of(str(number), partial(deaths.die, rig, victims, death, rng))
            if outcome.safe_s > PROMISED_S or not outcome.stayed:
                console.print(f"late: {outcome}")
    outcomes = list(kept)
    console.print(table_of(outcomes))
    false = sum(one.false_trips for one in outcomes)
    console.print(f"benches that the watchdog ended though nobody attacked them: {false}")


def attack_with_cuts(console: Console) -> None:
    """Cut the link in each way."""
    table = Table("link", f"away {links.AWAY_S:g} s; safe after its return, s")
    with attacked_rig() as (rig, victims):
        port = int(load_port(rig.file))
        with Cable(port) as cable:
            links.through(rig, cable)
            for how in links.CUTS:
                table.add_row(how.name, f"{links.cut(rig, victims, cable, how):.3f}")
    console.print(table)


def load_port(rig_file: Path) -> str:
    """Return the port of the card's server in a rig file."""
    return rig_file.read_text("utf-8").partition("grpc://127.0.0.1:")[2].partition('"')[0]


def attack_with_owners(console: Console) -> None:
    """Start second programs."""
    table = Table("second program", "refused", "what it says")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with served_rig(folder) as rig:
            with owners.serving(rig, folder):
                for what, second in owners.SECONDS.items():
                    said = owners.refused(rig, second, folder / "second.h5")
                    table.add_row(
                        what, "yes" if "is held by" in said else "NO", " ".join(said.split())[-160:]
                    )
            ended = owners.two_at_once(rig, folder)
            loser = next((said for code, said in ended if code), "")
            one = sorted(code != 0 for code, _ in ended) == [False, True]
            table.add_row(
                "two runs at once",
                "yes" if one and "is held by" in loser else "NO",
                " ".join(loser.split())[-160:],
            )
    console.print(table)


def attack_with_servers(console: Console, count: int) -> None:
    """Kill served benches in a retract, and crowd their doors."""
    killed = Table("retracts", "safe", f"within {PROMISED_S:g} s", "longest s", "moved again", "trip held")
    crowds = Table("silent connections", "retract, s", "says", "serves on")
    with (
        tempfile.TemporaryDirectory() as name,
        served_rig(Path(name), "wall", heartbeat_s=deaths.HEARTBEAT_S) as rig,
    ):
        folder = Path(name)
        tried = [
            servers.kill_in_retract(rig, folder / f"kill{number}", np.random.default_rng([2, number]))
            for number in range(count)
        ]
        some = [one for one in tried if one is not None]
        times_s = np.array([one.safe_s for one in some] or [np.nan])
        counts = np.isfinite(times_s).sum(), (times_s <= PROMISED_S).sum()
        again, held = sum(not one.stayed for one in some), sum(one.latched for one in some)
        killed.add_row(str(len(some)), *map(str, counts), f"{times_s.max():.3f}", str(again), str(held))
        for connections in CROWDS:
            said, took_s, lives = servers.retract_in_a_crowd(rig, folder / f"crowd{connections}", connections)
            crowds.add_row(str(connections), f"{took_s:.3f}", said, "yes" if lives else "NO")
    console.print(killed)
    console.print(f"benches that the watchdog ended though nobody attacked them: {tried.count(None)}")
    console.print(crowds)


def attack_with_surroundings(console: Console) -> None:
    """Run in hostile surroundings."""
    table = Table("surroundings", "wrong", "ends with", "safe after, s", "recording", "last words")
    with (
        suppress(KeyboardInterrupt),
        attacked_rig(PATIENT_S) as (rig, victims),
        tempfile.TemporaryDirectory() as name,
    ):
        for number, surrounding in enumerate(surroundings.SURROUNDINGS):
            one = surroundings.live(rig, victims, surrounding, Path(name) / str(number))
            recording = f"{one.samples} samples, {one.status}" if one.samples >= 0 else one.status
            said = " ".join(one.said.split())[-200:]
            table.add_row(one.surrounding, one.wrong, one.code, f"{one.safe_s:.2f}", recording, said)
    console.print(table)


def main(words: Iterable[str] | None = None) -> None:
    """Attack, and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.attacks", description=__doc__)
    parser.add_argument("kinds", nargs="*", choices=[*KINDS, []], metavar="KIND")
    parser.add_argument("--count", type=int, default=1000, help="number of deaths (default 1000)")
    add_parts(parser)
    read = parser.parse_args(None if words is None else list(words))
    console = Console(width=120)
    with tempfile.TemporaryDirectory() as name:
        os.environ[VARIABLE] = name  # no state of these rigs is kept
        for kind in read.kinds or KINDS:
            if kind == "deaths":
                attack_with_deaths(console, read.count, Kept(read.keep, Outcome), read.first, read.stop)
            elif kind == "links":
                attack_with_cuts(console)
            elif kind == "servers":
                attack_with_servers(console, min(read.count, MOST_RETRACTS))
            elif kind == "surroundings":
                attack_with_surroundings(console)
            else:
                attack_with_owners(console)


if __name__ == "__main__":
    main()
