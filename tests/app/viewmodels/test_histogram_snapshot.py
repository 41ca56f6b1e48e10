import pytest

from app.viewmodels.histogram_snapshot import value_with_error


@pytest.mark.parametrize(
    "value, error, words",
    [
        (0.9724, 0.0113, "0.972 ± 0.011"),
        (0.00203, 0.00005, "2.030e-03 ± 0.050e-03"),
        (12.3, 1.0, "12.3 ± 1.0"),
        (0.97, float("nan"), "0.97"),
    ],
)
def test_numbers_in_words(value, error, words):
    assert value_with_error(value, error) == words
