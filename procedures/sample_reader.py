"""Reader of the samples during a run: passes them to the recorder and to detectors."""

import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np

from analysis.conductance import CurrentCalibration, conductance_G0
from analysis.detect import Detector
from analysis.loop_backs import Deviation, LoopBackMonitor
from analysis.records import NOTE, SKIPPED, Block, Event, EventKind, FloatArray
from drivers.errors import ReadTimeout, SamplesLost
from procedures.context import ProcedureContext
from procedures.errors import Aborted, LoopBackFault
from procedures.sample_checks import SampleChecks
from procedures.skipping import StepSkip
from procedures.steps import FINISHED

PATIENCE_S = 0.4
"""Longest delay of samples before the card counts as stalled."""

TAIL_S = 0.1
"""Time at the end of a step over which its result is averaged."""


class Sink(Protocol):
    """Receiver of samples and events: recorder, reducers, views."""

    def feed(self, block: Block) -> None:
        """Take the next samples."""

    def on_event(self, event: Event) -> None:
        """Take an event."""


@dataclass(frozen=True)
class Seen:
    """Result of watching a step.

    Parameters
    ----------
    ended : str
        Name of the detector that fired first, "skipped", or "finished".
    fired_at : int or None
        The sample at which it fired.
    tail : float
        Mean over the last tenth of a second; NaN without samples or if one of them is not finite.
    modulus : float
        Mean modulus of all values; NaN without samples.
    """

    ended: str
    fired_at: int | None
    tail: float
    modulus: float


