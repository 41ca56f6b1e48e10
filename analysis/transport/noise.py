"""Noise of the current through a junction, from its transmission channels, and the noise of the amplifier beside it.

    S_I = 2 G0 int sum_n { tau_n [f_P (1 - f_P) + f_S (1 - f_S)] + tau_n (1 - tau_n) (f_P - f_S)^2 } dE

one-sided, for channels that do not depend on energy. With equal temperatures it is
4 k T G0 sum tau^2 + 2 e V coth(e V / 2 k T) G0 sum tau (1 - tau)   (Lumbroso et al., Nature 562, 240 (2018), eq. 1).
"""

import math
from collections.abc import Sequence

import numpy as np

from analysis.constants import ELEMENTARY_CHARGE_C, G0_S, BOLTZMANN_J_per_K
from analysis.records import FloatArray

_DELTA_T = math.pi**2 / 9.0 - 2.0 / 3.0
_POINTS = 16
_REACH = 45.0
"""Distance from a Fermi level, in kT, beyond which its function is constant."""
_STEPS = np.arange(1.0, _REACH + 1.0)


def fano_factor(transmissions: Sequence[float]) -> float:
    """Return F = sum tau (1 - tau) / sum tau: 0 for open channels, 1 for a tunnel junction.

    Raises ``ValueError`` if no channel conducts.
    """
    tau = np.asarray(transmissions, dtype=np.float64)
    if not tau.sum() > 0.0:
        raise ValueError("a Fano factor needs a channel that conducts")
    return float((tau * (1.0 - tau)).sum() / tau.sum())


def junction_noise_A2_per_Hz(
    transmissions: Sequence[float], bias_V: float, probe_K: float, substrate_K: float
) -> float:
    """Return the one-sided density of the current's noise at low frequency, by the exact integral."""
    tau = np.asarray(transmissions, dtype=np.float64)
    half_J = 0.5 * ELEMENTARY_CHARGE_C * bias_V
    kT_J = BOLTZMANN_J_per_K * probe_K, BOLTZMANN_J_per_K * substrate_K
    energy_J, weight_J = _nodes(half_J, *kT_J)
    probe, substrate = _fermi((energy_J - half_J) / kT_J[0]), _fermi((energy_J + half_J) / kT_J[1])
    partition = float(weight_J @ (probe - substrate) ** 2)
    return 2.0 * G0_S * (float(tau.sum()) * sum(kT_J) + float((tau * (1.0 - tau)).sum()) * partition)


def _nodes(half_J: float, kT_probe_J: float, kT_substrate_J: float) -> tuple[FloatArray, FloatArray]:
    """Return energies and weights of a Gauss rule, in J, with panels that are narrow where a Fermi function falls."""
    steps = np.concatenate([-_STEPS[::-1], [0.0], _STEPS])
    far_J = _REACH * max(kT_probe_J, kT_substrate_J) + abs(half_J)
    around = [half_J + kT_probe_J * steps, -half_J + kT_substrate_J * steps, np.array([-far_J, far_J])]
    edges = np.unique(np.clip(np.concatenate(around), -far_J, far_J))
    x, w = np.polynomial.legendre.leggauss(_POINTS)
    half = np.diff(edges)[:, None] / 2.0
    return (edges[:-1, None] + half * (1.0 + x)).ravel(), (half * w).ravel()


def _fermi(x: FloatArray) -> FloatArray:
    return np.asarray(0.5 * (1.0 - np.tanh(0.5 * x)))


def equal_temperature_noise_A2_per_Hz(
    transmissions: Sequence[float], bias_V: float, temperature_K: float
) -> float:
    """Return thermal and shot noise of channels between electrodes of one temperature."""
    tau = np.asarray(transmissions, dtype=np.float64)
    kT_J = BOLTZMANN_J_per_K * temperature_K
    shot_J = 4.0 * kT_J * x_coth_x(ELEMENTARY_CHARGE_C * bias_V / (2.0 * kT_J))
    return G0_S * float(4.0 * kT_J * (tau**2).sum() + shot_J * (tau * (1.0 - tau)).sum())


def x_coth_x(x: float) -> float:
    """Return x coth x, 1 at x = 0."""
    return 1.0 + x**2 / 3.0 if abs(x) < 1e-4 else x / math.tanh(x)


def delta_T_noise_A2_per_Hz(transmissions: Sequence[float], probe_K: float, substrate_K: float) -> float:
    """Return the noise that a temperature difference adds at zero bias, to leading order.

    k dT^2 / T (pi^2/9 - 2/3) G0 sum tau (1 - tau), with the mean temperature T.
    """
    tau = np.asarray(transmissions, dtype=np.float64)
    difference_K, mean_K = probe_K - substrate_K, 0.5 * (probe_K + substrate_K)
    partition = float((tau * (1.0 - tau)).sum())
    return BOLTZMANN_J_per_K * difference_K**2 / mean_K * _DELTA_T * G0_S * partition


def amplifier_noise_A2_per_Hz(
    conductance_S: float,
    feedback_ohm: float,
    input_V_per_rtHz: float,
    capacitance_F: float,
    frequency_Hz: float,
    converter_A2_per_Hz: float = 0.0,
    temperature_K: float = 300.0,
) -> float:
    """Return the noise that amplifier and converter add, as a density of current at the input.

    Johnson noise 4 k T / R_f; the voltage noise e_n across the junction and the capacitance at the input, e_n^2 (G^2 +
    (omega C)^2), which grows with G^2 and looks like excess noise of the junction; and the converter.
    """
    johnson = 4.0 * BOLTZMANN_J_per_K * temperature_K / feedback_ohm
    admittance2 = conductance_S**2 + (2.0 * math.pi * frequency_Hz * capacitance_F) ** 2
    return johnson + input_V_per_rtHz**2 * admittance2 + converter_A2_per_Hz


def noise_temperature_K(
    density_A2_per_Hz: float, conductance_S: float, floor_A2_per_Hz: float = 0.0
) -> float:
    """Return the temperature of which 4 k T G is a density less its floor."""
    return (density_A2_per_Hz - floor_A2_per_Hz) / (4.0 * BOLTZMANN_J_per_K * conductance_S)
