"""Log of a campaign: its decisions and their reasons, over all its runs."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path


class CampaignLog:
    """Append one line per decision, and show it.

    Parameters
    ----------
    path : Path
        Text file; created with its folder if necessary.
    show : callable
        Gets each line as it is written.
    """

    def __init__(self, path: Path, show: Callable[[str], None]) -> None:
        self._path = path
        self._show = show

    def say(self, stage: str, sentence: str) -> None:
        """Write one line: time, stage, sentence."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{now}  {stage}: {sentence}\n")
        self._show(f"{stage}: {sentence}")
