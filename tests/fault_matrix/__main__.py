"""Run the fault matrix and print its table: `python -m tests.fault_matrix [--count N] [--seed N] [--write]`.

Each case is a run on the simulated rig in this process, about half a processor second: a fault at a random moment of
one step. Afterwards the world is asked where tip and bias are, the words are compared with it, and the recording with
what was read. ``--count 0`` runs every fault in every step.
"""

import argparse
import logging
import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from app.config.rig_folder import VARIABLE
from tests.fault_matrix.case import Case, Outcome, cases_of, run_case
from tests.fault_matrix.faults import FAULTS
from tests.fault_matrix.report import fault_matrix
from tests.fault_matrix.runs import RUNS
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


def outcomes_of(cases: Iterable[Case]) -> Iterable[Outcome]:
    """Run cases; print the ones that are wrong, with the words that repeat them."""
    for number, case in enumerate(cases, 1):
        outcome = run_case(case)
        for wrong in outcome.wrong:
            moment = case.moment
            sys.stdout.write(
                f"\n{case.fault!r} in {case.procedure}, {moment.step} {moment.nth}, {moment.delay} samples after "
                f"its begin: {wrong}\n"
            )
        sys.stderr.write(f"\r{number}")
        sys.stderr.flush()
        yield outcome
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
    read = parser.parse_args(words)
    logging.disable(logging.CRITICAL)  # thousands of faults are told there
    with tempfile.TemporaryDirectory() as name:
        os.environ[VARIABLE] = name  # no state of these rigs is kept
        outcomes = list(outcomes_of(drawn(read.procedures, read.faults, read.count, read.seed)))
    table = fault_matrix(outcomes, read.seed)
    sys.stdout.write(f"\n{table.markdown()}\n")
    if read.write:
        write(table, DOCUMENT)
    return int(any(outcome.wrong for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
