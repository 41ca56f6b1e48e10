"""Currents of Breit-Wigner levels with their derivatives, as a fit needs them at every step."""

from dataclasses import dataclass

import numpy as np

from analysis.records import FloatArray
from analysis.transport.fermi_integrals import charge_step, pole_integrals

FIELDS = ("energy_eV", "gamma_probe_eV", "gamma_substrate_eV", "bias_drop")
"""Parameters of a level, in the order of the columns below."""


@dataclass(frozen=True, eq=False)
class LevelSlopes:
    """Integrals of tau (f_P - f_S), (mu_P - E) tau (f_P - f_S) and (E - mu_S) tau (f_P - f_S), in eV and eV^2.

    ``by_level`` has shape (3, n_levels, n_bias); ``slopes`` (3, n_levels, 4, n_bias), derivatives by the fields of each
    level.
    """

    by_level: FloatArray
    slopes: FloatArray

    @property
    def values(self) -> FloatArray:
        """Sum over the levels, shape (3, n_bias)."""
        return np.asarray(self.by_level.sum(axis=1))


def level_slopes(
    levels: FloatArray,
    bias_V: FloatArray,
    kT_probe_eV: float | FloatArray,
    kT_substrate_eV: float | FloatArray,
) -> LevelSlopes:
    """Return values and analytic derivatives for ``levels`` of shape (n_levels, 4) at the biases, shape (n_bias,).

    Thermal energies are those of all biases, or one for each.

    With X and H the integrals of `pole_integrals`, c = A/g and w = eps - i g, the three values are
    -c Im X, -c Im H_P and -c Im H_S; bias_drop moves a level by -V against both chemical potentials.
    """
    eps, probe, substrate, drop = (levels[:, i, None] for i in range(4))
    g, product = 0.5 * (probe + substrate), probe * substrate
    mu_P = drop * bias_V
    w = eps - 1j * g
    x = pole_integrals(w, mu_P, bias_V, kT_probe_eV, kT_substrate_eV)
    step = charge_step(w, mu_P, bias_V, kT_probe_eV, kT_substrate_eV)
    integrals = np.stack([x.charge, x.heat_probe, x.heat_substrate])
    by_pole = np.stack([step, (mu_P - w) * step - x.charge, (w - mu_P + bias_V) * step + x.charge])
    by_energy = -product / g * by_pole.imag
    by_width = product / g**2 * integrals.imag + product / g * by_pole.real
    per_product = -integrals.imag / g
    slopes = np.stack(
        [
            by_energy,
            substrate * per_product + 0.5 * by_width,
            probe * per_product + 0.5 * by_width,
            -bias_V * by_energy,
        ],
        axis=2,
    )
    return LevelSlopes(product * per_product, slopes)
