"""Heater of a rig, and what a temperature difference does to a junction: thermoelectric current and heat conduction.

Positive difference: the tip is hotter than the substrate. Without a heater nothing here acts, so that the samples of a
world are those that it had before there were heaters.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.random import Generator
from pydantic import Field

from analysis.constants import G0_S
from analysis.records import FloatArray
from analysis.thermoelectric.temperatures import reduced_difference_K
from analysis.thermoelectric.wiedemann_franz import LORENZ_V2_per_K2
from simulators.parameters import ParameterSection
from simulators.signal.drift import RandomWalk
from simulators.signal.filters import one_pole
from simulators.signal.noise import NoiseParameters, Reservoir, pink, white
from simulators.signal.random_processes import log_normal
from simulators.world.junction_log import JunctionLog, JunctionTruth
from simulators.world.junction_protocol import ProtocolStretch
from simulators.world.thermal import ThermalParameters

NM = 1e-9
LEAST_GAP_M = 0.3e-9
"""Least distance over which heat crosses a gap."""

WALK_S = 1.0
"""Time between the steps of the bias's offset."""

HOUR_S = 3600.0


class HeaterParameters(ParameterSection):
    """Heater at the tip, at the base of the probe, or under the substrate. TOML: [heater]."""

    where: Literal["none", "tip", "base", "substrate"]
    resistance_ohm: float = Field(gt=0)
    substrate_ohm: float = Field(gt=0)
    base_K_per_W: float = Field(gt=0)
    base_s: float = Field(gt=0)
    substrate_K_per_W: float = Field(gt=0)
    substrate_s: float = Field(gt=0)
    tip_nm_per_K: float
    substrate_nm_per_K: float
    expansion_s: float = Field(gt=0)
    leak_A_per_V: float
    noise_per_rtHz: float = Field(ge=0)
    noise_corner_Hz: float = Field(ge=0)
    thermometer_V_per_K: float = Field(gt=0)
    dummy: bool
    readback: float
    stuck_V: float

    @property
    def ohm(self) -> float:
        """Resistance of the heater that there is."""
        return self.substrate_ohm if self.where == "substrate" else self.resistance_ohm


class ThermoelectricParameters(ParameterSection):
    """Thermopowers and thermal conductances of leads, contacts, molecules and gap. TOML: [thermoelectric]."""

    always: bool
    lead_V_per_K: float
    gold_spread_V_per_K: float = Field(ge=0)
    gold_phonon_share: float = Field(ge=0)
    molecule_W_per_K: float = Field(ge=0)
    molecule_spread_decades: float = Field(ge=0)
    gap_W_per_K: float = Field(ge=0)
    offset_V: float
    offset_walk_V_per_rth: float = Field(ge=0)


class HeatCarrier(Protocol):
    """Conduction along a span of n samples, with the thermopower of each molecule in it."""

    @property
    def stretches(self) -> Sequence[ProtocolStretch]:
        """Stretches that together cover the span."""

    def low_bias_G0(self) -> FloatArray:
        """Return the conductance at zero bias in G0, shape (n,)."""

    def molecule_seebecks(self) -> Sequence[tuple[slice, float, FloatArray]]:
        """Return the samples of each molecule, its thermopower in V/K, and its conductance in G0."""


@dataclass(frozen=True, eq=False)
class JunctionTerms:
    """Thermopower between tip and substrate and thermal conductance of each sample, shape (n,).

    ``tabled_V_per_K`` is the part of the thermopower whose Peltier heat the molecules' own tables hold;
    ``gap_W_per_K`` is the thermal conductance of the open gap at the same position of the tip.
    """

    seebeck_V_per_K: FloatArray
    tabled_V_per_K: FloatArray
    junction_W_per_K: FloatArray
    gap_W_per_K: FloatArray


