"""Settings of a task (channels, timing, trigger), and its states in NI-DAQmx.

The states are verified, reserved, committed and running. A call that needs a state moves the task there through those
between; *stop* returns it to the state before its start, *abort* to verified from any state.
Source: NI-DAQmx Help, "Task State Model".
"""

import dataclasses
import math
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any, TypeVar

from nidaqmx.constants import TaskMode

from simulators.daqmx.channels import VirtualChannel, channels
from simulators.daqmx.errors import STOPPED_BEFORE_DONE, Code, DaqError, refused_value
from simulators.daqmx.inputs import InputEngine
from simulators.daqmx.lines import InputLinesEngine, LineChannel, LinesEngine, line_channels
from simulators.daqmx.outputs import OutputEngine
from simulators.daqmx.resources import Resources
from simulators.daqmx.timing import MODES, SampleClock, coerced_Hz, terminal, unknown_terminal
from simulators.daqmx.triggers import Trigger
from simulators.rig.bench import SimulatedBench
from simulators.rig.ni6281 import Limits

Engine = InputEngine | OutputEngine | LinesEngine
Side = TypeVar("Side", InputEngine, OutputEngine, LinesEngine)

_ENGINES: dict[str, Callable[[SimulatedBench], Engine]] = {
    "ai": InputEngine,
    "ao": OutputEngine,
    "do": LinesEngine,
    "di": InputLinesEngine,
}


class TaskState(IntEnum):
    """State of a task, in ascending order."""

    VERIFIED = 0
    RESERVED = 1
    COMMITTED = 2
    RUNNING = 3


