"""How long something takes, in words that are no finer than it is known."""


def roughly(seconds: float) -> str:
    """The time as one says it: "40 s", "48 min", "3.2 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
