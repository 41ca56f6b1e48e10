"""Commission simulated rigs, right and faulty, and print what is said: ``python -m tests.commissioning [--write]``.

With ``--write`` the tables in `docs/explanation/commissioning.md` are replaced by the new ones. The steps that kill
programs or need a hand (12, 13, 15, 17) are left out: tests/stories/test_commission_links.py does them.
"""

import argparse
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from analysis.commissioning.judgement import Judgement, Verdict
from app.acquisition.direct import direct_wires
from app.commission.amounts import Amounts
from app.commission.registry import STEPS, chosen
from app.commission.report import shown
from app.commission.run import NotSafe, Voice, begun, commission
from app.commission.session import Session
from app.commission.state import Done, State
from simulators.rig.named_faults import NAMED_FAULTS
from tests.support.rig.watchdogs import WatchdogWithoutProcess
from tests.support.rig.watched import Worst, watched
from tests.validation.__main__ import write
from tests.validation.study import Table

DOCUMENT = Path(__file__).parents[1] / "docs" / "explanation" / "commissioning.md"
RESISTOR = {"fixture.kind": "resistor", "fixture.resistance_ohm": 1e4}
NEAR = {"surface.initial_gap_nm": 0.45}
SMALL = Amounts(dwell_s=0.2, ghost_s=0.2, holds=2, noise_s=5.0, stops=4, trips=7, kills=1)
IN_PROCESS = "1-11,14"
SEEDS = 20
MOST_LETTERS = 230
NOT_SEEN = "not seen with a resistor at rest: pre-flight or the run tells it"
HARMLESS = {
    "convert-delay-refused": "nothing to say: the card then scans its first input twice, and all numbers keep "
    "their limits"
}
"""Faults with which a rig works as a right one does."""


@dataclass(frozen=True)
class Commissioned:
    """A commissioned rig: the state of its session, and the extremes of its world."""

    state: State
    worst: Worst
    safe: bool

    def with_verdict(self, verdict: Verdict) -> list[int]:
        """Return the steps of a verdict."""
        return [n for n, done in self.state.steps.items() if done.judgement.verdict is verdict]


def commissioned(fault: str, seed: int, steps: str = IN_PROCESS) -> Commissioned:
    """Commission a rig with a fault; "none" is a right one. "piezo-reversed" also gets the step with a surface."""
    faults = [] if fault == "none" else [fault]
    surface = fault == "piezo-reversed"
    with (
        tempfile.TemporaryDirectory() as folder,
        patch("app.acquisition.bench.Watchdog", WatchdogWithoutProcess),
        patch("app.acquisition.attended.Watchdog", WatchdogWithoutProcess),
        watched(Path(folder), NEAR if surface else RESISTOR, faults, seed) as (rig, worst),
    ):
        session = Session(rig.file, rig.folder / "day", 1e4, SMALL, direct_wires(rig.simulated))
        state = begun(session)
        todo = [STEPS[16]] if surface else chosen(steps, 1)
        if surface:
            state.steps[13] = Done(Judgement(Verdict.PASS), "")
        try:
            commission(session, state, todo, Voice(lambda question: True))
        except NotSafe as error:  # the session ends, with this sentence
            state.steps[state.under_way] = Done(Judgement(Verdict.FAIL, remarks=(str(error),)), "")
        state.steps.pop(13, None)
        return Commissioned(state, worst, rig.is_safe() or surface)


def right_rig(found: Commissioned) -> Table:
    """Return the verdict and the numbers of every step of a right rig."""
    rows = []
    for number, done in sorted(found.state.steps.items()):
        numbers = [shown(one) for one in done.judgement.numbers if one.wanted][:4]
        rows.append(
            (str(number), STEPS[number].title, str(done.judgement.verdict), plain("; ".join(numbers)))
        )
    return Table(
        "right-rig", "A right rig, seed 1.", ("step", "title", "verdict", "numbers with a limit"), tuple(rows)
    )


