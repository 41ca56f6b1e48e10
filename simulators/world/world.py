"""World measured by the instruments: sample, piezo, junction, heat, and their disturbances.

Positive bias means that the substrate is at a higher potential than the grounded probe; the current is then positive.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator
from pydantic import Field

from analysis.constants import G0_S
from analysis.records import FloatArray
from simulators.parameters import ParameterError, Parameters, ParameterSection
from simulators.signal.drift import PM, DriftingSurface, OrnsteinUhlenbeck, SurfaceParameters, Wander
from simulators.signal.mains import Mains, MainsParameters
from simulators.signal.noise import NoiseParameters, pink, white
from simulators.signal.vibration import Vibration, VibrationParameters
from simulators.world.conductance_profile import GoldParameters, MoleculeParameters
from simulators.world.dissipation_log import DissipationLog
from simulators.world.film import Film, FilmParameters
from simulators.world.fixtures import FixtureParameters
from simulators.world.heated import HeatedSpan, HeatedWorld, HeaterParameters, ThermoelectricParameters
from simulators.world.induced_failures import FateParameters, Fates
from simulators.world.junction import Junction, JunctionParameters
from simulators.world.junction_protocol import Passage, Specimen, StateName
from simulators.world.junction_states import Span
from simulators.world.molecules import MoleculeSource
from simulators.world.piezo import NM, PiezoActuator, PiezoParameters, moves
from simulators.world.thermal import (
    ThermalParameters,
    Thermocouple,
    Tip,
    johnson_V2_per_Hz,
    junction_noise_A2_per_Hz,
)
from simulators.world.tunnelling import TunnellingParameters

BARE = "Au"
KNOT_S = 1.0
"""Time between the knots of slow drifts."""


class SampleParameters(ParameterSection):
    """Species and temperature of the sample. TOML: [sample]."""

    species: str
    temperature_K: float = Field(gt=0)


@dataclass(frozen=True, eq=False)
class WorldSignals:
    """Signals at the amplifiers' inputs at the end of each step; arrays of shape (n,).

    Noise that is white far beyond the amplifiers' bandwidth is given by its one-sided density, not in the samples,
    because its share in a sample depends on the filter before the converter.
    """

    current_A: FloatArray
    thermocouple_V: FloatArray
    current_noise_A2_per_Hz: FloatArray
    thermocouple_noise_V2_per_Hz: float
    conductance_S: FloatArray | float = 0.0
    """Conductance between the inputs, across which an amplifier's own voltage noise drives a current."""

    terminals_V: Mapping[str, FloatArray] = field(default_factory=dict)
    """Voltages at further terminals: read-back of the heater, thermometers."""


@dataclass(frozen=True)
class Truth:
    """True state of the world at the end of the last step, which no instrument shows.

    ``indentation_m`` is the depth of the tip in the surface (negative: outside), ``deepest_indentation_m`` its maximum
    so far, at least 0. ``gap_m`` separates the apexes, 0 in contact. ``conductance_G0`` is the low-bias conductance
    including noise; ``molecule_G0`` that drawn for the bridging molecule, None without one. ``contacts`` and
    ``bridges`` are the numbers formed so far. With a fixture in place of the junction, the state is its name and the
    gap is infinite.
    """

    time_s: float
    state: StateName
    species: str
    bias_V: float
    z_V: float
    extension_m: float
    indentation_m: float
    deepest_indentation_m: float
    gap_m: float
    conductance_G0: float
    molecule_G0: float | None
    tip_temperature_rise_K: float
    contacts: int
    bridges: int


