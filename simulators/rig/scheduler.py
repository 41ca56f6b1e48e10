"""World and outputs of the card, moved through time together in vectorised steps.

Nothing advances in the background: every access first catches up with the clock. The steps depend on the running
tasks:

- with an acquisition, one step from each tick of its sample clock to the next, in which the outputs have their values
  from *after* the tick. Each input is converted some microseconds into the step: see `simulators.rig.converter`. The
  world is thus up to one step ahead of the clock;
- else with a waveform on its own clock, one step per tick of that clock;
- else steps of ``idle_rate_Hz`` with constant outputs. A stretch of more than ``idle_steps`` (such as ten seconds
  without any access) takes ``idle_steps`` longer steps.

A step takes half a millisecond however short it is. While a client does nothing but read, on a clock that advances
only for it, the bench therefore computes further samples than asked for and hands them over later. Any other access
takes back what was not handed over (`Timeline.settle`), so that nothing but the duration differs.
"""

import math
import threading
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from simulators.parameters import ParameterSection
from simulators.rig.clock import Clock
from simulators.rig.faults import AmplifierOutput, DeviceLost, Faults, LoopBack, OutputStuck, Stall
from simulators.rig.look_ahead import SHORT_READ, Ahead, knows_its_state
from simulators.rig.memento import Memento, Restore, is_ours
from simulators.rig.ni6281 import before_wires
from simulators.rig.sample_clock import TICK_ROUNDING, Generation, Scan, Ticks
from simulators.rig.signal_chain import Chain

FloatArray = NDArray[np.float64]

AMPLIFIER_RAIL_V = 10.0
"""Largest output of an amplifier whose output is scaled by a fault."""

_NOWHERE: Mapping[str, float] = MappingProxyType({})


class BenchParameters(ParameterSection):
    """Steps of the bench."""

    idle_rate_Hz: float = Field(gt=0)
    idle_steps: int = Field(ge=1)
    chunk_steps: int = Field(ge=1)
    look_ahead_steps: int = Field(ge=0)
    on_demand_s: float = Field(gt=0)
    gpib_address: int = Field(ge=0, le=30)
    line_address: int = Field(ge=0, le=3)


