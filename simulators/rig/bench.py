"""Complete simulated bench: the junction and its amplifiers, the card's outputs, and time.

There is one lock. Every wire holds it while it uses an instrument, and every wait releases it.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulators.parameters import Parameters
from simulators.rig.accuracy import CardErrors
from simulators.rig.clock import Clock
from simulators.rig.converter import Conversion, Converter
from simulators.rig.ni6281 import CALIBRATION_REFERENCE, NI6281Parameters
from simulators.rig.sample_clock import Scan
from simulators.rig.scheduler import BenchParameters, Timeline
from simulators.rig.signal_chain import STANDARD, AmplifierModels, Chain, Converts, SignalChain
from simulators.world.coarse_stepper import CoarseParameters, CoarseStepper

FloatArray = NDArray[np.float64]


class SimulatedBench(Timeline):
    """World, amplifiers and outputs of the card, moved through time together.

    Parameters
    ----------
    parameters : Parameters
        Parameters of all parts.
    seed : int
        Seed of every random number on the bench.
    clock : Clock
        `WallClock`, `FastClock`, or one that a test steps by hand.
    chain : Chain, optional
        Signal chain between outputs and inputs, in place of the simulated junction and its amplifiers.
    models : AmplifierModels
        Simulated amplifiers.

    Attributes
    ----------
    card : NI6281Parameters
        Properties of the card.
    errors : CardErrors
        Errors of this card.
    coarse : CoarseStepper
        Moves the tip's housing, driven by the card's digital lines.
    scan_began_s : float
        The world's time at the start of the last acquisition. Sample k (from 0) shows the world k sample periods
        later, and so much more as its channel is converted after the tick. Use it to find a part of a recording in
        ``world.ledger``.
    """

    def __init__(
        self,
        parameters: Parameters,
        seed: int,
        clock: Clock,
        chain: Chain | None = None,
        models: AmplifierModels = STANDARD,
    ) -> None:
        self.card = parameters.section("ni6281", NI6281Parameters)
        steps = parameters.section("bench", BenchParameters)
        converter, *parts, walker, errors = np.random.SeedSequence(seed).spawn(6)
        self.converter_rng = np.random.default_rng(converter)
        rngs = [np.random.default_rng(part) for part in parts]
        chain = chain or SignalChain.built(parameters, steps.line_address, rngs, models)
        super().__init__(steps, clock, chain, self.card.power_up_V)
        if getattr(chain, "has_heater", False):
            self.card = self.card.with_heater()
            self._held["heater"] = self._driven["heater"] = self.card.power_up_V
        wiring = self.card.wiring
        self.loop_back_factors = {"bias": wiring.bias_loop_back, "z": wiring.z_loop_back}
        self.errors = CardErrors(self.card, np.random.default_rng(errors))
        self.timebase = self.errors.timebase
        self._driven_by = {"bias": "ao0", "z": "ao1"} | {
            wiring.signal(name): name for name in ("ao2", "ao1", "ao0")
        }
        self._levels: dict[str, bool] = {}
        amplifiers = (getattr(chain, role, None) for role in ("current_amplifier", "voltage_preamplifier"))
        self._on_lines: list[Any] = [one for one in amplifiers if getattr(one, "wire", "") == "lines"]
        self.coarse = CoarseStepper(
            parameters.section("coarse", CoarseParameters),
            np.random.default_rng(walker),
            lambda distance_m: self.chain.world.move_coarse(distance_m),
        )
        self.scan_began_s = 0.0
        self._closed = False

    # State

    @property
    def chain(self) -> Any:
        """The signal chain at the time of the last sample that was handed over."""
        self.settle()
        return self._chain

    @property
    def world(self) -> Any:
        """The junction's world at the present time."""
        self.catch_up()
        return self.chain.world

    @property
    def outputs(self) -> Mapping[str, float]:
        """Present voltages of the card's outputs, "bias" and "z"."""
        with self.lock:
            self.catch_up()
            return MappingProxyType(dict(self._held))

    @property
    def lines(self) -> Mapping[str, bool]:
        """Levels of the card's digital lines driven since power-up ("port0/line0")."""
        with self.lock:
            return MappingProxyType(dict(self._levels))

    @property
    def present(self) -> Mapping[str, float]:
        """Voltages at the input terminals after the last step."""
        with self.lock:
            self.settle()
            outputs = {
                signal: float(self._at_terminal(signal, np.array(volts)))
                for signal, volts in self._terminals().items()
            }
            inside = {CALIBRATION_REFERENCE: self.card.calibration_reference_V}
            return MappingProxyType({**self._looped_back({**self._present, **outputs}), **inside})

    @property
    def only_rate_Hz(self) -> float | None:
        """Only sample rate that the chain provides, in Hz; None if any rate is possible."""
        rate_Hz: float | None = getattr(self.chain, "rate_Hz", None)
        return rate_Hz

    # Actions of the card

    def converter(self, scan: Sequence[Conversion], period_s: float) -> Converts:
        """Return the converter for a task with these conversions in every period."""
        own: Converts | None = getattr(self.chain, "converter", None)
        return own or Converter(self.card, self.errors, scan, period_s, self.converter_rng, self.time_s)

    def _at_terminal(self, signal: str, nominal_V: FloatArray) -> FloatArray:
        """Return the true voltages of an output for its nominal ones."""
        return self.errors.at_terminal(
            self._driven_by.get(signal, "ao0"), nominal_V, self.card.output_ranges_V[-1]
        )

    def drive(self, levels: Mapping[str, bool]) -> None:
        """Set digital lines to these levels from now on; the others hold."""
        with self.lock:
            self.catch_up()
            self._levels |= levels
            self._follow_lines()

    def level(self, line: str) -> bool:
        """Return the level of a digital line, driven by the card or by an instrument."""
        with self.lock:
            self.catch_up()
            for instrument in self._on_lines:
                if line in instrument.levels:
                    return bool(instrument.levels[line])
            return self._levels.get(line, False)

    def _follow_lines(self) -> None:
        self.coarse.follow(self._levels)
        for instrument in self._on_lines:
            instrument.follow(self._levels)

    def start_scan(self, scan: Scan, at_s: float) -> None:
        """Start an acquisition at the present time ``at_s``; its first sample comes one period later."""
        with self.lock:
            super().start_scan(scan, at_s)
            getattr(self.chain, "begin", lambda: None)()
            self.scan_began_s = getattr(self.chain.world, "time_s", 0.0)

    def power_up(self) -> None:
        """Stop everything; set the outputs to their power-up voltage and the lines low."""
        with self.lock:
            super().power_up()
            self._levels.clear()
            self._follow_lines()

    # Waiting

    def wait_for(
        self,
        ready: Callable[[], bool],
        due_s: Callable[[], float],
        deadline_s: float = math.inf,
        catch_up: Callable[[], None] | None = None,
    ) -> bool:
        """Let time pass until a condition is met. Releases the lock meanwhile.

        Parameters
        ----------
        ready : callable
            Returns True once the condition is met; called with the lock held and the bench caught up.
        due_s : callable
            Returns the expected time of the condition, in s; infinite if unknown.
        deadline_s : float
            Time limit, in s.
        catch_up : callable, optional
            `catch_up_to_read` for a condition that only samples meet; by default `catch_up`.

        Returns
        -------
        bool
            True if the condition is met; False at the deadline or when the bench closes.
        """
        catch_up = catch_up or self.catch_up
        with self.lock:
            catch_up()
            while not ready():
                if self._closed or self.clock.now() >= deadline_s:
                    return False
                self.clock.wait(self.changed, min(due_s(), deadline_s))
                catch_up()
            return True

    def pass_on_demand(self) -> None:
        """Let the duration of one software-timed sample pass."""
        until_s = self.clock.now() + self.parameters.on_demand_s
        self.wait_for(lambda: self.clock.now() >= until_s, lambda: until_s)

    def wake(self) -> None:
        """Make every waiting thread check its condition again."""
        with self.lock:
            self.changed.notify_all()

    def close(self) -> None:
        """End every wait."""
        with self.lock:
            self._closed = True
            self.changed.notify_all()
