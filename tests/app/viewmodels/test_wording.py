"""No machine name and no power of ten in a sentence for people."""

import re

import pytest

from app.acquisition.run_checks import check
from app.viewmodels.wording import all_labels, as_read, labelled_sentence, labels_of, prefixed, with_units
from procedures.errors import ImpossibleSetting
from procedures.registry import PROCEDURES, procedure_of
from tests.support.gui import fake_bench


def test_names_become_labels():
    said = labelled_sentence(
        "open_threshold = 1 G0 must lie below contact_threshold",
        {"open_threshold": "Open below", "contact_threshold": "Contact above"},
    )
    assert said == "“Open below” = 1 G₀ must lie below “Contact above”"


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("at 100 mV and 1e+07 V/A it rails", "at 100 mV and 10 MV/A it rails"),
        ("carries 6.5e-06 A or more", "carries 6.5 µA or more"),
        ("is 2e-05 G0 wide", "is 2.00×10⁻⁵ G₀ wide"),
        ("= 1e-09: 1e-09 is below 1e-08 G0.", "= 1.00×10⁻⁹: 1.00×10⁻⁹ is below 1.00×10⁻⁸ G₀."),
        ("5 G0, 40 uW, 27 uV/K, 1e+05 ohm, 300 ohm", "5 G₀, 40 µW, 27 µV/K, 100 kΩ, 300 Ω"),
        ("bench-1e+07 Vienna, 2026-11-29", "bench-1e+07 Vienna, 2026-11-29"),
        ("outside the range -2 to 2 V, (-0.5 V), ±-1", "outside the range −2 to 2 V, (−0.5 V), ±−1"),
        ("order +0--0+ of 2026-11-29-iv-001.h5, ai0-3", "order +0--0+ of 2026-11-29-iv-001.h5, ai0-3"),
    ],
)
def test_powers_of_ten_become_prefixes(sentence, said):
    assert with_units(sentence) == said


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [(1e5, "V/A", "100 kV/A"), (-3e-4, "s", "−300 µs"), (0.0, "V", "0 V"), (1e10, "V/A", "10 GV/A")],
)
def test_prefixes(value, unit, said):
    assert prefixed(value, unit) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (True, "on"),
        (False, "off"),
        (-0.5, "−0.5"),
        ((-1.0, 2.0), "−1 2"),
        (2e-5, "2.00×10⁻⁵"),
        (None, ""),
        ("+0-", "+0-"),
    ],
)
def test_a_value_is_read_without_code(value, said):
    assert as_read(value) == said


def test_a_name_that_is_a_word_is_replaced_only_at_the_beginning():
    labels = labels_of("break-junction")
    assert labelled_sentence("bias = 3000 mV is outside", labels) == "“Bias” = 3000 mV is outside"
    assert labelled_sentence("lower the bias", labels) == "Lower the bias"


IMPOSSIBLE = [
    ("break-junction", {"contact_threshold": 50.0}),
    ("break-junction", {"open_threshold": 10.0}),
    ("break-junction", {"longest_withdrawal": 1e4}),
    ("break-junction", {"bias": 3000.0}),
    ("heating", {"amplitudes": [1.0], "conductance": 1e-9}),
    ("heating", {"amplitudes": [1.0], "conductance": 100.0}),
    ("heating", {"amplitudes": [1.0], "hold_time": 0.1}),
    ("heating", {"amplitudes": [5.0]}),
    ("iv", {"peak": 1.0, "sweep_time": 1e-3}),
]


@pytest.mark.parametrize(("procedure", "values"), IMPOSSIBLE)
def test_what_a_procedure_refuses_is_said_in_labels_units_and_prefixes(procedure, values):
    with pytest.raises(ImpossibleSetting) as refused:
        check(procedure_of(procedure, values), fake_bench.rig())
    said = labelled_sentence(str(refused.value), labels_of(procedure))
    assert not re.search(r"[a-z]_[a-z]|\de[+-]?\d|\bG0\b|\bohm\b| -\d", said), said


def test_a_sentence_of_the_log_knows_the_names_of_all_procedures():
    assert all("_" in name for name in all_labels())
    said = labelled_sentence("heating, job 2: contact_threshold = 5 G0 can never be reached", all_labels())
    assert said == "Heating, job 2: “Contact above” = 5 G₀ can never be reached"
    assert labels_of("no such procedure") == {}
    assert len(all_labels()) > len(PROCEDURES)
