"""Recordings and rig files that were opened last."""

from pathlib import Path

from PyQt6.QtCore import QSettings

KEPT = 10


MOST_LETTERS = 60


def shortened(path: Path) -> str:
    """Return a path for a menu, cut in the middle; "&" is shown as it is."""
    text = str(path)
    if len(text) > MOST_LETTERS:
        text = f"{text[: MOST_LETTERS // 3]}…{text[-(2 * MOST_LETTERS) // 3 :]}"
    return text.replace("&", "&&")


class RecentFiles:
    """Paths opened last, the newest first, kept in the settings of the program.

    Parameters
    ----------
    settings : QSettings
    kind : str
        "recordings" or "rigs".
    """

    def __init__(self, settings: QSettings, kind: str) -> None:
        self._settings = settings
        self._key = f"recent/{kind}"

    def add(self, path: Path) -> None:
        """Put a file first."""
        path = path.absolute()
        others = [each for each in self._kept() if each != path]
        self._settings.setValue(self._key, [str(each) for each in (path, *others)][:KEPT])

    def paths(self) -> list[Path]:
        """Return the files that are still there."""
        return [path for path in self._kept() if path.exists()]

    def _kept(self) -> list[Path]:
        kept = self._settings.value(self._key, [])
        return [Path(each) for each in ([kept] if isinstance(kept, str) else kept or [])]
