"""Memory of a process that lives for days: few pools, freed memory given back, modules left alone by collections.

Sources: mallopt(3), malloc_trim(3); the functions of glibc have no effect on other systems.
"""

import ctypes
import gc
import sys
from functools import cache
from typing import Any

M_ARENA_MAX = -8
POOLS = 2
"""Pools that all threads share. By default glibc makes up to eight a processor, and what is freed in one is not used by
another: a bench grew by tens of megabytes in an hour of runs."""


@cache
def _glibc() -> Any:
    if not sys.platform.startswith("linux"):
        return None
    try:
        library = ctypes.CDLL(None)
        library.mallopt, library.malloc_trim  # noqa: B018 - musl has neither
    except (OSError, AttributeError):
        return None
    return library


def share_pools() -> None:
    """Let all threads of this process take memory from few pools. To be called before the first thread starts."""
    if (library := _glibc()) is not None:
        library.mallopt(M_ARENA_MAX, POOLS)


def give_back() -> None:
    """Give freed memory back to the system; takes some milliseconds, so not during a run."""
    if (library := _glibc()) is not None:
        library.malloc_trim(0)


def leave_modules_alone() -> None:
    """Leave all that is loaded out of every later collection of garbage.

    A whole collection takes 0.1 s of a thread in which no contact is seen and no picture is drawn, nearly all of it on
    modules.
    """
    gc.collect()
    gc.freeze()
