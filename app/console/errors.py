"""Commands that report an unusable file in one sentence."""

from typing import Any

import click


class UnusableFile(click.ClickException):
    """Error of a command about an unusable file."""

    exit_code = 2


class UnusablePlugin(click.ClickException):
    """Error of the command line for a plug-in that fails."""

    exit_code = 2


class Command(click.Command):
    """Command that prints a `FileError` like click's own errors and exits with code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            from app.config.toml import FileError  # here: help does not need pydantic
            from app.plugins import PluginError

            if isinstance(error, PluginError):
                raise UnusablePlugin(str(error)) from None
            if not isinstance(error, FileError):
                raise
            raise UnusableFile(str(error)) from None
