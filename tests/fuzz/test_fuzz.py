"""A small size of `python -m tests.fuzz`; the sockets of a bench are attacked in tests/app/server."""

import numpy as np
import pytest

from tests.fuzz.files import DOORS
from tests.fuzz.replies import DOORS as REPLIES

EXAMPLES = 60


@pytest.mark.parametrize("door", DOORS)
def test_hostile_files_end_in_typed_errors(door):
    tally = DOORS[door](np.random.default_rng(11), EXAMPLES)

    assert tally.faults == []
    assert tally.cases == EXAMPLES
    assert tally.refused > EXAMPLES / 10


@pytest.mark.parametrize("door", REPLIES)
def test_hostile_replies_of_instruments_end_in_typed_errors(door):
    tally = REPLIES[door](np.random.default_rng(12), EXAMPLES)

    assert tally.faults == []
    assert tally.cases == EXAMPLES
    assert tally.refused > EXAMPLES / 10
