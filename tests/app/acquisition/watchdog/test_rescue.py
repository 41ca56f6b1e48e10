"""The watchdog is the last that can make a rig safe: it goes on until the loop-backs show it."""

from itertools import pairwise

import pytest

from app.acquisition.watchdog.rescue import MOST_PATIENCE_S, PAUSES_S, Rescue, Unseen
from drivers.errors import InstrumentLost, NotNow
from tests.support.rig.fake_card import FakeCard


def rescue(*cards, told=None):
    """A rescue that opens these cards one after the other, the first warm; an error in place of a card is raised."""
    opened = iter(cards[1:])
    pauses_s = []

    def reopen(within_s):
        card = next(opened)
        if isinstance(card, Exception):
            raise card
        return card

    made = Rescue(
        cards[0],
        reopen,
        0.9,
        (told if told is not None else []).append,
        clock=lambda: sum(pauses_s),
        pause=pauses_s.append,
    )
    return made, pauses_s


def test_a_warm_card_is_made_safe_fenced_and_read_without_a_pause():
    card = FakeCard()
    made, pauses_s = rescue(card)
    assert made.insist() == "bias 0 V, z 0 V (seen on the loop-backs)"
    assert card.calls == ["safe", "fenced", "unseen"]
    assert pauses_s == []


def test_it_goes_on_over_new_connections_with_more_patience_whatever_goes_wrong():
    errors = [InstrumentLost("away"), OSError("no route"), ValueError("a bug")] * 4
    warm, last = FakeCard(safe=[InstrumentLost("away")]), FakeCard()
    told = []
    made, pauses_s = rescue(warm, *errors, last, told=told)
    assert "seen" in made.insist()
    assert warm.calls == ["safe", "closed"]
    assert len(pauses_s) == 13
    assert (pauses_s[0], pauses_s[-1]) == PAUSES_S
    assert all(later == min(2 * before, PAUSES_S[1]) for before, later in pairwise(pauses_s))
    assert last.within_s == [MOST_PATIENCE_S]
    assert told[:3] == ["away", "no route", "a bug"]


def test_what_the_loop_backs_do_not_show_is_not_safe_and_the_connection_is_kept():
    card, told = FakeCard(unseen=["z reads +3 V", "z reads +3 V", ""]), []
    made, pauses_s = rescue(card, told=told)
    assert "seen on the loop-backs" in made.insist()
    assert card.calls.count("safe") == 3
    assert "closed" not in card.calls
    assert told == ["bias 0 V, z 0 V (commanded, but z reads +3 V)"]
    assert len(pauses_s) == 2


def test_a_bench_that_writes_between_the_values_and_the_fence_is_seen_and_undone():
    card = FakeCard(fenced=[NotNow("held")], unseen=["bias reads +0.1 V"])
    made, _ = rescue(card)
    made.insist()
    assert card.calls == ["safe", "fenced", "unseen"] * 2


def test_a_simulated_rig_that_is_gone_is_given_up_with_the_reason():
    made, pauses_s = rescue(None, *[InstrumentLost("Nothing answers")] * 100)
    with pytest.raises(InstrumentLost, match="Nothing answers"):
        made.insist(for_s=5.0)
    assert 5.0 <= sum(pauses_s) < 7.0


def test_unseen_is_an_error_of_the_rig():
    made, _ = rescue(FakeCard(unseen=["z reads +3 V"] * 99))
    with pytest.raises(Unseen, match=r"commanded, but z reads \+3 V"):
        made.insist(for_s=0.1)