class Timeline:
    """Acquisition and waveform on the bench, and their progress in time.

    Parameters
    ----------
    parameters : BenchParameters
        Steps.
    clock : Clock
        Clock to catch up with.
    chain : Chain
        Signal chain between outputs and inputs.
    power_up_V : float
        Initial voltage of the outputs.

    Attributes
    ----------
    lock : threading.RLock
        Held while an instrument is used.
    changed : threading.Condition
        Condition on the same lock; notified by new samples, and when an acquisition, a waveform or a fault begins or
        ends.
    faults : Faults
        Injected faults.
    listeners : list of callable
        Called before time passes, so that a listen-only wire can deliver pending bytes.
    time_s : float
        The world's time.
    acquired : int
        Number of samples of the present or last acquisition.
    """

    def __init__(self, parameters: BenchParameters, clock: Clock, chain: Chain, power_up_V: float) -> None:
        self.parameters = parameters
        self.clock = clock
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.faults = Faults(self.changed, self.settle)
        self.listeners: list[Callable[[], None]] = []
        self.time_s = clock.now()
        self._caught_up_s = -math.inf
        self.acquired = 0
        self._chain = chain
        self._sample = getattr(chain, "sample", chain.advance)
        self.looks_ahead = not clock.runs_by_itself and knows_its_state(chain)
        """True if samples may be computed before their time; set it to False to watch the steps of the world."""
        self._ahead: Ahead | None = None
        self._undisturbed = 0
        self._power_up_V = power_up_V
        self._held = dict.fromkeys(("bias", "z"), power_up_V)
        self._driven = dict(self._held)
        self.loop_back_factors = dict.fromkeys(self._held, 1.0)
        """Voltage of each loop-back per volt of its output."""
        self.timebase = 1.0
        """True rate of a sample clock over its nominal rate."""
        self._present = dict.fromkeys(("current", "thermocouple", "bias", "z"), 0.0)
        self._scan: Scan | None = None
        self._scan_ticks = Ticks(1.0, 0.0)
        self._generation: Generation | None = None
        self._generation_ticks = Ticks(1.0, 0.0)

    # Actions of the card

    def hold(self, signal: str, volts: float) -> None:
        """Set an output to a voltage from now on."""
        with self.lock:
            self.catch_up()
            self._held[signal] = volts
            self.changed.notify_all()

    def power_up(self) -> None:
        """Stop everything and set the outputs to their power-up voltage."""
        with self.lock:
            self.stop_scan()
            self.stop_generation()
            for signal in self._held:
                self.hold(signal, self._power_up_V)

    def start_scan(self, scan: Scan, at_s: float) -> None:
        """Start an acquisition at the present time ``at_s``; its first sample comes one period later."""
        with self.lock:
            self.catch_up()
            self._scan, self.acquired = scan, 0
            self._scan_ticks = Ticks(scan.rate_Hz * self.timebase, at_s)
            self.changed.notify_all()

    def stop_scan(self) -> None:
        """Stop the acquisition, if one runs."""
        with self.lock:
            self.catch_up()
            self._scan = None
            self.changed.notify_all()

    def start_generation(self, generation: Generation, at_s: float) -> None:
        """Start a waveform at the present time ``at_s``; its first value comes with the next tick of its clock."""
        with self.lock:
            self.catch_up()
            self._generation = generation
            self._generation_ticks = Ticks((generation.rate_Hz or 1.0) * self.timebase, at_s)
            self.changed.notify_all()

    def stop_generation(self) -> None:
        """Stop the waveform, if one runs; the outputs hold their last values."""
        with self.lock:
            self.catch_up()
            self._generation = None
            self.changed.notify_all()

    @property
    def scan(self) -> Scan | None:
        """Running acquisition, or None."""
        return self._scan

    # Time

    def catch_up(self) -> None:
        """Advance the bench to the present time."""
        with self.lock:
            self.settle()
            self.catch_up_to_read()
            self.settle()

    def settle(self) -> None:
        """Take back what was computed ahead of the samples that were handed over."""
        with self.lock:
            self._undisturbed = 0
            ahead, self._ahead = self._ahead, None
            if ahead is not None:
                ahead.take_back(self._acquire)

    def catch_up_to_read(self) -> None:
        """Advance the bench to the present time, for a client that only reads samples: others may be ahead."""
        with self.lock:
            until_s = self.clock.now()
            if until_s == self._caught_up_s and not self.faults:
                return  # on the fast clock, nearly always
            for listen in self.listeners:
                listen()
            while self._advance(until_s):
                pass
            self._caught_up_s = until_s

    def scan_due_s(self, samples: int) -> float:
        """Return the time at which a number of samples will have been acquired; infinite without an acquisition."""
        running = self._scan is not None and not self._stands_still()
        return self._scan_ticks.time_s(samples) if running else math.inf

    def generation_due_s(self, ticks: int) -> float:
        """Return the time at which the waveform will have advanced by ``ticks``; infinite if its clock is stopped."""
        if self._generation is None:
            return math.inf
        if self._generation.rate_Hz is None:
            return self.scan_due_s(self._scan_ticks.done + ticks)
        return self._generation_ticks.time_s(self._generation_ticks.done + ticks)

    def _stands_still(self) -> bool:
        lost = self.faults.active(DeviceLost, self.acquired)
        return lost is not None or self.faults.active(Stall, self.acquired) is not None

    def _advance(self, until_s: float) -> bool:
        """Advance by one vectorised stretch towards ``until_s``; return True if there may be more."""
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
        due = ticks.due(until_s)
        steps = min(due, self.parameters.chunk_steps, scan.room())
        change = self.faults.next_change(self.acquired)
        if change is not None:
            steps = min(steps, change - self.acquired)
        if steps > 0:
            readings = self._readings(steps, scan)
            steps = readings.shape[1]
            scan.store(readings)
            ticks.done += steps
            self.acquired += steps
            self.time_s = ticks.time_s(ticks.done)
            self.changed.notify_all()
        if scan.room() < 1:
            self._scan = None
            self.changed.notify_all()
            return True
        return 0 < steps < due

    def _readings(self, steps: int, scan: Scan) -> FloatArray:
        """Return the readings of up to ``steps`` steps, at least one, computed now or before."""
        ticks, ahead = self._scan_ticks, self._ahead
        self._undisturbed += steps
        if ahead is None:
            more = self._look_ahead(steps, scan)
            if not more:
                return self._acquire(scan, 1 / ticks.rate_Hz, ticks.times_s(steps))
            back = Memento(self, self._chain, self._generation, self._generation_ticks, scan.converter)
            step = scan, 1 / ticks.rate_Hz, ticks.times_s(steps + more)
            ahead = self._ahead = Ahead(back, *step, self._acquire(*step))
        readings = ahead.hand_over(steps)
        if not ahead.left:
            self._ahead = None
        return readings

    def _look_ahead(self, steps: int, scan: Scan) -> int:
        """Return the number of steps worth computing beyond the next ones: as many as were read without a pause."""
        known = self._generation is None or is_ours(type(self._generation))
        if not (self.looks_ahead and known) or steps > SHORT_READ or self.faults:
            return 0
        return max(0, min(self._undisturbed, self.parameters.look_ahead_steps, scan.room()) - steps)

    def memento(self) -> Restore:
        """Return a function that restores the outputs and the waveform, not the time."""
        held, driven, present, generation = dict(self._held), self._driven, self._present, self._generation

        def restore() -> None:
            self._held, self._driven, self._present, self._generation = held, driven, present, generation

        return restore

    def _advance_generation(self, until_s: float) -> bool:
        ticks = self._generation_ticks
        steps = min(ticks.due(until_s), self.parameters.chunk_steps)
        if steps < 1:
            return False
        times_s = ticks.times_s(steps)
        self._live(steps, 1 / ticks.rate_Hz, times_s)
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
        self._live(steps, dt, np.empty(0))
        self.time_s += steps * dt
        return True

    def _acquire(self, scan: Scan, dt: float, times_s: FloatArray) -> FloatArray:
        """Advance everything by the steps that begin with the ticks at ``times_s``; return the readings."""
        generation, steps = self._generation, len(times_s)
        played = {} if generation is None else self._play(generation, times_s)
        outputs = {signal: volts for signal, (_, volts) in played.items()}
        outputs |= {
            signal: np.full(steps, volts) for signal, volts in self._held.items() if signal not in played
        }
        follows = generation is not None and generation.rate_Hz is None
        before = {signal: volts for signal, (volts, _) in played.items()} if follows else {}
        for stuck in self.faults.all_active(OutputStuck, self.acquired):
            before.pop(stuck.signal, None)
        signals = self._advance_by(dt, outputs, scan.at_s)
        earlier = {signal: self._at_terminal(signal, nominal_V) for signal, nominal_V in before.items()}
        return scan.convert(signals, self._looped_back(earlier))

    def _live(self, steps: int, dt: float, times_s: FloatArray) -> None:
        """Advance everything by ``steps`` steps; ``times_s`` are their ends if a clock makes them, else empty."""
        outputs = {signal: np.full(steps, volts) for signal, volts in self._held.items()}
        if self._generation is not None and len(times_s):
            outputs |= {signal: volts for signal, (volts, _) in self._play(self._generation, times_s).items()}
        self._advance_by(dt, outputs, None)

    def _advance_by(
        self, dt: float, outputs: dict[str, FloatArray], at_s: Mapping[str, float] | None
    ) -> Mapping[str, FloatArray]:
        """Advance everything; return the voltages at the terminals, for a scan at its conversions ``at_s``."""
        for stuck in self.faults.all_active(OutputStuck, self.acquired):
            outputs[stuck.signal] = np.full(len(outputs[stuck.signal]), self._driven[stuck.signal])
        self._driven = {signal: float(volts[-1]) for signal, volts in outputs.items()}
        for event in self.faults.take_events(self.acquired):
            self._chain.apply(event)
        added_A = self.faults.added_current_A(self.acquired)
        volts = {signal: self._at_terminal(signal, nominal_V) for signal, nominal_V in outputs.items()}
        advance, at_s = (self._chain.advance, _NOWHERE) if at_s is None else (self._sample, at_s)
        heater = {"heater_V": volts["heater"]} if "heater" in volts else {}
        signals = self._looped_back(advance(volts["bias"], volts["z"], dt, added_A, at_s, **heater))
        self._present = {name: float(values[-1]) for name, values in signals.items()}
        return signals

    def _at_terminal(self, signal: str, nominal_V: FloatArray) -> FloatArray:
        """Return the true voltages of an output for its nominal ones."""
        return nominal_V

    def _terminals(self) -> dict[str, float]:
        """Return the present voltages at the outputs' terminals."""
        stuck = {fault.signal for fault in self.faults.all_active(OutputStuck, self.acquired)}
        return {name: self._driven[name] if name in stuck else volts for name, volts in self._held.items()}

    def _looped_back(self, signals: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the signals with the factors and faults of the loop-backs and of the amplifiers' outputs."""
        factors = dict(self.loop_back_factors)
        at_terminals = {before_wires(name): signals[name] for name in factors if name in signals}
        if not self.faults and all(factor == 1.0 for factor in factors.values()):
            return {**signals, **at_terminals}
        for fault in self.faults.all_active(LoopBack, self.acquired):
            factors[fault.signal] *= fault.factor
        changed = {
            name: factor * signals[name]
            for name, factor in factors.items()
            if factor != 1.0 and name in signals
        }
        for output in self.faults.all_active(AmplifierOutput, self.acquired):
            if output.signal in signals:
                volts = output.factor * changed.get(output.signal, signals[output.signal])
                changed[output.signal] = np.clip(volts, -AMPLIFIER_RAIL_V, AMPLIFIER_RAIL_V)
        return {**signals, **at_terminals, **changed}

    def _play(self, generation: Generation, times_s: FloatArray) -> dict[str, tuple[FloatArray, FloatArray]]:
        """Advance the waveform to each of the times; return its outputs since the time before, and from then on."""
        ticks = self._generation_ticks
        follows_scan = generation.rate_Hz is None
        counts = None if follows_scan else ticks.counts(times_s)
        count = len(times_s) if counts is None else int(counts[-1])
        held = np.array([[self._held[signal]] for signal in generation.signals])
        played = np.concatenate((held, generation.play(count)), axis=1)
        ticks.done += count
        self._held |= dict(zip(generation.signals, played[:, -1].tolist(), strict=True))
        if generation.ended:
            self._generation = None
            self.changed.notify_all()
        if counts is None:
            since, later = played[:, :-1], played[:, 1:]
        else:
            since, later = played[:, np.concatenate(([0], counts[:-1]))], played[:, counts]
        return dict(zip(generation.signals, zip(since, later, strict=True), strict=True))
