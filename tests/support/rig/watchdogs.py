"""A watchdog without a process, for benches in the test's own process."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Self


class WatchdogWithoutProcess:
    """Stands in for `app.acquisition.watchdog.Watchdog` where a test is not about it.

    The bench lives as long as the test and can't be killed, and a process of its own takes a second to start.
    """

    pid = 0
    gone = tripped = False

    def __init__(self, rig_file: Path) -> None:
        self.dismissed = self.stays = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def wait_until_ready(self) -> None:
        """It is."""

    def arm(self, limit_s: float = 0.0) -> None:
        self.dismissed = False

    def beat(self, samples: int) -> None:
        """It needs none."""

    def rest(self, silence_s: float) -> None:
        """It waits as long as the test."""

    def pace(self, limit_s: float) -> None:
        """It waits as long as the test."""

    def allowing(self, silence_s: float) -> AbstractContextManager[None]:
        return nullcontext()

    def check(self) -> None:
        """It is there."""

    def dismiss(self) -> None:
        self.dismissed = True

    def stay(self) -> str:
        self.stays = True
        return "The watchdog goes on trying."
