"""An import without one of the modules that it would import: that one comes when it is first used."""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class _Deferred(ModuleType):
    """Stand-in for a module that is imported when one of its attributes is first read."""

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.__name__), name)


def import_without(module: str, slow: str) -> None:
    """Import ``module``; what it imports as ``slow`` is imported when it is first used.

    Nothing changes if one of the two was imported before.
    """
    if module in sys.modules or slow in sys.modules:
        return
    sys.modules[slow] = _Deferred(slow)
    try:
        import_module(module)
    finally:
        del sys.modules[slow]
