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

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from analysis.constants import ELEMENTARY_CHARGE_C, G0_S, BOLTZMANN_eV_per_K, PLANCK_J_s
from analysis.records import FloatArray
from analysis.transport.fermi_integrals import pole_derivatives, pole_integrals
from analysis.transport.quadrature import thermal_moments, window_integrals
from analysis.transport.transmission import PoleSum, Shaped, Transmission, Uncertain

WATT_PER_eV2 = 2.0 * ELEMENTARY_CHARGE_C**2 / PLANCK_J_s
"""2/h in watts for an integral in eV^2: (2/h) e^2."""

_POLE_ERROR = (
    2e-12  # largest of a closed-form term against 50 digits, leads at like temperatures; most are 1e-14
)
_PANEL_ERROR = 1e-13  # of quadrature by panels, of the integral of the modulus
_ENOUGH = 1e-10  # relative error above which quadrature replaces a closed form, if both are possible


@dataclass(frozen=True, eq=False)
class Currents:
    """Currents at each bias; arrays of the shape of ``bias_V``.

    ``accuracy`` is the estimated relative error of the current and of the larger of the two heats; infinite if it is
    unknown: between the points of a table of two, or for a current of zero that need not be zero.
    """

    bias_V: FloatArray
    current_A: FloatArray
    heat_probe_W: FloatArray
    heat_substrate_W: FloatArray
    accuracy: FloatArray

    @property
    def heat_total_W(self) -> FloatArray:
        """Power I V of the source."""
        return self.current_A * self.bias_V


def currents(
    transmission: Transmission,
    bias_V: ArrayLike,
    temperature_probe_K: ArrayLike = 300.0,
    temperature_substrate_K: ArrayLike = 300.0,
) -> Currents:
    """Return the current and the heat left in each electrode.

    Parameters
    ----------
    transmission : Transmission
        See `analysis.transport.transmission`.
    bias_V : array_like
        Bias of the substrate against the probe. Temperatures broadcast with it.

    Raises
    ------
    ValueError
        For a temperature that is not above zero, or a bias that is not finite.
    """
    bias, kT_P, kT_S = _conditions(bias_V, temperature_probe_K, temperature_substrate_K)
    poles = transmission.poles()
    if poles is not None:
        result = _from_poles(poles, bias, kT_P, kT_S)
        if np.all(result.accuracy <= _ENOUGH) or not isinstance(transmission, Shaped):
            return result
    result = _from_shape(_shaped(transmission), bias, kT_P, kT_S)
    if isinstance(transmission, Uncertain):
        return _doubted(transmission, result, kT_P, kT_S)
    return result


def differential_conductance(
    transmission: Transmission,
    bias_V: ArrayLike,
    temperature_probe_K: ArrayLike = 300.0,
    temperature_substrate_K: ArrayLike = 300.0,
) -> FloatArray:
    """Return the slope dI/dV in siemens at each bias; parameters and errors as in `currents`."""
    bias, kT_P, kT_S = _conditions(bias_V, temperature_probe_K, temperature_substrate_K)
    poles = transmission.poles()
    if poles is None:
        shaped = _shaped(transmission)
        drop = shaped.bias_drop
        slope_P = thermal_moments(shaped.shape(), drop * bias, kT_P)[0]
        slope_S = thermal_moments(shaped.shape(), (drop - 1.0) * bias, kT_S)[0]
        return G0_S * (drop * slope_P + (1.0 - drop) * slope_S)
    wide = (slice(None), *(None,) * bias.ndim)
    w, c, drops = poles.pole_eV[wide], poles.residue_eV[wide], poles.bias_drop[wide]
    charge_P, charge_S = (
        pole_derivatives(w, mu, kT)[0] for mu, kT in ((drops * bias, kT_P), ((drops - 1) * bias, kT_S))
    )
    number, _ = _summed(c, drops * charge_P + (1.0 - drops) * charge_S)
    return G0_S * (number + poles.background)


