"""False alarms of a right rig: an hour of every procedure, on several rigs.

``python -m tests.benchmarks.alarms [--minutes 60] [--keep FILE] [--from N] [--to N]`` does it in parts; a case is a
procedure on one rig, for a fifth of the time. Whatever refuses or ends a run is printed with its sentence. With
``--fault knocks=300 pump-on=30`` the rig stands in a noisy room.
"""

import argparse
import itertools
import logging
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from unittest.mock import patch

from app.acquisition.recorder import RecorderFailed
from drivers.errors import RigError
from procedures.errors import ImpossibleSetting
from tests.benchmarks.table import Row, scaled
from tests.fault_matrix.runs import RUNS, Run
from tests.support.kept import Kept, add_parts
from tests.support.leash import leash
from tests.support.rig.rigs import FEW_LOOKS, served_rig
from tests.support.rig.watchdogs import WatchdogWithoutProcess

SEEDS = 5
MINUTES = 60.0
LEAST_MINUTES = 0.1
RATE_Hz = 2000.0
LONG = {
    "break-junction": {"traces": 60, "withdraw_speed": 2.0, "past_break": 3.0, "approach_speed": 20.0},
    "iv": {"curves": 8, "most_openings": 100_000},
    **{
        name: {"holds": 4, "hold_time": 4.0, "most_openings": 100_000}
        for name in ("heating", "control-order-reversed", "control-zero-amplitude", "control-gold")
    },
    "control-out-of-contact": {"holds": 4, "hold_time": 4.0},
}
"""Parameters of longer runs; the other procedures are repeated as often as it takes."""


@dataclass(frozen=True)
class Alarms:
    """Runs of one procedure on one rig, and the sentences by which some were refused or ended."""

    procedure: str
    seed: int
    runs: int = 0
    rig_s: float = 0.0
    said: list[str] = field(default_factory=list)


def run_of(name: str, minutes: float) -> Run:
    """Return the run of a procedure, longer than in the matrix of faults where there is time."""
    run = RUNS[name]
    return replace(run, values={**run.values, **LONG.get(name, {})}) if minutes > LEAST_MINUTES else run


def alarms_of(name: str, seed: int, minutes: float, faults: Sequence[str] = ()) -> Alarms:
    """Run a procedure again and again on one rig, with a proof before each run, for some minutes of the rig's time."""
    run, runs, samples, said = run_of(name, minutes), 0, 0, []
    with (
        tempfile.TemporaryDirectory() as folder,
        served_rig(Path(folder), overrides=run.world, seed=seed, faults=faults) as rig,
        patch("app.acquisition.bench.Watchdog", WatchdogWithoutProcess),
    ):
        rig.file.write_text(run.edit(rig.file.read_text("utf-8").replace(f"{FEW_LOOKS}\n", "")), "utf-8")
        while samples < 60.0 * minutes * RATE_Hz and len(said) < 10:
            bench = rig.bench("")
            out = Path(folder) / f"run-{runs}.h5"
            runs += 1
            try:
                summary = bench.run(run.made(), out)
            except (RigError, ImpossibleSetting, RecorderFailed) as error:
                said.append(f"not started: {error}")
                continue
            samples += round(summary.samples * RATE_Hz / bench.rig.daq.rate_Hz) + round(2.0 * RATE_Hz)
            if summary.end.status == "fault" or not summary.end.safe:
                said.append(summary.end.reason or "not safe")
            for path in Path(folder).glob(f"run-{runs - 1}*"):
                path.unlink()
    return Alarms(name, seed, runs, samples / RATE_Hz, said)


def table(found: Iterable[Alarms]) -> Iterator[Row]:
    """Yield runs, time and alarms of each procedure and in all, and the sentences."""
    kept = sorted(found, key=lambda one: list(RUNS).index(one.procedure))
    for name, group in itertools.groupby(kept, lambda one: one.procedure):
        yield _of_procedure(name, list(group))
    yield from _in_all(kept)


def _of_procedure(name: str, found: Sequence[Alarms]) -> Row:
    return Row(f"alarms: {name}", _counted(found), "0")


def _in_all(found: Sequence[Alarms]) -> Iterator[Row]:
    yield Row("alarms of a right rig", _counted(found), "0 in an hour of each")
    yield from (
        Row("alarm", f"{one.procedure}, seed {one.seed}: {said}") for one in found for said in one.said
    )


def _counted(of: Sequence[Alarms]) -> str:
    runs, rig_s = sum(one.runs for one in of), sum(one.rig_s for one in of)
    return f"{sum(len(one.said) for one in of)} in {runs} runs, {rig_s / 60:.1f} min"


def rows(size: float = 1.0) -> Iterator[Row]:
    """Yield the table of an hour of each procedure times ``size``; at size 0 one run of the first."""
    found: list[Alarms] = []
    for name in list(RUNS)[: scaled(len(RUNS), min(10 * size, 1.0))]:
        seeds = range(1, scaled(SEEDS, size) + 1)
        group = [alarms_of(name, seed, MINUTES * size / SEEDS or 0.01) for seed in seeds]
        yield _of_procedure(name, group)
        found += group
    yield from _in_all(found)


def main() -> int:
    """Run the cases, and print the table of all that are kept; return 1 if there was an alarm."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.alarms", description=__doc__)
    parser.add_argument("--minutes", type=float, default=MINUTES, help="of the rig's time, a procedure")
    parser.add_argument(
        "--procedures", nargs="+", default=list(RUNS), choices=list(RUNS), metavar="PROCEDURE"
    )
    parser.add_argument("--fault", nargs="+", default=[], metavar="NAME[=VALUE]", help="of `hotjunction sim`")
    add_parts(parser)
    read = parser.parse_args()
    logging.disable(logging.CRITICAL)
    kept = Kept(read.keep, Alarms)
    cases = [(name, seed) for seed in range(1, SEEDS + 1) for name in read.procedures]
    with leash():
        for name, seed in cases[read.first : read.stop]:
            one = kept.of(f"{name} {seed}", partial(alarms_of, name, seed, read.minutes / SEEDS, read.fault))
            sys.stderr.write(f"{name} {seed}: {_counted([one])}\n")
    found = list(kept)
    for row in table(found):
        sys.stdout.write(f"{row.name}: {row.ours}\n")
    return int(any(one.said for one in found))


if __name__ == "__main__":
    sys.exit(main())
