"""Count of what became of hostile input at one door."""

import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

MOST_CHARACTERS = 2000
"""Longest sentence of an error."""

MOST_LINES = 60
"""Most sentences: a file's errors are listed with a line for each key."""

LONGEST_S = 10.0
"""Processor time after which an input counts as a bomb that went off."""


@dataclass
class Tally:
    """Outcomes of the cases at one door; ``faults`` must stay empty."""

    door: str
    taken: int = 0
    """Cases that were valid after all."""
    refused: int = 0
    """Cases that ended in an error of the declared kinds, with a sentence, or one for each key of a file."""
    faults: list[str] = field(default_factory=list)

    @property
    def cases(self) -> int:
        return self.taken + self.refused + len(self.faults)

    def refuse(self, message: str) -> None:
        """Count a refusal; its message must be one sentence, or a list of them."""
        lines = message.splitlines()
        if not message.strip() or len(lines) > MOST_LINES or max(map(len, lines)) > MOST_CHARACTERS:
            self.faults.append(f"not a sentence: {message[:300]!r}")
        else:
            self.refused += 1

    @contextmanager
    def case(self, *typed: type[Exception], what: object = "") -> Iterator[None]:
        """Count what becomes of one case; anything but an error of the given types is a fault."""
        began_s = time.process_time()
        try:
            yield
        except typed as error:
            self.refuse(str(error))
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            self.faults.append(f"{_where(error)}: {type(error).__name__}: {error} {what}"[:600])
        else:
            self.taken += 1
        if (took_s := time.process_time() - began_s) > LONGEST_S:
            self.faults.append(f"took {took_s:.1f} s: {what}"[:600])


class Attack(Protocol):
    """Attack on one door with about ``examples`` cases; ``rng`` is its only source of chance."""

    def __call__(self, rng: np.random.Generator, examples: int) -> Tally: ...


Doors = dict[str, Callable[[np.random.Generator, int], Tally]]


def _where(error: BaseException) -> str:
    """Return file and line of the program where an error was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [
        frame for frame in frames if "/tests/" not in frame.filename and "site-packages" not in frame.filename
    ]
    last = (ours or frames)[-1]
    return f"{last.filename.rpartition('/')[2]}:{last.lineno}"
