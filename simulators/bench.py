"""All that is simulated, joined: the junction and its amplifiers, the card's outputs, and time.

There is one lock. Every wire holds it while it uses an instrument, and every wait gives it up.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from simulators.chain import AmplifiedJunction, Chain, Converts
from simulators.clock import Clock
from simulators.coarse import CoarseParameters, CoarseStepper
from simulators.ni6281 import Converter, NI6281Parameters
from simulators.parameters import Parameters
from simulators.ticks import Scan
from simulators.timeline import BenchParameters, Timeline


class SimulatedBench(Timeline):
    """The world, the amplifiers and the card's outputs, moved through time together.

    Parameters
    ----------
    parameters : Parameters
        Of all parts.
    seed : int
        Of every random number on the bench.
    clock : Clock
        `WallClock`, `FastClock`, or one that a test steps by hand.
    chain : Chain, optional
        What stands between outputs and inputs, in place of the simulated junction and its amplifiers.

    Attributes
    ----------
    card : NI6281Parameters
        What the card is.
    chain : Chain
        The simulated junction and its amplifiers, or what was given in their place.
    coarse : CoarseStepper
        Moves the tip's housing when the card's digital lines tell it to.
    scan_began_s : float
        The world's time when the last acquisition began: its sample k (from 0) is what the world was k + 1 sample
        periods later. For looking up in ``world.ledger`` what happened in a stretch of a recording.
    """

    def __init__(self, parameters: Parameters, seed: int, clock: Clock, chain: Chain | None = None) -> None:
        self.card = parameters.section("ni6281", NI6281Parameters)
        steps = parameters.section("bench", BenchParameters)
        converter, *parts, walker = np.random.SeedSequence(seed).spawn(5)
        self.converter_rng = np.random.default_rng(converter)
        rngs = [np.random.default_rng(part) for part in parts]
        self.chain: Any = chain or AmplifiedJunction.built(parameters, steps.line_address, rngs)
        super().__init__(steps, clock, self.chain, self.card.power_up_V)
        wiring = self.card.wiring
        self.loop_back_factors = {"bias": wiring.bias_loop_back, "z": wiring.z_loop_back}
        self._new_converter = getattr(self.chain, "converter", Converter)
        self._levels: dict[str, bool] = {}
        self.coarse = CoarseStepper(
            parameters.section("coarse", CoarseParameters),
            np.random.default_rng(walker),
            lambda distance_m: self.chain.world.move_coarse(distance_m),
        )
        self.scan_began_s = 0.0
        self._closed = False

    # What can be looked at

    @property
    def world(self) -> Any:
        """Get the junction's world, as it is now."""
        self.catch_up()
        return self.chain.world

    @property
    def outputs(self) -> Mapping[str, float]:
        """Get what the card's outputs put out now, in volts: "bias" and "z"."""
        with self.lock:
            self.catch_up()
            return MappingProxyType(dict(self._held))

    @property
    def lines(self) -> Mapping[str, bool]:
        """Get the levels of the card's digital lines that were driven since power-up ("port0/line0")."""
        with self.lock:
            return MappingProxyType(dict(self._levels))

    @property
    def present(self) -> Mapping[str, float]:
        """Get the volts at the input terminals after the last step."""
        with self.lock:
            return MappingProxyType(dict(self._looped_back({**self._present, **self._terminals()})))

    @property
    def only_rate_Hz(self) -> float | None:
        """Get the one rate at which there are samples; None where any will do."""
        rate_Hz: float | None = getattr(self.chain, "rate_Hz", None)
        return rate_Hz

    # What the card does

    def converter(self, ranges_V: Sequence[float]) -> Converts:
        """Get the converter for a task that scans channels with these input ranges."""
        made: Converts = self._new_converter(self.card, ranges_V, self.converter_rng)
        return made

    def drive(self, levels: Mapping[str, bool]) -> None:
        """Put digital lines at these levels from now on; the others hold."""
        with self.lock:
            self.catch_up()
            self._levels |= levels
            self.coarse.follow(self._levels)

    def start_scan(self, scan: Scan, at_s: float) -> None:
        """Begin an acquisition at a time, which is now; its first sample comes one period later."""
        with self.lock:
            super().start_scan(scan, at_s)
            getattr(self.chain, "begin", lambda: None)()
            self.scan_began_s = getattr(self.chain.world, "time_s", 0.0)

    def power_up(self) -> None:
        """Stop everything; the outputs have what they have after power-up, and the lines are low."""
        with self.lock:
            super().power_up()
            self._levels.clear()
            self.coarse.follow(self._levels)

    # Waiting

    def wait_for(
        self, ready: Callable[[], bool], due_s: Callable[[], float], deadline_s: float = math.inf
    ) -> bool:
        """Let time pass until something is ready. Gives up the lock meanwhile.

        Parameters
        ----------
        ready : callable
            Whether it is; called with the lock held and the bench caught up.
        due_s : callable
            When it will be, as far as can be told; infinite if not.
        deadline_s : float
            When to give up.

        Returns
        -------
        bool
            Whether it is ready; False also when the bench closes.
        """
        with self.lock:
            self.catch_up()
            while not ready():
                if self._closed or self.clock.now() >= deadline_s:
                    return False
                self.clock.wait(self.changed, min(due_s(), deadline_s))
                self.catch_up()
            return True

    def pass_on_demand(self) -> None:
        """Let the time of one software-timed sample pass."""
        until_s = self.clock.now() + self.parameters.on_demand_s
        self.wait_for(lambda: self.clock.now() >= until_s, lambda: until_s)

    def wake(self) -> None:
        """Let everybody who waits look again."""
        with self.lock:
            self.changed.notify_all()

    def close(self) -> None:
        """End every wait."""
        with self.lock:
            self._closed = True
            self.changed.notify_all()