class Heater:
    """Heater: temperatures of base and substrate, power in the tip, expansion, read-back.

    Parameters
    ----------
    parameters : HeaterParameters
    noise : NoiseParameters
    rng : numpy Generator
    """

    def __init__(self, parameters: HeaterParameters, noise: NoiseParameters, rng: Generator) -> None:
        self._p, self._noise_p = parameters, noise
        white_rng, self._pink_rng = rng.spawn(2)
        self._white = white(white_rng)
        self._pink: Reservoir | None = None
        self._dt = 0.0
        self._base_K = self._substrate_K = self._expansion_m = 0.0

    @property
    def exists(self) -> bool:
        """True if there is a heater at all."""
        return self._p.where != "none"

    def driven_V(self, heater_V: FloatArray) -> FloatArray:
        """Return the voltage across the heater, which a fault of its supply may hold."""
        return np.full_like(heater_V, self._p.stuck_V) if self._p.stuck_V else heater_V

    def power_W(self, heater_V: FloatArray, dt: float) -> FloatArray:
        """Return the power in each step, with the relative noise of its source."""
        p, n = self._p, len(heater_V)
        if dt != self._dt or self._pink is None:
            self._dt, self._pink = dt, pink(self._noise_p, dt, self._pink_rng)
        loud = p.noise_per_rtHz * self._noise_p.strength
        relative = loud * np.sqrt(0.5 / dt) * self._white.take(n)
        relative = relative + p.noise_per_rtHz * np.sqrt(p.noise_corner_Hz) * self._pink.take(n)
        return heater_V**2 / p.ohm * (1.0 + relative)

    def rises_K(self, power_W: FloatArray, dt: float) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the rises of base and substrate, each behind its pole, and the power in the tip; shapes (n,)."""
        p, nothing = self._p, np.zeros(len(power_W))
        if p.where == "tip" and not p.dummy:
            return nothing, nothing, power_W
        if p.where == "base" and not p.dummy:
            base_K = _lagging(p.base_K_per_W * power_W, dt, p.base_s, self._base_K)
            self._base_K = float(base_K[-1])
            return base_K, nothing, nothing
        if p.where == "substrate" and not p.dummy:
            substrate_K = _lagging(p.substrate_K_per_W * power_W, dt, p.substrate_s, self._substrate_K)
            self._substrate_K = float(substrate_K[-1])
            return nothing, substrate_K, nothing
        return nothing, nothing, nothing

    def expansion_m(self, tip_K: FloatArray, substrate_K: FloatArray, dt: float) -> FloatArray:
        """Return the way by which tip and substrate come nearer, shape (n,)."""
        p = self._p
        goal_m = NM * (p.tip_nm_per_K * tip_K + p.substrate_nm_per_K * substrate_K)
        way_m = _lagging(goal_m, dt, p.expansion_s, self._expansion_m)
        self._expansion_m = float(way_m[-1])
        return way_m

    def terminals_V(
        self, heater_V: FloatArray, base_K: FloatArray, substrate_K: FloatArray
    ) -> dict[str, FloatArray]:
        """Return the voltages of the read-back and of both thermometers, which read 0 V at ambient temperature."""
        scale = self._p.thermometer_V_per_K
        return {
            "heater": self._p.readback * heater_V,
            "base": scale * base_K,
            "substrate": scale * substrate_K,
        }

    def leak_A(self, heater_V: FloatArray) -> FloatArray:
        """Return the current that the heater's voltage drives into the current amplifier."""
        return self._p.leak_A_per_V * heater_V


def _lagging(goal: FloatArray, dt: float, time_constant_s: float, state: float) -> FloatArray:
    pole = float(np.exp(-dt / time_constant_s))
    return one_pole((1.0 - pole) * goal, pole, state) if pole > 1e-15 else goal


