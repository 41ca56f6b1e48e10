"""Run the coverage studies and print their tables: `python -m tests.validation [--write] [--sets N] [NAME ...]`.

With ``--write`` the tables in `docs/explanation/validation.md` are replaced by the new ones.
"""

import argparse
import os
import re
from importlib import import_module
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # threads on matrices as small as ours only wait

import numpy as np

from tests.validation.study import Table

STUDIES: tuple[str, ...] = (
    "significance", "means", "heating", "fits", "curves", "noise", "peaks", "traces", "several_peaks", "thermopower",
    "thermopower_pump", "thermal_conductance", "public",
    "peltier", "noise_thermometer", "joint", "rig",
)  # fmt: skip
"""Modules of this package; each has ``tables(rng, sets)``, an iterable of `Table`; some ``picture(folder)``."""

SETS = 200
SEED = 1
DOCUMENT = Path(__file__).parents[2] / "docs" / "explanation" / "validation.md"


def write(table: Table, document: Path) -> None:
    """Replace a table in the document. Raises ``ValueError`` if the document has no place for it."""
    begin, end = f"<!-- table {table.name} -->", f"<!-- end {table.name} -->"
    place = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    text, n = place.subn(lambda _: f"{begin}\n\n{table.markdown()}\n\n{end}", document.read_text("utf-8"))
    if not n:
        raise ValueError(f"{document.name} has no place for the table {table.name!r}")
    document.write_text(text, "utf-8")


def main() -> None:
    """Run the studies that are named, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.validation", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one or more of {', '.join(STUDIES)}")
    parser.add_argument("--sets", type=int, default=SETS, help="data sets a line (default: %(default)s)")
    parser.add_argument("--write", action="store_true", help=f"replace the tables in {DOCUMENT.name}")
    wanted = parser.parse_args()
    if unknown := set(wanted.names) - set(STUDIES):
        parser.error(f"no study {', '.join(sorted(unknown))}; there are {', '.join(STUDIES)}")
    for name in wanted.names or STUDIES:
        study = import_module(f"tests.validation.{name}")
        for table in study.tables(np.random.default_rng(SEED), wanted.sets):
            print(f"\n## {table.name}\n\n{table.markdown()}", flush=True)
            if wanted.write:
                write(table, DOCUMENT)
        if wanted.write and hasattr(study, "picture"):
            study.picture(DOCUMENT.parents[1] / "images")


if __name__ == "__main__":
    main()
