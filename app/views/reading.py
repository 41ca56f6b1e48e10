"""Recordings read one after the other, in a thread that knows nothing of who waits for them."""

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from analysis.recording import RecordingError
from app.views.compared import ComparedRecording, compared

log = logging.getLogger(__name__)

Read = Callable[[Path], ComparedRecording]


class Reading:
    """Begins at once. Nothing of a window is held by its thread, so that a window may go at any time.

    Parameters
    ----------
    paths : sequence of Path
    read : callable
        Reads one of them; what it raises becomes a sentence, and the others are read all the same.
    """

    def __init__(self, paths: Sequence[Path], read: Read = compared) -> None:
        self.paths = tuple(paths)
        self._read = read
        self._results: list[ComparedRecording | str] = []
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="compare")
        self._thread.start()

    @property
    def results(self) -> tuple[ComparedRecording | str, ...]:
        """What came of the first paths, in their order; a sentence for a file that can't be read."""
        return tuple(self._results)

    @property
    def over(self) -> bool:
        """All are read."""
        return len(self._results) == len(self.paths)

    @property
    def words(self) -> str:
        """How far it is: "Reading 2 of 3: night.h5 …"; "" when it is over."""
        at = len(self._results)
        return "" if self.over else f"Reading {at + 1} of {len(self.paths)}: {self.paths[at].name} …"

    def stop(self) -> None:
        """Read no more files after the one under way; does not wait for it."""
        self._stopped = True

    def join(self, timeout_s: float | None = None) -> None:
        """Wait for the file under way."""
        self._thread.join(timeout_s)

    def _run(self) -> None:
        for path in self.paths:
            if self._stopped:
                return
            self._results.append(self._one(path))

    def _one(self, path: Path) -> ComparedRecording | str:
        try:
            return self._read(path)
        except (RecordingError, ValueError, OSError) as error:
            return f"{path.name} can't be compared: {str(error).removeprefix(f'{path}: ').rstrip('.')}."
        except Exception as error:  # whatever a broken file does, the others must be shown
            log.debug("A recording can't be compared", exc_info=True)
            return f"{path.name} can't be compared ({type(error).__name__}: {error})."
