"""The world and the card's outputs, moved through time together in vectorised steps.

Nothing runs by itself: whoever asks for something first catches up with the clock. What the steps are depends
on what runs:

- an acquisition: a step for each tick of its sample clock, in which the outputs hold what they held *before*
  the tick; so a sample shows what the outputs were given one tick earlier, as on the card;
- else a waveform on a clock of its own: a step for each of its ticks;
- else steps of ``idle_rate_Hz`` with the held outputs. A stretch of more than ``idle_steps`` of them (nobody
  asked for ten seconds) is walked in that many longer steps.
"""

import math
import threading
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from simulators.chain import Chain
from simulators.clock import Clock
from simulators.faults import DeviceLost, Faults, LoopBack, OutputStuck, Stall
from simulators.parameters import Section
from simulators.ticks import TICK_ROUNDING, Generation, Scan, Ticks

FloatArray = NDArray[np.float64]


class BenchParameters(Section):
    """Steps of the bench."""

    idle_rate_Hz: float = Field(gt=0)
    idle_steps: int = Field(ge=1)
    chunk_steps: int = Field(ge=1)
    on_demand_s: float = Field(gt=0)
    gpib_address: int = Field(ge=0, le=30)
    line_address: int = Field(ge=0, le=3)


class Timeline:
    """What runs on the bench, and how far it has come.

    Parameters
    ----------
    parameters : BenchParameters
        Steps.
    clock : Clock
        What to catch up with.
    chain : Chain
        What is between outputs and inputs.
    power_up_V : float
        What the outputs put out at first.

    Attributes
    ----------
    lock : threading.RLock
        Held by whoever uses an instrument.
    changed : threading.Condition
        On the same lock; notified when samples have come, and when an acquisition, a waveform or a fault begins
        or ends.
    faults : Faults
        What goes wrong.
    listeners : list of callable
        Called before time passes: a wire that delivers by itself hands over what has come.
    time_s : float
        How far the world has come.
    acquired : int
        Samples of the present acquisition, or of the last.
    """

    def __init__(self, parameters: BenchParameters, clock: Clock, chain: Chain, power_up_V: float) -> None:
        self.parameters = parameters
        self.clock = clock
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.faults = Faults(self.changed)
        self.listeners: list[Callable[[], None]] = []
        self.time_s = clock.now()
        self.acquired = 0
        self._chain = chain
        self._sample = getattr(chain, "sample", chain.advance)
        self._power_up_V = power_up_V
        self._held = dict.fromkeys(("bias", "z"), power_up_V)
        self._driven = dict(self._held)
        self.loop_back_factors = dict.fromkeys(self._held, 1.0)
        """Volts that each loop-back shows for a volt of its output."""
        self._present = dict.fromkeys(("current", "thermocouple", "bias", "z"), 0.0)
        self._scan: Scan | None = None
        self._scan_ticks = Ticks(1.0, 0.0)
        self._generation: Generation | None = None
        self._generation_ticks = Ticks(1.0, 0.0)

    # What the card does

    def hold(self, signal: str, volts: float) -> None:
        """Put out a value from now on."""
        with self.lock:
            self.catch_up()
            self._held[signal] = volts
            self.changed.notify_all()

    def power_up(self) -> None:
        """Stop everything and put out what the outputs have after power-up."""
        with self.lock:
            self.stop_scan()
            self.stop_generation()
            for signal in self._held:
                self.hold(signal, self._power_up_V)

    def start_scan(self, scan: Scan, at_s: float) -> None:
        """Begin an acquisition at a time, which is now; its first sample comes one period later."""
        with self.lock:
            self.catch_up()
            self._scan, self.acquired = scan, 0
            self._scan_ticks = Ticks(scan.rate_Hz, at_s)
            self.changed.notify_all()

    def stop_scan(self) -> None:
        """End the acquisition, if there is one."""
        with self.lock:
            self.catch_up()
            self._scan = None
            self.changed.notify_all()

    def start_generation(self, generation: Generation, at_s: float) -> None:
        """Begin to put out a waveform at a time, which is now: with the next tick of its clock."""
        with self.lock:
            self.catch_up()
            self._generation = generation
            self._generation_ticks = Ticks(generation.rate_Hz or 1.0, at_s)
            self.changed.notify_all()

    def stop_generation(self) -> None:
        """Stop the waveform, if there is one; the outputs hold what they put out last."""
        with self.lock:
            self.catch_up()
            self._generation = None
            self.changed.notify_all()

    @property
    def scan(self) -> Scan | None:
        """Get the acquisition that runs."""
        return self._scan

    # Time

    def catch_up(self) -> None:
        """Bring everything up to the clock."""
        with self.lock:
            for listen in self.listeners:
                listen()
            until_s = self.clock.now()
            while self._advance(until_s):
                pass

    def scan_due_s(self, samples: int) -> float:
        """Get when so many samples of the acquisition will be there; infinite if it doesn't run."""
        running = self._scan is not None and not self._stands_still()
        return self._scan_ticks.time_s(samples) if running else math.inf

    def generation_due_s(self, ticks: int) -> float:
        """Get when the waveform will have had so many more ticks; infinite if its clock doesn't run."""
        if self._generation is None:
            return math.inf
        if self._generation.rate_Hz is None:
            return self.scan_due_s(self._scan_ticks.done + ticks)
        return self._generation_ticks.time_s(self._generation_ticks.done + ticks)

    def _stands_still(self) -> bool:
        lost = self.faults.active(DeviceLost, self.acquired)
        return lost is not None or self.faults.active(Stall, self.acquired) is not None

    def _advance(self, until_s: float) -> bool:
        """One vectorised stretch towards ``until_s``. Returns whether there may be more to do."""
        stands_still = self._stands_still()
        if self._scan is not None and not stands_still:
            return self._advance_scan(self._scan, until_s)
        own_clock = self._generation is not None and self._generation.rate_Hz is not None
        if own_clock and not stands_still:
            return self._advance_generation(until_s)
        more = self._advance_idle(until_s)
        if stands_still:
            self._scan_ticks.stand_still(until_s)
            self._generation_ticks.stand_still(until_s)
        return more

    def _advance_scan(self, scan: Scan, until_s: float) -> bool:
        ticks = self._scan_ticks
        steps = min(ticks.due(until_s), self.parameters.chunk_steps, scan.room())
        change = self.faults.next_change(self.acquired)
        if change is not None:
            steps = min(steps, change - self.acquired)
        if steps > 0:
            self._live(steps, 1 / ticks.rate_Hz, ticks.times_s(steps), scan)
            ticks.done += steps
            self.acquired += steps
            self.time_s = ticks.time_s(ticks.done)
            self.changed.notify_all()
        if scan.room() < 1:
            self._scan = None
            self.changed.notify_all()
            return True
        return steps > 0

    def _advance_generation(self, until_s: float) -> bool:
        ticks = self._generation_ticks
        steps = min(ticks.due(until_s), self.parameters.chunk_steps)
        if steps < 1:
            return False
        times_s = ticks.times_s(steps)
        self._live(steps, 1 / ticks.rate_Hz, times_s, None)
        self.time_s = float(times_s[-1])
        self.changed.notify_all()
        return True

    def _advance_idle(self, until_s: float) -> bool:
        rate_Hz = self.parameters.idle_rate_Hz
        steps = math.floor((until_s - self.time_s) * rate_Hz + TICK_ROUNDING)
        if steps < 1:
            return False
        dt = 1 / rate_Hz
        if steps > self.parameters.idle_steps:
            steps = self.parameters.idle_steps
            dt = (until_s - self.time_s) / steps
        else:
            steps = min(steps, self.parameters.chunk_steps)
        self._live(steps, dt, np.empty(0), None)
        self.time_s += steps * dt
        return True

    def _live(self, steps: int, dt: float, times_s: FloatArray, scan: Scan | None) -> None:
        """Move everything through ``steps`` steps; ``times_s`` are the ends of those that a clock makes."""
        outputs = {signal: np.full(steps, volts) for signal, volts in self._held.items()}
        if self._generation is not None and len(times_s):
            outputs |= self._play(self._generation, times_s)
        for stuck in self.faults.all_active(OutputStuck, self.acquired):
            outputs[stuck.signal] = np.full(steps, self._driven[stuck.signal])
        self._driven = {signal: float(volts[-1]) for signal, volts in outputs.items()}
        for mishap in self.faults.take_mishaps(self.acquired):
            self._chain.suffer(mishap)
        added_A = self.faults.added_current_A(self.acquired)
        advance = self._chain.advance if scan is None else self._sample
        signals = self._looped_back(advance(outputs["bias"], outputs["z"], dt, added_A))
        self._present = {name: float(volts[-1]) for name, volts in signals.items()}
        if scan is not None:
            scan.take(signals)

    def _terminals(self) -> dict[str, float]:
        """Return the volts at the outputs' terminals now."""
        stuck = {fault.signal for fault in self.faults.all_active(OutputStuck, self.acquired)}
        return {name: self._driven[name] if name in stuck else volts for name, volts in self._held.items()}

    def _looped_back(self, signals: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the signals as the loop-backs show them."""
        factors = dict(self.loop_back_factors)
        for fault in self.faults.all_active(LoopBack, self.acquired):
            factors[fault.signal] *= fault.factor
        changed = {name: factor * signals[name] for name, factor in factors.items() if factor != 1.0}
        return {**signals, **changed} if changed else signals

    def _play(self, generation: Generation, times_s: FloatArray) -> dict[str, FloatArray]:
        """What the waveform's outputs hold in each step, and let it tick; a tick counts from the next step."""
        ticks = self._generation_ticks
        follows_scan = generation.rate_Hz is None
        counts = np.arange(1, len(times_s) + 1) if follows_scan else ticks.counts(times_s)
        held = np.array([[self._held[signal]] for signal in generation.signals])
        played = np.concatenate((held, generation.play(int(counts[-1]))), axis=1)
        ticks.done += int(counts[-1])
        self._held |= dict(zip(generation.signals, played[:, -1].tolist(), strict=True))
        if generation.ended:
            self._generation = None
            self.changed.notify_all()
        steps = played[:, np.concatenate(([0], counts[:-1]))]
        return dict(zip(generation.signals, steps, strict=True))
