"""Reading of several recordings, one after the other, in a thread independent of the window."""

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from analysis.recording import RecordingError
from app.viewmodels.compared import ComparedRecording, compare_recording

log = logging.getLogger(__name__)

Read = Callable[[Path], ComparedRecording]


class RecordingLoader:
    """Background reading that starts immediately; its thread holds no reference to a window, which may close any time.

    Parameters
    ----------
    paths : sequence of Path
    read : callable
        Reads one recording; an exception becomes a message, and the other recordings are read nevertheless.
    """

    def __init__(self, paths: Sequence[Path], read: Read = compare_recording) -> None:
        self.paths = tuple(paths)
        self._read = read
        self._results: list[ComparedRecording | str] = []
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="compare")
        self._thread.start()

    @property
    def results(self) -> tuple[ComparedRecording | str, ...]:
        """Results of the paths read so far, in order; a message for a file that cannot be read."""
        return tuple(self._results)

    @property
    def over(self) -> bool:
        """True if all recordings are read."""
        return len(self._results) == len(self.paths)

    @property
    def words(self) -> str:
        """Progress: "Reading 2 of 3: night.h5 …"; "" when finished."""
        at = len(self._results)
        return "" if self.over else f"Reading {at + 1} of {len(self.paths)}: {self.paths[at].name} …"

    def stop(self) -> None:
        """Stop after the current file, without waiting for it."""
        self._stopped = True

    def join(self, timeout_s: float | None = None) -> None:
        """Wait for the thread to end."""
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
            return f"Cannot compare {path.name}: {str(error).removeprefix(f'{path}: ').rstrip('.')}."
        except Exception as error:  # a broken file must not hide the others
            log.debug("Cannot compare a recording", exc_info=True)
            return f"Cannot compare {path.name} ({type(error).__name__}: {error})."
