"""Commands that report an unusable file in one sentence."""

import errno
import re
from typing import Any

import click

OF_FILES = {
    getattr(errno, name)
    for name in (
        *(
            "EACCES",
            "EPERM",
            "EROFS",
            "ENOSPC",
            "EDQUOT",
            "EFBIG",
            "EIO",
            "ENOENT",
            "ENOTDIR",
            "EISDIR",
            "EEXIST",
        ),
        *("ENAMETOOLONG", "ELOOP", "EBUSY", "ESTALE", "ENODEV", "ENXIO"),
    )
    if hasattr(errno, name)  # each system has its own
}
"""Errors of the system that a user's file, folder or disk can cause."""


class UnusableFile(click.ClickException):
    """Error of a command about an unusable file."""

    exit_code = 2


class UnusablePlugin(click.ClickException):
    """Error of the command line for a plug-in that fails."""

    exit_code = 2


class Command(click.Command):
    """Command that prints a `FileError`, or what the system says of a file, like click's own errors; exit code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            from app.config.toml import FileError  # here: help does not need pydantic
            from app.plugins import PluginError

            if isinstance(error, PluginError):
                raise UnusablePlugin(str(error)) from None
            if isinstance(error, FileError):
                raise UnusableFile(str(error)) from None
            if isinstance(error, OSError) and error.errno in OF_FILES:
                raise UnusableFile(of_the_system(error)) from error
            raise


def of_the_system(error: OSError) -> str:
    """Return a sentence on an error of the system: which file or folder, why, and what helps."""
    from analysis.recording.errors import reason

    inside_h5 = re.search(r"name = '([^']*)'", str(error))
    place = error.filename or (inside_h5[1] if inside_h5 else "")
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        remedy = "free some space, or use another disk"
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        remedy = "use a folder in which you may write, and close other programs that hold the file"
    else:
        remedy = "name another file or folder"
    return f"{place + ': ' if place else ''}{reason(error)}; {remedy}."
