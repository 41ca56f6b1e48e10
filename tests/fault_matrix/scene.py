"""One run on a simulated rig in which a fault happens at a sample of a step: the hooks, and what was seen."""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

import app.acquisition.run_sink as run_sink
from analysis.recording import durable
from analysis.recording.run_log import log_of
from analysis.records import Block, FloatArray
from app.acquisition.bench import Bench
from app.acquisition.recorder import STUCK_S
from app.acquisition.watchdog.process import _TERMINATED
from app.acquisition.watchdog.rescue import standby_card
from app.acquisition.watchdog.watchdog import Watchdog, WatchdogGone
from app.config.rig import load_rig
from procedures.preflight.proof import Prove
from procedures.runner import Runner
from procedures.sample_reader import SampleReader
from procedures.step_runner import StepRunner
from procedures.steps import MakeSafe, Step
from tests.support.patience import PATIENCE_S
from tests.support.rig.rigs import ServedRig
from tests.support.rig.watchdog_in_thread import WatchdogThread
from tests.support.rig.watchdogs import WatchdogWithoutProcess

PROOF, END = "proof", "the end"
WITH_WATCHDOG = frozenset({"bench killed", "bench suspended", "watchdog asked to end"})
"""Faults for which the real watchdog is on duty, in a thread; the others have a stand-in."""


class Killed(BaseException):
    """Unwinds a bench whose process would have been killed."""


class _WatchdogThatMayDie(WatchdogWithoutProcess):
    """Stand-in for a watchdog, which can die."""

    dead = told = False

    def check(self) -> None:
        if self.dead and not self.told:
            self.told = True
            raise WatchdogGone("The watchdog has gone")


class _Silence:
    """Message to a watchdog that makes it believe that no frame came for a million seconds."""

    seq = 0

    def __init__(self, duty: Any) -> None:
        self._duty = duty

    @property
    def kind(self) -> None:
        self._duty._alive_s = -1e6