@dataclass(frozen=True, eq=False)
class LinearResponse:
    """Onsager integrals L_n = (2/h) int (E - mu)^n tau (-f') dE in SI, and the coefficients derived from them.

    Arrays of the shape of ``temperature_K`` broadcast with the chemical potential. ``accuracy`` is the estimated
    relative error of L0 and L2, and of L1 against the geometric mean of the two.
    """

    temperature_K: FloatArray
    L0_per_J_s: FloatArray
    L1_per_s: FloatArray
    L2_W: FloatArray
    accuracy: FloatArray

    @property
    def conductance_S(self) -> FloatArray:
        """Zero-bias conductance e^2 L0."""
        return ELEMENTARY_CHARGE_C**2 * self.L0_per_J_s

    @property
    def conductance_G0(self) -> FloatArray:
        """Zero-bias conductance in units of 2e^2/h."""
        return self.conductance_S / G0_S

    @property
    def seebeck_V_per_K(self) -> FloatArray:
        """S = -L1/(e T L0): negative where tau rises through E_F (LUMO), positive where it falls (HOMO)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return -self.L1_per_s / (ELEMENTARY_CHARGE_C * self.temperature_K * self.L0_per_J_s)

    @property
    def thermal_conductance_W_per_K(self) -> FloatArray:
        """Electronic thermal conductance at zero current, (L2 - L1^2/L0)/T."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return (self.L2_W - self.L1_per_s**2 / self.L0_per_J_s) / self.temperature_K


def linear_response(
    transmission: Transmission, temperature_K: ArrayLike = 300.0, fermi_eV: ArrayLike = 0.0
) -> LinearResponse:
    """Return the Onsager integrals at zero bias, both leads at ``temperature_K``, chemical potential ``fermi_eV``."""
    mu, kT, _ = _conditions(fermi_eV, temperature_K, temperature_K)
    poles = transmission.poles()
    moments, accuracy = (
        (np.empty(0), np.full(mu.shape, np.inf)) if poles is None else _pole_moments(poles, mu, kT)
    )
    if poles is None or (isinstance(transmission, Shaped) and np.any(accuracy > _ENOUGH)):
        moments, accuracy = _shape_moments(_shaped(transmission), mu, kT)
    rate = 2.0 / PLANCK_J_s
    L0, L1, L2 = (rate * ELEMENTARY_CHARGE_C**n * moments[n] for n in range(3))
    return LinearResponse(kT / BOLTZMANN_eV_per_K, L0, L1, L2, accuracy)


def _pole_moments(poles: PoleSum, mu: FloatArray, kT: FloatArray) -> tuple[FloatArray, FloatArray]:
    wide = (slice(None), *(None,) * mu.ndim)
    w, c = poles.pole_eV[wide], poles.residue_eV[wide]
    zeroth, first = pole_derivatives(w, mu, kT)
    rows = [_summed(c, x) for x in (zeroth, first, (w - mu) * first)]
    moments = np.stack([row[0] for row in rows])
    moments[0] += poles.background
    moments[2] += poles.background * np.pi**2 / 3 * kT**2
    sizes = np.stack([row[1] for row in rows])
    return moments, _moment_accuracy(moments, sizes)


