"""Plug-ins: Python files of the user, and installed packages, that register procedures, views, drivers and more.

Files are found in the folders of the environment variable HOTJUNCTION_PLUGINS; packages by their entry points in the
group ``hotjunction.plugins``. A file whose name begins with an underscore is imported only by other plug-ins.
"""

import os
import sys
from collections.abc import Callable, Mapping
from functools import cache, partial
from importlib import import_module, metadata
from pathlib import Path
from traceback import extract_tb
from typing import Any

from analysis.registry import imported

VARIABLE = "HOTJUNCTION_PLUGINS"
GROUP = "hotjunction.plugins"


class PluginError(Exception):
    """A plug-in cannot be used. The message is one sentence with its name and the reason."""


def load_plugins(variables: Mapping[str, str] = os.environ) -> None:
    """Import every plug-in once.

    Raises
    ------
    PluginError
        If a folder does not exist or a plug-in fails.
    """
    for folder in variables.get(VARIABLE, "").split(os.pathsep):
        if folder:
            _load_folder(Path(folder).resolve())
    for entry in _installed(tuple(sys.path)):
        _attempt(f"Plug-in {entry.name} ({entry.value})", "", entry.load)


@cache
def _installed(path: tuple[str, ...]) -> metadata.EntryPoints:
    """Return the entry points of the packages on ``sys.path``; all of them are read for it, which takes a while."""
    return metadata.entry_points(group=GROUP)


def load_part(part: str, target: str) -> Any:
    """Import a part of a plug-in that is needed only now, given as "module:object".

    Raises
    ------
    PluginError
        If it fails; ``part`` names it in the message.
    """
    return _attempt(part, "", partial(imported, target))


def _load_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise PluginError(f"{VARIABLE}: there is no folder {folder}.")
    if str(folder) not in sys.path:
        sys.path.append(
            str(folder)
        )  # at the end: a plug-in may import its neighbours, but hides no other module
    for file in sorted(folder.glob("[!_]*.py")):
        module = _attempt(f"Plug-in {file}", str(file), partial(import_module, file.stem))
        if Path(getattr(module, "__file__", None) or "").resolve() != file:
            raise PluginError(f"Plug-in {file}: another module is called {file.stem}; rename the file.")


def _attempt(plugin: str, file: str, load: Callable[[], Any]) -> Any:
    try:
        return load()
    except (Exception, SystemExit) as error:  # whatever a plug-in does, the user learns which one it was
        raise PluginError(f"{plugin}: {_reason(error, file)}") from error


def _reason(error: BaseException, file: str) -> str:
    """Describe an error in one line: its kind, unless it is a refusal, its message, and the line of the file."""
    message = " ".join(str(error.msg if isinstance(error, SyntaxError) else error).split())
    if not isinstance(error, ValueError) or not message:
        message = f"{type(error).__name__}: {message}".removesuffix(": ")
    lines = [frame.lineno for frame in extract_tb(error.__traceback__) if frame.filename == file]
    if isinstance(error, SyntaxError):
        lines.append(error.lineno)
    return f"{message.removesuffix('.')} (line {lines[-1]})." if lines else f"{message.removesuffix('.')}."
