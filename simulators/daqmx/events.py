"""Events that a client registers for: every N samples, and done. Each is a stream that waits on the bench.

On the fast clock events do not advance the time; they follow the samples that a client reads. The exception is the
event of every N samples acquired: once the client has read the samples of an event, the stream waits for the next N,
so that a program that reads only in its callback works.
"""

import math

from simulators.daqmx.errors import DaqError
from simulators.daqmx.inputs import InputEngine
from simulators.daqmx.task_state import TaskState, TaskStates


class EventSubscription:
    """Subscription of a client to one kind of event of a task.

    Parameters
    ----------
    task : TaskStates
        Task that emits the events.
    """

    def __init__(self, task: TaskStates) -> None:
        self.task = task
        self.status = 0
        self._bench = task.card.bench
        self.closed = False
        self._start = task.starts

    def wait(self) -> bool:
        """Wait for the next event; return False when there are no more. ``status`` is then an error or 0."""
        return self._bench.wait_for(self._come_or_closed, self._due_s) and not self.closed

    def close(self) -> None:
        """End the stream."""
        self.closed = True
        self._bench.wake()

    def _come_or_closed(self) -> bool:
        if self.closed:
            return True
        if self._start != self.task.starts:
            self._start = self.task.starts
            self._restart()
        return self.task.state is TaskState.RUNNING and self._come()

    def _restart(self) -> None:
        """Reset the subscription after the task was started again."""

    def _come(self) -> bool:
        raise NotImplementedError

    def _due_s(self) -> float:
        raise NotImplementedError


class Done(EventSubscription):
    """Event of a task that has finished on its own."""

    _announced = False

    def _restart(self) -> None:
        self._announced = False

    def _come(self) -> bool:
        if self._announced:
            return False
        try:
            self._announced, self.status = self.task.done(), 0
        except DaqError as error:
            self._announced, self.status = True, error.code
        return self._announced

    def _due_s(self) -> float:
        running = (
            self.task.state is TaskState.RUNNING and not self._announced and self._bench.clock.runs_by_itself
        )
        return self.task.engine.done_due_s() if running else math.inf


class EveryNSamples(EventSubscription):
    """Event of every N samples acquired into the buffer, or transferred from it to the card.

    Parameters
    ----------
    task : TaskStates
        Task that emits the events.
    samples : int
        Samples per channel between events.
    """

    def __init__(self, task: TaskStates, samples: int) -> None:
        super().__init__(task)
        self.samples = samples
        self._announced = 0

    def _restart(self) -> None:
        self._announced = 0

    def _come(self) -> bool:
        come = self._count() >= (self._announced + 1) * self.samples
        self._announced += come
        return come

    def _count(self) -> int:
        engine = self.task.engine
        if isinstance(engine, InputEngine):
            return 0 if engine.run is None else engine.run.acquired
        waveform = self.task.outputs.waveform
        return 0 if waveform is None else waveform.transferred

    def _due_s(self) -> float:
        engine = self.task.engine
        wanted = (self._announced + 1) * self.samples
        if self.task.state is not TaskState.RUNNING:
            return math.inf
        if isinstance(engine, InputEngine):
            announced_are_read = engine.run is not None and engine.run.available < self.samples
            due = announced_are_read or self._bench.clock.runs_by_itself
            return self._bench.scan_due_s(wanted) if due else math.inf
        waveform = self.task.outputs.waveform
        if waveform is None or not self._bench.clock.runs_by_itself:
            return math.inf
        return self._bench.generation_due_s(max(wanted - waveform.transferred, 1))