def _moment_accuracy(moments: FloatArray, sizes: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.stack([moments[0], np.sqrt(np.abs(moments[0] * moments[2])), moments[2]])
        worst = np.fmax.reduce(sizes / scale)
    return _POLE_ERROR * np.where(np.isnan(worst), 1.0, np.maximum(worst, 1.0))


def _shape_moments(shaped: Shaped, mu: FloatArray, kT: FloatArray) -> tuple[FloatArray, FloatArray]:
    moments = thermal_moments(shaped.shape(), mu, kT)
    accuracy = np.full(mu.shape, _PANEL_ERROR)
    if isinstance(shaped, Uncertain):
        scale = np.stack([moments[0], np.sqrt(moments[0] * moments[2]), moments[2]])
        for other, weight in shaped.doubts():
            change = _share(np.abs(thermal_moments(other.shape(), mu, kT) - moments), scale)
            accuracy = accuracy + weight * change.max(axis=0)
        accuracy = accuracy + shaped.unknown
    return moments, accuracy


def _shaped(transmission: Transmission) -> Shaped:
    if not isinstance(transmission, Shaped):
        raise TypeError(f"{type(transmission).__name__} has neither poles nor a shape to integrate over")
    return transmission


def _from_shape(shaped: Shaped, bias: FloatArray, kT_P: FloatArray, kT_S: FloatArray) -> Currents:
    x = window_integrals(shaped.shape(), shaped.bias_drop * bias, bias, kT_P, kT_S)
    accuracy = _relative(_PANEL_ERROR, x.number_size, x.number, x.heat_size, x.heat_probe, x.heat_substrate)
    return _closed(bias, x.number, x.heat_probe, x.heat_substrate, accuracy)


def _doubted(transmission: Uncertain, result: Currents, kT_P: FloatArray, kT_S: FloatArray) -> Currents:
    """Return the result with the uncertainty of the transmission itself added to its accuracy."""
    accuracy = result.accuracy
    heat = np.maximum(np.abs(result.heat_probe_W), np.abs(result.heat_substrate_W))
    for other, weight in transmission.doubts():
        x = _from_shape(other, result.bias_V, kT_P, kT_S)
        in_current = _share(np.abs(x.current_A - result.current_A), np.abs(result.current_A))
        in_heat = _share(np.abs(x.heat_probe_W - result.heat_probe_W), heat)
        accuracy = accuracy + weight * np.maximum(in_current, in_heat)
    return replace(result, accuracy=accuracy + transmission.unknown)


def _share(change: FloatArray, size: FloatArray) -> FloatArray:
    """Return change over size; 0 for no change, infinite for a change of zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(change == 0, 0.0, change / size))


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
    accuracy = _relative(_POLE_ERROR, number_size, number, heat_P_size + heat_S_size, heat_P, heat_S)
    return _closed(bias, number, heat_P, heat_S, accuracy)


def _summed(residue: ArrayLike, integral: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return 2 Re sum_k c_k X_k, and the sum of the moduli of its terms; their ratio measures the cancellation."""
    c, x = np.asarray(residue), np.asarray(integral)
    real, imaginary = 2 * c.real * x.real, -2 * c.imag * x.imag
    return (real + imaginary).sum(axis=0), (np.abs(real) + np.abs(imaginary)).sum(axis=0)


def _relative(
    error: float,
    number_size: FloatArray,
    number: FloatArray,
    heat_size: FloatArray,
    heat_P: FloatArray,
    heat_S: FloatArray,
) -> FloatArray:
    larger = np.maximum(np.abs(heat_P), np.abs(heat_S))
    with np.errstate(divide="ignore", invalid="ignore"):
        worst = np.fmax(number_size / np.abs(number), heat_size / larger)
    return error * np.where(np.isnan(worst), 1.0, np.maximum(worst, 1.0))


def _closed(
    bias: FloatArray, number: FloatArray, heat_P: FloatArray, heat_S: FloatArray, accuracy: FloatArray
) -> Currents:
    """Return currents in SI that conserve energy to rounding: the larger heat is I V minus the smaller, at no loss of
    accuracy.
    """
    current, heat_P, heat_S = G0_S * number, WATT_PER_eV2 * heat_P, WATT_PER_eV2 * heat_S
    total, probe_larger = current * bias, np.abs(heat_P) > np.abs(heat_S)
    heat_probe = np.where(probe_larger, total - heat_S, heat_P)
    heat_substrate = np.where(probe_larger, heat_S, total - heat_P)
    return Currents(bias, current, heat_probe, heat_substrate, accuracy)


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
