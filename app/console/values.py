"""Numbers on the command line, and names with suggestions."""

import math
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

import click


class Number(click.FloatRange):
    """A finite number within bounds: click's own range lets nan pass."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number; fail with a sentence."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number

    def _describe_range(self) -> str:  # click writes x<=None for a range without bounds
        return "" if self.min is None and self.max is None else super()._describe_range()


def rising(
    _: click.Context, option: click.Parameter, value: tuple[float, float] | None
) -> tuple[float, float] | None:
    """Return a range of which the first number is the smaller one; a callback of an option."""
    if value is not None and not value[0] < value[1]:
        raise click.BadParameter(
            f"the range from {value[0]:g} to {value[1]:g} is empty: give the smaller number first, then the larger.",
            param=option,
        )
    return value


def all_rising(
    context: click.Context, option: click.Parameter, values: tuple[tuple[float, float], ...]
) -> tuple[tuple[float, float], ...]:
    """Return ranges as `rising` returns one; a callback of an option that may be repeated."""
    for value in values:
        rising(context, option, value)
    return values


class Suggesting(click.Group):
    """Group that suggests a name for one that it does not have. ``noun`` is what its commands are called."""

    noun = "command"

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command; fail with the nearest names for an unknown one."""
        name = args[0]
        if not name.startswith("-") and name not in self.list_commands(ctx):
            raise click.UsageError(
                f"There is no {self.noun} '{name}'{hint(name, self.list_commands(ctx))}", ctx
            )
        return super().resolve_command(ctx, args)


def hint(name: str, known: Iterable[str]) -> str:
    """Return "; did you mean ...?" with the known names that are near, or "." if there is none."""
    near = get_close_matches(name.lower().replace("_", "-"), list(known), n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(repr(each) for each in near)}?" if near else "."
