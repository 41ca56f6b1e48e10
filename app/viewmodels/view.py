"""Base of all view models: one thread feeds, another requests snapshots and must never wait long."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from types import UnionType
from typing import Any, Generic, TypeVar

from analysis.heating.holds import Hold
from analysis.iv.sweeps import Sweep
from analysis.junction_noise.stretches import HeldStretch
from analysis.recording import RunHeader
from analysis.records import Event, Trace
from analysis.thermoelectric.ac_traces import ACTrace
from analysis.thermoelectric.noise_holds import NoiseHold
from analysis.thermoelectric.rupture_holds import RuptureHold
from analysis.thermoelectric.thermopower_holds import ThermopowerHold
from app.viewmodels.signals import SampledSignals

Snapshot = TypeVar("Snapshot")

AS_PLAYED = "as the recording is played. Press Space to play."


class ViewModel(ABC):
    """Description of a view by its model; that of a plug-in is made with the header of the run."""

    title: str
    """Title of its tab; only a plug-in sets it."""
    plot: str
    """Widget that draws its snapshots: "module:class", imported only by a window."""
    awaited: str = ""
    """Text of its empty plots while a run that fills it has no data yet."""
    during: Mapping[str, str] = {}
    """Texts in place of ``awaited`` during some steps, by their names."""

    @staticmethod
    def replay_texts(header: RunHeader, filled: Collection[str]) -> Mapping[str, str]:
        """Return the texts of empty plots of a recording, by the title of the plot.

        Parameters
        ----------
        header : RunHeader
        filled : collection of str
            Titles of the views that the procedure of the recording fills.
        """
        return {}

    @abstractmethod
    def snapshot(self) -> Any:
        """Return an immutable snapshot; the same object as long as nothing has changed."""

    def to_json(self) -> Any:
        """Return what a saved analysis keeps of a plug-in's view; None for nothing."""
        return None


class StreamView(ViewModel, Generic[Snapshot]):
    """View of samples: changed under its lock, drawn on request.

    Two calls of `snapshot` without a change between them return the same object.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._drawn: Snapshot | None = None

    def snapshot(self) -> Snapshot:
        """Return an immutable snapshot of the current state."""
        with self._lock:
            if self._drawn is None:
                self._drawn = self._draw()
            return self._drawn

    def feed(self, signals: SampledSignals) -> None:
        """Process the next samples."""

    def event(self, event: Event) -> None:
        """Process an event."""

    def restart(self) -> None:
        """Go on at another position of a replayed recording (called for views of plug-ins)."""

    @abstractmethod
    def _draw(self) -> Snapshot:
        """Make a snapshot; called under the lock."""


class RecordView(ViewModel, Generic[Snapshot]):
    """View of records (traces, holds, sweeps): a worker updates it and replaces the whole snapshot."""

    shows: type | UnionType = Trace
    """Records that it shows: Trace, Hold, Sweep, HeldStretch, ThermopowerHold, RuptureHold, ACTrace or NoiseHold."""

    def __init__(self, empty: Snapshot) -> None:
        self._shown = self._empty = empty

    @property
    def has_result(self) -> bool:
        """True once a record has been processed."""
        return self._shown is not self._empty

    def snapshot(self) -> Snapshot:
        """Return the last finished snapshot, which is immutable."""
        return self._shown

    def add(
        self,
        record: Trace | Hold | Sweep | ThermopowerHold | RuptureHold | ACTrace | HeldStretch | NoiseHold,
    ) -> None:
        """Keep a new record for `work`; quick, because the stream waits (called for views of plug-ins)."""

    @abstractmethod
    def work(self, thorough: bool = False) -> None:
        """Process the records added since the last call; ``thorough`` postpones nothing."""


class Growth:
    """Schedule of an expensive evaluation: due not for each new record, but when their number has grown by 5 %.

    Parameters
    ----------
    share : float
        Relative growth of the count that makes the evaluation due.
    least : int
        Minimum count for an evaluation.
    step : int
        Minimum absolute growth of the count.
    """

    def __init__(self, share: float = 0.05, least: int = 1, step: int = 1) -> None:
        self._share, self._least, self._step = share, least, step
        self.at = 0
        """Count at the last evaluation."""

    def due(self, count: int, thorough: bool = False) -> bool:
        """Return True, and remember the count, if the evaluation is due."""
        wanted = (
            count > self.at if thorough else count >= max(self.at + self._step, self.at * (1.0 + self._share))
        )
        if count < self._least or not wanted:
            return False
        self.at = count
        return True

    def reset(self) -> None:
        """Start again from a count of 0."""
        self.at = 0
