"""Charge and heat currents of a two-terminal coherent junction, by electrode (Landauer).

    I   = (2e/h) int tau(E) [f_P - f_S] dE
    Q_P = (2/h)  int (mu_P - E) tau(E) [f_P - f_S] dE       heat left in the probe
    Q_S = (2/h)  int (E - mu_S) tau(E) [f_P - f_S] dE       heat left in the substrate

Signs (Lee et al., Nature 498, 209 (2013)): positive bias = substrate at the higher electrical potential, the
probe grounded; mu_P - mu_S = +eV, placed at +-eV/2 about the Fermi level. Then Q_P + Q_S = I V, I(V) has the
sign of V, and heat is positive where it is dissipated.

Three traps. (1) A tip of thermal resistance R_P warms by dT = Q_P R_P, so a symmetric junction gives
dT_sym = Q_Total R_P / 2; the paper's text prints Q_Total/2R_P, which is not a temperature. (2) The paper's eq. 2,
Q_P(V) - Q_P(-V) = 2 G T S V, is the first term in V: at its own biases the exact difference is 10 to 350 times
larger, so there eq. 2 tells the sign and nothing more. (3) A transmission that rises through E_F (LUMO) has
S < 0 and heats the probe more at negative bias; one that falls (HOMO) has S > 0 and does so at positive bias.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.constants import ELEMENTARY_CHARGE_C, G0_S, BOLTZMANN_eV_per_K, PLANCK_J_s
from analysis.fermi_integrals import pole_integrals
from analysis.records import FloatArray
from analysis.transmission import PoleSum, Transmission

WATT_PER_eV2 = 2.0 * ELEMENTARY_CHARGE_C**2 / PLANCK_J_s
"""2/h in watts for an integral in eV^2: (2/h) e^2."""

_ROUNDING = 1e-13  # of one closed-form term, as measured against 60 digits over the whole range


@dataclass(frozen=True, eq=False)
class Currents:
    """Currents at each bias; arrays of the shape of ``bias_V``.

    ``accuracy`` is the estimated relative error of the current and of the larger of the two heats.
    """

    bias_V: FloatArray
    current_A: FloatArray
    heat_probe_W: FloatArray
    heat_substrate_W: FloatArray
    accuracy: FloatArray

    @property
    def heat_total_W(self) -> FloatArray:
        """I V: what the source spends."""
        return self.current_A * self.bias_V


def currents(
    transmission: Transmission,
    bias_V: ArrayLike,
    temperature_probe_K: ArrayLike = 300.0,
    temperature_substrate_K: ArrayLike = 300.0,
) -> Currents:
    """Current and the heat left in each electrode.

    Parameters
    ----------
    transmission : Transmission
        See `analysis.transmission`.
    bias_V : array_like
        Bias of the substrate against the probe. Temperatures broadcast with it.

    Raises
    ------
    ValueError
        For a temperature that is not above zero, or a bias that is not finite.
    """
    bias, kT_P, kT_S = _conditions(bias_V, temperature_probe_K, temperature_substrate_K)
    return _from_poles(transmission.poles(), bias, kT_P, kT_S)


def _from_poles(poles: PoleSum, bias: FloatArray, kT_P: FloatArray, kT_S: FloatArray) -> Currents:
    wide = (slice(None), *(None,) * bias.ndim)
    drop = poles.bias_drop[wide]
    terms = pole_integrals(poles.pole_eV[wide], drop * bias, bias, kT_P, kT_S)
    residue = poles.residue_eV[wide]
    flat, sommerfeld = poles.background, np.pi**2 / 6 * (kT_P - kT_S) * (kT_P + kT_S)
    number, number_size = _summed(residue, terms.charge)
    heat_P, heat_P_size = _summed(residue, terms.heat_probe)
    heat_S, heat_S_size = _summed(residue, terms.heat_substrate)
    number = number + flat * bias
    heat_P = heat_P + flat * (0.5 * bias**2 - sommerfeld)
    heat_S = heat_S + flat * (0.5 * bias**2 + sommerfeld)
    accuracy = _relative(number_size, number, heat_P_size + heat_S_size, heat_P, heat_S)
    return _closed(bias, number, heat_P, heat_S, accuracy)


def _summed(residue: ArrayLike, integral: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """2 Re sum_k c_k X_k, and the sum of the sizes of what was added: their ratio is what cancelled."""
    c, x = np.asarray(residue), np.asarray(integral)
    real, imaginary = 2 * c.real * x.real, -2 * c.imag * x.imag
    return (real + imaginary).sum(axis=0), (np.abs(real) + np.abs(imaginary)).sum(axis=0)


def _relative(
    number_size: FloatArray, number: FloatArray, heat_size: FloatArray, heat_P: FloatArray, heat_S: FloatArray
) -> FloatArray:
    larger = np.maximum(np.abs(heat_P), np.abs(heat_S))
    with np.errstate(divide="ignore", invalid="ignore"):
        worst = np.fmax(number_size / np.abs(number), heat_size / larger)
    return _ROUNDING * np.where(np.isnan(worst), 1.0, np.maximum(worst, 1.0))


def _closed(
    bias: FloatArray, number: FloatArray, heat_P: FloatArray, heat_S: FloatArray, accuracy: FloatArray
) -> Currents:
    """SI, and energy conserved to rounding: the larger heat is I V less the smaller, which costs it nothing."""
    total = number * bias
    probe_larger = np.abs(heat_P) > np.abs(heat_S)
    heat_P, heat_S = (
        np.where(probe_larger, total - heat_S, heat_P),
        np.where(probe_larger, heat_S, total - heat_P),
    )
    return Currents(bias, G0_S * number, WATT_PER_eV2 * heat_P, WATT_PER_eV2 * heat_S, accuracy)


def _conditions(
    bias_V: ArrayLike, temperature_probe_K: ArrayLike, temperature_substrate_K: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    bias, T_P, T_S = np.broadcast_arrays(
        np.asarray(bias_V, dtype=np.float64),
        np.asarray(temperature_probe_K, dtype=np.float64),
        np.asarray(temperature_substrate_K, dtype=np.float64),
    )
    if not np.isfinite(bias).all():
        raise ValueError("bias_V holds a value that is not a finite number")
    for name, T in (("temperature_probe_K", T_P), ("temperature_substrate_K", T_S)):
        if not (np.isfinite(T) & (T > 0)).all():
            raise ValueError(f"{name} = {T.flat[0]:g} must be above 0 K")
    return bias, BOLTZMANN_eV_per_K * T_P, BOLTZMANN_eV_per_K * T_S
