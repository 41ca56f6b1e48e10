"""Option for the unit of a column of a foreign file."""

import click


class Units(click.ParamType):
    """NAME=UNIT."""

    name = "NAME=UNIT"

    def convert(
        self, value: str | tuple[str, str], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Split at the equals sign; fail without one."""
        if isinstance(value, tuple):
            return value
        name, sign, unit = value.partition("=")
        if not (name.strip() and sign and unit.strip()):
            self.fail(f"{value!r} is not NAME=UNIT, such as current=nA", param, ctx)
        return name.strip(), unit.strip()
