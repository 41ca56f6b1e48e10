"""Self-test of a card, from made readings, and its rate, from made polls."""

import numpy as np
import pytest

from analysis.preflight.card import card_faults, rate_bounds, rate_fault, rate_known

RIGHT = {"ground": 2e-4, "reference": 5.0012}


def test_a_right_card_and_one_without_such_channels_pass():
    assert card_faults(RIGHT) == card_faults(RIGHT, 5.0008) == card_faults({}) == []


@pytest.mark.parametrize(
    ("seen", "earlier", "said"),
    [
        (
            {"ground": 0.0, "reference": 5.005},
            None,
            "5.0050 V at its own reference of 5 V, +0.10% (limit 0.06%)",
        ),
        ({"ground": -2e-3, "reference": 5.0}, None, "-2.00 mV at its own ground (limit 1 mV)"),
        ({"ground": np.nan, "reference": 5.0}, None, "+nan mV at its own ground"),
        (RIGHT, 4.9995, "5.0012 V at its own reference, 4.9995 V at the last proof"),
    ],
)
def test_a_card_out_of_calibration_is_told_with_its_numbers(seen, earlier, said):
    (text,) = card_faults(seen, earlier)

    assert said in text
    assert "Self-calibrate it in NI MAX" in text


def polls(off, call_s, rng, apart_s=1.0, lag=0):
    """Return polls of a card at 2 kHz whose clock is off, answered within ``call_s``."""
    found, now_s, phase = [], 100.0, rng.uniform()
    for first_s in (100.0, 100.0 + apart_s):
        now_s = max(now_s, first_s)
        for _ in range(5):
            asked_s, answered_s = now_s + call_s * rng.uniform(), now_s + call_s
            count = int((asked_s - 99.0) * 2000.0 * (1 + off) + phase)
            found.append((count - int(rng.integers(lag + 1)), now_s, answered_s))
            now_s = answered_s
    return found


@pytest.mark.parametrize("call_s", [2e-5, 3e-4])
def test_fifty_parts_per_million_are_right_and_a_thousand_are_not(call_s):
    rng = np.random.default_rng(1)
    for off in (0.0, 50e-6, -50e-6):
        right = [polls(off, call_s, rng) for _ in range(200)]
        assert not any(rate_fault(one, 2000.0) for one in right)
        assert all(rate_known(one, 2000.0) for one in right)
    for off in (1e-3, -1e-3):
        found = [rate_fault(polls(off, call_s, rng), 2000.0) for _ in range(200)]
        assert all("the card's timebase" in text for text in found), np.mean([not text for text in found])


@pytest.mark.parametrize("call_s", [3e-4, 0.05, 1.0])
def test_a_busy_computer_never_makes_a_right_clock_wrong(call_s):
    rng = np.random.default_rng(2)
    for _ in range(300):
        one = polls(50e-6 * rng.standard_normal() / 3, call_s, rng, apart_s=float(rng.uniform(0.2, 2.0)))
        assert rate_fault(one, 2000.0) == ""
        low, high = rate_bounds(one)
        assert low <= 2000.3 and high >= 1999.7


def test_counts_that_lag_by_different_times_tell_nothing_and_a_simulated_clock_is_another():
    rng = np.random.default_rng(3)
    assert not any(rate_known(polls(0.0, 2e-5, rng, lag=40), 2000.0) for _ in range(50))
    assert rate_fault([(0, 0.0, 1e-3), (2000, 0.01, 0.011)], 2000.0) == ""
