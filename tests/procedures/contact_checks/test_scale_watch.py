"""A scale that becomes wrong by ten in mid-run is seen by where contacts end, and by nothing else that happens."""

import pickle

import numpy as np
import pytest

from procedures.contact_checks.scale_watch import ScaleWatch
from tests.support.physics.opening_traces import FOLDER, gold_conductance_G0
from tests.support.physics.openings_of_metals import CONTACT_G0, MATERIALS, opening_G0

SURE_OF = "gold", "gold, short plateaus", "platinum", "aluminium", "lead", "gold with a molecule of 0.01 G0"
"""Materials in which a change of the scale is seen after fifteen openings at most."""


def watched(material, rng, openings, changed_at=None, factor=1.0, rail_G0=12.9):
    """Let a watch see openings, the later ones at another scale; return the changes, and the number of openings."""
    watch = ScaleWatch(CONTACT_G0, rail_G0)
    for number in range(openings):
        scale = factor if changed_at is not None and number >= changed_at else 1.0
        watch.feed(opening_G0(MATERIALS[material], rng, scale, rail_G0))
        change = watch.opened()
        if change:
            return change, number + 1
    return None, openings


@pytest.mark.parametrize("material", MATERIALS)
def test_no_change_is_seen_where_there_is_none(material):
    for seed in range(2):
        assert watched(material, np.random.default_rng([seed, 5]), 150) == (None, 150)


@pytest.mark.parametrize("rail_G0", [6.0, 12.9])
@pytest.mark.parametrize("factor", [10.0, 0.1])
@pytest.mark.parametrize("material", SURE_OF)
def test_a_scale_wrong_by_ten_is_seen(material, factor, rail_G0):
    change, number = watched(material, np.random.default_rng(3), 40, 20, factor, rail_G0)

    assert change.factor == factor
    assert 0.7 < change.before_G0 < 3.0
    assert number <= 35
    assert abs(change.before - 20) <= 2


def test_the_watch_does_not_grow_with_the_openings_of_a_month():
    """It had kept each vote and summed them all at each opening: 5 ms and 3 MB after 10,000."""
    watch, rng, sizes = ScaleWatch(CONTACT_G0), np.random.default_rng(4), []
    for _ in range(2):
        for _ in range(100):
            watch.feed(opening_G0(MATERIALS["gold"], rng, 1.0, np.inf))
            watch.opened()
        sizes.append(len(pickle.dumps(watch)))

    assert abs(sizes[1] - sizes[0]) < 50


def test_the_sentence_says_where_contacts_ended():
    change, _ = watched("gold", np.random.default_rng(3), 40, 20, 10.0)

    assert f"The last {change.since} openings end at about" in str(change)
    assert f"the {change.before} before them ended at about {change.before_G0:.2g} G0" in str(change)


@pytest.mark.parametrize(
    ("material", "scale", "said"), [("gold", 10.0, "10 G0"), ("gold", 0.1, "0.1 G0"), ("gold", 1.0, "")]
)
def test_a_scale_that_is_wrong_from_the_start_is_told_once(material, scale, said):
    watch, rng, remarks = ScaleWatch(CONTACT_G0), np.random.default_rng(1), []
    for _ in range(30):
        watch.feed(opening_G0(MATERIALS[material], rng, scale, np.inf))
        assert watch.opened() is None
        remarks.append(watch.unlike_gold)

    told = [remark for remark in remarks if remark]
    assert len(told) == bool(said)
    assert all(f"end at about {said}" in remark for remark in told)


@pytest.mark.parametrize("material", ["platinum", "aluminium", "lead", "no steps"])
def test_other_metals_are_not_taken_for_gold_at_a_wrong_scale(material):
    watch, rng = ScaleWatch(CONTACT_G0), np.random.default_rng(1)
    for _ in range(20):
        watch.feed(opening_G0(MATERIALS[material], rng))
        watch.opened()
        assert watch.unlike_gold == ""


@pytest.mark.skipif(
    FOLDER is None, reason="HOTJUNCTION_RECORDINGS does not name the folder of real recordings"
)
def test_no_change_is_seen_in_real_traces_of_gold_in_any_order():
    rows = [row[np.isfinite(row)] for row in gold_conductance_G0()]
    for seed in range(5):
        watch = ScaleWatch(CONTACT_G0)
        for row in np.random.default_rng(seed).permutation(len(rows)):
            watch.feed(rows[row])
            assert watch.opened() is None
