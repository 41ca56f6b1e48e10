"""Failures of a share of the junctions during modulation."""

from itertools import pairwise

import numpy as np
import pytest

from analysis.heating.programme import three_level
from simulators.parameters import ParameterError, load_parameters
from simulators.world.induced_failures import FateParameters, Fates, InducedFailure
from tests.support.instruments.tip import SURE, Tip

TIME_s = 0.5 * np.arange(1, 21)


def test_time_counts_from_when_the_bias_has_had_both_signs() -> None:
    bias_V = np.array([0.1] * 4 + [0.0] * 2 + [-0.1] * 14)
    assert InducedFailure("rupture", 2.0).lasts(TIME_s, bias_V) == 6 + 4
    assert InducedFailure("rupture", 2.0).lasts(TIME_s, -bias_V) == 6 + 4
    assert InducedFailure("rupture", 2.0).lasts(TIME_s, np.abs(bias_V)) == 20
    assert InducedFailure("none", 2.0).lasts(TIME_s, bias_V) == 20


@pytest.mark.parametrize("cuts", [[0, 20], [0, 5, 7, 20], list(range(21))])
def test_it_does_not_matter_where_calls_are_cut(cuts: list[int]) -> None:
    bias_V = np.array([-0.1] * 4 + [0.1] * 16)
    fate, lived = InducedFailure("contact", 2.0), 0
    for start, stop in pairwise(cuts):
        lived += fate.lasts(TIME_s[start:stop], bias_V[start:stop])
        if lived < stop:
            break
    assert lived == 4 + 4
    assert fate.struck(TIME_s[lived]) == "contact"
    assert fate.struck(TIME_s[lived - 1]) == "none"


def test_shares_are_those_that_were_told() -> None:
    parameters = FateParameters(rupture_share=0.3, contact_share=0.1, within_s=5.0)
    fates = Fates(parameters, np.random.default_rng(1))
    kinds = [fates.draw().kind for _ in range(2000)]
    assert kinds.count("rupture") / 2000 == pytest.approx(0.3, abs=0.03)
    assert kinds.count("contact") / 2000 == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize(
    ("share", "species", "after"),
    [
        ("rupture_share", "BDNC", "tunnelling"),
        ("contact_share", "BDNC", "contact"),
        ("rupture_share", "Au", ""),
    ],
)
def test_a_held_junction_meets_its_fate_within_its_time(share: str, species: str, after: str) -> None:
    told = {"molecule.BDNC.lifetime_s": 1e9, "gold.lifetime_s": 1e9, "tunnelling.visible_G0": 1e-30}
    tip = Tip(dt=5e-4, **{**SURE, **told, "sample.species": species, f"fates.{share}": 1.0})
    tip.contact()
    there = "contact" if species == "Au" else "molecule"
    tip.move(-20.0, 0.5, lambda truth: truth.state == there and truth.conductance_G0 < 1.4, block=1)
    tip.hold(20.0)
    assert tip.world.truth.state == there
    bias_V = np.tile(three_level(0.06).bias_V(2000.0), 2)
    contacts = tip.world.truth.contacts
    for at in range(0, 10_600, 100):  # 5 s from the first reversal
        tip.world.advance(bias_V[at : at + 100], np.full(100, tip.z_V), tip.dt)
        if tip.world.truth.state != there:
            break
    assert at > 0
    if species == "Au":
        assert tip.world.truth.gap_m > 0
    else:
        assert tip.world.truth.state == after
        assert tip.world.truth.contacts - contacts == (after == "contact")


def test_more_than_all_is_refused() -> None:
    with pytest.raises(ParameterError, match="more than 1"):
        load_parameters(overrides={"fates.rupture_share": 0.7, "fates.contact_share": 0.7}).section(
            "fates", FateParameters
        )
