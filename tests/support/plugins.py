"""Plug-ins for a test: files in a folder of its own, forgotten when the test ends."""

import sys
from contextlib import contextmanager
from textwrap import dedent

import pytest

from app.plugins import VARIABLE, load_plugins


@contextmanager
def plugins(folder, files, *registries, load=False):
    """Write files into a folder and let HOTJUNCTION_PLUGINS name it; the registries forget what they register.

    Parameters
    ----------
    folder : Path
    files : mapping of str to str
        Text by name.
    registries : Registry
        Those that the plug-ins register with.
    load : bool
        Load them now; otherwise the program under test does.
    """
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(dedent(text), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(folder))
        patch.setattr(sys, "path", list(sys.path))
        for registry in registries:
            patch.setattr(registry, "_plugged", dict(registry._plugged))
        try:
            if load:
                load_plugins()
            yield folder
        finally:
            place = str(folder.resolve())
            for name in [n for n, m in sys.modules.items() if _file_of(m).startswith(place)]:
                del sys.modules[name]


def _file_of(module):
    return str(getattr(module, "__file__", None) or "")
