"""Taking recordings into the catalogue."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from app.catalogue.database import Catalogue
from app.catalogue.entry import Entry, entry_of
from app.offline.many import Reading
from app.offline.recordings import is_recording
from app.offline.tasks import Failure, Identified, Task, is_live


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
            sorted(p for p in path.rglob("*") if is_recording(p) and p.is_file()) if path.is_dir() else [path]
        )
        found.update(dict.fromkeys(inside))
    return list(found)


def add(catalogue: Catalogue, paths: Iterable[Path], reading: Reading) -> Added:
    """Take in all recordings under paths; take out those of these folders that no longer exist.

    A recording whose run goes on is left for later: its content still changes.
    """
    paths = list(paths)
    files = recordings_under(paths)
    live = {path: None for path in files if is_live(path)}
    identified = reading.identified([path for path in files if path not in live])
    failed = [each for each in identified if isinstance(each, Failure)]
    failed += [Failure(path, f"{path}: its run goes on; add it when the run has ended.") for path in live]
    good = [each for each in identified if isinstance(each, Identified)]
    entries = (
        reading.run("Analysing", [Task(entry_of, each.part.path, (), each) for each in good]) if good else []
    )
    taken = []
    for each, entry in zip(good, entries, strict=True):
        if isinstance(entry, Entry):
            taken.append((each.part.path, each.sha256, entry))
        else:
            failed.append(entry)
    catalogue.put_all(taken)
    gone = [p for path in paths for p in catalogue.paths_under(path) if not p.exists()]
    catalogue.forget(gone)
    return Added(len(taken), len(gone), tuple(failed))
