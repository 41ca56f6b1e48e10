"""False alarms of the asymmetry: the small version of the study."""

import numpy as np
import pytest
from scipy import stats

from tests.validation.significance import outcomes

SETS = 300


@pytest.mark.parametrize(
    ("case", "n", "worst"),
    [
        ("normal, equal times", 5, 0.05),
        ("normal, exponential times", 10, 0.05),
        ("exponential, equal times", 10, 0.07),
        ("normal, one hold of 200 s", 100, 0.05),
    ],
)
def test_symmetric_junctions_seldom_look_asymmetric(case, n, worst):
    """A rule of two errors fails: 0.11 at five junctions, 0.14 with one hold of 200 s among 100."""
    false, held, without = outcomes(np.random.default_rng(11), n, case, SETS)
    assert without == 0
    assert sum(false) <= stats.binom.isf(1e-3, SETS, worst)
    assert sum(held) >= stats.binom.ppf(1e-3, SETS, 1.0 - worst)


def test_one_hold_of_200_s_among_ten_decides():
    _, _, without = outcomes(np.random.default_rng(12), 10, "normal, one hold of 200 s", 20)
    assert without == 20
