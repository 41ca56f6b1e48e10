"""Try right rigs of any kind: `python -m tests.any_rig [--rigs N] [--keep FILE] [--write]`.

Each has its own card, amplifiers, wiring, signs, rates, filters, ranges, piezo and tip, and a rig file that describes
them rightly. Nothing may refuse or end its runs, and what they measure must be what its world had. A rig takes about
six seconds of a processor.
"""

import argparse
import logging
import sys
from collections.abc import Sequence
from functools import partial

import numpy as np

from tests.any_rig.drawn import drawn
from tests.any_rig.trial import Outcome, tried
from tests.support.kept import Kept, add_parts
from tests.validation.__main__ import DOCUMENT, write
from tests.validation.study import Table, share

TRACES, HOLDS = 30, 6
MOST_ERRORS = 4.0


def outcome_of(seed: int) -> Outcome:
    """Try the rig of a seed."""
    return tried(drawn(seed), TRACES, HOLDS)


def table(outcomes: Sequence[Outcome]) -> Table:
    """Return the pulls of each number over all rigs."""
    rows = []
    for name in dict.fromkeys(name for one in outcomes for name in one.pulls):
        pulls = np.abs([one.pulls[name] for one in outcomes if name in one.pulls])
        rms = f"{np.sqrt(np.mean(pulls**2)):.2f}"
        rows.append((name, str(pulls.size), share(pulls < 2.0), rms, f"{pulls.max():.1f}"))
    said = sum(bool(one.said) for one in outcomes)
    about = (
        f"{len(outcomes)} rigs, {TRACES} openings and {HOLDS} held contacts each. Rigs of which a run was refused or "
        f"ended by a fault: {said}."
    )
    return Table("any-rig", about, ("", "rigs", "within two errors", "rms pull", "largest"), tuple(rows))


def main() -> int:
    """Try the rigs; return 1 if one was refused, or a number is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.any_rig",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rigs", type=int, default=100, help="seeds 0 to this (default: %(default)s)")
    parser.add_argument("--write", action="store_true", help=f"replace the table in {DOCUMENT.name}")
    add_parts(parser)
    read = parser.parse_args()
    logging.disable(logging.CRITICAL)
    kept = Kept(read.keep, Outcome)
    for seed in range(read.rigs)[read.first : read.stop]:
        one = kept.of(str(seed), partial(outcome_of, seed))
        pulls = ", ".join(f"{name} {pull:+.1f}" for name, pull in one.pulls.items())
        sys.stderr.write(f"{seed}: {one.kinds}: {pulls}; {' | '.join(one.said)}\n")
    outcomes = list(kept)
    done = table(outcomes)
    sys.stdout.write(f"\n{done.markdown()}\n")
    if read.write:
        write(done, DOCUMENT)
    wrong = [
        one for one in outcomes if one.said or any(abs(pull) > MOST_ERRORS for pull in one.pulls.values())
    ]
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
