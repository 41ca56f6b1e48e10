"""Signal chain from the card's outputs to its input terminals: the junction and its amplifiers.

Any object with ``advance`` that returns voltages by signal name can replace it, such as a recording that is played
back.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from simulators.keithley428.instrument import SimulatedKeithley428
from simulators.parameters import Parameters, ParameterSection
from simulators.rig.faults import Mishap, Panel, PanelPress
from simulators.sr560.instrument import SimulatedSR560
from simulators.world.world import World

FloatArray = NDArray[np.float64]


class WorldCurrents(Protocol):
    """Signals of the world, arrays of shape (n,)."""

    @property
    def current_A(self) -> FloatArray:
        """Current into the current amplifier."""

    @property
    def thermocouple_V(self) -> FloatArray:
        """Voltage of the thermocouple."""

    @property
    def terminals_V(self) -> Mapping[str, FloatArray]:
        """Voltages at further terminals, by signal name."""

    @property
    def current_noise_A2_per_Hz(self) -> FloatArray:
        """One-sided density of the current's white noise."""

    @property
    def thermocouple_noise_V2_per_Hz(self) -> float:
        """One-sided density of the thermocouple's white noise."""


class JunctionWorld(Protocol):
    """Junction, its heat and its surroundings."""

    def advance(
        self,
        bias_V: FloatArray,
        z_V: FloatArray,
        dt: float,
        ammeter_ohm: float = 0.0,
        heater_V: FloatArray | None = None,
    ) -> WorldCurrents:
        """Advance by n steps of ``dt`` seconds; arrays of shape (n,) have one value per step.

        ``ammeter_ohm`` is in series with the junction; ``heater_V`` is the voltage of a heater, if there is one.
        """

    def move_coarse(self, distance_m: float) -> None:
        """Move the tip's housing toward the surface (negative: away)."""

    def form_contact(self, conductance_G0: float) -> None:
        """Close a metallic contact at the tip's position."""

    def rupture(self) -> None:
        """Break a molecular bridge or a contact."""


class AmplifierModel(Protocol):
    """Either amplifier: its wire and its memory of a recording."""

    wire: ClassVar[str]
    """Connection: "gpib" (`simulators.wire.vxi11.GpibInstrument`), "serial" (has ``receive``), "lines" or "".

    One with "lines" has ``follow(levels)`` for the digital lines that the card drives, and ``levels`` for those that it
    drives itself, by name. A voltage preamplifier on a serial line has a ``line_address``.
    """

    def recall(self, settings: Mapping[str, Any]) -> None:
        """Restore the settings of a recording, for its playback."""


class CurrentAmplifierModel(AmplifierModel, Protocol):
    """Current amplifier."""

    @property
    def bias_V(self) -> float:
        """Voltage that its own bias supply adds to the junction's bias."""

    @property
    def input_ohm(self) -> float:
        """Input resistance, whose burden voltage reduces the junction's bias."""

    def amplify(
        self, current_A: FloatArray, dt: float, noise_A2_per_Hz: FloatArray, at_s: float | None = None
    ) -> FloatArray:
        """Amplify a current with white noise of the given density; shapes (n,).

        The result is that ``at_s`` after the beginning of each step of ``dt`` s, by default at its end.
        """


class VoltagePreamplifierModel(AmplifierModel, Protocol):
    """Voltage preamplifier of the thermocouple."""

    def amplify(
        self, volts: FloatArray, dt: float, noise_V2_per_Hz: float, at_s: float | None = None
    ) -> FloatArray:
        """Amplify a voltage with white noise of the given density; shapes (n,).

        The result is that ``at_s`` after the beginning of each step of ``dt`` s, by default at its end.
        """


@dataclass(frozen=True)
class AmplifierModels:
    """Classes of the two simulated amplifiers, called with the rig's parameters and a source of random numbers."""

    current_amplifier: Callable[[Parameters, np.random.Generator], Any] = SimulatedKeithley428
    voltage_preamplifier: Callable[[Parameters, np.random.Generator], Any] = SimulatedSR560

    def built(
        self, parameters: Parameters, line_address: int, rngs: Sequence[np.random.Generator]
    ) -> tuple[Any, Any]:
        """Return both instruments; ``line_address`` is that of the preamplifier, if it is on a serial line."""
        current_amplifier = self.current_amplifier(parameters, rngs[0])
        preamplifier = self.voltage_preamplifier(parameters, rngs[1])
        if preamplifier.wire == "serial":
            preamplifier.line_address = line_address
        return current_amplifier, preamplifier


STANDARD = AmplifierModels()


class Converts(Protocol):
    """Interface of an input task to a converter."""

    def convert(self, volts: FloatArray) -> FloatArray:
        """Digitise the voltages at the terminals, shape (n_channels, n), one column per scan."""