class ThermoelectricJunction:
    """Thermopower and thermal conductance of what conducts, drawn for each contact and molecule.

    Parameters
    ----------
    parameters : ThermoelectricParameters
    ambient_K : float
    rng : numpy Generator
    """

    def __init__(self, parameters: ThermoelectricParameters, ambient_K: float, rng: Generator) -> None:
        self._p, self._ambient_K = parameters, ambient_K
        self._gold_rng, self._molecule_rng, walk_rng = rng.spawn(3)
        self._gold: tuple[int, float] = (0, 0.0)
        self._molecule: tuple[int, float] = (0, 0.0)
        step_V = parameters.offset_walk_V_per_rth * float(np.sqrt(WALK_S / HOUR_S))
        self._offset = RandomWalk(parameters.offset_V, step_V, WALK_S, walk_rng)
        self._log = JunctionLog()

    @property
    def log(self) -> dict[tuple[str, int], JunctionTruth]:
        """True thermopower, thermal conductance and temperatures by kind and number of the junction."""
        return self._log.truths

    def offset_V(self, time_s: FloatArray) -> FloatArray:
        """Return the offset of the bias behind its loop-back, which walks with the root of time; shape (n,)."""
        return self._offset.values(time_s)

    def terms(self, passage: HeatCarrier, tip_m: FloatArray, mean_K: FloatArray) -> JunctionTerms:
        """Return the thermopower between tip and substrate (without leads), and the thermal conductance.

        ``mean_K`` is the mean temperature of tip and substrate, shape (n,).
        """
        p = self._p
        total_G0 = passage.low_bias_G0()
        gap_W_per_K = p.gap_W_per_K * NM / np.maximum(-tip_m, LEAST_GAP_M)
        seebeck = np.full(len(total_G0), p.lead_V_per_K)
        conduction = gap_W_per_K.copy()
        wiedemann_franz = LORENZ_V2_per_K2 * mean_K * (1.0 + p.gold_phonon_share) * G0_S * total_G0
        for stretch in passage.stretches:
            here = stretch.samples
            if stretch.kind == "contact":
                off_integer = 2.0 * np.abs(total_G0[here] - np.rint(total_G0[here]))
                seebeck[here] += self._gold_of(stretch.number) * off_integer
                conduction[here] = wiedemann_franz[here]
            elif stretch.kind == "molecule":
                conduction[here] += self._molecule_of(stretch.number)
        tabled = np.zeros(len(total_G0))
        for here, molecule_V_per_K, molecule_G0 in passage.molecule_seebecks():
            share = molecule_G0 / np.maximum(total_G0[here], 1e-30)
            seebeck[here] += share * (molecule_V_per_K - p.lead_V_per_K)
            tabled[here] += share * molecule_V_per_K
        return JunctionTerms(seebeck, tabled, conduction, gap_W_per_K)

    def _gold_of(self, number: int) -> float:
        if self._gold[0] != number:
            self._gold = number, self._p.gold_spread_V_per_K * float(self._gold_rng.standard_normal())
        return self._gold[1]

    def _molecule_of(self, number: int) -> float:
        if self._molecule[0] != number:
            drawn = log_normal(self._p.molecule_W_per_K, self._p.molecule_spread_decades, self._molecule_rng)
            self._molecule = number, drawn
        return self._molecule[1]

    def driving_V(self, terms: JunctionTerms, tip_K: FloatArray, substrate_K: FloatArray) -> FloatArray:
        """Return (S - S_lead) theta: the voltage at which no current flows, shape (n,)."""
        ambient_K = self._ambient_K
        theta_K = reduced_difference_K(ambient_K + tip_K, ambient_K + substrate_K)
        return (terms.seebeck_V_per_K - self._p.lead_V_per_K) * theta_K

    def peltier_W(self, terms: JunctionTerms, current_A: FloatArray) -> FloatArray:
        """Return the Peltier heat in the tip that no molecule's table holds, less that of the lead."""
        other = terms.seebeck_V_per_K - terms.tabled_V_per_K - self._p.lead_V_per_K
        return other * self._ambient_K * current_A

    def enter(
        self, passage: HeatCarrier, terms: JunctionTerms, tip_K: FloatArray, substrate_K: FloatArray
    ) -> None:
        """Log each junction's part of the span."""
        values = np.array((terms.seebeck_V_per_K, terms.junction_W_per_K, tip_K, substrate_K))
        for stretch in passage.stretches:
            if stretch.number:
                last = stretch.samples.stop - 1
                last_W_per_K = float(terms.junction_W_per_K[last] - terms.gap_W_per_K[last])
                self._log.enter(stretch, values[:, stretch.samples], last_W_per_K)


