"""The table of procedures says of each, without importing it, what its class says."""

import pytest

from procedures.registry import PROCEDURES, evaluated_as


@pytest.mark.parametrize("name", PROCEDURES)
def test_the_table_and_the_class_agree_on_the_evaluation(name):
    assert evaluated_as(name) == PROCEDURES[name].evaluated_as


@pytest.mark.parametrize("name", PROCEDURES)
def test_a_procedure_is_listed_by_the_name_that_its_recordings_carry(name):
    assert PROCEDURES[name].name.replace(" ", "-") == name


@pytest.mark.parametrize("name", PROCEDURES)
def test_cycles_are_counted_in_a_word_that_users_read(name):
    assert PROCEDURES[name].repeats.isalpha()
