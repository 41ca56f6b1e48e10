"""A small version of the study of thermopower: the limits fail by chance with a probability below 1e-3."""

import numpy as np
import pytest

from tests.validation import thermopower_pump
from tests.validation.thermopower import Case, pulls
from tests.validation.thermopower_pump import Pump, outcomes


@pytest.mark.parametrize("case", [Case(), Case(tails=True), Case(junctions=6)])
def test_errors_of_a_thermopower_hold_the_truth(case):
    result = pulls(np.random.default_rng(11), case, 150)
    assert np.mean(np.abs(result.slope) < 2.0) > 0.88
    assert np.mean(np.abs(result.intercept) < 2.0) > 0.88
    assert 0.8 < np.sqrt(np.mean(result.slope**2)) < 1.25
    assert result.origin_V_per_K.mean() > 1.15 * case.S, "the intercept must be free"


def test_a_pump_is_no_spread_of_the_molecules():
    """The errors of single holds are up to 17 times too small beside f and 2f."""
    case = thermopower_pump.Case(junctions=20, pump=Pump(0.05))
    found = outcomes(np.random.default_rng(12), case, 40, (1, 2))
    assert found.warned[found.scale > 2.5].all()
    assert found.warned.mean() > 0.9, (
        "a pump half a hertz off gets out of step within a hold, which then shows it"
    )
    assert np.median(found.scale) > 3.0
    assert np.mean(np.abs(found.slope) < 2.0) > 0.8
    assert np.mean(np.abs(found.spread) < 2.0) > 0.8


@pytest.mark.parametrize("tails", [False, True])
def test_no_pump_is_warned_of_without_one(tails):
    case = thermopower_pump.Case(junctions=12, tails=tails, seconds=1.0 / 3.0)
    found = outcomes(np.random.default_rng(13), case, 40, (2,))
    assert found.warned.sum() <= 3  # at 1 % each: more by chance with p = 7e-4
    assert np.mean(np.abs(found.slope) < 2.0) > 0.8
