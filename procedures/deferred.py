"""An import without some of the modules that it would import: they come when they are first used."""

import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any


class _Name:
    """Stand-in for a name of a module, which is imported when the name is called or one of its attributes is read."""

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    def _imported(self) -> Any:
        module = import_module(self._module)
        if not hasattr(module, self._name):  # a module of its own
            import_module(f"{self._module}.{self._name}")
        return getattr(module, self._name)

    def __call__(self, *values: Any, **named: Any) -> Any:
        return self._imported()(*values, **named)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._imported(), name)


class _Deferred(ModuleType):
    """Stand-in for a module that is imported when one of its attributes is first read, or one of ``names`` used."""

    def __init__(self, module: str, names: Iterable[str]) -> None:
        super().__init__(module)
        for name in names:
            setattr(self, name, _Name(module, name))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # the import system asks for __path__
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


def import_without(module: str, slow: Mapping[str, Iterable[str]]) -> None:
    """Import ``module`` without others, which are imported when they are first used.

    Nothing changes for a module that was imported before.

    Parameters
    ----------
    module : str
    slow : mapping of str to iterable of str
        Modules that it would import, and the names that it takes from each ("from slow import name").
    """
    if module in sys.modules:
        return
    standing_in = {name: _Deferred(name, taken) for name, taken in slow.items() if name not in sys.modules}
    sys.modules.update(standing_in)
    try:
        import_module(module)
    finally:
        for name, stand_in in standing_in.items():
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]
