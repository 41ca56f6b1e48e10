import numpy as np
import pytest

from drivers.card_properties import CardProperties
from drivers.daqmx.channels import AnalogOutput
from drivers.errors import OutOfRange

Z = AnalogOutput("z", "ao1", 0.0, 10.0)
CARD = CardProperties(
    "PXI-6281", (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0), (5.0, 10.0), 625e3, 500e3, False, False
)


@pytest.mark.parametrize("range_V", CARD.input_ranges_V)
def test_every_range_of_the_card_is_taken(range_V: float) -> None:
    CARD.check_input_range("current", range_V)


@pytest.mark.parametrize("range_V", [0.0, -10.0, 3.0, 20.0, float("nan")])
def test_a_range_that_the_card_has_not_is_refused_by_name(range_V: float) -> None:
    with pytest.raises(OutOfRange, match=r"range of input 'current' \(V\).*0\.1, 0\.2.*the PXI-6281's"):
        CARD.check_input_range("current", range_V)


@pytest.mark.parametrize("value", [0.0, 10.0, 3.3])
def test_a_value_within_the_limits_passes_unchanged(value: float) -> None:
    assert Z.checked(value) == value
    assert Z.card_V(value) == value, "bit by bit"


@pytest.mark.parametrize("value", [-1e-9, 10.0 + 1e-9, np.nan, np.inf, -np.inf])
def test_a_value_outside_the_limits_is_refused_with_name_value_and_range(value: float) -> None:
    with pytest.raises(OutOfRange, match=r"output 'z' \(V\): .* allowed: 0 to 10"):
        Z.checked([1.0, value, 2.0])


@pytest.mark.parametrize("limits", [(1.0, 10.0), (-5.0, -1.0), (0.0, 0.0), (0, np.nan)])
def test_limits_must_hold_the_safe_value(limits: tuple[float, float]) -> None:
    with pytest.raises(OutOfRange, match="limits of output 'z'"):
        AnalogOutput("z", "ao1", *limits)


@pytest.mark.parametrize("limits", [(-10.1, 10.0), (-10.0, 10.1)])
def test_limits_must_lie_within_the_card_s(limits: tuple[float, float]) -> None:
    with pytest.raises(OutOfRange, match=r"limits of output 'z' \(V at the card\).*within -10 to 10"):
        CARD.check_output_limits("z", *AnalogOutput("z", "ao1", *limits).card_limits_V)


def test_limits_behind_a_divider_and_an_adder_are_those_of_the_junction() -> None:
    bias = AnalogOutput("bias", "ao0", -0.2, 0.2, scale=0.1, offset=0.05)

    assert bias.card_limits_V == pytest.approx((-2.5, 1.5))
    assert bias.card_V(0.0) == pytest.approx(-0.5), "0 V at the junction"
    with pytest.raises(OutOfRange):
        bias.checked(0.21)


@pytest.mark.parametrize(("inputs", "fastest_Hz"), [(1, 625e3), (4, 125e3)])
def test_a_multiplexed_card_shares_its_rate(inputs: int, fastest_Hz: float) -> None:
    assert CARD.fastest_Hz(inputs) == fastest_Hz


def test_converters_at_each_input_do_not_share_it() -> None:
    card = CardProperties("PXI-4461", (10.0,), (10.0,), 204.8e3, 204.8e3, True, True)

    assert card.fastest_Hz(4) == 204.8e3


STEPPED = AnalogOutput("z", "ao1", 0.0, 10.0, most_step=0.5)


@pytest.mark.parametrize(("before", "value"), [(2.0, 2.5), (2.0, 0.1), (8.0, 0.0), (np.nan, 0.0)])
def test_a_write_may_step_toward_the_sample_a_little_and_back_as_far_as_it_likes(before, value):
    STEPPED.checked_step(before, value)


@pytest.mark.parametrize(("before", "value"), [(2.0, 2.6), (0.0, 5.0), (np.nan, 0.4)])
def test_a_write_that_would_push_the_tip_by_more_than_a_step_is_refused(before, value):
    with pytest.raises(
        OutOfRange, match=r"rise of output 'z' by a single write.*at most 0\.5; a ramp goes further"
    ):
        STEPPED.checked_step(before, value)


def test_an_output_without_a_largest_step_takes_any():
    Z.checked_step(np.nan, 9.0)
