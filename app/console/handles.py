"""Handles of this process, which are its files, pipes and connections.

Source: getrlimit(2). A system starts programs with 256 (macOS) or 1024 (Linux) of them, for old programs; a peer that
opens as many connections to a bench would leave it none. Windows has no such limit.
"""

import sys
from contextlib import suppress
from typing import Any

MANY = 65536


def allow_many_handles(system: Any = None) -> None:
    """Let this process open as many handles as the system allows at most, but no more than 65536."""
    if system is None and sys.platform != "win32":
        import resource as system
    if system is None:
        return
    now, most = system.getrlimit(system.RLIMIT_NOFILE)
    wanted = MANY if most == system.RLIM_INFINITY else min(most, MANY)
    if now != system.RLIM_INFINITY and now < wanted:
        with suppress(OSError, ValueError):
            system.setrlimit(system.RLIMIT_NOFILE, (wanted, most))
