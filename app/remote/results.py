"""Results of a run as sentences with errors, for the page and for alerts."""

from analysis.numbers import with_error
from app.viewmodels.session import Session
from app.viewmodels.wording import with_units


def run_results(session: Session | None) -> list[str]:
    """Return the numbers that a run has given so far: peaks that can be trusted, and temperature rises."""
    if session is None:
        return []
    peaks = [
        f"Peak at {with_units(peak.label)}" for peak in session.histogram.snapshot().peaks if peak.trusted
    ]
    points = session.heating.snapshot().points
    rises = [
        f"ΔT at {volts:.3g} V: + {with_error(plus, plus_error)} mK, − {with_error(minus, minus_error)} mK"
        for volts, plus, plus_error, minus, minus_error in zip(
            points.amplitude_V.tolist(),
            points.dT_pos_mK.tolist(),
            points.sigma_pos_mK.tolist(),
            points.dT_neg_mK.tolist(),
            points.sigma_neg_mK.tolist(),
            strict=True,
        )
    ]
    return peaks + rises
