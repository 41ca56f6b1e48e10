"""Watch of the current's path: a path that works is never called dead, and a dead one is soon."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.records import Block
from procedures.contact_checks.path_watch import PathWatch, watching_bias
from procedures.errors import CurrentInputFault
from tests.procedures.test_thermopower import context_of

STRAY_F = 2e-13
GAINS = {1e5: 30e-6, 1e6: 120e-6, 1e8: 120e-6}
"""Noise of the input at each gain, in V: that of the 6281 at 5 V, and four times that, as of a card of 16 bits."""

BLOCK_S = 0.05


def watched(context, capacitance_F, duration_s, seed=0):
    """Feed the charge of a capacitance, with the card's noise; return the time at which the run ended, else None."""
    rng, amplifier = np.random.default_rng(seed), context.amplifier
    noise_V = GAINS[amplifier.gain_V_per_A]
    watching = watching_bias(context)
    path = PathWatch(context, watching, amplifier)
    n = round(duration_s * context.rate_Hz)
    bias_V = watching.sine.bias_V(context.rate_Hz, n)
    current_A = capacitance_F * np.gradient(bias_V) * context.rate_Hz
    volts = amplifier.signed_gain_V_per_A * current_A + noise_V * rng.standard_normal(n)
    step = round(BLOCK_S * context.rate_Hz)
    for first in range(0, n, step):
        data = np.stack([bias_V[first : first + step], volts[first : first + step]])
        try:
            path.feed(Block(first, context.rate_Hz, ("bias", "current"), data))
        except CurrentInputFault:
            return (first + step) / context.rate_Hz
    return None


@pytest.fixture(params=GAINS)
def context(request, tmp_path):
    """Rig whose proof found the capacitance: half of it is expected."""
    made = context_of(tmp_path)
    return replace(
        made,
        amplifier=replace(made.amplifier, gain_V_per_A=request.param),
        least_stray_F=0.5 * STRAY_F,
    )


def test_ten_minutes_with_a_path_that_works_give_no_alarm(context):
    assert watched(context, STRAY_F, 600.0) is None


def test_a_dead_path_is_told_in_seconds(context):
    seconds = [watched(context, 0.0, 60.0, seed) for seed in range(10)]
    assert max(seconds) <= 3.0


def test_an_amplifier_that_is_too_slow_is_watched_without_a_sine(context):
    assert watching_bias(replace(context, rise_time_s=0.3)) is None
