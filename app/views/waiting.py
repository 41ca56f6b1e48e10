"""What a view that is still empty waits for while a run is on, in words."""

from app.views.status_view import StatusSnapshot

LOOKED_FOR = "A junction to hold is being looked for"
HOLD = "the temperature rise of the tip appears here with the first hold."
CURVE = "its I-V curve appears here."
FEW = "The transmission appears here once some I-V curves were taken: a model is fitted to them."


def waiting(procedure: str, status: StatusSnapshot) -> dict[str, str]:
    """Sentences by the title of the view; none for views for which the run brings nothing, and of a run that is over.

    Parameters
    ----------
    procedure : str
        Name of the procedure of the run.
    status : StatusSnapshot
    """
    if status.ended:
        return {}
    if procedure == "iv":
        taken = status.step == "sweep"
        first = "The first curve is being taken." if taken else f"{LOOKED_FOR}; {CURVE}"
        return {"I-V": first, "Theory": FEW}
    if procedure == "heating" or procedure.startswith("control"):
        under_way = status.step == "modulate"
        return {"Heating": "The first hold is under way." if under_way else f"{LOOKED_FOR}; {HOLD}"}
    return {}
