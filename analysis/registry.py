"""Things by name: built-in ones, which are imported when they are asked for, and those of plug-ins."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class NameTaken(ValueError):
    """A plug-in registers a name that is in use."""


def imported(target: str) -> Any:
    """Import "module:object" and return the object."""
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)


class Registry(Generic[T]):
    """Things of one kind, by name, in the order in which they were registered.

    Parameters
    ----------
    kind : str
        The word for such a thing in messages, for example "procedure".
    built_in : mapping of str to tuple of str
        For each name "module:object" and a sentence for lists that import nothing; the registry does not use more.
    """

    def __init__(self, kind: str, built_in: Mapping[str, tuple[str, ...]]) -> None:
        self.kind = kind
        self._built_in = built_in
        self._plugged: dict[str, tuple[T, str]] = {}

    def register(self, name: str, thing: T, sentence: str = "") -> None:
        """Add a thing.

        Raises
        ------
        NameTaken
            If another thing has this name.
        """
        if name in self:
            owner = "is built in" if name in self._built_in else "comes from another plug-in"
            raise NameTaken(f"the {self.kind} {name!r} {owner}; choose another name")
        self._plugged[name] = thing, sentence

    def built_in(self, name: str) -> bool:
        """Return True for a thing that no plug-in has registered."""
        return name in self._built_in

    def sentence(self, name: str) -> str:
        """Return the sentence about a thing, without importing it."""
        return self._plugged[name][1] if name in self._plugged else self._built_in[name][1]

    def __getitem__(self, name: str) -> T:
        """Return a thing, imported if necessary. Raises ``KeyError``."""
        if name in self._plugged:
            return self._plugged[name][0]
        thing: T = imported(self._built_in[name][0])
        return thing

    def get(self, name: str) -> T | None:
        """Return a thing, or None for an unknown name."""
        try:
            return self[name]
        except KeyError:
            return None

    def __contains__(self, name: Any) -> bool:
        """Return True for a known name."""
        return name in self._built_in or name in self._plugged

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        yield from self._built_in
        yield from self._plugged

    def __len__(self) -> int:
        """Return the number of names."""
        return len(self._built_in) + len(self._plugged)