class World:
    """Sample, tip and junction, driven by the voltages of bias and piezo.

    Parameters
    ----------
    parameters : Parameters
        Sections sample, surface, piezo, fixture, tunnelling, gold, molecule, junction, fates, thermal, noise, mains,
        vibration.
    rng : numpy Generator
        Source of all randomness; each part of the world draws from its own child, so that signals do not depend on
        how a span of samples is cut into calls.

    Raises
    ------
    ParameterError
        For a parameter out of bounds, or an unknown species.

    Attributes
    ----------
    ledger : Ledger
        Log of the true dissipation, by junction.
    """

    def __init__(self, parameters: Parameters, rng: Generator) -> None:
        self._sample = parameters.section("sample", SampleParameters)
        self._circuit = parameters.section("junction", JunctionParameters)
        self._thermal = parameters.section("thermal", ThermalParameters)
        self._noise = parameters.section("noise", NoiseParameters)
        surface = parameters.section("surface", SurfaceParameters)
        mains = parameters.section("mains", MainsParameters)
        junction, shape, telegraph, site, drift, warmth, hum, flicker, shake, fate = rng.spawn(10)
        self._flicker_rng = flicker
        self._shake = white(shake)

        self._piezo = PiezoActuator(parameters.section("piezo", PiezoParameters))
        self._surface_m = surface.initial_gap_nm * NM
        self._drift = Wander(DriftingSurface(surface, KNOT_S, drift), KNOT_S)
        molecules = self._molecule_source(parameters, shape, telegraph, site)
        fixture = parameters.section("fixture", FixtureParameters)
        self._specimen: Specimen = (
            fixture.built()
            or (self._film(parameters, molecules) if fixture.kind == "film" else None)
            or Junction(
                parameters.section("gold", GoldParameters),
                parameters.section("tunnelling", TunnellingParameters),
                self._circuit.bond_force,
                Fates(parameters.section("fates", FateParameters), fate),
                surface.apex_spread_nm,
                molecules,
                junction,
            )
        )
        thermal = self._thermal
        self._tip = Tip(thermal)
        base = OrnsteinUhlenbeck(thermal.tip_drift_K, thermal.tip_drift_memory_s, KNOT_S, warmth)
        self._current_hum = Mains(mains, mains.current_A, hum)
        self._thermocouple = Thermocouple(
            thermal,
            Wander(base, KNOT_S),
            Mains(mains, mains.thermocouple_V, hum),
        )
        self.ledger = DissipationLog(thermal.resistance_K_per_W)
        self._ambient_K = self._sample.temperature_K
        heater = parameters.section("heater", HeaterParameters)
        self.heated: HeatedWorld | None = None
        thermoelectric = parameters.section("thermoelectric", ThermoelectricParameters)
        if heater.where != "none" or thermoelectric.always:
            self.heated = HeatedWorld(
                heater,
                thermoelectric,
                thermal,
                self._noise,
                self._ambient_K,
                rng.spawn(1)[0],
            )
        vibration = parameters.section("vibration", VibrationParameters)
        self._vibration = Vibration(vibration, rng.spawn(1)[0] if vibration.acts else rng)
        self._dt = 0.0
        self._since_s, self._steps = 0.0, 0
        self._bias_V = self._z_V = self._extension_m = self._conductance_G0 = self._deepest_m = 0.0
        self._tip_m = -self._surface_m

    def _film(self, parameters: Parameters, molecules: MoleculeSource | None) -> Film:
        """Return a film of the sample's molecules. Raises ``ParameterError`` on a bare sample."""
        if molecules is None:
            raise ParameterError(f"fixture.kind = film needs molecules; sample.species = {BARE} has none")
        return Film(parameters.section("film", FilmParameters), molecules.mean_conductor())

    def advance(
        self,
        bias_V: FloatArray,
        z_V: FloatArray,
        dt: float,
        ammeter_ohm: float = 0.0,
        heater_V: FloatArray | None = None,
    ) -> WorldSignals:
        """Advance by n steps.

        Parameters
        ----------
        bias_V, z_V : ndarray, shape (n,)
            Voltages of the bias and of the piezo's driver during each step.
        dt : float
            Length of a step in s.
        ammeter_ohm : float
            Input resistance of the current amplifier, in series with the junction.
        heater_V : ndarray, shape (n,), optional
            Voltage across the heater, if there is one; 0 V by default.

        Returns
        -------
        Signals
            Signals at the end of each step.
        """
        time_s = self._times(len(bias_V), dt)
        heated = self._heated_span(heater_V, len(bias_V), dt)
        if heated is not None and self.heated is not None:
            bias_V = bias_V + self.heated.junction.offset_V(time_s)
        shaken = self._vibration.along(time_s, dt)
        toward_m = shaken.toward_m + (0.0 if heated is None else heated.expansion_m)
        span = self._move(bias_V, z_V, time_s, dt, toward_m)
        passage = self._specimen.follow(span)
        rise_V_per_s = moves(bias_V, self._bias_V) / dt
        conductance_S = passage.chord_S(bias_V)
        # Exact for a linear junction; the series resistance is negligible where the I-V is not linear.
        series_ohm = self._circuit.series_resistance_ohm + ammeter_ohm
        through = 1.0 / (1.0 + series_ohm * conductance_S)
        across_V = bias_V * through
        bend = self._bend(passage, across_V)
        current_A = conductance_S * across_V * bend
        heat_W = passage.tip_heat_W(across_V) * bend
        junction_K: FloatArray | float = self._sample.temperature_K
        if heated is None:
            above_base_K = self._tip.warm(heat_W, dt)
        else:
            assert self.heated is not None
            above_base_K, open_V = self.heated.warm(
                heated, passage, span.tip_m, heat_W, current_A, lambda goal_K: self._tip.follow(goal_K, dt)
            )
            junction_K = self.heated.mean_K(heated, above_base_K)
            low_bias_S = G0_S * passage.low_bias_G0()
            current_A = current_A - low_bias_S * open_V / (1.0 + series_ohm * low_bias_S)
        self.ledger.enter(passage.stretches, dt, time_s, bias_V.copy(), current_A * across_V, heat_W)
        loudness, temperature_K = self._noise.strength**2, self._sample.temperature_K
        phase = self._current_hum.phase(time_s)
        seen_A = self._seen_current(current_A, bias_V, rise_V_per_s, phase, heated)
        thermocouple_V = self._thermocouple.volts(
            above_base_K, bias_V, rise_V_per_s, current_A, time_s, phase, passage.stretches
        )
        signals = WorldSignals(
            seen_A + shaken.current_A,
            thermocouple_V + shaken.thermocouple_V,
            loudness * self._circuit_noise(across_V, conductance_S, through, junction_K, passage.fano()),
            loudness * johnson_V2_per_Hz(self._thermal.thermocouple_ohm, temperature_K),
            conductance_S * through,
            {} if heated is None or self.heated is None else self.heated.terminals_V(heated),
        )
        self._remember(bias_V, z_V, passage)
        return signals

    def move_coarse(self, distance_m: float) -> None:
        """Move the tip's housing toward the surface (negative: away)."""
        self._surface_m -= distance_m

    def form_contact(self, conductance_G0: float) -> None:
        """Close a metallic contact at the tip's position, in any prior state."""
        self._specimen.form_contact(self._tip_m, self.time_s, conductance_G0)

    def rupture(self) -> None:
        """Break the molecular bridge or the contact."""
        self._specimen.rupture(self._tip_m, self.time_s)

    @property
    def time_s(self) -> float:
        """Time of the world, in s."""
        return self._since_s + self._steps * self._dt

    @property
    def truth(self) -> Truth:
        """Present true state of the world."""
        look = self._specimen.look(self._tip_m, self._conductance_G0)
        return Truth(
            time_s=self.time_s,
            state=look.state,
            species=self._sample.species,
            bias_V=self._bias_V,
            z_V=self._z_V,
            extension_m=self._extension_m,
            indentation_m=self._tip_m,
            deepest_indentation_m=self._deepest_m,
            gap_m=look.gap_m,
            conductance_G0=self._conductance_G0,
            molecule_G0=look.molecule_G0,
            tip_temperature_rise_K=self._tip.rise_K,
            contacts=look.contacts,
            bridges=look.bridges,
        )

    def _molecule_source(
        self, parameters: Parameters, shape: Generator, telegraph: Generator, site: Generator
    ) -> MoleculeSource | None:
        species = self._sample.species
        if species == BARE:
            return None
        molecules = parameters.values["molecule"]
        if species not in molecules:
            raise ParameterError(
                f"sample.species = {species!r}: expected one of {', '.join([BARE, *molecules])}"
            )
        molecule = parameters.section(f"molecule.{species}", MoleculeParameters)
        return MoleculeSource(molecule, self._sample.temperature_K, shape, telegraph, site)

    def _times(self, n: int, dt: float) -> FloatArray:
        """Return the ends of the next n steps, in whole steps, so that they do not depend on how calls are cut."""
        if dt != self._dt:
            self._since_s, self._steps, self._dt = self.time_s, 0, dt
            self._flicker = pink(self._noise, dt, self._flicker_rng)
        times = self._since_s + dt * np.arange(self._steps + 1, self._steps + n + 1, dtype=np.float64)
        self._steps += n
        return times

    def _heated_span(self, heater_V: FloatArray | None, n: int, dt: float) -> HeatedSpan | None:
        if self.heated is None:
            return None
        return self.heated.begin(np.zeros(n) if heater_V is None else heater_V, dt)

    def _move(
        self,
        bias_V: FloatArray,
        z_V: FloatArray,
        time_s: FloatArray,
        dt: float,
        toward_m: FloatArray | float,
    ) -> Span:
        extension = self._piezo.extension(z_V, dt)
        tip_m = extension - self._surface_m - self._drift.values(time_s) + toward_m
        self._extension_m, self._tip_m = float(extension[-1]), float(tip_m[-1])
        self._deepest_m = max(self._deepest_m, float(tip_m.max()))
        shake = self._noise.strength * self._noise.vibration_pm * PM
        return Span(
            tip_m,
            time_s,
            bias_V,
            dt,
            self._circuit.bond_bias_V,
            self._flicker.take(len(z_V)),
            shake * self._shake.take(len(z_V)),
        )

    def _seen_current(
        self,
        current_A: FloatArray,
        bias_V: FloatArray,
        rise_V_per_s: FloatArray,
        mains_phase: FloatArray,
        heated: HeatedSpan | None,
    ) -> FloatArray:
        """Return the current with leaks, capacitive part and mains."""
        beside = bias_V / self._circuit.leak_ohm + self._circuit.stray_capacitance_F * rise_V_per_s
        if heated is not None and self.heated is not None:
            beside = beside + self.heated.heater.leak_A(heated.heater_V)
        return current_A + beside + self._current_hum.at(mains_phase)

    def _circuit_noise(
        self,
        across_V: FloatArray,
        conductance_S: FloatArray,
        through: FloatArray,
        junction_K: FloatArray | float,
        fano: FloatArray | float,
    ) -> FloatArray:
        """Return the density of the current of junction and leads in series, A^2/Hz; ``through`` is across_V / bias_V.

        At one temperature it is the thermal noise of the conductance that the amplifier sees.
        """
        leads = johnson_V2_per_Hz(self._circuit.series_resistance_ohm, self._sample.temperature_K)
        own = junction_noise_A2_per_Hz(across_V, conductance_S, junction_K, fano)
        return np.asarray(through**2 * (own + conductance_S**2 * leads))

    def _bend(self, passage: Passage, across_V: FloatArray) -> FloatArray | float:
        """Return the current over that of a molecule that does not rectify."""
        alpha = self._circuit.rectification_per_V
        if not alpha:
            return 1.0
        bend = np.ones(len(across_V))
        for stretch in passage.stretches:
            if stretch.kind == "molecule":
                bend[stretch.samples] += alpha * across_V[stretch.samples]
        return bend

    def _remember(self, bias_V: FloatArray, z_V: FloatArray, passage: Passage) -> None:
        self._bias_V, self._z_V = float(bias_V[-1]), float(z_V[-1])
        self._conductance_G0 = float(passage.low_bias_G0()[-1])
