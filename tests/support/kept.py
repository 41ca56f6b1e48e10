"""Outcomes of a long trial in a file, so that it can be interrupted, go on later, or be done in parts."""

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Generic, TypeVar

from analysis.json_data import converter, from_json

T = TypeVar("T")
CONVERTER = converter(infinity=str)


class Kept(Generic[T]):
    """Outcomes by the name of their case, each a line of a file.

    Parameters
    ----------
    path : Path or None
        File; None keeps nothing.
    kind : type
        Outcome, a dataclass.
    """

    def __init__(self, path: Path | None, kind: type[T]) -> None:
        self._path = path
        self._kind = kind
        self._done: dict[str, T] = {}
        self._read()

    def _read(self) -> None:
        if self._path is not None and self._path.exists():
            for line in self._path.read_bytes().split(b"\n"):
                try:
                    name, content = json.loads(line)
                except ValueError:  # the program was killed while it wrote this line
                    continue
                self._done.setdefault(name, from_json(content, self._kind))

    def __iter__(self) -> Iterator[T]:
        """Yield all outcomes, with those that other programs have added."""
        self._read()
        return iter(self._done.values())

    def of(self, name: str, make: Callable[[], T]) -> T:
        """Return the outcome of a case; make it, and keep it, if it is not there yet."""
        if name not in self._done:
            outcome = self._done[name] = make()
            if self._path is not None:
                cut = self._path.exists() and self._path.read_bytes()[-1:] not in (b"", b"\n")
                with self._path.open("a", encoding="utf-8") as file:
                    file.write("\n" * cut + json.dumps([name, CONVERTER.unstructure(outcome)]) + "\n")
        return self._done[name]


def add_parts(parser: argparse.ArgumentParser) -> None:
    """Add the options of a trial that can be done in parts."""
    parser.add_argument("--from", dest="first", type=int, default=0, metavar="N", help="first case, from 0")
    parser.add_argument("--to", dest="stop", type=int, metavar="N", help="case before which to end")
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="FILE",
        help="keep each outcome in this file, go on where it ends, and print the table of all in it",
    )
