"""Digital output that toggles while samples come, for a relay that opens when it stands still."""

import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from nidaqmx.stream_writers import DigitalSingleChannelWriter

from drivers.errors import InstrumentFault
from drivers.pxi import PXIController, translated

HEARTBEAT = "heartbeat"
"""Name of the task after that of the sessions."""

TOGGLE_EVERY_S = 0.05
"""Shortest time between two edges; a one-shot of 0.5 s bears ten that are missing."""


class HeartbeatLine:
    """One digital line ("port0/line7") with an edge whenever samples have come, at most every `TOGGLE_EVERY_S`.

    Use it as a context manager. It is reserved only while the context is open; afterwards it holds its level, so that
    the relay opens.

    Parameters
    ----------
    controller : PXIController
    device : str
        NI-DAQmx name of the card.
    line : str
    clock : callable
        Time in s.
    """

    def __init__(
        self, controller: PXIController, device: str, line: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._controller, self._name = controller, f"{device}/{line}"
        self._clock = clock
        self._level = False
        self._edge_s = -float("inf")
        self._open()

    def _open(self) -> None:
        with translated(f"open the heartbeat line {self._name}"):
            self._task = self._controller.new_task(HEARTBEAT)
            try:
                self._task.do_channels.add_do_chan(self._name)
                self._writer = DigitalSingleChannelWriter(self._task.out_stream)
                self._writer.write_one_sample_one_line(self._level)
            except BaseException:
                self._task.close()
                raise

    def beat(self, samples: int) -> None:
        """Toggle the line if samples have come and the last edge is old enough.

        Raises
        ------
        RigError
            If the card does not obey: the relay is about to open.
        """
        now_s = self._clock()
        if samples < 1 or now_s - self._edge_s < TOGGLE_EVERY_S:
            return
        self._edge_s, self._level = now_s, not self._level
        try:
            with translated("toggle the heartbeat line"):
                self._writer.write_one_sample_one_line(self._level)
        except InstrumentFault:  # a reset of the card ends the task
            self._close()
            self._open()

    def _close(self) -> None:
        with suppress(Exception), warnings.catch_warnings():  # a task that a reset has ended
            warnings.simplefilter("ignore")
            self._task.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._close()
