"""Texts of empty views during a run."""

from app.viewmodels.registry import VIEWS
from app.viewmodels.status_view import StatusSnapshot
from procedures.registry import views_filled_by


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
    views = {title: VIEWS[title] for title in views_filled_by(procedure) if title in VIEWS}
    texts = {title: view.during.get(status.step, view.awaited) for title, view in views.items()}
    return {title: text for title, text in texts.items() if text}
