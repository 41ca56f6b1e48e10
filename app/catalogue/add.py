"""Taking recordings into the catalogue."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from app.catalogue.database import Catalogue
from app.catalogue.entry import Entry, entry_of
from app.offline.many import Reading
from app.offline.recordings import is_recording
from app.offline.tasks import Failure, Identified, Task, is_live

_AT_ONCE = 50  # entries that are written together: what an interruption costs at most


@dataclass(frozen=True)
class Added:
    """Outcome: number of files taken in, files taken out because they no longer exist, and what failed."""

    taken: int
    removed: int
    failed: tuple[Failure, ...]


def recordings_under(paths: Iterable[Path]) -> list[Path]:
    """Return the given files, and the recordings in given folders and in the folders in them."""
    found: dict[Path, None] = {}
    for path in paths:
        inside = (
            sorted(p for p in path.rglob("*") if is_recording(p) and not p.is_dir())
            if path.is_dir()
            else [path]
        )
        found.update(dict.fromkeys(inside))
    return list(found)


def add(catalogue: Catalogue, paths: Iterable[Path], reading: Reading) -> Added:
    """Take in all recordings under paths; take out those of these folders that no longer exist.

    A recording whose run goes on is left for later: its content still changes. After an interruption (Ctrl-C) what was
    analysed is in the catalogue, and the next call goes on with the rest.
    """
    paths = list(paths)
    files = recordings_under(paths)
    live = {path: None for path in files if is_live(path)}
    identified = reading.identified([path for path in files if path not in live])
    failed = [each for each in identified if isinstance(each, Failure)]
    failed += [Failure(path, _live(path)) for path in live]
    good = [each for each in identified if isinstance(each, Identified)]
    with _Taking(catalogue, good) as taking:
        tasks = [Task(entry_of, each.part.path, (), each) for each in good]
        entries = reading.run("Analysing", tasks, taking.take) if tasks else []
    failed += [each for each in entries if isinstance(each, Failure)]
    gone = [p for path in paths for p in catalogue.paths_under(path) if not p.exists()]
    catalogue.forget(gone)
    return Added(len(good) - sum(isinstance(each, Failure) for each in entries), len(gone), tuple(failed))


def _live(path: Path) -> str:
    return (
        f"{path}: its run goes on, or was interrupted; add it when the run has ended, or the copy that "
        "`hotjunction recover` makes of what is intact."
    )


class _Taking:
    """Entries on their way into the catalogue: some at a time, and the last ones at the end or an interruption."""

    def __init__(self, catalogue: Catalogue, files: Sequence[Identified]) -> None:
        self._catalogue, self._files = catalogue, files
        self._waiting: list[tuple[Path, str, Entry]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._write()

    def take(self, index: int, entry: Entry | Failure) -> None:
        """Take the entry of a file."""
        if isinstance(entry, Entry):
            file = self._files[index]
            self._waiting.append((file.part.path, file.sha256, entry))
        if len(self._waiting) >= _AT_ONCE:
            self._write()

    def _write(self) -> None:
        self._catalogue.put_all(self._waiting)
        self._waiting.clear()
