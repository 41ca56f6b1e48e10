"""Analogue part of the simulated SR560: coupling, filters, gain, noise, drift and overload."""

from math import ceil

import numpy as np
from pydantic import Field

from analysis.records import FloatArray
from simulators.parameters import ParameterSection
from simulators.signal.drift import SlowFunction
from simulators.signal.filters import RC, PinkNoise, RCChain, limited
from simulators.signal.noise import Reservoir


class SR560Parameters(ParameterSection):
    """Section ``sr560``; ``parameters.toml`` describes each parameter and its source."""

    reset_commands: list[str]
    overload_reset_s: float = Field(gt=0)
    gain_error: float = Field(gt=-0.5, lt=0.5)
    bandwidth_Hz: float = Field(gt=0)
    coupling_corner_Hz: float = Field(gt=0)
    noise_V_per_rtHz: float = Field(ge=0)
    noise_corner_Hz: float = Field(ge=0)
    noise_lowest_Hz: float = Field(gt=0)
    high_reserve_noise: float = Field(ge=1)
    offset_V: float
    drift_V_per_K: float
    room_swing_K: float = Field(ge=0)
    room_period_s: float = Field(gt=0)
    input_limit_V: float = Field(gt=0)
    output_limit_V: float = Field(gt=0)
    high_reserve_front_gain: float = Field(ge=1)


