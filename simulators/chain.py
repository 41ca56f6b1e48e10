"""From what the outputs hold to what stands at the card's input terminals: the junction and its amplifiers.

Whatever has ``advance`` and answers with volts by signal name can take this place; a recording that is
played back will.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simulators.faults import Mishap
from simulators.keithley428 import SimulatedKeithley428
from simulators.parameters import Parameters
from simulators.sr560 import SimulatedSR560
from simulators.world import World

FloatArray = NDArray[np.float64]


class Currents(Protocol):
    """What the world gives: arrays of shape (n,)."""

    @property
    def current_A(self) -> FloatArray:
        """Get the current into the current amplifier."""

    @property
    def thermocouple_V(self) -> FloatArray:
        """Get the thermocouple's voltage."""

    @property
    def current_noise_A2_per_Hz(self) -> FloatArray:
        """Get the one-sided density of the current's white noise."""

    @property
    def thermocouple_noise_V2_per_Hz(self) -> float:
        """Get the one-sided density of the thermocouple's white noise."""


class JunctionWorld(Protocol):
    """The junction, its heat and its surroundings."""

    def advance(self, bias_V: FloatArray, z_V: FloatArray, dt: float, ammeter_ohm: float = 0.0) -> Currents:
        """Live through n steps of ``dt`` seconds; arrays of shape (n,) hold for a step each.

        ``ammeter_ohm`` is in series with the junction.
        """

    def move_coarse(self, distance_m: float) -> None:
        """Move the tip's housing toward the surface (negative: away)."""

    def form_contact(self, conductance_G0: float) -> None:
        """A metallic contact closes where the tip is."""

    def rupture(self) -> None:
        """What bridges or touches breaks."""


class CurrentAmplifier(Protocol):
    """The Keithley 428, as far as its analogue part goes."""

    @property
    def bias_V(self) -> float:
        """Get what its own bias supply adds to the junction's bias."""

    @property
    def input_ohm(self) -> float:
        """Get its input resistance, which takes its burden voltage off the junction's bias."""

    def amplify(self, current_A: FloatArray, dt: float, noise_A2_per_Hz: FloatArray) -> FloatArray:
        """Amplify a current with white noise of the given density; shapes (n,)."""


class VoltagePreamplifier(Protocol):
    """The SR560, as far as its analogue part goes."""

    def amplify(self, volts: FloatArray, dt: float, noise_V2_per_Hz: float) -> FloatArray:
        """Amplify a voltage with white noise of the given density; shapes (n,)."""


class Converts(Protocol):
    """A converter, as a task of inputs uses it."""

    def convert(self, volts: FloatArray) -> FloatArray:
        """Digitise what is at the terminals, shape (n_channels, n); one column for each scan."""


class Chain(Protocol):
    """What the bench moves through time.

    A chain of samples that were digitised before (`simulators.playback`) has more, and the bench asks it:
    ``begin()`` when an acquisition begins; ``sample`` in place of ``advance`` for the steps of an acquisition;
    ``converter(card, ranges_V, rng)`` for what takes the card's converter's place; ``rate_Hz``, the one rate at
    which it has samples.
    """

    def advance(
        self, bias_V: FloatArray, z_V: FloatArray, dt: float, added_current_A: float
    ) -> Mapping[str, FloatArray]:
        """Live through n steps of ``dt`` seconds.

        Parameters
        ----------
        bias_V, z_V : ndarray, shape (n,)
            What the outputs hold in each step.
        dt : float
            Length of a step in seconds.
        added_current_A : float
            Current that a fault adds at the current amplifier's input.

        Returns
        -------
        mapping of str to ndarray, shape (n,)
            Volts at the end of each step by signal name: "current", "thermocouple", "bias", "z".
        """

    def suffer(self, mishap: Mishap) -> None:
        """Let a mishap happen to the junction before the next step."""


class AmplifiedJunction:
    """One world, and an amplifier behind each of its two signals."""

    def __init__(
        self,
        world: JunctionWorld,
        current_amplifier: CurrentAmplifier,
        voltage_preamplifier: VoltagePreamplifier,
    ) -> None:
        self.world = world
        self.current_amplifier = current_amplifier
        self.voltage_preamplifier = voltage_preamplifier

    @classmethod
    def built(
        cls, parameters: Parameters, line_address: int, rngs: Sequence[np.random.Generator]
    ) -> "AmplifiedJunction":
        """Build the simulated junction, Keithley 428 and SR560, with a source of random numbers for each."""
        world, current_amplifier, voltage_preamplifier = rngs
        return cls(
            World(parameters, world),
            SimulatedKeithley428(parameters, current_amplifier),
            SimulatedSR560(parameters, voltage_preamplifier, line_address),
        )

    def advance(
        self, bias_V: FloatArray, z_V: FloatArray, dt: float, added_current_A: float
    ) -> Mapping[str, FloatArray]:
        """Live through n steps; the current amplifier's own supply and its input are in series with the bias."""
        amplifier = self.current_amplifier
        seen = self.world.advance(bias_V + amplifier.bias_V, z_V, dt, amplifier.input_ohm)
        current_A = seen.current_A + added_current_A if added_current_A else seen.current_A
        return {
            "current": amplifier.amplify(current_A, dt, seen.current_noise_A2_per_Hz),
            "thermocouple": self.voltage_preamplifier.amplify(
                seen.thermocouple_V, dt, seen.thermocouple_noise_V2_per_Hz
            ),
            "bias": bias_V,
            "z": z_V,
        }

    def suffer(self, mishap: Mishap) -> None:
        """Let a mishap happen to the world."""
        mishap.strike(self.world)
