"""Ranges and output stages against the card's specifications."""

import math

import numpy as np
import pytest

from simulators.parameters import ParameterError, load_parameters
from simulators.rig.ni6281 import (
    Limits,
    NI6281Parameters,
    OutputStage,
    on_wire,
    output_range,
    smallest_range,
)


@pytest.fixture
def card() -> NI6281Parameters:
    return load_parameters().section("ni6281", NI6281Parameters)


@pytest.mark.parametrize(
    ("limits", "range_V"),
    [(Limits(-0.1, 0.1), 0.1), (Limits(0, 0.11), 0.2), (Limits(-3, 1), 5.0), (Limits(0, 10), 10.0)],
)
def test_the_smallest_range_that_holds_the_limits(
    card: NI6281Parameters, limits: Limits, range_V: float
) -> None:
    assert smallest_range(limits, card.input_ranges_V) == range_V


def test_no_range_holds_more_than_the_card_can(card: NI6281Parameters) -> None:
    assert smallest_range(Limits(-10.1, 1), card.input_ranges_V) is None


@pytest.mark.parametrize(
    ("limits", "range_V", "lsb_uV"),
    [
        (Limits(-1, 1), (-1, 1), 30.5),
        (Limits(-0.5, 2), (-2, 2), 61.0),
        (Limits(-2, 2.1), (-5, 5), 152.6),
        (Limits(0, 10), (0, 10), 152.6),
        (Limits(0, 4), (-5, 5), 152.6),
        (Limits(-0.1, 10), (-10, 10), 305.2),
    ],
)
def test_outputs_take_the_finest_range_that_holds_their_limits(
    card: NI6281Parameters, limits: Limits, range_V: tuple[float, float], lsb_uV: float
) -> None:
    assert output_range(card, limits) == range_V
    values = np.linspace(limits.min_V, limits.max_V, 10_001)[:-1]
    volts = OutputStage(card, limits).volts(values)
    lsb_V = (range_V[1] - range_V[0]) / 2**16
    assert 1e6 * lsb_V == pytest.approx(lsb_uV, abs=0.05)
    assert np.allclose(volts / lsb_V, np.rint(volts / lsb_V), atol=1e-6)
    assert np.abs(volts - values).max() <= 0.5 * lsb_V * (1 + 1e-9)
    assert output_range(card, Limits(-10.1, 1)) is None


def test_an_output_moves_after_the_tick_and_settles_in_microseconds(card: NI6281Parameters) -> None:
    """A wire has the level before the tick at the first position of the scan, and the new level at the others."""
    before, after = np.array([0.0, 1.0, -2.0]), np.array([1.0, 1.0, 2.0])
    assert on_wire(card, before, after, 150e-9).tolist() == before.tolist()
    left = (before - after) * math.exp(-(2.15 - 0.5) / 1.0)
    glitch = [0.0, 0.0, 2.5e-3 * math.exp(-1.65)]  # the code changes its sign in the last one only
    assert on_wire(card, before, after, 2.15e-6) == pytest.approx(after + left + glitch, rel=1e-12)
    assert on_wire(card, before, after, 20e-6) == pytest.approx(after, abs=2e-8)


def test_a_large_step_of_an_output_is_limited_by_its_slew(card: NI6281Parameters) -> None:
    slow = card.model_copy(update={"output_slew_V_per_s": 2e6, "output_glitch_Vs": 0.0})
    at = [
        on_wire(slow, np.array([-10.0]), np.array([10.0]), 0.5e-6 + t)[0] for t in (1e-6, 4e-6, 9e-6, 11e-6)
    ]
    assert at == pytest.approx([-8.0, -2.0, 8.0, 10.0 - 2.0 * math.exp(-2.0)], rel=1e-9)


def test_an_output_of_zero_is_zero(card: NI6281Parameters) -> None:
    assert OutputStage(card, Limits(-2, 2)).volts(np.zeros(3)).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ({"ni6281.input_ranges_V": [1.0, 10.0]}, "one value for each"),
        ({"ni6281.output_ranges_V": [10.0, 5.0]}, "rise"),
        ({"ni6281.input_offset_error_V": [1e-5]}, "input_offset_error_V needs one value"),
        ({"ni6281.wiring.ai0": "tip"}, "wiring.ai0"),
        ({"ni6281.input_bits": 40}, "input_bits"),
    ],
)
def test_impossible_cards_are_refused(override: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        load_parameters(overrides=override).section("ni6281", NI6281Parameters)


def test_terminals_without_a_wire_are_open(card: NI6281Parameters) -> None:
    assert card.wiring.signal("ai0") == "current"
    assert [card.wiring.signal(terminal) for terminal in ("ai4", "ai12")] == ["open", "open"]
    assert card.source_ohm.ohm("open") == math.inf
