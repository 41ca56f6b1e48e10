"""Right rigs that were never seen before, at the smallest size; and that the draws reach what they should."""

import pytest

from tests.any_rig.drawn import CARDS, CURRENT_AMPLIFIERS, PREAMPLIFIERS, drawn
from tests.any_rig.trial import tried

MOST_ERRORS = 4.0


@pytest.mark.parametrize("seed", [1, 4], ids=["inverting amplifiers and bias", "delta-sigma card"])
def test_a_right_rig_is_not_refused_and_measures_what_its_world_has(seed):
    outcome = tried(drawn(seed), traces=8, holds=2)
    assert not outcome.said
    assert {"one atom", "dT(+)", "dT(-)", "power(+)", "power(-)"} == set(outcome.pulls)
    assert all(abs(pull) < MOST_ERRORS for pull in outcome.pulls.values()), outcome.pulls


def test_a_seed_draws_one_rig_and_the_seeds_reach_every_kind():
    rigs = [drawn(seed) for seed in range(60)]
    assert drawn(7) == rigs[7]
    kinds = [
        (one.settings.card, one.settings.current_amplifier, one.settings.voltage_preamplifier) for one in rigs
    ]
    assert [set(kind) for kind in zip(*kinds, strict=True)] == [
        set(CARDS),
        set(CURRENT_AMPLIFIERS),
        set(PREAMPLIFIERS),
    ]
    assert {one.tables["daq"]["outputs"]["z"]["inverting"] for one in rigs} == {False, True}
    assert all(one.parameters for one in rigs), "the simulator knows each of these worlds"
