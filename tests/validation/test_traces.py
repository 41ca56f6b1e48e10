"""The study of statistics over traces in small: intervals of correlated traces cover, those of single ones do not."""

import numpy as np
import pytest

from tests.validation.traces import mean_covers, share_covers

SETS = 60


@pytest.mark.parametrize("covers", [share_covers, mean_covers])
def test_intervals_cover_where_traces_remember(covers):
    """Fewer than 48 of 60 intervals that cover at 92 % cover in one of 1000 studies; without memory 35 do."""
    rng = np.random.default_rng(11)

    assert sum(covers(rng, 0.8, True) for _ in range(SETS)) >= 48
    assert sum(covers(rng, 0.8, False) for _ in range(SETS)) <= 44
