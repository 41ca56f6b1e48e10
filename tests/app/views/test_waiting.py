"""Empty views of a run that is on say what they wait for."""

import pytest

from app.views.waiting import waiting
from tests.app.gui.synthetic import status

CASES = [
    ("heating", {"step": "withdraw"}, "Heating", "is being looked for"),
    ("heating", {"step": "modulate"}, "Heating", "The first hold is under way."),
    ("control-reversed", {"step": "modulate"}, "Heating", "The first hold is under way."),
    ("iv", {"step": "approach"}, "I-V", "is being looked for"),
    ("iv", {"step": "sweep"}, "I-V", "The first curve is being taken."),
    ("iv", {"step": "sweep"}, "Theory", "once some I-V curves were taken"),
]


@pytest.mark.parametrize(("procedure", "changes", "title", "words"), CASES)
def test_what_is_waited_for(procedure, changes, title, words):
    assert words in waiting(procedure, status(ended="", **changes))[title]


@pytest.mark.parametrize(
    ("procedure", "ended"), [("heating", "finished"), ("iv", "aborted"), ("break-junction", "")]
)
def test_nothing_is_waited_for(procedure, ended):
    assert waiting(procedure, status(ended=ended)) == {}
