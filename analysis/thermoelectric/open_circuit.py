"""Conductance, short-circuit current and open-circuit voltage of a junction from its current at several biases.

The bias is the looped-back one: half a step of a 16-bit output on +-10 V, 0.15 mV, is 5 uV/K at 30 K.
"""

import math
from dataclasses import dataclass

import numpy as np

from analysis.records import FloatArray


@dataclass(frozen=True)
class OpenCircuit:
    """Line I = a + G V of a junction: V_oc = -a/G and I_sc = a, with standard errors."""

    conductance_S: float
    open_circuit_V: float
    short_circuit_A: float
    sigma_conductance_S: float
    sigma_open_circuit_V: float
    sigma_short_circuit_A: float


def open_circuit(
    bias_V: FloatArray,
    current_A: FloatArray,
    noise_A2_per_Hz: float,
    rate_Hz: float,
    weight: FloatArray | None = None,
) -> OpenCircuit:
    """Fit a line through the samples.

    Parameters
    ----------
    bias_V, current_A : ndarray, shape (n,)
        Looped-back bias and current of the samples that are kept.
    noise_A2_per_Hz : float
        One-sided density of the current's noise at the modulation frequency.
    rate_Hz : float
        Sample rate.
    weight : ndarray or None, shape (n,)
        Weight of each sample; None: all alike.

    Notes
    -----
    Var(V_oc) = (S_I f_s / 2) / G^2 x (1/n + (V_oc - mean V)^2 / S_xx), all with weights that add up to n.

    Raises
    ------
    ValueError
        With fewer than three samples, or if the bias does not vary.
    """
    n = len(bias_V)
    if n < 3:
        raise ValueError(f"{n} samples do not determine a line")
    share = np.full(n, 1.0 / n) if weight is None else weight / weight.sum()
    mean_V = float(share @ bias_V)
    about_V = bias_V - mean_V
    square_V2 = n * float(share @ about_V**2)
    if not square_V2 > 0.0:
        raise ValueError("the bias does not vary, so the open-circuit voltage is undetermined")
    slope_S = n * float((share * about_V) @ current_A) / square_V2
    intercept_A = float(share @ current_A) - slope_S * mean_V
    variance_A2 = noise_A2_per_Hz * rate_Hz / 2.0
    crossing_V = -intercept_A / slope_S if slope_S else math.nan
    return OpenCircuit(
        slope_S,
        crossing_V,
        intercept_A,
        math.sqrt(variance_A2 / square_V2),
        math.sqrt(variance_A2 * (1.0 / n + (crossing_V - mean_V) ** 2 / square_V2)) / abs(slope_S)
        if slope_S
        else math.inf,
        math.sqrt(variance_A2 * (1.0 / n + mean_V**2 / square_V2)),
    )
