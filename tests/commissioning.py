"""Commission simulated rigs, right and faulty, and print what is said: ``python -m tests.commissioning [--write]``.

With ``--write`` the tables in `docs/explanation/commissioning.md` are replaced by the new ones. The steps that kill
programs or need a hand (12, 13, 15) are left out: tests/stories/test_commission_links.py does them.
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
from analysis.recording import Recording
from app.acquisition.direct import direct_wires
from app.commission.amounts import Amounts
from app.commission.registry import STEPS, chosen
from app.commission.report import shown
from app.commission.run import NotSafe, Voice, begun, commission
from app.commission.session import Session
from app.commission.state import Done, State
from procedures.runner import PROOF
from simulators.rig.named_faults import NAMED_FAULTS
from tests.support.rig.rigs import FEW_LOOKS, quick, without_wires
from tests.support.rig.watchdogs import WatchdogWithoutProcess
from tests.support.rig.watched import Worst, watched
from tests.validation.__main__ import write
from tests.validation.study import Table

DOCUMENT = Path(__file__).parents[1] / "docs" / "explanation" / "commissioning.md"
RESISTOR = {"fixture.kind": "resistor", "fixture.resistance_ohm": 1e4}
WITH_A_SURFACE = {
    "piezo-reversed": (16, {"surface.initial_gap_nm": 0.45}),
    "thermocouple-reversed": (17, {"surface.initial_gap_nm": 45.0}),
}
"""Faults that only a step with a surface can tell, with that step and its world."""

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


NOT_BY_A_RUN = {
    "mains-frequency": "finishes: step 8 of commissioning tells it",
    "thermocouple-reversed": "finishes: step 17 of commissioning tells it",
    "output-ranges-625x": "finishes: step 3 of commissioning tells it",
    "count-after-stop-wrong": "finishes: the position is taken from the z loop-back; step 11 of commissioning tells it",
    "convert-delay-refused": "finishes: the card scans its first input twice",
    "card-clock-off": "finishes: a fast clock keeps no time of day; on life's clock pre-flight tells it",
    "none": "finishes",
}


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
    """Commission a rig with a fault, by the step with a surface if only that can tell it; "none" is a right rig."""
    number, world = WITH_A_SURFACE.get(fault, (0, RESISTOR))
    with (
        tempfile.TemporaryDirectory() as folder,
        patch("app.acquisition.bench.Watchdog", WatchdogWithoutProcess),
        patch("app.acquisition.attended.Watchdog", WatchdogWithoutProcess),
        watched(Path(folder), world, [] if fault == "none" else [fault], seed) as (rig, worst),
    ):
        session = Session(rig.file, rig.folder / "day", 1e4, SMALL, direct_wires(rig.simulated))
        state = begun(session)
        before = {n: Done(Judgement(Verdict.PASS), "") for n in (13, 16) if number and n != number}
        state.steps.update(before)
        try:
            commission(
                session,
                state,
                [STEPS[number]] if number else chosen(steps, 1),
                Voice(lambda question: True),
            )
        except NotSafe as error:  # the session ends, with this sentence
            state.steps[state.under_way] = Done(Judgement(Verdict.FAIL, remarks=(str(error),)), "")
        for one in before:
            state.steps.pop(one)
        return Commissioned(state, worst, rig.is_safe() or number == 16)  # its tip rests near the surface


@dataclass(frozen=True)
class Ran:
    """A run on a rig with a fault: its end, and the extremes of its world."""

    found_by: str
    said: str
    worst: Worst
    safe: bool


def ran(fault: str, seed: int) -> Ran:
    """Open two contacts on a rig with a fault, as the user's first run does."""
    with (
        tempfile.TemporaryDirectory() as folder,
        patch("app.acquisition.bench.Watchdog", WatchdogWithoutProcess),
        watched(Path(folder), {}, [fault], seed) as (rig, worst),
        without_wires(rig),
    ):
        rig.file.write_text(rig.file.read_text("utf-8").replace(FEW_LOOKS, ""), "utf-8")
        out = rig.folder / "run.h5"
        end = rig.bench("").run(quick(2, approach_speed=20.0), out).end
        with Recording(out) as recording:
            proved = any(event.name == PROOF for event in recording.events)
        by = "–" if end.status == "finished" else "run" if proved else "pre-flight"
        return Ran(
            by, end.reason or NOT_BY_A_RUN.get(fault, "finishes: nothing is wrong"), worst, rig.is_safe()
        )


def faulty_runs(found: Iterable[tuple[str, Ran]]) -> Table:
    """Return what pre-flight and a run say of each fault, and where the world was at worst."""
    rows = [
        (
            f"`{fault}`",
            one.found_by,
            shortened(plain(one.said)),
            f"{one.worst.bias_V:.2f} V, {one.worst.z_V:.2f} V, {one.worst.depth_m * 1e9:.1f} nm, "
            f"{'yes' if one.safe else 'NO'}",
        )
        for fault, one in found
    ]
    columns = ("fault", "found by", "said", "world: largest bias and z, deepest tip, safe at the end")
    return Table(
        "runs", "Seed 1, two openings at 20 nm/s, the proof in full before them.", columns, tuple(rows)
    )


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
    if "runs" in names:
        yield faulty_runs((fault, ran(fault, 1)) for fault in NAMED_FAULTS)
    if "seeds" in names:
        yield seeds(number)


def main() -> None:
    """Make the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.commissioning", description=__doc__)
    every = ("right-rig", "faults", "runs", "seeds")
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
