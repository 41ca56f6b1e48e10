"""How long something takes, in words that are no finer than it is known."""

from math import isfinite


def roughly(seconds: float) -> str:
    """The time as one says it: "40 s", "48 min", "3.2 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def amount(cycles: int, of: str, seconds: float) -> str:
    """How much is to be done, and how long it takes where that is known: "500 traces, about 48 min"."""
    return f"{cycles} {of}, about {roughly(seconds)}" if isfinite(seconds) else f"{cycles} {of}"
