"""Texts of empty views during a run."""

from app.viewmodels.status_view import StatusSnapshot
from procedures.registry import views_filled_by

LOOKED_FOR = "Searching for a junction to hold"
HOLD = "the temperature rise of the tip will appear here after the first hold."
CURVE = "its I-V curve will appear here."
FEW = "The transmission appears here once a model has been fitted to a few I-V curves."


def waiting(procedure: str, status: StatusSnapshot) -> dict[str, str]:
    """Return the texts by title of the view, for views that this run will fill; empty for a run that has ended.

    Parameters
    ----------
    procedure : str
        Name of the procedure of the run.
    status : StatusSnapshot
    """
    if status.ended:
        return {}
    filled = views_filled_by(procedure)
    if "I-V" in filled:
        sweeping = status.step == "sweep"
        first = "The first curve is being recorded." if sweeping else f"{LOOKED_FOR}; {CURVE}"
        return {"I-V": first, "Theory": FEW}
    if "Heating" in filled:
        modulating = status.step == "modulate"
        return {"Heating": "The first hold is in progress." if modulating else f"{LOOKED_FOR}; {HOLD}"}
    return {}
