"""Holds made by hand, for tests: what a junction does is said, what the estimator finds is compared."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
from scipy.signal import lfilter

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


def scanned_hold(
    *,
    bias_first=True,
    delay_s=150e-9,
    convert_s=12e-6,
    thermometer_s=0.0,
    current_s=0.0,
    pickup_K=0.0,
    n=20_000,
    **fields,
):
    """A hold as a card takes it that converts its inputs one after the other: bias, z, thermocouple, current.

    Outputs move at the tick of the clock. The thermocouple is read ``delay_s + 2 convert_s`` after it, the current
    one conversion later, each behind one pole of its own; a bias that is scanned first is read before it moves.
    """
    hold = made_hold(n=n, claimed_off=-1, **fields)
    pickup_V = -SEEBECK_V_per_K * pickup_K * hold.bias_V / hold.amplitude_V
    after_s = delay_s + convert_s * (2 if bias_first else 1)
    late = bias_first and delay_s < 5e-6
    return replace(
        hold,
        bias_V=np.concatenate([[0.1], hold.bias_V[:-1]]) if late else hold.bias_V,
        thermocouple_V=one_pole(hold.thermocouple_V + pickup_V, thermometer_s, after_s),
        current_A=one_pole(hold.current_A, current_s, after_s + convert_s),
    )


def one_pole(levels, tau_s, after_s):
    """Return a signal that is a level from each tick on, behind one pole, as seen so long after each tick."""
    if tau_s == 0.0:
        return levels
    kept = np.exp(-1.0 / (RATE_Hz * tau_s))
    at_tick = lfilter([0.0, 1.0 - kept], [1.0, -kept], levels - levels[0]) + levels[0]
    return levels + (at_tick - levels) * np.exp(-after_s / tau_s)


def with_current(hold, change, samples):
    """The hold with its current changed at some samples (a slice of its arrays)."""
    current_A = hold.current_A.copy()
    current_A[samples] = change(current_A[samples])
    return replace(hold, current_A=current_A)


PERIOD = Fraction(8000, 49)


def sample_of(period, share=0.0):
    """Index of the sample at which a period begins, or a share of a period later."""
    return int(np.ceil(float((period + Fraction(share)) * PERIOD)))
