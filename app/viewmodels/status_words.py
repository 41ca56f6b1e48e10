"""Numbers of a run's status as the window and the page for a browser show them."""

from math import floor, isfinite, isinf, log10, nan

from analysis.numbers import minus, significant
from app.console.durations import roughly
from app.viewmodels.status_view import StatusSnapshot

UNKNOWN, OVER_RANGE = "–", "over range"
SIZES = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def conductance_words(conductance_G0: float, full_scale_G0: float = nan) -> str:
    """Format a conductance in G0: "0.00207", or with a power of ten below 10⁻⁴ (10⁻³ if negative).

    A sign and a two-digit exponent cost a digit each. A railed amplifier gives a bound, "> 6.4", or "over range" if
    the full scale is unknown.
    """
    if isinf(conductance_G0):
        if not isfinite(full_scale_G0):
            return OVER_RANGE
        unit = 10.0 ** (floor(log10(full_scale_G0)) - 1)
        bound = f"{floor(full_scale_G0 / unit + 1e-9) * unit:.12g}"
        return f"> {bound}" if conductance_G0 > 0 else f"< {minus('-')}{bound}"
    if not isfinite(conductance_G0):
        return UNKNOWN
    if abs(conductance_G0) < (1e-3 if conductance_G0 < 0 else 1e-4):
        return significant(conductance_G0, 3 - (conductance_G0 < 0) - (abs(conductance_G0) < 1e-9))
    decimals = max(0, 2 - floor(log10(abs(conductance_G0))))
    return minus(f"{conductance_G0:.{decimals}f}")


def signed(value: float) -> str:
    """Format with a sign and three decimals: "+0.100"; "0.000" has no sign."""
    if not isfinite(value):
        return UNKNOWN
    text = f"{value:+.3f}"
    return minus(text) if float(text) else text[1:]


def duration(seconds: float) -> str:
    """Format a time: "3.2 s", "4 min 05 s", "2 h 03 min"."""
    if not isfinite(seconds):
        return UNKNOWN
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def size(n_bytes: int) -> str:
    """Format a number of bytes: "1.20 GB"."""
    for unit, name in SIZES:
        if n_bytes >= unit:
            return f"{significant(n_bytes / unit)} {name}"
    return f"{n_bytes} B"


def progress_text(snapshot: StatusSnapshot) -> str:
    """Return the progress of a run: "63/100"."""
    return f"{snapshot.cycles}" + (f"/{snapshot.total_cycles}" if snapshot.total_cycles is not None else "")


def cycles_word(snapshot: StatusSnapshot) -> str:
    """Return the name of the counted cycles: "holds", or "hold" for one."""
    return snapshot.cycle_name + ("" if snapshot.cycles == 1 and snapshot.total_cycles is None else "s")


def remark(snapshot: StatusSnapshot) -> str:
    """Return the end, pause or remaining time of a run, and the size of its recording."""
    text = snapshot.ended or snapshot.remark
    if not text and isfinite(snapshot.left_s):
        text = f"{roughly(snapshot.left_s)} left"
    recorded = size(snapshot.recorded_bytes) if snapshot.recorded_bytes else ""
    return ", ".join(part for part in (text, recorded) if part)