class _Poison:
    """Item of a queue that can't be handled."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Any:
        raise self._error


def name_of(step: Step) -> str:
    """Return the name of a step in the matrix."""
    words = {"SetBias": "set bias", "MakeSafe": "make safe", "WriteNote": "note"}
    kind = type(step).__name__
    return words[kind] if kind in words else str(getattr(step, "name", kind.lower()))


@dataclass
class Moment:
    """A moment of a run: the nth step of a name, and samples after its begin."""

    step: str
    nth: int = 0
    delay: int = 0


@dataclass
class Scene:
    """A run with a fault.

    Parameters
    ----------
    rig : ServedRig
    bench : Bench
    out : Path
        Recording.
    moment : Moment or None
        Moment of the fault; None for none.
    strike : callable
        Lets the fault happen, with the scene and the sample.
    """

    rig: ServedRig
    bench: Bench
    out: Path
    moment: Moment | None = None
    strike: Callable[["Scene", int], None] = lambda scene, at: None
    steps: list[tuple[str, int, int]] = field(default_factory=list)
    """Steps of the run, each with its first sample and the one after its last."""

    blocks: list[tuple[int, FloatArray]] = field(default_factory=list)
    """Samples that the reader handed on."""

    struck_at: int | None = None
    happened: bool = False
    """True once a fault of the program has happened; that of the rig happens by its sample."""

    dead: bool = False
    """True once the bench was killed: what its thread does then, no process would."""

    while_dead: list[Callable[[], None]] = field(default_factory=list)
    """Looks to take while the bench is dead."""

    reader: SampleReader | None = None
    watchdog: WatchdogThread | None = None
    _struck_in: int = 0
    _seen: dict[str, int] = field(default_factory=dict)
    _waiting: list[tuple[int, Callable[[], None]]] = field(default_factory=list)
    _stack: ExitStack = field(default_factory=ExitStack)
    _hangs: threading.Event = field(default_factory=threading.Event)

    # ---- what faults use ----

    @property
    def log(self) -> Path:
        """Log of the recording."""
        return log_of(self.out)

    @property
    def sink(self) -> Any:
        """Sink of the run."""
        assert self.reader is not None
        return self.reader._sink

    def card_sample(self, at: int) -> int | None:
        """Return the sample for a fault of the rig; None (now) before the acquisition."""
        return at if at >= 0 else None

    def at_sample(self, at: int, action: Callable[[], None]) -> None:
        """Let something happen when the program reads a sample; at once before the acquisition."""
        if at < 0:
            action()
        else:
            self._waiting.append((at, action))

    def disk_fails(self, error: BaseException) -> None:
        """Let the disk of the recording refuse all that is written from now on."""
        append, descriptor = durable.append, self.sink._recorder._writer._log._descriptor

        def refusing(to: int, content: bytes) -> None:
            if to == descriptor:
                raise error
            append(to, content)

        self._stack.enter_context(patch.object(durable, "append", refusing))

    def disk_hangs(self) -> None:
        """Let the disk hang until the rig is safe, for longer than the recorder waits."""
        recorder, late_s = self.sink._recorder, [0.0]
        recorder._clock = lambda: time.monotonic() + late_s[0]
        self._stack.enter_context(
            patch.object(durable, "sync", lambda descriptor: self._hangs.wait(PATIENCE_S))
        )
        until_s = time.monotonic() + PATIENCE_S
        self.sink.flush()
        while recorder._flushing_since is None and time.monotonic() < until_s:
            time.sleep(0.005)
        late_s[0] = STUCK_S + 1

    def cut_log(self) -> None:
        """Cut the log of the recording to half, as another program may."""
        with self.log.open("r+b") as file:
            file.truncate(self.log.stat().st_size // 2)

    def time_of_day_jumps(self, by_s: float) -> None:
        """Set the time of day."""

        class Shifted(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> "datetime":
                return datetime.now(tz or UTC) + timedelta(seconds=by_s)

        self._stack.enter_context(patch.object(run_sink, "datetime", Shifted))
        self.sink._next_tie = 0

    def clock_jumps(self, by_s: float) -> None:
        """Let the computer's clock jump."""
        assert self.reader is not None
        clock = self.reader._clock
        self.reader._clock = lambda: clock() + by_s

    def reducers_fail(self, error: BaseException) -> None:
        """Let the thread that cuts traces fail."""
        self.sink._reducers._queue.put(_Poison(error))

    def watchdog_dies(self) -> None:
        """Kill the watchdog."""
        self.sink._check_watchdog.__self__.dead = True

    def _tripped(self, message: object) -> None:
        watchdog = self.watchdog
        assert watchdog is not None
        bench_side = self.sink._check_watchdog.__self__
        watchdog.messages.put(message)
        assert bench_side.made_safe(PATIENCE_S)
        for look in self.while_dead:
            look()

    def watchdog_trips(self) -> None:
        """Let the system ask the watchdog to end."""
        self._tripped(_TERMINATED)

    def bench_suspended(self) -> None:
        """Suspend the bench until the watchdog has acted."""
        assert self.watchdog is not None
        self._tripped(_Silence(self.watchdog.watch.duty))

    def bench_killed(self) -> None:
        """Kill the bench; look at the rig and the recording once the watchdog has left."""
        assert self.watchdog is not None
        self.watchdog.stdin.close()
        self.watchdog.wait()
        for look in self.while_dead:
            look()
        self.dead = True
        raise Killed

    def retracted(self) -> None:
        """Retract by hand, from another thread."""
        thread = threading.Thread(target=self.bench.retract)
        thread.start()
        thread.join()

    # ---- hooks ----

    def _begin(self, name: str, at: int, delay: int) -> None:
        nth = self._seen.get(name, 0)
        self._seen[name] = nth + 1
        moment = self.moment
        if moment is not None and (moment.step, moment.nth) == (name, nth):
            self.struck_at = at + delay if at >= 0 else at
            self._struck_in = len(self.steps)
            self.strike(self, self.struck_at)

    def _due(self, until: int) -> None:
        for waiting in [one for one in self._waiting if one[0] <= until]:
            self._waiting.remove(waiting)
            self.happened = True
            waiting[1]()

    @contextmanager
    def hooked(self, fault: str = "") -> Iterator[None]:
        """Look at steps and samples of the run in this process, and strike."""
        do, read, take = StepRunner.do, SampleReader._read, SampleReader._take
        run, end = Runner.run, Runner._end
        prove, scene, delay = Prove.__call__, self, self.moment.delay if self.moment else 0

        def running(self: Runner, procedure: Any) -> Any:
            scene.reader = self._watch
            return run(self, procedure)

        def doing(self: StepRunner, step: Step) -> Any:
            began = self._watch.next
            scene._begin(name_of(step), self._daq.samples_acquired(), delay)
            try:
                return do(self, step)
            finally:
                scene.steps.append((name_of(step), began, self._watch.next))

        def reading(self: SampleReader, n: int) -> Block:
            scene._due(self.next + n)
            return read(self, n)

        def taking(self: SampleReader, block: Block) -> None:
            if len(block):
                scene.blocks.append((block.first, block.data.copy()))
            take(self, block)

        def ending(self: Runner, *words: Any, **more: Any) -> Any:
            began = self._watch.next
            scene._begin(END, began, 0)
            scene._due(began)
            try:
                return end(self, *words, **more)
            finally:
                scene.steps.append((END, began, self._watch.next))
                scene._hangs.set()

        def proving(self: Prove, *words: Any, **more: Any) -> Any:
            scene._begin(PROOF, -1, 0)
            scene.steps.append((PROOF, 0, 0))
            return prove(self, *words, **more)

        with self._stack as stack:
            stack.enter_context(patch.object(Runner, "run", running))
            stack.enter_context(patch.object(StepRunner, "do", doing))
            stack.enter_context(patch.object(SampleReader, "_read", reading))
            stack.enter_context(patch.object(SampleReader, "_take", taking))
            stack.enter_context(patch.object(Runner, "_end", ending))
            stack.enter_context(patch.object(Prove, "__call__", proving))
            stack.enter_context(patch.object(tempfile, "tempdir", str(self.out.parent)))
            stack.enter_context(patch("app.acquisition.bench.analysed", lambda path: None))
            if fault in WITH_WATCHDOG:
                stack.enter_context(patch("app.acquisition.bench.Watchdog", Watchdog))
                stack.enter_context(
                    patch("app.acquisition.watchdog.watchdog.child_process.start", self._started)
                )
            else:
                stack.enter_context(patch("app.acquisition.bench.Watchdog", _WatchdogThatMayDie))
            yield

    def _started(self, module: str, rig_file: str, *words: str, **pipes: Any) -> WatchdogThread:
        self.watchdog = WatchdogThread(Path(rig_file), standby_card(load_rig(Path(rig_file))))
        return self.watchdog

    # ---- what was seen ----

    @property
    def in_last_step(self) -> bool:
        """True if the fault came when nothing but making safe was still to be done, as a step or as the end."""
        return all(name in (END, name_of(MakeSafe())) for name, _, _ in self.steps[self._struck_in + 1 :])

    def handed_on(self) -> tuple[np.ndarray, FloatArray]:
        """Return the indices of all samples that the reader handed on, and the samples."""
        if not self.blocks:
            return np.empty(0, int), np.empty((0, 0))
        indices = np.concatenate([np.arange(first, first + data.shape[1]) for first, data in self.blocks])
        return indices, np.concatenate([data for _, data in self.blocks], axis=1)
