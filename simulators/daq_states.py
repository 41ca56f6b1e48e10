"""A task: channels, timing, trigger, and the states that NI-DAQmx leads it through.

Verified, reserved, committed, running: a call that needs a state leads the task there through the ones between,
and *stop* leads it back to where it was before it was started. *Abort* leads it back to verified, whatever it
was. Source: NI-DAQmx Help, "Task State Model".
"""

import math
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Any, TypeVar

from nidaqmx.constants import TaskMode

from simulators.bench import SimulatedBench
from simulators.daq_channels import Channel, channels
from simulators.daq_errors import STOPPED_BEFORE_DONE, Code, DaqError
from simulators.daq_inputs import InputEngine
from simulators.daq_lines import LineChannel, LinesEngine, line_channels
from simulators.daq_outputs import OutputEngine
from simulators.daq_timing import SampleClock, terminal, unknown_terminal
from simulators.ni6281 import Limits

if TYPE_CHECKING:
    from simulators.daq_card import Card

Engine = InputEngine | OutputEngine | LinesEngine
Side = TypeVar("Side", InputEngine, OutputEngine, LinesEngine)

_ENGINES: dict[str, Callable[[SimulatedBench], Engine]] = {
    "ai": InputEngine,
    "ao": OutputEngine,
    "do": LinesEngine,
}


class State(IntEnum):
    """How far a task has come."""

    VERIFIED = 0
    RESERVED = 1
    COMMITTED = 2
    RUNNING = 3


