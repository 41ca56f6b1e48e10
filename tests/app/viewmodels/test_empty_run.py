"""Empty views of a run that is on say what they wait for."""

import pytest

from app.viewmodels.empty_run import waiting
from tests.support.recordings.synthetic import status

CASES = [
    ("heating", {"step": "withdraw"}, "Heating", "Searching for a junction"),
    ("heating", {"step": "modulate"}, "Heating", "The first hold is in progress."),
    ("control-reversed", {"step": "modulate"}, "Heating", "The first hold is in progress."),
    ("iv", {"step": "approach"}, "I-V", "Searching for a junction"),
    ("iv", {"step": "sweep"}, "I-V", "The first curve is being recorded."),
    ("iv", {"step": "sweep"}, "Theory", "fitted to a few I-V curves"),
]


@pytest.mark.parametrize(("procedure", "changes", "title", "words"), CASES)
def test_what_is_waited_for(procedure, changes, title, words):
    assert words in waiting(procedure, status(ended="", **changes))[title]


@pytest.mark.parametrize(
    ("procedure", "ended"), [("heating", "finished"), ("iv", "aborted"), ("break-junction", "")]
)
def test_nothing_is_waited_for(procedure, ended):
    assert waiting(procedure, status(ended=ended)) == {}
