"""Expressions that a user types, and the runs of a sweep over several parameters."""

import pytest

from procedures.errors import ImpossibleSetting
from procedures.expressions import MOST_NUMBERS, numbers_of
from procedures.registry import PROCEDURES
from procedures.sequence import MOST_RUNS, read_sweep, swept_runs, swept_values

IV = PROCEDURES["iv"]().parameter_objects()
HEATING = PROCEDURES["heating"]().parameter_objects()


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("0.5", [0.5]),
        ("-1e-3", [-1e-3]),
        ("1, 2, 5", [1, 2, 5]),
        ("0.5:1.3:0.1", [0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3]),
        ("1:3", [1, 2, 3]),
        ("5:1:-2", [5, 3, 1]),
        ("1:1:1", [1]),
        ("linspace(0.1, 0.5, 5)", [0.1, 0.2, 0.3, 0.4, 0.5]),
        ("arange(0, 1, 0.25)", [0, 0.25, 0.5, 0.75]),
        ("arange(0.1, 0.4, 0.1)", [0.1, 0.2, 0.3]),
        ("geomspace(0.1, 10, 3)", [0.1, 1, 10]),
        ("10**logspace(0, 1, 2)", [10, 1e10]),
        ("2*[1, 2] + 1", [3, 5]),
        ("sqrt(2), pi/2, abs(-3)", [1.41421356237, 1.57079632679, 3]),
    ],
)
def test_expressions(text, numbers):
    assert numbers_of(text) == pytest.approx(numbers, rel=1e-11)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("__import__('os').getcwd()", "is not known here"),
        ("(1).__class__", "is not known here"),
        ("open('x')", "is not known here"),
        ("[x for x in (1, 2)]", "is not known here"),
        ("abs(*[1])", "is not known here"),
        ("'a'", "is not known here"),
        ("True", "is not known here"),
        ("1 if 2 else 3", "is not known here"),
        ("x", "'x' is not known here"),
        ("", "not a number, list, range or expression"),
        ("1 2", "not a number, list, range or expression"),
        ("9**9**9**9", "can't be calculated"),
        ("1/0", "can't be calculated"),
        ("sqrt(-1)", "can't be calculated"),
        ("1e308*10", "gives inf"),
        ("[1, 2]*[3, 4]", "sweep two parameters"),
        ("linspace(0, 1)", "linspace takes three numbers"),
        ("linspace(0, 1, 1e9)", f"from 1 to {MOST_NUMBERS}"),
        ("0:1:1e-9", "values are too many"),
        ("1:2:0", "no steps of 0"),
        ("2:1:0.1", "no steps of 0.1"),
        ("1:2:3:4", "first:last:step"),
        ("[1,2]:3:1", "needs single numbers"),
        ("(" * 300, "not a number, list, range or expression"),
        ("1" * 500, "at most 400 letters"),
    ],
)
def test_anything_else_is_refused_in_a_sentence(text, said):
    with pytest.raises(ValueError, match=r"^[^\n]+$") as error:
        numbers_of(text)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("parameters", "name", "text", "values"),
    [
        (IV, "peak", "0.5; 1,5; 2", [0.5, 1.5, 2.0]),
        (IV, "curves", "10:30:10; 100", [10, 20, 30, 100]),
        (HEATING, "amplitudes", "0.74 0.95; linspace(1, 2, 3)", [(0.74, 0.95), (1.0,), (1.5,), (2.0,)]),
        (HEATING, "order", "+0-; -0+", ["+0-", "-0+"]),
        (HEATING, "frequency", "12.25; 49/2; 2*5", ["12.25", "49/2", "10"]),
        (HEATING, "levels", "+1:1 0:1 -1:1; +1:1 -1:1", ["+1:1 0:1 -1:1", "+1:1 -1:1"]),
        (IV, "railed_is_contact", "true; false", [True, False]),
    ],
)
def test_values_of_every_kind_of_parameter(parameters, name, text, values):
    assert swept_values(parameters[name], text) == values


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("peak", " ; ", "Sweep of Peak bias: enter values"),
        ("peak", "20", "Sweep of Peak bias: 20 is above 10 V"),
        ("peak", "8:12:2", "12 is above 10 V"),
        ("curves", "linspace(1, 2, 3)", "1.5 is not a whole number"),
        ("railed_is_contact", "maybe", "neither true nor false"),
    ],
)
def test_wrong_values_are_named_with_their_parameter(name, text, said):
    with pytest.raises(ValueError, match=said):
        swept_values(IV[name], text)


def test_the_first_sweep_changes_last_and_others_keep_their_values():
    runs = swept_runs({"bias": 100, "peak": 1.0}, [("peak", [1, 2]), ("curves", [10, 20])])
    assert [(run["peak"], run["curves"], run["bias"]) for run in runs] == [
        (1, 10, 100), (1, 20, 100), (2, 10, 100), (2, 20, 100),
    ]  # fmt: skip
    assert swept_runs({"bias": 100}, []) == [{"bias": 100}]
    with pytest.raises(ValueError, match=f"1000 runs; at most {MOST_RUNS}"):
        swept_runs({}, [("peak", list(range(10))), ("bias", list(range(100)))])
    with pytest.raises(ValueError, match="swept twice"):
        swept_runs({}, [("peak", [1]), ("peak", [2])])


def test_sweeps_of_the_command_line():
    assert read_sweep("withdraw-speed = 0.1; 0.5", IV) == ("withdraw_speed", [0.1, 0.5])
    for text, said in (
        ("peak", "PARAMETER=VALUES"),
        ("peek=1", "did you mean 'peak'"),
        ("peak=x", "Peak bias"),
    ):
        with pytest.raises(ImpossibleSetting, match=said):
            read_sweep(text, IV)
