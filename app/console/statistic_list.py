"""The list of all statistics with their options, for the command line."""

import json
import re
from dataclasses import asdict
from inspect import getdoc
from math import isfinite
from typing import Any

import click

_FIELD = re.compile(r"^(\w+) : .*\n((?:    .*\n?)+)", re.M)


def meanings(options: type) -> dict[str, str]:
    """Return what each parameter of a class means, from the section Parameters of its docstring."""
    return {
        name: " ".join(text.split()).replace("``", "").replace("`", "")
        for name, text in _FIELD.findall(getdoc(options) or "")
    }


def statistic_list() -> str:
    """Return statistics, their options with defaults, and what each means."""
    from analysis.statistics.registry import STATISTICS

    page = click.HelpFormatter(max_width=110)
    for name in STATISTICS:
        page.write_paragraph()
        options = STATISTICS[name].options
        page.write(f"{name}: {STATISTICS.sentence(name)} (over {STATISTICS[name].of})\n")
        meaning = meanings(type(options))
        page.indent()
        page.write_dl(
            [(f"{name}.{key} = {_value(value)}", meaning[key]) for key, value in asdict(options).items()],
            col_max=38,
        )
        page.dedent()
    return page.getvalue().strip()


def _value(value: Any) -> str:
    if value is None or (isinstance(value, float) and not isfinite(value)):
        return "(not given)"
    return value if isinstance(value, str) else json.dumps(value)
