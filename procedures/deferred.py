"""An import without some of the modules that it would import: those come when they are first used."""

import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

Settle = Callable[[], None]


class _Later:
    """Stand-in for a value of a module that is not imported yet; the first use puts all values in place."""

    def __init__(self, value: Callable[[], Any], settle: Settle) -> None:
        self.stands_for = value
        self._settle = settle

    def __call__(self, *arguments: Any) -> Any:
        return _Later(lambda: self.stands_for()(*arguments), self._settle)

    def __getattr__(self, name: str) -> Any:
        self._settle()
        return getattr(self.stands_for(), name)


class _Deferred(ModuleType):
    """Stand-in for a module; gives stand-ins as long as it stands among the imported modules."""

    def __init__(self, name: str, settle: Settle) -> None:
        super().__init__(name)
        self._settle = settle

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # asked by the import system
            raise AttributeError(name)

        def value() -> Any:
            return getattr(import_module(self.__name__), name)

        return _Later(value, self._settle) if sys.modules.get(self.__name__) is self else value()


def _put_in_place(holders: list[ModuleType]) -> None:
    """Replace the stand-ins in the names of modules by what they stand for."""
    while holders:
        names = vars(holders.pop())
        names.update({name: one.stands_for() for name, one in list(names.items()) if isinstance(one, _Later)})


def import_without(module: str, *slow: str) -> None:
    """Import ``module``; what it imports from one of ``slow`` is imported when it is first used.

    Nothing changes if ``module`` was imported before. Of ``slow``, those that were, or that are not
    installed, are left alone.
    """
    if module in sys.modules:
        return
    before = set(sys.modules)
    holders: list[ModuleType] = []
    deferred = [name for name in slow if name not in before and find_spec(name)]
    sys.modules.update({name: _Deferred(name, partial(_put_in_place, holders)) for name in deferred})
    try:
        import_module(module)
    finally:
        for name in deferred:
            del sys.modules[name]
    imported = [sys.modules[name] for name in sys.modules.keys() - before]
    holders += [one for one in imported if any(isinstance(value, _Later) for value in vars(one).values())]
