"""Options that several commands have."""

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
