"""Run the criteria of the experiments on heated junctions: `python -m tests.acceptance [A1 ... A12] [--write]`.

Each part is a campaign on the simulated rig with one seed; at full size it takes from 3 to 30 minutes of a processor,
all of them about a day. With ``--keep FILE`` they can be interrupted and go on, and several at once can share the work:
``--from 0 --to 60`` and ``--from 60``. ``--size 0.1`` takes a tenth of the junctions.
"""

import argparse
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from app.config.rig_folder import VARIABLE
from tests.acceptance.criteria import CRITERIA, verdicts
from tests.acceptance.found import Found
from tests.acceptance.rig import failed, timed
from tests.support.kept import Kept, add_parts
from tests.validation.__main__ import DOCUMENT, write
from tests.validation.study import Table

SEEDS = 10
COLUMNS = ("", "run", "wanted", "found", "pull", "chi2", "CPU s", "holds")

Case = tuple[str, str, int, Callable[[str, str, int, float], Found]]
"""Criterion, part, seed, and what measures it."""


def cases_of(names: Sequence[str], seeds: int) -> list[Case]:
    """Return the parts of some criteria, those of the first seed first."""
    return [
        (name, part, seed, CRITERIA[name].measure)
        for seed in range(1, seeds + 1)
        for name in names
        for part in CRITERIA[name].parts
        if seed == 1 or not CRITERIA[name].once
    ]


def outcome_of(case: Case, size: float) -> Found:
    """Measure a part; return also why there is no result, and the processor time."""
    name, part, seed, measure = case
    with timed() as taken:
        try:
            found = measure(name, part, seed, size)
        except Exception as error:  # the next part can go on, and the table says why this one has no result
            found = failed(name, part, seed, size, error, 0.0)
    return found if found.cpu_s else replace(found, cpu_s=taken["s"])


def table(found: Sequence[Found], size: float) -> Table:
    """Return the table of all that was found with one size."""
    results: dict[str, list[Found]] = {}
    for one in found:
        if one.size == size:
            results.setdefault(one.criterion, []).append(one)
    seeds = {one.seed for some in results.values() for one in some}
    about = (
        f"{sum(map(len, results.values()))} parts, seeds 1 to {max(seeds, default=0)}, {size:g} of the junctions that "
        "the criteria ask for. pull: (result - truth) / error of one part, or the rms of several."
    )
    return Table("acceptance", about, COLUMNS, tuple(line.row for line in verdicts(results)))


def main(words: Sequence[str] | None = None) -> int:
    """Run the parts; return 1 if a criterion does not hold."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.acceptance",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="CRITERION", help=f"one or more of {', '.join(CRITERIA)}")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="seeds 1 to this (default: %(default)s)")
    parser.add_argument(
        "--size", type=float, default=1.0, help="share of the junctions (default: %(default)g)"
    )
    parser.add_argument("--write", action="store_true", help=f"replace the table in {DOCUMENT.name}")
    add_parts(parser)
    read = parser.parse_args(words)
    if unknown := set(read.names) - set(CRITERIA):
        parser.error(f"no criterion {', '.join(sorted(unknown))}; there are {', '.join(CRITERIA)}")
    logging.disable(logging.CRITICAL)
    kept = Kept(read.keep, Found)
    cases = cases_of(read.names or list(CRITERIA), read.seeds)
    with tempfile.TemporaryDirectory() as name, suppress(KeyboardInterrupt):
        os.environ[VARIABLE] = name  # no state of these rigs is kept
        for number, case in enumerate(cases[read.first : read.stop], read.first):
            key = f"{case[0]} {case[1]} seed {case[2]} size {read.size:g}"
            found = kept.of(key, partial(outcome_of, case, read.size))
            told = found.said or f"pull {found.pull:+.2f}"
            sys.stderr.write(f"{number} of {len(cases)}: {key}: {told}, {found.cpu_s:.0f} s\n")
    done = table(list(kept), read.size)
    sys.stdout.write(f"\n{done.markdown()}\n")
    if read.write:
        write(done, DOCUMENT)
    return int(any(row[-1] != "yes" for row in done.rows))


if __name__ == "__main__":
    sys.exit(main())
