"""The rule of Windows on open files: one that a program has open is neither deleted nor renamed nor replaced."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path("/proc/self/fd")


def keep_open_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Apply the rule to the files that this process has open, until the end of the test; on Windows it holds anyway."""
    if os.name == "nt":
        return
    if not FOLDER.is_dir():
        pytest.skip("open files can't be listed on this system")
    for name in ("unlink", "remove", "rename", "replace"):
        monkeypatch.setattr(os, name, _refusing(getattr(os, name)))


def _refusing(action: Callable[..., Any]) -> Callable[..., Any]:
    def act(*paths: Any, **more: Any) -> Any:
        for path in paths:
            if _is_open(path):
                error = PermissionError(13, "The process cannot access the file", str(path))
                error.winerror = 32  # type: ignore[attr-defined, unused-ignore]
                raise error
        return action(*paths, **more)

    return act


def _is_open(path: Any) -> bool:
    try:
        there = Path(path).lstat()
    except OSError:
        return False
    for entry in FOLDER.iterdir():
        try:
            if os.path.samestat(there, entry.stat()):
                return True
        except OSError:
            continue
    return False
