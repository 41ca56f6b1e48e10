import numpy as np
import pytest

from drivers.daqmx.channels import INPUT_RANGES_V, AnalogInput, AnalogOutput
from drivers.errors import OutOfRange

Z = AnalogOutput("z", "ao1", 0.0, 10.0)


@pytest.mark.parametrize("range_V", INPUT_RANGES_V)
def test_every_range_of_the_card_is_taken(range_V: float) -> None:
    assert AnalogInput("current", "ai0", range_V).range_V == range_V


@pytest.mark.parametrize("range_V", [0.0, -10.0, 3.0, 20.0, float("nan")])
def test_a_range_that_the_card_has_not_is_refused_by_name(range_V: float) -> None:
    with pytest.raises(OutOfRange, match=r"range of input 'current' \(V\).*0\.1, 0\.2"):
        AnalogInput("current", "ai0", range_V)


@pytest.mark.parametrize("value", [0.0, 10.0, 3.3])
def test_a_value_within_the_limits_passes_unchanged(value: float) -> None:
    assert Z.checked(value) == value


@pytest.mark.parametrize("value", [-1e-9, 10.0 + 1e-9, np.nan, np.inf, -np.inf])
def test_a_value_outside_the_limits_is_refused_with_name_value_and_range(value: float) -> None:
    with pytest.raises(OutOfRange, match=r"output 'z' \(V\): .* allowed: 0 to 10"):
        Z.checked([1.0, value, 2.0])


@pytest.mark.parametrize(
    "limits", [(-10.1, 10), (-10, 10.1), (1.0, 10.0), (-5.0, -1.0), (0.0, 0.0), (0, np.nan)]
)
def test_limits_must_lie_within_the_card_s_and_hold_zero(limits: tuple[float, float]) -> None:
    with pytest.raises(OutOfRange, match="limits of output 'z'"):
        AnalogOutput("z", "ao1", *limits)
