"""Commands that end with one sentence where a file can't be used."""

from typing import Any

import click


class UnusableFile(click.ClickException):
    """Error of a command for a file that can't be used."""

    exit_code = 2


class UnusablePlugin(click.ClickException):
    """Error of the command line for a plug-in that fails."""

    exit_code = 2


class Command(click.Command):
    """A command whose `FileError` is printed as click prints its own errors, with exit code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            from app.config.toml import FileError  # here: help does not need pydantic

            if not isinstance(error, FileError):
                raise
            raise UnusableFile(str(error)) from None