class HeatedWorld:
    """Everything that a heater changes in a world, for its steps.

    Parameters
    ----------
    heater : HeaterParameters
    thermoelectric : ThermoelectricParameters
    thermal : ThermalParameters
    noise : NoiseParameters
    ambient_K : float
    rng : numpy Generator
    """

    def __init__(
        self,
        heater: HeaterParameters,
        thermoelectric: ThermoelectricParameters,
        thermal: ThermalParameters,
        noise: NoiseParameters,
        ambient_K: float,
        rng: Generator,
    ) -> None:
        first, second = rng.spawn(2)
        self.heater = Heater(heater, noise, first)
        self.junction = ThermoelectricJunction(thermoelectric, ambient_K, second)
        self._ambient_K = ambient_K
        self._resistance_K_per_W = thermal.resistance_K_per_W

    def begin(self, heater_V: FloatArray, dt: float) -> "HeatedSpan":
        """Return the temperatures of the next steps without the junction, and the expansion."""
        heater_V = self.heater.driven_V(heater_V)
        power_W = self.heater.power_W(heater_V, dt)
        base_K, substrate_K, tip_W = self.heater.rises_K(power_W, dt)
        tip_K = base_K + self._resistance_K_per_W * tip_W
        way_m = self.heater.expansion_m(tip_K, substrate_K, dt)
        return HeatedSpan(heater_V, base_K, substrate_K, tip_K, way_m)

    def warm(
        self,
        span: "HeatedSpan",
        passage: HeatCarrier,
        tip_m: FloatArray,
        heat_W: FloatArray,
        current_A: FloatArray,
        follow: Callable[[FloatArray], FloatArray],
    ) -> tuple[FloatArray, FloatArray]:
        """Return the tip's rise above its base, and the voltage (S - S_lead) theta at which no current flows.

        Parameters
        ----------
        span : HeatedSpan
        passage : HeatCarrier
        tip_m : ndarray, shape (n,)
            Position of the tip, negative outside the surface.
        heat_W, current_A : ndarray, shape (n,)
            Heat in the tip and current of the junction without a temperature difference.
        follow : callable
            From the steady rise of the tip to the one that its time constant lets it have.
        """
        mean_K = self._ambient_K + 0.5 * (span.open_tip_K + span.substrate_K)
        terms = self.junction.terms(passage, tip_m, mean_K)
        heat_W = heat_W + self.junction.peltier_W(terms, current_A)
        tip_K = follow(span.tip_goal_K(heat_W, terms.junction_W_per_K, self._resistance_K_per_W))
        self.junction.enter(passage, terms, tip_K, span.substrate_K)
        return tip_K - span.base_K, self.junction.driving_V(terms, tip_K, span.substrate_K)

    def mean_K(self, span: "HeatedSpan", above_base_K: FloatArray) -> FloatArray:
        """Return the mean temperature of tip and substrate, whose noise the junction has."""
        return self._ambient_K + 0.5 * (span.base_K + above_base_K + span.substrate_K)

    def terminals_V(self, span: "HeatedSpan") -> dict[str, FloatArray]:
        """Return the voltages of read-back and thermometers."""
        return self.heater.terminals_V(span.heater_V, span.base_K, span.substrate_K)


@dataclass(frozen=True, eq=False)
class HeatedSpan:
    """Voltage of the heater, rises of base, substrate and open tip, and expansion; shapes (n,)."""

    heater_V: FloatArray
    base_K: FloatArray
    substrate_K: FloatArray
    open_tip_K: FloatArray
    expansion_m: FloatArray

    def tip_goal_K(self, heat_W: FloatArray, junction_W_per_K: FloatArray, resistance: float) -> FloatArray:
        """Return the steady rise of the tip with the junction, exactly (see `analysis.thermoelectric.network`)."""
        into_W = heat_W + junction_W_per_K * self.substrate_K
        return (self.open_tip_K + resistance * into_W) / (1.0 + resistance * junction_W_per_K)
