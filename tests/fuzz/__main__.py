"""Send hostile input to every door, and print what became of it: ``python -m tests.fuzz [--examples N] [DOOR ...]``."""

import argparse
import time

import numpy as np

from tests.fuzz import files, frames, replies
from tests.fuzz.tally import Doors

DOORS: Doors = {**frames.DOORS, **files.DOORS, **replies.DOORS}
EXAMPLES = 1000
SHOWN = 5
"""Number of faults that are shown for a door."""


def main() -> None:
    """Attack the doors that are named, or all of them; end with 1 if there was a fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="DOOR", help=f"one or more of {', '.join(DOORS)}")
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="cases a door (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the random numbers (default: %(default)s)")
    wanted = parser.parse_args()
    if unknown := set(wanted.names) - set(DOORS):
        parser.error(f"no door {', '.join(sorted(unknown))}; there are {', '.join(DOORS)}")
    print(
        "| door | cases | typed errors | valid after all | faults | processor s |\n|---|---|---|---|---|---|"
    )
    faulty = False
    for name in wanted.names or DOORS:
        began_s = time.process_time()
        tally = DOORS[name](np.random.default_rng(wanted.seed), wanted.examples)
        counts = f"{tally.cases} | {tally.refused} | {tally.taken} | {len(tally.faults)}"
        print(f"| {name} | {counts} | {time.process_time() - began_s:.1f} |", flush=True)
        for fault in tally.faults[:SHOWN]:
            print(f"    {fault}", flush=True)
        faulty |= bool(tally.faults)
    raise SystemExit(faulty)


if __name__ == "__main__":
    main()
