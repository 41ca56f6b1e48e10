"""Reading and writing the samples of a task, including NI-DAQmx's implicit state changes."""

from collections.abc import Callable

import numpy as np
from nidaqmx.constants import WriteRelativeTo
from numpy.typing import NDArray

from simulators.daqmx.errors import Code, DaqError, refused_value
from simulators.daqmx.events import Done, EventSubscription, EveryNSamples
from simulators.daqmx.inputs import ALL_SAMPLES
from simulators.daqmx.resources import Resources
from simulators.daqmx.task_state import TaskState, TaskStates

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]

_REGISTERED = {
    "done": Code.DONE_EVENT_ALREADY_REGISTERED,
    "signal": Code.SIGNAL_EVENT_ALREADY_REGISTERED,
    "acquired": Code.EVERY_N_SAMPS_ACQ_INTO_BUFFER_EVENT_ALREADY_REGISTERED,
    "transferred": Code.EVERY_N_SAMPS_TRANSFERRED_FROM_BUFFER_EVENT_ALREADY_REGISTERED,
}


class DaqTask(TaskStates):
    """One NI-DAQmx task."""

    def __init__(self, card: Resources, name: str) -> None:
        super().__init__(card, name)
        self.subscriptions: dict[str, EventSubscription] = {}

    def subscribe(self, kind: str, samples: int = 0) -> EventSubscription:
        """Register a client for events: "done", "acquired", "transferred", or "signal" for every sample.

        Raises
        ------
        DaqError
            If a client is registered already, the task runs, or the task has no events of this kind.
        """
        self._check_subscription(kind, samples)
        known = self.subscriptions.get(kind)
        if known is not None and not known.closed:
            raise DaqError(_REGISTERED[kind], f"Task Name: {self.name}")
        subscription = Done(self) if kind == "done" else EveryNSamples(self, samples)
        self.subscriptions[kind] = subscription
        return subscription

    def _check_subscription(self, kind: str, samples: int) -> None:
        if self.state is TaskState.RUNNING:
            raise DaqError(Code.CANNOT_REGISTER_DA_QMX_SOFTWARE_EVENT_WHILE_TASK_IS_RUNNING)
        if kind == "signal" and self.engine.kind != "ai":
            raise DaqError(Code.SIGNAL_EVENTS_NOT_SUPPORTED_BY_DEVICE)
        if kind == "acquired" and self.engine.kind != "ai":
            raise DaqError(Code.EVERY_N_SAMPLES_ACQ_INTO_BUFFER_EVENT_NOT_SUPPORTED_BY_DEVICE)
        if kind == "transferred" and self.engine.kind != "ao":
            raise DaqError(Code.EVERY_N_SAMPS_TRANSFERRED_FROM_BUFFER_EVENT_NOT_SUPPORTED_BY_DEVICE)
        if kind != "done" and samples < 1:
            raise DaqError(Code.EVERY_N_SAMPS_EVENT_INTERVAL_ZERO_NOT_SUPPORTED)

    def unsubscribe(self, kind: str) -> None:
        """End a client's stream of events, if any."""
        known = self.subscriptions.pop(kind, None)
        if known is not None:
            known.close()

    def read(self, samples: int, timeout_s: float, most: int, cancelled: Callable[[], bool]) -> FloatArray:
        """Read ``samples`` per channel (-1: all available), starting the task if necessary.

        Parameters
        ----------
        samples : int
            Samples per channel.
        timeout_s : float
            Longest wait.
        most : int
            Size of the client's array in samples, over all channels.
        cancelled : callable
            Returns True if the client has gone.

        Returns
        -------
        ndarray, shape (n_channels, n)
        """
        if self._engine is None or self._engine.kind != "ai":
            raise DaqError(Code.READ_NO_INPUT_CHANS_IN_TASK, samples_read=0)
        self.card.require_device()
        started_here = self.state is not TaskState.RUNNING
        if started_here:
            if not self.inputs.settings.auto_start:
                code = Code.CANNOT_READ_WHEN_AUTO_START_FALSE_BUF_SIZE_ZERO_AND_TASK_NOT_RUNNING
                raise DaqError(code, samples_read=0)
            self.start()
        finished = True
        try:
            wanted = self.inputs.default_samples() if samples == ALL_SAMPLES else samples
            if wanted * len(self.channels) > most:
                raise DaqError(Code.READ_BUFFER_TOO_SMALL, f"Samples: {wanted} a channel", samples_read=0)
            if self.clock is None:
                return self.inputs.read_on_demand(wanted)
            finished = self.clock.finite
            return self.inputs.read(wanted, timeout_s, cancelled)
        except DaqError as error:
            self.pending_error = error
            raise
        finally:
            if started_here and finished and self.state is TaskState.RUNNING:
                self.halt(self.rests)

    def write(
        self, values: FloatArray, auto_start: bool, timeout_s: float, cancelled: Callable[[], bool]
    ) -> int:
        """Write samples, shape (n_channels, n); return the number written per channel."""
        self.card.require_device()
        self._refuse_other_places()
        if self.clock is None:
            self._on_demand(auto_start, lambda: self.outputs.put(values))
            return int(values.shape[1])
        try:
            if self.state is TaskState.RUNNING:
                return self.outputs.feed(values, timeout_s, cancelled)
        except DaqError as error:
            self.pending_error = error
            raise
        self.up_to(TaskState.COMMITTED)
        self.outputs.prime(values, appends=self.primed)
        self.primed = True
        if auto_start:
            self.start()
        return int(values.shape[1])

    def _refuse_other_places(self) -> None:
        """Raise -200077 if a write is to go anywhere but to the current write position, which isn't simulated."""
        relative = self.properties.get("write relative to", WriteRelativeTo.CURRENT_WRITE_POSITION.value)
        offset = self.properties.get("write offset", 0)
        if relative != WriteRelativeTo.CURRENT_WRITE_POSITION.value or offset:
            allowed = "the current write position (others are not simulated)"
            raise refused_value(
                "DAQmx_Write_RelativeTo, DAQmx_Write_Offset", f"{relative}, {offset}", allowed
            )

    def drive(self, levels: BoolArray, auto_start: bool) -> int:
        """Drive digital lines, shape (n_channels, n, most_lines); return the number of samples written per channel."""
        self.card.require_device()
        self._on_demand(auto_start, lambda: self.lines.put(levels))
        return int(levels.shape[1])

    def look(self) -> BoolArray:
        """Read the digital lines of an input task once, shape (n_channels, most_lines)."""
        if self._engine is None or self._engine.kind != "di":
            raise DaqError(Code.READ_NO_INPUT_CHANS_IN_TASK, samples_read=0)
        self.card.require_device()
        return self.lines.look()

    def refuse_other_writes(self, kind: str) -> None:
        """Raise -200459 for a task without outputs, -200526 if they are of another kind than ``kind`` ("ao", "do")."""
        if self._engine is None or self._engine.kind in ("ai", "di"):
            raise DaqError(Code.WRITE_NO_OUTPUT_CHANS_IN_TASK, samples_written=0)
        if self._engine.kind != kind:
            raise DaqError(Code.WRITE_CHAN_TYPE_MISMATCH, f"Task Name: {self.name}", samples_written=0)

    def _on_demand(self, auto_start: bool, put: Callable[[], None]) -> None:
        """Write without a clock, with the task started for the duration of the write if it doesn't run."""
        started_here = self.state is not TaskState.RUNNING
        if started_here and not auto_start:
            code = Code.CANNOT_WRITE_WHEN_AUTO_START_FALSE_AND_TASK_NOT_RUNNING
            raise DaqError(code, samples_written=0)
        if started_here:
            self.start()
        try:
            put()
        finally:
            if started_here:
                self.halt(self.rests)
