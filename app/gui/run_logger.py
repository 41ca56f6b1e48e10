"""New results of a run as messages for the log."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.numbers import counted

if TYPE_CHECKING:
    from app.viewmodels.heating_view import HeatingSnapshot
    from app.viewmodels.histogram_snapshot import HistogramSnapshot
    from app.viewmodels.iv_view import IVSnapshot
    from app.viewmodels.session import Session

EVERY_TRACES = 100


@dataclass(frozen=True)
class Sentence:
    """Log message with its level (of `logging`) and the sample to which it belongs."""

    level: int
    text: str
    sample: int


class RunLogger:
    """Reports what has changed in the views of a session since the last call.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: "Session") -> None:
        self.session = session
        self._holds = self._curves = self._hundreds = self._notes = 0

    def news(self) -> Iterator[Sentence]:
        """Return the new notes, holds, I-V curves and every hundredth trace as messages."""
        yield from self._of_notes()
        yield from self._of_holds(self.session.heating.snapshot())
        yield from self._of_curves(self.session.iv.snapshot())
        yield from self._of_traces(self.session.histogram.snapshot())

    def _of_notes(self) -> Iterator[Sentence]:
        new = self.session.notes[self._notes :]
        self._notes += len(new)
        for note in new:
            yield Sentence(logging.INFO, f"Note: {note.payload.get('text', '')}", note.sample)

    def _of_holds(self, heating: "HeatingSnapshot") -> Iterator[Sentence]:
        new = heating.judged[self._holds :]  # empty while all holds are judged again
        self._holds += len(new)
        for hold in new:
            yield Sentence(logging.WARNING if hold.rejected else logging.INFO, hold.words, hold.until)

    def _of_curves(self, iv: "IVSnapshot") -> Iterator[Sentence]:
        if iv.curves == self._curves:
            return
        self._curves = iv.curves
        left_out = f"; {sum(iv.dropped.values())} left out" if iv.dropped else ""
        text = f"I-V: {counted(iv.curves, 'curve')} of {counted(iv.junctions, 'junction')}{left_out}"
        yield Sentence(logging.INFO, text, iv.until)

    def _of_traces(self, histogram: "HistogramSnapshot") -> Iterator[Sentence]:
        traces = histogram.kept + histogram.rejected
        if traces // EVERY_TRACES == self._hundreds:
            return
        self._hundreds = traces // EVERY_TRACES
        if self._hundreds:
            yield Sentence(logging.INFO, f"{traces} traces, {histogram.kept} kept", histogram.until)
