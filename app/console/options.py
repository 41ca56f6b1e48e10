"""Options that several commands have."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def _together(*options: Decorator) -> Decorator:
    """Return a decorator that adds all of these options, in this order."""

    def decorated(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorated


simulated_rig = _together(
    click.option(
        "--species",
        type=click.Choice(["BDNC", "BDA", "Au"]),
        help="Molecule on the sample of the simulated rig.",
    ),
    click.option(
        "--clock",
        type=click.Choice(["wall", "fast"]),
        default="wall",
        show_default=True,
        help="Clock of the simulated rig; fast: time advances only as samples are read.",
    ),
    click.option(
        "--seed", type=click.IntRange(0), default=0, show_default=True, help="Same seed, same world."
    ),
    click.option(
        "--parameters",
        type=click.Path(dir_okay=False, path_type=Path),
        help="TOML file with parameters of the simulated rig that differ from the defaults.",
    ),
    click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="KEY=VALUE",
        help="One parameter, e.g. sample.species=Au.",
    ),
)
"""World of a simulated rig: ``species``, ``clock``, ``seed``, ``parameters``, ``overrides``."""

comparison = _together(
    click.option(
        "--transmission",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Model file to compare the heat with; by default a level fitted to the I-V.",
    ),
    click.option(
        "--first-periods",
        type=click.IntRange(0),
        metavar="N",
        help="Periods left out after the start of each modulation; by default the run's own parameter.",
    ),
)
"""Analysis of heating: ``transmission``, ``first_periods``."""


class StatisticOption(click.ParamType):
    """NAME.KEY=VALUE; the value is JSON, or text."""

    name = "NAME.KEY=VALUE"

    def convert(
        self, value: str | tuple[str, str, Any], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str, Any]:
        """Return the name of the statistic, that of the option, and the value."""
        if isinstance(value, tuple):
            return value
        place, sign, text = value.partition("=")
        name, point, key = place.strip().partition(".")
        if not (sign and name and point and key and text.strip()):
            self.fail(f"{value!r} is not NAME.KEY=VALUE, such as plateau.low_G0=0.7", param, ctx)
        try:
            return name, key, json.loads(text)
        except ValueError:
            return name, key, text.strip()


def _list_statistics(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    from app.console.statistic_list import statistic_list

    click.echo(statistic_list())
    ctx.exit()


statistics = _together(
    click.option(
        "--statistics",
        metavar="NAME[,NAME]",
        help="Statistics over traces, holds or sweeps: names, 'usual' or 'all'.",
    ),
    click.option(
        "--option",
        "statistic_options",
        type=StatisticOption(),
        multiple=True,
        help="Option of a statistic, such as plateau.low_G0=0.7; lists are JSON.",
    ),
    click.option(
        "--list-statistics",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_list_statistics,
        help="List the statistics and their options, and exit.",
    ),
)
"""Choice of statistics: ``statistics``, ``statistic_options``."""


def by_statistic(options: tuple[tuple[str, str, Any], ...]) -> dict[str, dict[str, Any]]:
    """Return the options of `statistics` by the name of the statistic."""
    chosen: dict[str, dict[str, Any]] = {}
    for name, key, value in options:
        chosen.setdefault(name, {})[key] = value
    return chosen


many_files = _together(
    click.option(
        "--workers",
        type=click.IntRange(1),
        metavar="N",
        help="Processes that read the files; by default one for each processor. The result is the same.",
    ),
    click.option(
        "--scheduler",
        metavar="ADDRESS",
        help="Let a Dask cluster read the files: address of its scheduler, such as tcp://host:8786.",
    ),
    click.option(
        "--no-cache",
        is_flag=True,
        help="Read every file anew, also those that have not changed since an earlier analysis.",
    ),
)
"""Reading of many files: ``workers``, ``scheduler``, ``no_cache``."""
