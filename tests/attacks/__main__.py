"""Attacks benches and prints what became of the rig: `python -m tests.attacks [deaths|links|owners] [--count N]`.

It kills, stops and cuts for as long as it takes: about seven seconds a death on two processors. Only on a system with
signals.
"""

import argparse
import os
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from app.config.rig_folder import VARIABLE
from tests.attacks import deaths, links, owners
from tests.attacks.deaths import Outcome, attacked_rig
from tests.support.instruments.cable import Cable
from tests.support.rig.rigs import served_rig

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


def attack_with_deaths(console: Console, count: int) -> None:
    """Kill, stop and ask benches in each phase."""
    outcomes: list[Outcome] = []
    rng = np.random.default_rng(1)
    with (
        suppress(KeyboardInterrupt),
        attacked_rig() as (rig, victims),
    ):  # Ctrl-C ends it with the table so far
        for death in deaths.deaths(count, rng):
            outcomes.append(deaths.die(rig, victims, death, rng))
            if outcomes[-1].safe_s > PROMISED_S or not outcomes[-1].stayed:
                console.print(f"late: {outcomes[-1]}")
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


def main(words: Iterable[str] | None = None) -> None:
    """Attack, and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.attacks", description=__doc__)
    parser.add_argument("kinds", nargs="*", choices=["deaths", "links", "owners", []], metavar="KIND")
    parser.add_argument("--count", type=int, default=1000, help="number of deaths (default 1000)")
    read = parser.parse_args(None if words is None else list(words))
    console = Console(width=120)
    with tempfile.TemporaryDirectory() as name:
        os.environ[VARIABLE] = name  # no state of these rigs is kept
        for kind in read.kinds or ["deaths", "links", "owners"]:
            if kind == "deaths":
                attack_with_deaths(console, read.count)
            elif kind == "links":
                attack_with_cuts(console)
            else:
                attack_with_owners(console)


if __name__ == "__main__":
    main()
