"""Table of the matrix: a line for each fault, over all procedures and steps."""

from collections import Counter
from collections.abc import Iterable

from tests.fault_matrix.case import Outcome
from tests.fault_matrix.faults import FAULTS
from tests.validation.study import Table

NM = 1e-9
COLUMNS = (
    "kind",
    "fault",
    "cases",
    "ended as",
    "not seen to be safe, and said so",
    "deepest tip, nm",
    "wrong",
)


def fault_matrix(outcomes: Iterable[Outcome], seed: int) -> Table:
    """Return the table of some outcomes."""
    kept = [outcome for outcome in outcomes if outcome.struck]
    rows = [row(fault, of) for fault in FAULTS if (of := [one for one in kept if one.case.fault == fault])]
    steps = {(one.case.procedure, one.case.moment.step) for one in kept}
    about = (
        f"{len(kept)} cases, drawn with seed {seed} from every fault in every step: {len(steps)} steps of "
        f"{len({one.case.procedure for one in kept})} procedures."
    )
    return Table("fault-matrix", about, COLUMNS, (*rows, total(kept)))


def row(fault: str, of: list[Outcome]) -> tuple[str, ...]:
    """Return the line of a fault."""
    return (FAULTS[fault].kind, fault, *_counts(of))


def total(of: list[Outcome]) -> tuple[str, ...]:
    """Return the line of all faults."""
    return ("all", "", *_counts(of))


def _counts(of: list[Outcome]) -> tuple[str, ...]:
    ends = Counter(one.status for one in of)
    return (
        str(len(of)),
        ", ".join(f"{status} {n}" for status, n in sorted(ends.items())),
        str(sum(not one.said_safe for one in of)),
        f"{max((one.depth_m for one in of), default=0.0) / NM:.1f}",
        str(sum(bool(one.wrong) for one in of)),
    )
