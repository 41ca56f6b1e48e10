"""Copies of traces are recognised by their noise; digitisers with few levels and a tone make no copies of others."""

import numpy as np
import pytest

from analysis.traces.copies import copies_between, originals, sketches_of


def trace(rng, levels, noise, tone, period):
    """Return a conductance from a logarithmic amplifier of five decades, in steps of the digitiser.

    ``noise`` and ``tone`` in steps; the tone begins with the trace, as where the mains trigger it.
    """
    t = np.arange(2000)
    steps = 0.8 * levels * np.interp(t, [0, 2000 * rng.uniform(0.3, 0.6), 1240, 2000], [0, 0, -0.8, -1.0])
    steps += noise * rng.standard_normal(2000) + tone * np.sin(2.0 * np.pi * t / period)
    return 10.0 ** (5.0 / levels * np.round(steps))


@pytest.mark.parametrize(
    ("tone", "period"), [(0.0, 40.0), (2.0, 40.0), (20.0, 5.7), (20.0, 7.9), (5.0, 3.3), (2.0, 6.0)]
)
@pytest.mark.parametrize("noise", [0.1, 0.5, 3.0])
@pytest.mark.parametrize("levels", [64, 256, 4096])
def test_no_trace_is_taken_for_a_copy_of_another(levels, noise, tone, period):
    """With a tone up to 60 of 60 had been, and were left out of the analysis."""
    rng = np.random.default_rng(3)
    sketches = sketches_of(trace(rng, levels, noise, tone, period) for _ in range(80))

    assert copies_between([sketches[:40], sketches[40:]]) == [[], []]
    assert originals(sketches) == list(range(80))


@pytest.mark.parametrize("levels", [256, 4096])
def test_copies_are_recognised_whole_scaled_and_cut(levels):
    rng = np.random.default_rng(4)
    made = [trace(rng, levels, 1.0, 0.0, 40.0) for _ in range(20)]
    others = [trace(rng, levels, 1.0, 0.0, 40.0), made[0], 3.0 * made[1], np.log10(made[2]), made[3][400:]]

    assert copies_between([sketches_of(made), sketches_of(others)]) == [[], [1, 2, 3, 4]]


def test_exact_copies_are_recognised_with_a_tone_as_well():
    rng = np.random.default_rng(5)
    made = [trace(rng, 256, 0.1, 20.0, 5.7) for _ in range(10)]

    assert originals(sketches_of([*made, made[3]])) == list(range(10))
