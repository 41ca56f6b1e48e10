"""What a run has found since somebody last looked, in sentences for the log."""

import logging
from collections.abc import Iterator

from app.views.heating_view import HeatingSnapshot
from app.views.histogram_snapshot import HistogramSnapshot
from app.views.iv_view import IVSnapshot
from app.views.session import Session

EVERY_TRACES = 100

Sentence = tuple[int, str]
"""Level of `logging`, and text."""


class Narrator:
    """Looks at the views of a session from time to time; several holds between two looks make one sentence.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self._holds = self._rejected = self._curves = self._hundreds = 0

    def news(self) -> Iterator[Sentence]:
        """What is new."""
        yield from self._of_holds(self.session.heating.snapshot())
        yield from self._of_curves(self.session.iv.snapshot())
        yield from self._of_traces(self.session.histogram.snapshot())

    def _of_holds(self, heating: HeatingSnapshot) -> Iterator[Sentence]:
        new, rejected = heating.holds - self._holds, heating.rejected - self._rejected
        if new <= 0:  # none, or all of them are judged anew
            return
        self._holds, self._rejected = heating.holds, heating.rejected
        level = logging.WARNING if rejected > 0 else logging.INFO
        if new == 1:
            yield level, heating.last
        else:
            last = f"; {heating.last}" if heating.last else ""
            yield level, f"{new} holds more, {max(rejected, 0)} of them rejected{last}"

    def _of_curves(self, iv: IVSnapshot) -> Iterator[Sentence]:
        if iv.curves == self._curves:
            return
        self._curves = iv.curves
        left_out = f"; left out: {sum(iv.dropped.values())}" if iv.dropped else ""
        yield logging.INFO, f"{iv.curves} I-V curves of {iv.junctions} junctions in the mean{left_out}"

    def _of_traces(self, histogram: HistogramSnapshot) -> Iterator[Sentence]:
        traces = histogram.kept + histogram.rejected
        if traces // EVERY_TRACES == self._hundreds:
            return
        self._hundreds = traces // EVERY_TRACES
        if self._hundreds:
            yield logging.INFO, f"{traces} traces, {histogram.kept} of them kept"
