"""Options of commands that read foreign files: columns, units, signs, offsets, arrangement, profile."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from app.commands.units import Units

if TYPE_CHECKING:
    from app.config.import_profile import ImportProfile

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

ORIENTATIONS = {
    "table": "Each column is a quantity of one trace.",
    "rows": "Each row is a trace.",
    "columns": "Each column is a trace, except time, displacement and bias.",
    "pairs": "The quantities repeat across the columns, once for each trace.",
    "long": "All traces below one another, numbered by the column 'trace'.",
}


class NameValue(click.ParamType):
    """NAME=VALUE, the value in a form that the profile checks."""

    def __init__(self, name: str, example: str) -> None:
        self.name = name
        self._example = example

    def convert(
        self, value: str | tuple[str, str], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Split at the first equals sign; fail without one."""
        if isinstance(value, tuple):
            return value
        name, sign, rest = value.partition("=")
        if not (name.strip() and sign and rest.strip()):
            self.fail(f"{value!r} is not {self.name}, such as {self._example}", param, ctx)
        return name.strip(), rest.strip()


class LogAmplifierType(click.ParamType):
    """REFERENCE,ZERO,SLOPE with units."""

    name = "REFERENCE,ZERO,SLOPE"

    def convert(
        self, value: str | dict[str, float], param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[str, float]:
        """Return the keys of the profile's section log_amplifier."""
        from analysis.importers.options import parse_value
        from analysis.importers.units import unit_of

        if isinstance(value, dict):
            return value
        keys = {"reference_A": "A", "zero_V": "V", "slope_V": "V"}
        words = value.split(",")
        found = {}
        for (key, base), word in zip(keys.items(), words, strict=False):
            try:
                number, written = parse_value(word)
            except ValueError:
                break
            unit = unit_of(written)
            if unit is None or unit.base != base or unit.logarithm:
                break
            found[key] = number * unit.factor
        if len(found) < 3 or len(words) != 3:
            self.fail(
                f"{value!r} is not REFERENCE,ZERO,SLOPE with units, such as 1nA,0V,0.25V (current at zero output, "
                "output there, volts a decade)",
                param,
                ctx,
            )
        return found


def reading_options(command: Decorated) -> Decorated:
    """Add the options that say how columns are read."""
    for option in reversed(
        (
            click.option("--column", "columns", multiple=True, type=NameValue("QUANTITY=COLUMN:UNIT", "current=2:nA"),
                         help="Which column is what: current=2:nA (number from 1) or current=Strom:nA. Repeatable."),
            click.option("--unit", "units", type=Units(), multiple=True,
                         help="Unit of a column whose unit the file does not give: current=nA. Repeatable."),
            click.option("--invert", multiple=True, metavar="QUANTITY", help="Change the sign of it. Repeatable."),
            click.option("--offset", "offsets", multiple=True, type=NameValue("QUANTITY=VALUE:UNIT", "current=0.3:nA"),
                         help="Subtract this from a quantity: current=0.3:nA. Repeatable."),
            click.option("--skip-lines", type=click.IntRange(min=0), help="Ignore this number of lines of text files."),
            click.option("--heading-line", type=click.IntRange(min=1), help="Line with the names of the columns."),
            *(click.option(f"--{name}", "orientation", flag_value=name, help=text)
              for name, text in ORIENTATIONS.items()),
        )
    ):  # fmt: skip
        command = option(command)
    return command


def profile_from(path: Path | None, given: dict[str, Any]) -> "ImportProfile":
    """Return the profile of a file with the options that the user gave in addition. Raises `FileError`."""
    from app.config.import_profile import load_profile, profile_of

    content = {name: dict(value) if name in ("columns", "units", "offsets") else value
               for name, value in given.items() if value not in (None, (), "")}  # fmt: skip
    return profile_of(content, load_profile(path) if path is not None else None)