class SampleReader:
    """Only reader of the card's samples during a run.

    Parameters
    ----------
    context : ProcedureContext
    sink : Sink
        Gets every sample and event.
    should_stop : callable
        Called at every read; True raises ``Aborted``.
    clock : callable
        Real time in s. A reader that falls behind the samples must read more at a time.
    skip : StepSkip
        Ends a step that can be skipped, if a user asks for it.
    """

    def __init__(
        self,
        context: ProcedureContext,
        sink: Sink,
        should_stop: Callable[[], bool],
        clock: Callable[[], float] = time.perf_counter,
        skip: StepSkip | None = None,
    ) -> None:
        self.amplifier: CurrentCalibration = context.amplifier
        self.next = 0
        """Index of the next sample."""
        self._daq = context.daq
        self._rate_Hz = context.rate_Hz
        self._longest_read_s = context.longest_read_s
        self._sink = sink
        self._should_stop = should_stop
        self._skip = skip or StepSkip()
        self._clock = clock
        self._context = context
        self._delay = round(context.input_delay_s * context.rate_Hz)
        self.loop_backs = LoopBackMonitor(context.loop_backs, delay=self._delay)
        """Monitor that gets every command to an output; a deviation ends the run."""
        self._checks = SampleChecks(context)
        self._unpublished: Block | None = None

    def write(self, **volts: float) -> int:
        """Write single values to outputs; return the number of samples acquired by then, which may be unread.

        The loop-backs may show both old and new values meanwhile.
        """
        self.loop_backs.held(volts, self.next)
        self._daq.write(**volts)
        written = self._daq.samples_acquired()
        self.loop_backs.known(written)
        return written

    @contextmanager
    def outputs_unknown(self) -> Iterator[None]:
        """Allow any change of the outputs inside the block; afterwards they must show the driver's values."""
        self.loop_backs.held(dict.fromkeys(self.loop_backs.outputs, float("nan")), self.next)
        yield
        at = self._daq.samples_acquired()
        self.loop_backs.held(self._daq.held, at, at)

    def settle(self, since: int) -> None:
        """Note the values of the outputs after a waveform that was stopped after sample ``since``."""
        self.loop_backs.held(self._daq.held, since, self._daq.samples_acquired())

    def watch_inputs(self) -> None:
        """End the run from now on if the card gives no numbers, or the current stays at its rail without a bias."""
        self._checks.watch_inputs()

    def watch_thermometer(self) -> None:
        """End the run from now on if the thermometer, once heard, is silent."""
        self._checks.watch_thermometer()

    def heater_peak_V(self) -> float:
        """Return the largest modulus of the heater's read-back since the last call; 0 without a heater."""
        return self._checks.taken_heater_peak_V()

    def samples(self, duration_s: float) -> int:
        """Convert a duration in s to a number of samples, at least one."""
        return max(1, round(duration_s * self._rate_Hz))

    def event(
        self, kind: EventKind, name: str, payload: Mapping[str, Any] | None = None, at: int | None = None
    ) -> None:
        """Record an event at the next sample or at sample ``at``."""
        self._publish()
        self._sink.on_event(Event(self.next if at is None else at, kind, name, dict(payload or {})))

    def conductance_G0(self, block: Block) -> FloatArray:
        """Return the conductance from measured bias and current, in G0, shape (n,).

        A current that the card does not give (NaN) is ``inf``, as a railed one: a moving tip must stop on it.
        """
        volts = block.channel("current")
        conductance = conductance_G0(volts, block.channel("bias"), self.amplifier)
        missing = np.isnan(volts)
        return np.where(missing, np.inf, conductance) if missing.any() else conductance

    def current_A(self, block: Block) -> FloatArray:
        """Return the current in A, shape (n,); ``inf`` of its sign where the amplifier is railed, or it is missing."""
        volts = block.channel("current")
        current_A = self.amplifier.current_A(volts)
        railed = self.amplifier.railed(volts) | np.isnan(volts)
        return np.where(railed, np.copysign(np.inf, current_A), current_A) if railed.any() else current_A

    def until(
        self,
        begin: int,
        n: int,
        look: Callable[[Block], FloatArray],
        detectors: Mapping[str, Detector],
        reaction_s: float,
        later_s: Mapping[str, float] = MappingProxyType({}),
    ) -> Seen:
        """Read ``n`` samples from index ``begin`` on, or until a detector fires or the user skips the step.

        A step that is skipped before it begins is read once: it was applied, so the recording shows it.

        Parameters
        ----------
        begin, n : int
            Samples to watch. Unread samples before ``begin`` are read first.
        look : callable
            Converts a block to the values for the detectors.
        detectors : mapping of str to Detector
        reaction_s : float
            Longest delay before a fired detector is noticed.
        later_s : mapping of str to float
            Longer delays, for detectors that allow them.
        """
        chunk = self._next_look(detectors, reaction_s, later_s)
        tail: deque[FloatArray] = deque()
        tail_samples, total, count = self.samples(TAIL_S), 0.0, 0
        fired: dict[str, int] = {}
        wanted = max(begin - self.next, 0) + chunk  # includes the samples taken while the step started
        now_s, now = self._clock(), begin
        while self.next < begin + n and not (self._skip.asked() and self.next > begin):
            block = self._read(min(wanted, begin + n - self.next)).part(begin, begin + n)
            if len(block):
                values = look(block)
                fired = {
                    name: at
                    for name, detector in detectors.items()
                    if (at := detector.feed(values)) is not None
                }
                total, count = total + float(np.abs(values).sum()), count + values.size
                tail.append(values)
                while count > tail_samples and sum(map(len, tail)) - len(tail[0]) >= tail_samples:
                    tail.popleft()
            if fired:
                break
            self._publish()
            wanted = self._next_look(detectors, reaction_s, later_s) if count else chunk
            if self._clock() - now_s > (self.next - now) / self._rate_Hz + 2 * reaction_s:  # falling behind
                now_s, now = self._clock(), self._daq.samples_acquired()
                wanted = max(now - self.next, wanted)
        otherwise = SKIPPED if self.next < begin + n else FINISHED
        first = min(fired, key=lambda name: fired[name], default=otherwise)
        last = np.concatenate([*tail, np.empty(0)])[-tail_samples:]
        return Seen(
            ended=first,
            fired_at=begin + fired[first] if fired else None,
            tail=float(last.mean()) if last.size and np.isfinite(last).all() else float("nan"),
            modulus=total / count if count else float("nan"),
        )

    def _next_look(
        self, detectors: Mapping[str, Detector], reaction_s: float, later_s: Mapping[str, float]
    ) -> int:
        """Return the number of samples to read before the next check.

        A detector that needs more samples before it can fire allows a longer read; long reads cost the least.
        """
        least = self.samples(reaction_s)
        late = (
            self.samples(later_s.get(name, reaction_s)) + detector.soonest - 1
            for name, detector in detectors.items()
        )
        return max(least, min(min(late, default=least), self.samples(self._longest_read_s)))

    def read_to(self, end: int) -> list[Block]:
        """Read up to sample ``end``, in pieces short enough for a prompt stop."""
        longest = self.samples(self._longest_read_s)
        blocks = []
        while self.next < end:
            blocks.append(self._read(min(end - self.next, longest)))
        self._publish()
        return blocks

    def reach(self, end: int) -> int:
        """Return the end of the next read on the way to sample ``end``: half a second, or all that is waiting."""
        waiting = self._daq.samples_acquired()
        return min(max(self.next + self.samples(self._longest_read_s), waiting), end)

    def read_at_once(self, end: int) -> None:
        """Read up to sample ``end`` in one piece."""
        if self.next < end:
            self._read(end - self.next)
            self._publish()

    def catch_up(self) -> int:
        """Read all samples that are waiting; return the index of the next sample."""
        waiting = self._daq.samples_acquired() - self.next
        if waiting > 0:
            self._read(waiting)
            self._publish()
        return self.next

    def catch_up_with_now(self) -> int:
        """Read all samples that show a time before the call; return the index of the next sample."""
        return self.catch_up_with(self.catch_up())

    def catch_up_with(self, acquired: int) -> int:
        """Read all samples that show a time before sample ``acquired``; return the index of the next sample."""
        self.read_to(acquired + self._delay)
        return self.next

    def _read(self, n: int) -> Block:
        """Read and check samples; the sink gets them with the next read or event, or by `_publish`."""
        if self._should_stop():
            raise Aborted
        try:
            block = self._daq.read(n, n / self._rate_Hz + PATIENCE_S)
        except (ReadTimeout, SamplesLost) as error:
            self._take(error.partial)
            raise
        self._take(block)
        deviation = self.loop_backs.feed(block)
        if deviation is not None:
            raise self._loop_back_fault(deviation)
        remark = self._checks.feed(block, self.amplifier)
        if remark:
            self.event(EventKind.MARK, NOTE, {"text": remark})
        return block

    def compare_loop_backs(self) -> None:
        """Compare the loop-backs with the commands since the last comparison. Raises ``LoopBackFault``."""
        deviation = self.loop_backs.check()
        if deviation is not None:
            raise self._loop_back_fault(deviation)

    def _loop_back_fault(self, deviation: Deviation) -> LoopBackFault:
        loop_back = self._context.input_name(deviation.output)
        output = self._context.output_name(deviation.output)
        return LoopBackFault(
            f"The {loop_back} reads {deviation.measured_V:+.4g} V since sample {deviation.sample}, but the {output} is "
            f"commanded to {deviation.commanded_V:+.4g} V: the wire of the loop-back is off, or the output is dead. "
            "Check both, then start again."
        )

    def means(
        self, duration_s: float, patience_s: float = PATIENCE_S, settle_s: float = 0.0
    ) -> dict[str, float]:
        """Read new samples for a while, even if a stop is requested; return the mean volts of every channel.

        Samples that show a time before the call, or within ``settle_s`` after it, are not averaged.
        """
        start = self._daq.samples_acquired() + self._delay + math.ceil(settle_s * self._rate_Hz)
        n = self.samples(duration_s)
        blocks = []
        while self.next < start + n:
            wanted = min(start + n - self.next, self.samples(self._longest_read_s))
            block = self._daq.read(wanted, wanted / self._rate_Hz + patience_s)
            self._take(block)
            blocks.append(block.part(start, start + n))
        self._publish()
        data = np.concatenate([block.data for block in blocks], axis=1)
        return dict(zip(blocks[0].channels, data.mean(axis=1).tolist(), strict=True))

    def _take(self, block: Block) -> None:
        try:
            self._publish()
        finally:  # an error there must not cost these samples
            if len(block):
                self.next, self._unpublished = block.stop, block

    def _publish(self) -> None:
        """Pass on the last samples: after whoever must act on them, because the sink wakes other threads."""
        block, self._unpublished = self._unpublished, None
        if block is not None:
            self._sink.feed(block)