class VoltageAmplifier:
    """Coupling capacitor, gain before the filters, filters, and the rest of the gain.

    Noise, offset and drift enter between the coupling capacitor and the filters. The white noise of a sample, the
    source's and the amplifier's own, is that of the filters' bandwidth at any sampling rate (see `RCChain`).

    Parameters
    ----------
    parameters : SR560Parameters
    rng : numpy Generator
        Source of the noise, and of the initial phase of the room's temperature swing.

    Attributes
    ----------
    gain : float
        Nominal gain from input to output, with sign; 0 while blanked.
    connected : bool
        True if the signal reaches the amplifier; else its input is grounded.
    ac_coupled : bool
        True with a capacitor in series.
    filters : tuple of RC
        Filter sections; empty for the amplifier's own bandwidth.
    high_reserve : bool
        True for little gain before the filters and more noise; else all of the gain is before them.
    overloaded : bool
        True if the last sample exceeded the limit of input, filters or output.
    """

    def __init__(self, parameters: SR560Parameters, rng: np.random.Generator) -> None:
        self.gain = 1.0
        self.connected = True
        self.ac_coupled = False
        self.filters: tuple[RC, ...] = ()
        self.high_reserve = False
        self.overloaded = False
        self._parameters = parameters
        self._white_rng, self._pink_rng = rng.spawn(2)
        self._room_phase = rng.uniform(0.0, 2.0 * np.pi)
        self._room_K = SlowFunction(self._room)
        self._dt, self._began_s, self._steps = 0.0, 0.0, 0
        self._reset_left_s = 0.0
        self._coupling: RCChain | None = None
        self._chain: RCChain | None = None
        self._pink: Reservoir | None = None
        self._built_for: tuple[object, ...] = ()

    def reset_overload(self) -> None:
        """Hold the output at zero for ``overload_reset_s`` while all capacitors follow the signal."""
        self._reset_left_s = self._parameters.overload_reset_s

    def amplify(
        self, volts: FloatArray, dt: float, noise_V2_per_Hz: float = 0.0, at_s: float | None = None
    ) -> FloatArray:
        """Return the output in V (n,) for an input (n,) held during each step of ``dt`` s.

        ``noise_V2_per_Hz`` is the one-sided density of the source's white noise. The output is that ``at_s`` after
        the beginning of each step, by default at its end.
        """
        n = len(volts)
        chain, pink = self._built(dt, noise_V2_per_Hz if self.connected else 0.0, at_s)
        held = min(n, ceil(self._reset_left_s / dt - 1e-6))
        if held > 0:
            self._reset_left_s = max(0.0, self._reset_left_s - held * dt)
            self._settle(chain, float(volts[held - 1]))
        output = np.zeros(n)
        offset_V = self._offset(n)
        if held < n:
            output[held:] = self._amplify(volts[held:], offset_V[held:], chain, pink)
        return output

    def _amplify(
        self, volts: FloatArray, offset_V: FloatArray, chain: RCChain, pink: Reservoir
    ) -> FloatArray:
        p = self._parameters
        signal_V = volts if self.connected else np.zeros(len(volts))
        beyond_input = abs(signal_V[-1]) > p.input_limit_V
        signal_V = limited(signal_V, p.input_limit_V)
        if self._coupling is not None:
            signal_V = self._coupling.feed(signal_V)
        signal_V = signal_V + offset_V + pink.take(len(volts))
        front_limit_V = p.output_limit_V / self._front_gain
        front_V = signal_V[-1]
        filtered_V = chain.feed(limited(signal_V, front_limit_V), self._white_rng)
        output_V = self.gain * (1.0 + p.gain_error) * filtered_V
        self.overloaded = bool(
            beyond_input or abs(front_V) > front_limit_V or abs(output_V[-1]) > p.output_limit_V
        )
        return limited(output_V, p.output_limit_V)

    @property
    def _front_gain(self) -> float:
        """Gain before the filters."""
        gain = max(abs(self.gain), 1.0)
        return min(gain, self._parameters.high_reserve_front_gain) if self.high_reserve else gain

    def _offset(self, n: int) -> FloatArray:
        """Return the input offset over the next ``n`` steps, in V; it drifts with the room's temperature."""
        p = self._parameters
        times_s = self._began_s + self._dt * np.arange(self._steps + 1, self._steps + n + 1, dtype=np.float64)
        self._steps += n
        return p.offset_V + p.drift_V_per_K * self._room_K.values(times_s)

    def _room(self, time_s: FloatArray) -> FloatArray:
        """Return the deviation of the room's temperature from its mean, in K."""
        p = self._parameters
        room_K: FloatArray = p.room_swing_K * np.sin(
            2.0 * np.pi / p.room_period_s * time_s + self._room_phase
        )
        return room_K

    def _settle(self, chain: RCChain, volts: float) -> None:
        """Charge all capacitors to their steady state for a constant input."""
        level = volts if self.connected else 0.0
        if self._coupling is not None:
            self._coupling.settle(level)
            level = 0.0
        chain.settle(level)

    def _built(self, dt: float, source_density: float, at_s: float | None) -> tuple[RCChain, Reservoir]:
        """Return filters and noise for the present settings and step; capacitors that remain keep their charge."""
        p = self._parameters
        density = (p.noise_V_per_rtHz * (p.high_reserve_noise if self.high_reserve else 1.0)) ** 2
        wanted = (dt, density, source_density, self.filters, self.ac_coupled, at_s)
        if self._chain is None or self._pink is None or wanted != self._built_for:
            if self._pink is None or wanted[:2] != self._built_for[:2]:
                noise = PinkNoise(density * p.noise_corner_Hz, dt, self._pink_rng, p.noise_lowest_Hz)
                self._pink = Reservoir(noise.draw)
            self._coupling = self._build_coupling(dt)
            charge = self._chain.charge if self._chain else {}
            self._chain = RCChain(self._sections, dt, density + source_density, charge, at_s)
            self._built_for = wanted
            # Count time in steps of equal length, so that it does not depend on how samples are cut into calls.
            self._began_s, self._dt, self._steps = self._began_s + self._dt * self._steps, dt, 0
        return self._chain, self._pink

    @property
    def _sections(self) -> tuple[RC, ...]:
        if any(section.kind == "low" for section in self.filters):
            return self.filters
        return (RC("bandwidth", "low", self._parameters.bandwidth_Hz), *self.filters)

    def _build_coupling(self, dt: float) -> RCChain | None:
        if not self.ac_coupled:
            return None
        section = RC("coupling", "high", self._parameters.coupling_corner_Hz)
        return RCChain([section], dt, charge=self._coupling.charge if self._coupling else {})
