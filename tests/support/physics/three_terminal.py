"""Closed forms for two leads and one probe (eqs. 8 to 34 of Erdogan and Bergfield, arXiv:2508.20343).

The same physics as in `analysis.buettiker.linear` by another route: the formulas are those derived by hand, without a
matrix to solve. They hold for a real Hamiltonian, where L_ab = L_ba. Energies are in eV, and temperatures enter as
differences from T0, so that equal temperatures drive exactly no current.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.buettiker.linear import PER_eV_s
from analysis.buettiker.onsager import Onsager
from analysis.records import FloatArray
from analysis.transport.landauer import WATT_PER_eV2

LEFT, RIGHT, PROBE = 0, 1, 2


@dataclass(frozen=True, eq=False)
class ThreeTerminal:
    """Coefficients of a junction with the terminals left, right and probe, in this order.

    Raises ``ValueError`` unless there are three.
    """

    coefficients: Onsager

    def __post_init__(self) -> None:
        if len(self.coefficients.names) != 3:
            raise ValueError(f"the closed forms are for three terminals, not for {self.coefficients.names}")

    @property
    def T0(self) -> float:
        """Reference temperature in K."""
        return self.coefficients.reference_temperature_K

    def L(self, nu: int, a: int, b: int) -> FloatArray:
        """Return L^(nu)_ab without 2/h, eV^nu (eqs. 2 and 9)."""
        return np.asarray(self.coefficients.moments_eV[nu, ..., a, b])

    # --- electronic circuit, voltage probe -------------------------------------------------------------------------

    def Lt0(self, a: int, b: int) -> FloatArray:
        """Return eq. 11, particles per chemical potential."""
        return self.L(0, a, b) - self.L(0, a, PROBE) * self.L(0, PROBE, b) / self.L(0, PROBE, PROBE)

    def Lt1_particle(self, a: int, b: int) -> FloatArray:
        """Return eq. 11, particles per T/T0."""
        return self.L(1, a, b) - self.L(0, a, PROBE) * self.L(1, PROBE, b) / self.L(0, PROBE, PROBE)

    def Lt1_heat(self, a: int, b: int) -> FloatArray:
        """Return eq. 11, heat per chemical potential: the transpose of `Lt1_particle`."""
        return self.L(1, a, b) - self.L(1, a, PROBE) * self.L(0, PROBE, b) / self.L(0, PROBE, PROBE)

    def Lt2(self, a: int, b: int) -> FloatArray:
        """Return eq. 11, heat per T/T0."""
        return self.L(2, a, b) - self.L(1, a, PROBE) * self.L(1, PROBE, b) / self.L(0, PROBE, PROBE)

    def probe_mu_eV(self, held: "LeadPotentials", T_probe_K: ArrayLike) -> FloatArray:
        """Return eq. 8: mu_P from mu0 for a probe at this temperature."""
        driven = self.L(1, PROBE, PROBE) * np.asarray(T_probe_K) / self.T0
        for b in (LEFT, RIGHT):
            driven = driven + self.L(0, PROBE, b) * held.mu_eV[b]
            driven = driven + self.L(1, PROBE, b) * held.temperature_K[b] / self.T0
        return np.asarray(-driven / self.L(0, PROBE, PROBE))

    def particle_current_per_s(self, a: int, held: "LeadPotentials", T_probe_K: ArrayLike) -> FloatArray:
        """Return eq. 10 for nu = 0, with rows closed by eq. 12: particles into ``a``."""
        b = _other(a)
        driven = self.Lt0(a, b) * (held.mu_eV[b] - held.mu_eV[a])
        driven = driven + self.Lt1_particle(a, b) * (held.temperature_K[b] - held.temperature_K[a]) / self.T0
        driven = (
            driven + self.Lt1_particle(a, PROBE) * (np.asarray(T_probe_K) - held.temperature_K[a]) / self.T0
        )
        return np.asarray(PER_eV_s * driven)

    def heat_current_W(self, a: int, held: "LeadPotentials", T_probe_K: ArrayLike) -> FloatArray:
        """Return eq. 10 for nu = 1 (eq. 37): heat into ``a``, left or right."""
        b = _other(a)
        driven = self.Lt1_heat(a, b) * (held.mu_eV[b] - held.mu_eV[a])
        driven = driven + self.Lt2(a, b) * (held.temperature_K[b] - held.temperature_K[a]) / self.T0
        driven = driven + self.Lt2(a, PROBE) * (np.asarray(T_probe_K) - held.temperature_K[a]) / self.T0
        return np.asarray(WATT_PER_eV2 * driven)

    def probe_heat_current_W(self, held: "LeadPotentials", T_probe_K: ArrayLike) -> FloatArray:
        """Return eq. 19: heat into a voltage probe, for which no source accounts."""
        driven = self.Lt1_heat(PROBE, LEFT) * (held.mu_eV[LEFT] - held.mu_eV[RIGHT])
        for b in (LEFT, RIGHT):
            driven = driven + self.Lt2(PROBE, b) * (held.temperature_K[b] - np.asarray(T_probe_K)) / self.T0
        return np.asarray(WATT_PER_eV2 * driven)

    # --- electronic circuit, voltage-temperature probe ------------------------------------------------------------

    def probe_conductance_W_per_K(self) -> FloatArray:
        """Return eq. 14: kappa_PP = -Lt2_PP/T0, positive."""
        return -WATT_PER_eV2 * self.Lt2(PROBE, PROBE) / self.T0

    def probe_temperature_K(self, held: "LeadPotentials") -> FloatArray:
        """Return eq. 13: the temperature at which the probe takes no heat."""
        driven = self.Lt1_heat(PROBE, LEFT) * (held.mu_eV[LEFT] - held.mu_eV[RIGHT])
        for b in (LEFT, RIGHT):
            driven = driven + self.Lt2(PROBE, b) * (held.temperature_K[b] - self.T0) / self.T0
        return np.asarray(self.T0 * (1.0 - driven / self.Lt2(PROBE, PROBE)))

    def Lh0(self, a: int, b: int) -> FloatArray:
        """Return eq. 16, particles per chemical potential."""
        return self.Lt0(a, b) - self.Lt1_particle(a, PROBE) * self.Lt1_heat(PROBE, b) / self.Lt2(PROBE, PROBE)

    def Lh1_particle(self, a: int, b: int) -> FloatArray:
        """Return eq. 16, particles per T/T0."""
        return self.Lt1_particle(a, b) - self.Lt1_particle(a, PROBE) * self.Lt2(PROBE, b) / self.Lt2(
            PROBE, PROBE
        )

    def Lh1_heat(self, a: int, b: int) -> FloatArray:
        """Return eq. 16, heat per chemical potential."""
        return self.Lt1_heat(a, b) - self.Lt2(a, PROBE) * self.Lt1_heat(PROBE, b) / self.Lt2(PROBE, PROBE)

    def Lh2(self, a: int, b: int) -> FloatArray:
        """Return eq. 16, heat per T/T0."""
        return self.Lt2(a, b) - self.Lt2(a, PROBE) * self.Lt2(PROBE, b) / self.Lt2(PROBE, PROBE)

    def thermalised_particle_current_per_s(self, a: int, held: "LeadPotentials") -> FloatArray:
        """Return eq. 15 for nu = 0: particles into ``a`` with a voltage-temperature probe."""
        b = _other(a)
        driven = self.Lh0(a, b) * (held.mu_eV[b] - held.mu_eV[a])
        driven = driven + self.Lh1_particle(a, b) * (held.temperature_K[b] - held.temperature_K[a]) / self.T0
        return np.asarray(PER_eV_s * driven)

    def thermalised_heat_current_W(self, a: int, held: "LeadPotentials") -> FloatArray:
        """Return eq. 15 for nu = 1: heat into ``a`` with a voltage-temperature probe."""
        b = _other(a)
        driven = self.Lh1_heat(a, b) * (held.mu_eV[b] - held.mu_eV[a])
        driven = driven + self.Lh2(a, b) * (held.temperature_K[b] - held.temperature_K[a]) / self.T0
        return np.asarray(WATT_PER_eV2 * driven)

    # --- differences between the probes -----------------------------------------------------------------------------

    def probe_mu_change_eV(self, temperature_change_K: ArrayLike) -> FloatArray:
        """Return eq. 17: mu_P of the thermalised probe minus that of the voltage probe, from T_P^VTP - T_P^VP."""
        slope = self.L(1, PROBE, PROBE) / self.L(0, PROBE, PROBE)
        return np.asarray(-slope * np.asarray(temperature_change_K) / self.T0)

    def particle_current_change_per_s(self, a: int, probe_heat_W: ArrayLike) -> FloatArray:
        """Return eq. 18 for nu = 0: current into ``a``, VTP minus VP, from the heat that the voltage probe takes."""
        share = self.Lt1_particle(a, PROBE) / self.Lt2(PROBE, PROBE)
        return np.asarray(-share * np.asarray(probe_heat_W) * PER_eV_s / WATT_PER_eV2)

    def heat_current_change_W(self, a: int, probe_heat_W: ArrayLike) -> FloatArray:
        """Return eq. 18 for nu = 1: heat into ``a``, VTP minus VP, from the heat that the voltage probe takes."""
        return np.asarray(-self.Lt2(a, PROBE) / self.Lt2(PROBE, PROBE) * np.asarray(probe_heat_W))

    def entropy_change_W_per_K(self, probe_heat_W: ArrayLike) -> FloatArray:
        """Return the entropy production, VP minus VTP: J_P^2/(T0^2 kappa_PP), never negative.

        Eq. 33 prints J_P/T_P instead, which is of first order and of either sign: it is the entropy carried into the
        probe and omits the effect of the leads on the current that thermalising changes.
        """
        return np.asarray(np.asarray(probe_heat_W) ** 2 / (self.T0**2 * self.probe_conductance_W_per_K()))

    # --- open circuit ----------------------------------------------------------------------------------------------

    def determinant(self) -> FloatArray:
        """Return D of eqs. 21 and 22."""
        LR, LP, RP = self.L(0, LEFT, RIGHT), self.L(0, LEFT, PROBE), self.L(0, RIGHT, PROBE)
        return LR * LP + LR * RP + LP * RP

    def open_mu_eV(
        self, T_left_K: ArrayLike, T_right_K: ArrayLike, T_probe_K: ArrayLike
    ) -> tuple[FloatArray, ...]:
        """Return eqs. 20 to 22: (mu_R, mu_P) without particle current, from mu_L."""
        T = [np.asarray(x) - self.T0 for x in (T_left_K, T_right_K, T_probe_K)]
        b_R, b_P = (-sum(self.L(1, a, b) * T[b] for b in range(3)) / self.T0 for a in (RIGHT, PROBE))
        D = self.determinant()
        mu_R = (b_R * self.L(0, PROBE, PROBE) - b_P * self.L(0, RIGHT, PROBE)) / D
        mu_P = (b_P * self.L(0, RIGHT, RIGHT) - b_R * self.L(0, PROBE, RIGHT)) / D
        return np.asarray(mu_R), np.asarray(mu_P)

    def kappa_W_per_K(self, a: int, b: int) -> FloatArray:
        """Return eq. 24: heat conductance between two different terminals, all three open."""
        g = ({LEFT, RIGHT, PROBE} - {a, b}).pop()
        L0_ag, L0_bg = self.L(0, a, g), self.L(0, b, g)
        L1_ab, L1_ag, L1_bg = self.L(1, a, b), self.L(1, a, g), self.L(1, b, g)
        taken = (L0_ag + L0_bg) * L1_ab**2 + L0_bg * L1_ab * L1_ag + L0_ag * L1_ab * L1_bg
        taken = taken - self.L(0, a, b) * L1_ag * L1_bg
        return WATT_PER_eV2 * (self.L(2, a, b) - taken / self.determinant()) / self.T0

    def series_W_per_K(self) -> FloatArray:
        """Return eq. 25: heat conductance from left to right through the probe."""
        return 1.0 / (1.0 / self.kappa_W_per_K(LEFT, PROBE) + 1.0 / self.kappa_W_per_K(RIGHT, PROBE))

    def open_probe_temperature_K(self, T_left_K: ArrayLike, T_right_K: ArrayLike) -> FloatArray:
        """Return eq. 26: mean of the leads' temperatures, weighted by their conductances to the probe."""
        left, right = self.kappa_W_per_K(PROBE, LEFT), self.kappa_W_per_K(PROBE, RIGHT)
        return np.asarray((left * np.asarray(T_left_K) + right * np.asarray(T_right_K)) / (left + right))

    def open_heat_right_W(
        self, T_left_K: ArrayLike, T_right_K: ArrayLike, T_probe_K: ArrayLike
    ) -> FloatArray:
        """Return eq. 27: heat into the right lead with a voltage probe."""
        T_L, T_R, T_P = (np.asarray(x) for x in (T_left_K, T_right_K, T_probe_K))
        through = self.kappa_W_per_K(RIGHT, LEFT) * (T_L - T_R)
        return np.asarray(through + self.kappa_W_per_K(RIGHT, PROBE) * (T_P - T_R))

    def open_thermalised_heat_right_W(self, T_left_K: ArrayLike, T_right_K: ArrayLike) -> FloatArray:
        """Return eq. 28: heat into the right lead with a voltage-temperature probe."""
        whole = self.kappa_W_per_K(RIGHT, LEFT) + self.series_W_per_K()
        return np.asarray(whole * (np.asarray(T_left_K) - np.asarray(T_right_K)))

    def open_heat_change_W(self, probe_heat_W: ArrayLike) -> FloatArray:
        """Return eq. 29: heat into the right lead, VTP minus VP, from the heat that the voltage probe takes."""
        left, right = self.kappa_W_per_K(PROBE, LEFT), self.kappa_W_per_K(PROBE, RIGHT)
        return np.asarray(right / (left + right) * np.asarray(probe_heat_W))

    def open_probe_heat_W(
        self, T_left_K: ArrayLike, T_right_K: ArrayLike, T_probe_K: ArrayLike
    ) -> FloatArray:
        """Return eq. 30: heat into a voltage probe."""
        T_L, T_R, T_P = (np.asarray(x) for x in (T_left_K, T_right_K, T_probe_K))
        return np.asarray(
            self.kappa_W_per_K(PROBE, LEFT) * (T_L - T_P) + self.kappa_W_per_K(PROBE, RIGHT) * (T_R - T_P)
        )

    def open_entropy_change_W_per_K(self, probe_heat_W: ArrayLike) -> FloatArray:
        """Return the entropy production, VP minus VTP: J_P^2/[T0^2 (kappa_PL + kappa_PR)]; see
        `entropy_change_W_per_K`.
        """
        both = self.kappa_W_per_K(PROBE, LEFT) + self.kappa_W_per_K(PROBE, RIGHT)
        return np.asarray(np.asarray(probe_heat_W) ** 2 / (self.T0**2 * both))

    def seebeck_V_per_K(self, T_left_K: ArrayLike, T_right_K: ArrayLike, T_probe_K: ArrayLike) -> FloatArray:
        """Return eq. 31: -(1/e) mu_R/(T_L - T_R), mu_R from mu_L."""
        mu_R, _ = self.open_mu_eV(T_left_K, T_right_K, T_probe_K)
        return np.asarray(-mu_R / (np.asarray(T_left_K) - np.asarray(T_right_K)))


@dataclass(frozen=True)
class LeadPotentials:
    """Chemical potentials (eV from mu0) and temperatures (K) of the left and the right lead."""

    mu_eV: tuple[float, float]
    temperature_K: tuple[float, float]


def _other(a: int) -> int:
    if a not in (LEFT, RIGHT):
        raise ValueError("these closed forms are for the currents into the left and the right lead")
    return RIGHT if a == LEFT else LEFT
