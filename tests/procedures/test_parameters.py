"""Values typed into a parameter, and the sentences that refuse them."""

import pytest

from procedures.heating import Heating
from procedures.parameters import read

HEATING = Heating().parameter_objects()


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("contact_threshold", "0.1", 0.1),
        ("contact_threshold", "0,1", 0.1),
        ("contact_threshold", 5, 5.0),
        ("bias", "-12,5", -12.5),
        ("range_margin", "0,125", 0.125),
        ("holds", "20", 20),
        ("holds", "1e3", 1000),
        ("holds", 20.0, 20),
        ("frequency", "12,25", "12.25"),
        ("frequency", "49/4", "49/4"),
        ("amplitudes", "0.74, 0.95 1.08", (0.74, 0.95, 1.08)),
        ("amplitudes", (0.74,), (0.74,)),
        ("order", "-0+", "-0+"),
        ("railed_is_contact", "true", True),
        ("railed_is_contact", False, False),
    ],
)
def test_what_can_be_read(name, typed, value):
    assert read(HEATING[name], typed) == value


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("contact_threshold", "500", "500 is above 100 G0"),
        ("contact_threshold", "0", "0 is below 0.001 G0"),
        ("contact_threshold", "abc", "abc is not a number"),
        ("contact_threshold", "nan", "nan is not a number"),
        ("contact_threshold", "", "nothing is not a number"),
        ("contact_threshold", "0,1,2", "0,1,2 is not a number"),
        ("bias", "inf", "inf is above 2000 mV"),
        ("bias", "1,000", "1,000 is ambiguous (thousands or decimals); write it without a comma"),
        ("holds", "2.5", "2.5 is not a whole number"),
        ("holds", "2,5", "2,5 is not a whole number"),
        ("holds", "0", "0 is below 1"),
        ("holds", "many", "many is not a number"),
        ("frequency", "fast", "fast is not a number"),
        ("frequency", "1/0", "1/0 is not a number"),
        ("frequency", "-1", "-1 is not positive"),
        ("amplitudes", "0.7 x", "x is not a number"),
        ("amplitudes", "0.7 11", "11 is above 10 V"),
        ("amplitudes", "0,7 0,8", "0 is below 0.001 V; in a list a comma separates"),
        ("levels", "up:1 0:1", "up is not a number"),
        ("order", "0+-", "0+- is not one of +0-, -0+, alternating"),
        ("railed_is_contact", "perhaps", "perhaps is neither true nor false"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(name, typed, said):
    with pytest.raises(ValueError) as refused:
        read(HEATING[name], typed)
    assert str(refused.value) == said