class TaskStates:
    """Settings and state of a task; `Task` adds the samples.

    Parameters
    ----------
    card : Resources
        Card of the task.
    name : str
        Name in NI-DAQmx.
    """

    def __init__(self, card: Resources, name: str) -> None:
        self.card = card
        self.name = name
        self.state = TaskState.VERIFIED
        self.clock: SampleClock | None = None
        self.start_trigger = Trigger()
        self.reference_trigger = Trigger()
        self._engine: Engine | None = None
        self.starts = 0
        self.rests = TaskState.VERIFIED
        self.primed = False
        self.pending_error: DaqError | None = None
        self.properties: dict[str, object] = {}

    # Set-up

    @property
    def engine(self) -> Engine:
        """Side of the task's channels. Raises -200478 without channels."""
        if self._engine is None:
            raise DaqError(Code.CAN_NOT_PERFORM_OP_WHEN_NO_CHANS_IN_TASK, f"Task Name: {self.name}")
        return self._engine

    @property
    def inputs(self) -> InputEngine:
        """Input side. Raises -200452 for a task of another side."""
        return self._side(InputEngine)

    @property
    def outputs(self) -> OutputEngine:
        """Output side. Raises -200452 for a task of another side."""
        return self._side(OutputEngine)

    @property
    def lines(self) -> LinesEngine:
        """Digital lines. Raises -200452 for a task of another side."""
        return self._side(LinesEngine)

    def _side(self, kind: type[Side]) -> Side:
        if isinstance(self.engine, kind):
            return self.engine
        raise DaqError(Code.ATTRIBUTE_NOT_SUPPORTED_IN_TASK_CONTEXT, f"Task Name: {self.name}")

    @property
    def channels(self) -> Sequence[VirtualChannel | LineChannel]:
        """Channels in the order of the scan."""
        return [] if self._engine is None else self._engine.channels

    def refuse_while_running(self) -> None:
        """Raise -200557 if the task runs."""
        if self.state is TaskState.RUNNING:
            raise DaqError(Code.CANNOT_SET_PROPERTY_WHEN_TASK_RUNNING, f"Task Name: {self.name}")

    def add_channels(self, kind: str, physical: str, name: str, limits: Limits, terminal_config: int) -> None:
        """Add analogue channels ("ai" or "ao"). Raises `DaqError` and adds none."""
        bench = self.card.bench
        engine = self._engine_of(kind)
        self._join(engine, channels(bench.card, kind, physical, name, limits, terminal_config))

    def add_lines(self, kind: str, physical: str, name: str, grouping: int) -> None:
        """Add channels of digital lines ("do" or "di"). Raises `DaqError` and adds none."""
        engine = self._engine_of(kind)
        self._join(engine, line_channels(self.card.bench.card, physical, name, grouping))

    def _engine_of(self, kind: str) -> Any:
        """Return the task's side, or a new one of this kind. Raises -200559 if the task is of another kind."""
        self.refuse_while_running()
        engine = self._engine or _ENGINES[kind](self.card.bench)
        if engine.kind != kind:
            raise DaqError(Code.MULTI_CHAN_TYPES_IN_TASK, f"Task Name: {self.name}")
        return engine

    def _join(self, engine: Any, added: Sequence[VirtualChannel | LineChannel]) -> None:
        known = {channel.name for channel in engine.channels}
        for channel in added:
            if channel.name in known:
                raise DaqError(Code.CHAN_ALREADY_IN_TASK, f"Channel Name: {channel.name}")
        engine.channels.extend(added)
        self._engine = engine
        self.back_to(TaskState.VERIFIED)

    def set_clock(self, rate_Hz: float, source: str, edge: int, mode: int, samples: int) -> None:
        """Set the sample clock. Its values are checked when they are read or the task is verified, as by NI-DAQmx.

        Raises
        ------
        DaqError
            -200077 for an acquisition mode that isn't simulated, -201062 for digital lines (clocked lines of port 0
            are not simulated).
        """
        self.refuse_while_running()
        engine = self.engine
        if isinstance(engine, LinesEngine):
            raise DaqError(Code.BUFFERED_OPERATIONS_NOT_SUPPORTED_ON_SELECTED_LINES, "(not simulated)")
        if mode not in MODES:
            raise refused_value("DAQmx_SampQuant_SampMode", mode, "finite, continuous")
        clock = SampleClock(rate_Hz, source, mode == MODES[0], samples, edge)
        if not clock.follows_inputs:
            made_Hz = coerced_Hz(clock.rate_Hz, self.card.bench.card.timebase_Hz)
            clock = dataclasses.replace(clock, rate_Hz=made_Hz)
        self.clock = engine.clock = clock
        self.back_to(TaskState.VERIFIED)

    def verify_clock(self, clock: SampleClock) -> None:
        """Check a sample clock. Raises -200077 for an invalid value, -89120 for an unknown source."""
        clock.verify(self.engine.kind)
        if self.engine.kind == "ao" and clock.follows_inputs and self.card.bench.card.delta_sigma:
            raise unknown_terminal(clock.source)

    def software_timed(self) -> None:
        """Remove the sample clock."""
        self.refuse_while_running()
        self.clock = self.engine.clock = None
        self.back_to(TaskState.VERIFIED)

    def resize_buffer(self, samples: int | None) -> None:
        """Set the buffer size in samples per channel (None: NI-DAQmx chooses); its content is lost."""
        self.refuse_while_running()
        self.engine.buffer_size = samples
        self.back_to(TaskState.COMMITTED)
        self.engine.release()

    # States

    def control(self, action: int) -> int:
        """Move the task to a state; return a warning, or 0."""
        mode = TaskMode(action)
        if mode is TaskMode.TASK_START:
            self.start()
        elif mode is TaskMode.TASK_STOP:
            return self.stop()
        elif mode is TaskMode.TASK_ABORT:
            self.abort()
        elif self.state is TaskState.RUNNING:
            if mode is TaskMode.TASK_UNRESERVE:
                raise DaqError(Code.CAN_NOT_PERFORM_OP_WHILE_TASK_RUNNING, f"Task Name: {self.name}")
        elif mode is TaskMode.TASK_UNRESERVE:
            self.back_to(TaskState.VERIFIED)
        elif mode is TaskMode.TASK_VERIFY:
            self.verify()
        else:
            self.up_to(TaskState.RESERVED if mode is TaskMode.TASK_RESERVE else TaskState.COMMITTED)
        return 0

    def verify(self) -> None:
        """Check all settings. Raises `DaqError`."""
        if self.clock is not None:
            self.verify_clock(self.clock)
        self.engine.verify()
        triggered = self.start_trigger.is_set or self.reference_trigger.is_set
        if triggered and self.clock is None:
            raise DaqError(Code.TRIG_WHEN_ON_DEMAND_SAMP_TIMING, f"Task Name: {self.name}")
        self.start_trigger.verify(self.engine.kind)
        self.reference_trigger.refuse_as_reference()

    def up_to(self, state: TaskState) -> None:
        """Move the task up to a state, through those between; after an error it keeps the state reached."""
        self.verify()
        if self.state < TaskState.RESERVED <= state:
            self.card.reserve(self, self.engine.resources())
            self.state = TaskState.RESERVED
        if self.state < TaskState.COMMITTED <= state:
            self.engine.commit()
            self.state = TaskState.COMMITTED

    def back_to(self, state: TaskState) -> None:
        """Move the task back to a state if it is beyond; data of the higher state are discarded."""
        self.state = min(self.state, state)
        self.primed = False
        if self.state < TaskState.COMMITTED and self._engine is not None:
            self._engine.release()
        if self.state < TaskState.RESERVED:
            self.card.release(self)

    def start(self) -> None:
        """Start the task, or arm it if it has a trigger."""
        if self.state is TaskState.RUNNING:
            raise DaqError(Code.CAN_NOT_PERFORM_OP_WHILE_TASK_RUNNING, f"Task Name: {self.name}")
        self.card.require_device()
        self.rests, self.pending_error = self.state, None
        try:
            self.up_to(TaskState.COMMITTED)
            self.engine.start()
        except DaqError:
            self.back_to(self.rests)
            raise
        self.state = TaskState.RUNNING
        self.starts += 1
        if self.start_trigger.is_set:
            self.card.arm(self, terminal(self.start_trigger.source))
        else:
            self.begin(self.card.bench.clock.now())

    def begin(self, at_s: float) -> None:
        """Begin to run, and trigger the tasks that wait for this start."""
        self.engine.begin(at_s)
        if self.clock is not None:
            self.card.fire(f"{self.engine.kind}/starttrigger", at_s)

    def stop(self) -> int:
        """Stop the task; return a warning if it was not done. Raises an error that ended it, if not yet reported."""
        if self.state is not TaskState.RUNNING:
            return 0
        reported, error, done = self.pending_error, None, True
        try:
            done = self.done()
        except DaqError as ended_by:
            error = None if reported is not None and reported.code == ended_by.code else ended_by
        self.halt(self.rests)
        if error is not None:
            raise error
        return 0 if done or self.clock is None or not self.clock.finite else STOPPED_BEFORE_DONE

    def abort(self) -> None:
        """Stop the task in any state and release the card."""
        if self.state is TaskState.RUNNING:
            self.halt(TaskState.VERIFIED)
        self.back_to(TaskState.VERIFIED)

    def halt(self, rests: TaskState) -> None:
        """Stop the running task and move it back to a state."""
        self.card.disarm(self)
        self.engine.halt()
        self.back_to(rests)
        self.card.bench.wake()

    def done(self) -> bool:
        """Return True if the task no longer runs. Raises the error that ended it."""
        if self.state is not TaskState.RUNNING:
            return True
        self.card.require_device()
        self.card.bench.catch_up()
        try:
            return self.clock is None or self.engine.done()
        except DaqError as error:
            self.pending_error = error
            raise

    def is_done(self) -> bool:
        """Return `done` for a client that polls.

        On a clock that advances only during waits, polling would never end. If the task finishes without other clients
        (no acquisition of another task runs), the call waits for its end.
        """
        bench = self.card.bench
        done = self.done()
        if done or bench.clock.runs_by_itself:
            return done
        alone = bench.scan is None or bench.scan is getattr(self.engine, "run", None)
        due_s = self.engine.done_due_s()
        return alone and not math.isinf(due_s) and bench.wait_for(self.done, self.engine.done_due_s, due_s)

    def wait_until_done(self, timeout_s: float, cancelled: Callable[[], bool]) -> None:
        """Wait for the end of the task. Raises -200560 after the timeout."""
        bench = self.card.bench
        deadline_s = bench.clock.now() + (timeout_s if timeout_s >= 0 else math.inf)
        if not bench.wait_for(lambda: cancelled() or self.done(), self.engine.done_due_s, deadline_s):
            raise DaqError(Code.WAIT_UNTIL_DONE_DOES_NOT_INDICATE_DONE, f"Task Name: {self.name}")