class ReadAsItIs:
    """Converter for samples that are digitised already."""

    def convert(self, volts: FloatArray) -> FloatArray:
        """Return the volts unchanged."""
        return volts


class Chain(Protocol):
    """Signal chain that the bench moves through time.

    A chain of digitised samples (`simulators.rig.playback`) has further members, which the bench uses: ``begin()`` at
    the start of an acquisition; ``sample`` in place of ``advance`` for its steps; ``converter``, whose ``convert`` is
    used in place of the card's; ``rate_Hz``, its only sample rate.
    """

    def advance(
        self,
        bias_V: FloatArray,
        z_V: FloatArray,
        dt: float,
        added_current_A: float,
        at_s: Mapping[str, float],
    ) -> Mapping[str, FloatArray]:
        """Advance by n steps of ``dt`` seconds.

        Parameters
        ----------
        bias_V, z_V : ndarray, shape (n,)
            Outputs in each step.
        dt : float
            Length of a step in seconds.
        added_current_A : float
            Current that a fault adds at the current amplifier's input.
        at_s : mapping of str to float
            Times after the beginning of each step for which the amplifiers' signals are wanted; at the end of the
            step for those not named.

        Returns
        -------
        mapping of str to ndarray, shape (n,)
            Voltages by signal name: "current", "thermocouple", "bias", "z".
        """

    def apply(self, event: Mishap | PanelPress) -> None:
        """Apply a single event to the junction or to the current amplifier before the next step."""


class BiasLine(ParameterSection):
    """Inverter, divider and adder between the card's bias output and the junction."""

    divider: float = Field(default=1.0, ge=1)
    adder_V: float = 0.0
    inverting: bool = False

    def junction_V(self, card_V: FloatArray) -> FloatArray:
        """Return the voltage at the junction."""
        return card_V / (-self.divider if self.inverting else self.divider) + self.adder_V


class SignalChain:
    """World with an amplifier for each of its two signals."""

    def __init__(
        self,
        world: JunctionWorld,
        current_amplifier: CurrentAmplifierModel,
        voltage_preamplifier: VoltagePreamplifierModel,
        line: BiasLine | None = None,
    ) -> None:
        self.line = line or BiasLine()
        self.world = world
        self.current_amplifier = current_amplifier
        self.voltage_preamplifier = voltage_preamplifier

    @property
    def has_heater(self) -> bool:
        """True if the world has a heater, which an output of the card drives."""
        heated = getattr(self.world, "heated", None)
        return heated is not None and heated.heater.exists

    @classmethod
    def built(
        cls,
        parameters: Parameters,
        line_address: int,
        rngs: Sequence[np.random.Generator],
        models: AmplifierModels = STANDARD,
    ) -> "SignalChain":
        """Return the simulated junction and its amplifiers, each with its own source of random numbers."""
        amplifiers = models.built(parameters, line_address, rngs[1:])
        return cls(World(parameters, rngs[0]), *amplifiers, parameters.section("bias_line", BiasLine))

    def advance(
        self,
        bias_V: FloatArray,
        z_V: FloatArray,
        dt: float,
        added_current_A: float,
        at_s: Mapping[str, float] = MappingProxyType({}),
        heater_V: FloatArray | None = None,
    ) -> Mapping[str, FloatArray]:
        """Advance by n steps; the current amplifier's supply and input resistance are in series with the bias."""
        amplifier = self.current_amplifier
        heater = {} if heater_V is None else {"heater_V": heater_V}
        seen = self.world.advance(
            self.line.junction_V(bias_V) + amplifier.bias_V, z_V, dt, amplifier.input_ohm, **heater
        )
        across_V2_per_Hz = getattr(amplifier, "input_noise_V_per_rtHz", 0.0) ** 2  # of a source's conductance
        noise = seen.current_noise_A2_per_Hz
        noise = noise + across_V2_per_Hz * np.square(getattr(seen, "conductance_S", 0.0))
        current_A = seen.current_A + added_current_A if added_current_A else seen.current_A
        return {
            "current": amplifier.amplify(current_A, dt, noise, at_s.get("current")),
            "thermocouple": self.voltage_preamplifier.amplify(
                seen.thermocouple_V, dt, seen.thermocouple_noise_V2_per_Hz, at_s.get("thermocouple")
            ),
            "bias": bias_V,
            "z": z_V,
            **(seen.terminals_V if heater else {}),
        }

    def apply(self, event: Mishap | PanelPress) -> None:
        """Apply a mishap to the world, a press of a button to the current amplifier."""
        if isinstance(event, Mishap):
            event.strike(self.world)
        elif isinstance(self.current_amplifier, Panel):  # one without a bus has no commands
            event.strike(self.current_amplifier)
