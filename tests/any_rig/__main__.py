"""Try right rigs of any kind: `python -m tests.any_rig [--rigs N] [--keep FILE]`.

Each has its own card, amplifiers, wiring, signs, rates, filters, ranges, piezo and tip, and a rig file that describes
them rightly. Nothing may refuse or end its runs, and what they measure must be what its world had.
"""

import argparse
import logging
import sys
from functools import partial

from tests.any_rig.drawn import drawn
from tests.any_rig.trial import Outcome, tried
from tests.support.kept import Kept, add_parts


def main() -> int:
    """Try the rigs; return 1 if one was refused, or a number is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.any_rig", description=__doc__)
    parser.add_argument("--rigs", type=int, default=100)
    add_parts(parser)
    read = parser.parse_args()
    logging.disable(logging.CRITICAL)
    kept = Kept(read.keep, Outcome)
    for seed in range(read.rigs)[read.first : read.stop]:
        one = kept.of(f"{seed}", lambda: tried(drawn(seed), 30, 6))
        pulls = ", ".join(f"{name} {pull:+.1f}" for name, pull in one.pulls.items())
        sys.stderr.write(f"{seed}: {pulls}; {one.deepest_nm:.2f} nm; {' | '.join(one.said)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