class TaskStates:
    """What a task is set to and how far it has come; `Task` adds the samples.

    Parameters
    ----------
    card : Card
        Where it lives.
    name : str
        As NI-DAQmx knows it.
    """

    def __init__(self, card: "Card", name: str) -> None:
        self.card = card
        self.name = name
        self.state = State.VERIFIED
        self.clock: SampleClock | None = None
        self.trigger = ""
        self._engine: Engine | None = None
        self.starts = 0
        self.rests = State.VERIFIED
        self.primed = False
        self.told: DaqError | None = None
        self.properties: dict[str, object] = {}

    # Set-up

    @property
    def engine(self) -> Engine:
        """Get the side that the task's channels are on. Raises -200478 before there is one."""
        if self._engine is None:
            raise DaqError(Code.CAN_NOT_PERFORM_OP_WHEN_NO_CHANS_IN_TASK, f"Task Name: {self.name}")
        return self._engine

    @property
    def inputs(self) -> InputEngine:
        """Get the input side. Raises -200452 for a task of another side."""
        return self._side(InputEngine)

    @property
    def outputs(self) -> OutputEngine:
        """Get the output side. Raises -200452 for a task of another side."""
        return self._side(OutputEngine)

    @property
    def lines(self) -> LinesEngine:
        """Get the digital lines. Raises -200452 for a task of another side."""
        return self._side(LinesEngine)

    def _side(self, kind: type[Side]) -> Side:
        if isinstance(self.engine, kind):
            return self.engine
        raise DaqError(Code.ATTRIBUTE_NOT_SUPPORTED_IN_TASK_CONTEXT, f"Task Name: {self.name}")

    @property
    def channels(self) -> Sequence[Channel | LineChannel]:
        """Get its channels, in the order of the scan."""
        return [] if self._engine is None else self._engine.channels

    def refuse_while_running(self) -> None:
        """Raise -200557 if it runs."""
        if self.state is State.RUNNING:
            raise DaqError(Code.CANNOT_SET_PROPERTY_WHEN_TASK_RUNNING, f"Task Name: {self.name}")

    def add_channels(self, kind: str, physical: str, name: str, limits: Limits, terminal_config: int) -> None:
        """Add analogue channels ("ai" or "ao"). Raises `DaqError` and adds none."""
        bench = self.card.bench
        engine = self._engine_of(kind)
        self._join(engine, channels(bench.card, kind, physical, name, limits, terminal_config))

    def add_lines(self, physical: str, name: str, grouping: int) -> None:
        """Add channels of digital lines. Raises `DaqError` and adds none."""
        engine = self._engine_of("do")
        self._join(engine, line_channels(self.card.bench.card, physical, name, grouping))

    def _engine_of(self, kind: str) -> Any:
        """Get the task's side, or one that it may get. Raises -200559 if it is on another side than this."""
        self.refuse_while_running()
        engine = self._engine or _ENGINES[kind](self.card.bench)
        if engine.kind != kind:
            raise DaqError(Code.MULTI_CHAN_TYPES_IN_TASK, f"Task Name: {self.name}")
        return engine

    def _join(self, engine: Any, added: Sequence[Channel | LineChannel]) -> None:
        known = {channel.name for channel in engine.channels}
        for channel in added:
            if channel.name in known:
                raise DaqError(Code.CHAN_ALREADY_IN_TASK, f"Channel Name: {channel.name}")
        engine.channels.extend(added)
        self._engine = engine
        self.back_to(State.VERIFIED)

    def set_clock(self, rate_Hz: float, source: str, edge: int, mode: int, samples: int) -> None:
        """Give it a sample clock.

        Raises
        ------
        DaqError
            -89120 for a source that doesn't exist, -200077 for an odd value, -201062 for digital lines (those of
            port 0 could have one, but that isn't simulated).
        """
        self.refuse_while_running()
        engine = self.engine
        if isinstance(engine, LinesEngine):
            raise DaqError(Code.BUFFERED_OPERATIONS_NOT_SUPPORTED_ON_SELECTED_LINES, "(not simulated)")
        self.clock = engine.clock = SampleClock.checked(engine.kind, rate_Hz, source, edge, mode, samples)
        self.back_to(State.VERIFIED)

    def software_timed(self) -> None:
        """Take its sample clock away."""
        self.refuse_while_running()
        self.clock = self.engine.clock = None
        self.back_to(State.VERIFIED)

    def resize_buffer(self, samples: int | None) -> None:
        """Set the buffer's size, samples a channel (None: NI-DAQmx chooses); what is in it is lost."""
        self.refuse_while_running()
        self.engine.buffer_size = samples
        self.back_to(State.COMMITTED)
        self.engine.release()

    def set_trigger(self, source: str) -> None:
        """Let it wait for the start of the other side ("/Dev1/ai/StartTrigger"); "" for nothing."""
        self.refuse_while_running()
        other = "ao" if self.engine.kind == "ai" else "ai"
        if terminal(source) not in ("", f"{other}/starttrigger"):
            raise unknown_terminal(source)
        self.trigger = source

    # States

    def control(self, action: int) -> int:
        """Lead the task to a state. Returns a warning, or 0."""
        mode = TaskMode(action)
        if mode is TaskMode.TASK_START:
            self.start()
        elif mode is TaskMode.TASK_STOP:
            return self.stop()
        elif mode is TaskMode.TASK_ABORT:
            self.abort()
        elif self.state is State.RUNNING:
            if mode is TaskMode.TASK_UNRESERVE:
                raise DaqError(Code.CAN_NOT_PERFORM_OP_WHILE_TASK_RUNNING, f"Task Name: {self.name}")
        elif mode is TaskMode.TASK_UNRESERVE:
            self.back_to(State.VERIFIED)
        elif mode is TaskMode.TASK_VERIFY:
            self.verify()
        else:
            self.up_to(State.RESERVED if mode is TaskMode.TASK_RESERVE else State.COMMITTED)
        return 0

    def verify(self) -> None:
        """Check all settings. Raises `DaqError`."""
        self.engine.verify()
        if self.trigger and self.clock is None:
            raise DaqError(Code.TRIG_WHEN_ON_DEMAND_SAMP_TIMING, f"Task Name: {self.name}")

    def up_to(self, state: State) -> None:
        """Lead it up to a state, through those between; it keeps what it has got to where it fails."""
        self.verify()
        if self.state < State.RESERVED <= state:
            self.card.reserve(self, self.engine.resources())
            self.state = State.RESERVED
        if self.state < State.COMMITTED <= state:
            self.engine.commit()
            self.state = State.COMMITTED

    def back_to(self, state: State) -> None:
        """Lead it back to a state, if it is beyond; what belongs to the higher one is forgotten."""
        self.state = min(self.state, state)
        self.primed = False
        if self.state < State.COMMITTED and self._engine is not None:
            self._engine.release()
        if self.state < State.RESERVED:
            self.card.release(self)

    def start(self) -> None:
        """Start it, or arm it if it has a trigger."""
        if self.state is State.RUNNING:
            raise DaqError(Code.CAN_NOT_PERFORM_OP_WHILE_TASK_RUNNING, f"Task Name: {self.name}")
        self.card.require_device()
        self.rests, self.told = self.state, None
        try:
            self.up_to(State.COMMITTED)
            self.engine.start()
        except DaqError:
            self.back_to(self.rests)
            raise
        self.state = State.RUNNING
        self.starts += 1
        if self.trigger:
            self.card.arm(self, terminal(self.trigger))
        else:
            self.begin(self.card.bench.clock.now())

    def begin(self, at_s: float) -> None:
        """Let it run, and with it what waits for its start."""
        self.engine.begin(at_s)
        if self.clock is not None:
            self.card.fire(f"{self.engine.kind}/starttrigger", at_s)

    def stop(self) -> int:
        """Stop it. Returns a warning if it wasn't done; raises what ended it, if nobody was told yet."""
        if self.state is not State.RUNNING:
            return 0
        told, error, done = self.told, None, True
        try:
            done = self.done()
        except DaqError as ended_by:
            error = None if told is not None and told.code == ended_by.code else ended_by
        self.halt(self.rests)
        if error is not None:
            raise error
        return 0 if done or self.clock is None or not self.clock.finite else STOPPED_BEFORE_DONE

    def abort(self) -> None:
        """Stop it, whatever it does, and release the card."""
        if self.state is State.RUNNING:
            self.halt(State.VERIFIED)
        self.back_to(State.VERIFIED)

    def halt(self, rests: State) -> None:
        """End what runs, and lead it back to a state."""
        self.card.disarm(self)
        self.engine.halt()
        self.back_to(rests)
        self.card.bench.wake()

    def done(self) -> bool:
        """Whether it doesn't run any more. Raises what ended it."""
        if self.state is not State.RUNNING:
            return True
        self.card.require_device()
        self.card.bench.catch_up()
        try:
            return self.clock is None or self.engine.done()
        except DaqError as error:
            self.told = error
            raise

    def is_done(self) -> bool:
        """As `done`, for a client that asks again and again.

        On a clock that moves only when somebody waits it would ask for ever, so what the task does without
        anybody's help (no acquisition of another task goes on, which somebody reads) is waited for.
        """
        bench = self.card.bench
        done = self.done()
        if done or bench.clock.runs_by_itself:
            return done
        alone = bench.scan is None or bench.scan is getattr(self.engine, "run", None)
        due_s = self.engine.done_due_s()
        return alone and not math.isinf(due_s) and bench.wait_for(self.done, self.engine.done_due_s, due_s)

    def wait_until_done(self, timeout_s: float, cancelled: Callable[[], bool]) -> None:
        """Wait for the end. Raises -200560 when the time is over."""
        bench = self.card.bench
        deadline_s = bench.clock.now() + (timeout_s if timeout_s >= 0 else math.inf)
        if not bench.wait_for(lambda: cancelled() or self.done(), self.engine.done_due_s, deadline_s):
            raise DaqError(Code.WAIT_UNTIL_DONE_DOES_NOT_INDICATE_DONE, f"Task Name: {self.name}")
