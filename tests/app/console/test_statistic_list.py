"""Each option of each statistic is listed with default and meaning; each option of a command with its bounds."""

from collections.abc import Iterator
from dataclasses import fields

import click
import pytest

from analysis.statistics.registry import STATISTICS
from app.cli import main
from app.console.statistic_list import meanings, statistic_list


@pytest.mark.parametrize("name", list(STATISTICS))
def test_each_option_says_what_it_means(name):
    options = type(STATISTICS[name].options)
    meaning = meanings(options)
    assert list(meaning) == [field.name for field in fields(options)]
    assert all(sentence.endswith(".") for sentence in meaning.values())


def test_the_list_has_defaults_and_no_word_of_python():
    said = statistic_list()
    assert "plateau.low_G0 = 0.5       Lower limit of the plateau." in said
    assert "full-scale.rail_G0 = (not given)" in said
    assert not {"None", "nan", "inf", "True", "False"} & set(said.split())


def commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            found = command.get_command(click.Context(command), name)
            assert found is not None
            yield from commands(found, f"{path} {name}")


def test_no_help_has_a_bound_that_is_none():
    helps = {
        path: command.get_help(click.Context(command)) for path, command in commands(main, "hotjunction")
    }
    assert len(helps) > 50
    assert [path for path, said in helps.items() if "None]" in said or "<=inf" in said] == []
