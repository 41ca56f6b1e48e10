"""Holds made by hand, for tests: what a junction does is said, what the estimator finds is compared."""

from dataclasses import replace
from fractions import Fraction

import numpy as np

from analysis.heating.holds import Hold
from analysis.heating.programme import three_level

RATE_Hz = 2000.0
SEEBECK_V_per_K = 16.3e-6
RISE_K = {"+": 8e-3, "-": 26e-3}
CURRENT_A = 4e-7
AMPLITUDE_V = 1.27


def made_hold(
    n=10_000,
    programme=None,
    rise_K=RISE_K,
    current_A=CURRENT_A,
    before_samples=0,
    claimed_off=-1,
    first_sample=1000,
    drift_V=None,
    rng=None,
    noise_V=0.0,
    current_noise_A=0.0,
    **fields,
):
    """A hold of ``n`` samples of its programme after ``before_samples`` at 0.1 V; noise-free unless asked for."""
    programme = programme or three_level(AMPLITUDE_V)
    sample = np.arange(n)
    levels_V = np.array([level.bias_V for level in programme.levels])
    bias_V = levels_V[programme.level_index(sample, RATE_Hz)]
    peak_V = programme.largest_bias_V or 1.0
    t = sample / RATE_Hz
    thermocouple_V = np.where(bias_V > 0.0, rise_K["+"] * bias_V / peak_V, 0.0)
    thermocouple_V = -SEEBECK_V_per_K * (
        thermocouple_V + np.where(bias_V < 0.0, -rise_K["-"] * bias_V / peak_V, 0.0)
    )
    thermocouple_V = thermocouple_V + (0.0 if drift_V is None else drift_V(t))
    amperes = current_A * bias_V / peak_V
    if rng is not None:
        thermocouple_V = thermocouple_V + noise_V * rng.standard_normal(n)
        amperes = amperes + current_noise_A * rng.standard_normal(n)

    def led(values, value):
        return np.concatenate([np.full(before_samples, value), values])

    return replace(
        Hold(
            number=0,
            samples=(first_sample, first_sample + n + before_samples),
            rate_Hz=RATE_Hz,
            programme=programme,
            amplitude_V=programme.largest_bias_V,
            start=first_sample + before_samples + claimed_off,
            bias_V=led(bias_V, 0.1),
            current_A=led(amperes, 1.5e-8),
            thermocouple_V=led(thermocouple_V, 0.0),
            railed=np.zeros(n + before_samples, bool),
        ),
        **fields,
    )


def with_current(hold, change, samples):
    """The hold with its current changed at some samples (a slice of its arrays)."""
    current_A = hold.current_A.copy()
    current_A[samples] = change(current_A[samples])
    return replace(hold, current_A=current_A)


PERIOD = Fraction(8000, 49)


def sample_of(period, share=0.0):
    """Index of the sample at which a period begins, or a share of a period later."""
    return int(np.ceil(float((period + Fraction(share)) * PERIOD)))
