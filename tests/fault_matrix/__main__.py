"""Run the fault matrix and print its table: `python -m tests.fault_matrix [--count N] [--seed N] [--write]`.

Each case is a run on the simulated rig in this process, about half a processor second: a fault at a random moment of
one step. Afterwards the world is asked where tip and bias are, the words are compared with it, and the recording with
what was read. ``--count 0`` runs every fault in every step. With ``--keep FILE`` it can be interrupted and go on, and
several at once can share the work: ``--from 0 --to 500`` and ``--from 500``.
"""

import argparse
import logging
import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np

from app.config.rig_folder import VARIABLE
from tests.fault_matrix.case import Case, Outcome, cases_of, run_case
from tests.fault_matrix.faults import FAULTS
from tests.fault_matrix.report import fault_matrix
from tests.fault_matrix.runs import RUNS
from tests.support.kept import Kept, add_parts
from tests.validation.__main__ import write

DOCUMENT = Path(__file__).parents[2] / "docs" / "explanation" / "reliability.md"
CASES = 1000


def drawn(procedures: Sequence[str], faults: Sequence[str], count: int, seed: int) -> list[Case]:
    """Return random cases out of every fault in every step; ``count`` 0 means all."""
    rng = np.random.default_rng(seed)
    chosen = {fault: FAULTS[fault] for fault in faults}
    every = [case for procedure in procedures for case in cases_of(procedure, chosen, rng)]
    order = rng.permutation(len(every))
    return [every[i] for i in order[: count or len(every)]]


def outcomes_of(cases: Iterable[Case], kept: Kept[Outcome], first: int = 0) -> None:
    """Run cases that are not kept; print the ones that are wrong, with the words that repeat them."""
    for number, case in enumerate(cases, first):
        outcome = kept.of(str(number), partial(run_case, case))
        for wrong in outcome.wrong:
            moment = case.moment
            sys.stdout.write(
                f"\n{case.fault!r} in {case.procedure}, {moment.step} {moment.nth}, {moment.delay} samples after "
                f"its begin: {wrong}\n"
            )
            sys.stdout.flush()
        sys.stderr.write(f"\r{number}")
        sys.stderr.flush()
    sys.stderr.write("\n")


def main(words: Sequence[str] | None = None) -> int:
    """Run the cases; return 1 if one is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.fault_matrix", description=__doc__)
    parser.add_argument("--faults", nargs="+", default=list(FAULTS), metavar="FAULT", choices=list(FAULTS))
    parser.add_argument(
        "--procedures", nargs="+", default=list(RUNS), metavar="PROCEDURE", choices=list(RUNS)
    )
    parser.add_argument(
        "--count", type=int, default=CASES, help="random cases, 0 for all (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help=f"replace the table in {DOCUMENT.name}")
    add_parts(parser)
    read = parser.parse_args(words)
    logging.disable(logging.CRITICAL)  # thousands of faults are told there
    kept = Kept(read.keep, Outcome)
    with tempfile.TemporaryDirectory() as name, suppress(KeyboardInterrupt):
        os.environ[VARIABLE] = name  # no state of these rigs is kept
        cases = drawn(read.procedures, read.faults, read.count, read.seed)
        outcomes_of(cases[read.first : read.stop], kept, read.first)
    outcomes = list(kept)
    table = fault_matrix(outcomes, read.seed)
    sys.stdout.write(f"\n{table.markdown()}\n")
    if read.write:
        write(table, DOCUMENT)
    return int(any(outcome.wrong for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