def faulty_rigs(found: Iterable[tuple[str, Commissioned]]) -> Table:
    """Return what commissioning says of each fault, and where the world was at worst."""
    rows = []
    for fault, one in found:
        step, verdict, said = first_word(one, HARMLESS.get(fault, NOT_SEEN))
        safe = "yes" if one.safe else "NO"
        rows.append(
            (f"`{fault}`", step, verdict, said, f"{one.worst.bias_V:.2f} V, {one.worst.z_V:.2f} V, {safe}")
        )
    columns = ("fault", "step", "verdict", "said", "world: largest bias and z, safe at the end")
    return Table(
        "faults",
        f"Seed 1, steps {IN_PROCESS}. Faults of a run (at a sample) are told by the step that records then.",
        columns,
        tuple(rows),
    )


def first_word(found: Commissioned, otherwise: str) -> tuple[str, str, str]:
    """Return the first step that failed, else warned, with its first sentences; ``otherwise`` if there is none."""
    for verdict in (Verdict.FAIL, Verdict.WARN):
        for number in found.with_verdict(verdict):
            remarks = found.state.steps[number].judgement.remarks
            return str(number), str(verdict), shortened(plain(remarks[0]))
    return "–", "pass", otherwise


def shortened(text: str) -> str:
    """Return the first whole sentences of a text."""
    if len(text) <= MOST_LETTERS:
        return text
    kept = text[:MOST_LETTERS]
    end = max(kept.rfind(". "), kept.rfind(": "))
    return kept[: end + 1] if end > MOST_LETTERS // 2 else f"{kept.rsplit(' ', 1)[0]} ..."


def plain(text: str) -> str:
    """Return text for a cell of a table."""
    return re.sub(r"\s+", " ", text).replace("|", "/")


def seeds(number: int) -> Table:
    """Return how many of these right rigs fail or warn, with the steps and the sentences."""
    failed, warned = [], []
    for seed in range(1, number + 1):
        found = commissioned("none", seed)
        for verdict, kept in ((Verdict.FAIL, failed), (Verdict.WARN, warned)):
            kept += [
                (seed, n, found.state.steps[n].judgement.remarks[0]) for n in found.with_verdict(verdict)
            ]
    rows = [
        ("rigs", str(number)),
        ("steps of each", str(len(chosen(IN_PROCESS, 1)))),
        ("false failures", str(len(failed))),
        ("false warnings", str(len(warned))),
        *((f"seed {seed}, step {n}", shortened(plain(said))) for seed, n, said in failed + warned),
    ]
    return Table("seeds", f"{number} right rigs, seeds 1 to {number}.", ("", "count"), tuple(rows))


def tables(names: Sequence[str], number: int) -> Iterator[Table]:
    """Yield the tables that are named."""
    if "right-rig" in names:
        yield right_rig(commissioned("none", 1))
    if "faults" in names:
        faults = [name for name in NAMED_FAULTS if name not in ("none", "resistor")]
        yield faulty_rigs((fault, commissioned(fault, 1)) for fault in faults)
    if "seeds" in names:
        yield seeds(number)


def main() -> None:
    """Make the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.commissioning", description=__doc__)
    every = ("right-rig", "faults", "seeds")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one or more of {', '.join(every)}")
    parser.add_argument(
        "--seeds", type=int, default=SEEDS, help="number of right rigs (default: %(default)s)"
    )
    parser.add_argument("--write", action="store_true", help=f"replace the tables in {DOCUMENT.name}")
    wanted = parser.parse_args()
    if unknown := set(wanted.names) - set(every):
        parser.error(f"no table {', '.join(sorted(unknown))}; there are {', '.join(every)}")
    for table in tables(wanted.names or every, wanted.seeds):
        sys.stdout.write(f"\n## {table.name}\n\n{table.markdown()}\n")
        sys.stdout.flush()
        if wanted.write:
            write(table, DOCUMENT)


if __name__ == "__main__":
    main()
