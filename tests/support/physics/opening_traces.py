"""Opening traces with known true values, without random numbers of their own, and the shared traces of gold."""

import os
from functools import cache
from pathlib import Path

import numpy as np

from analysis.records import Trace

FOLDER = os.environ.get("HOTJUNCTION_RECORDINGS")
STEP_M = 5e-13
"""Displacement a sample of the shared traces: 20 nm/s at 40 kHz."""


def trace_of(conductance_G0, number=0, step_m=STEP_M, ended="open"):
    g = np.asarray(conductance_G0, dtype=float)
    return Trace(number, (0, g.size), np.arange(g.size) * step_m, g, 0.1, ended)


@cache
def gold_conductance_G0():
    """Return the 200 shared traces of gold, (200, 10000); samples beyond 50 G0 are NaN."""
    from igor2 import binarywave

    blocks = [
        binarywave.load(Path(FOLDER, "eka-au-stmbj", f"PullOutConductanceBlock_{block}.ibw"))
        for block in (1, 2)
    ]
    g = np.concatenate([np.array(block["wave"]["wData"], dtype=float)[:10_000].T for block in blocks])
    g[np.abs(g) > 50.0] = np.nan
    g.setflags(write=False)
    return g


@cache
def gold_traces():
    """Return the shared traces of gold as records."""
    return tuple(trace_of(row, number) for number, row in enumerate(gold_conductance_G0()))


def molecular_traces(n, rng, share=0.7, log10_G=-2.7, spread=0.25, samples=400, noise_G0=1e-6):
    """Return traces: a metal plateau, a molecular one in a share of them, tunnelling and noise.

    With ``share`` 0 they are traces of tunnelling alone.
    """
    traces = []
    for number in range(n):
        metal = 1.0 + 0.05 * rng.standard_normal(samples // 8)
        with_molecule = rng.random() < share
        length = int(rng.exponential(samples / 5)) if with_molecule else 0
        level = log10_G + spread * rng.standard_normal()
        plateau = 10.0 ** (level + 0.05 * rng.standard_normal(length))
        slope = int(samples / 4 * np.exp(0.4 * rng.standard_normal()))
        tunnelling = 10.0 ** np.linspace(-1.0 if not length else level - 0.3, -7.0, max(slope, 8))
        g = np.concatenate([np.linspace(6.0, 2.0, 20), metal, plateau, tunnelling])
        g = np.append(g, np.zeros(max(0, samples - g.size)))
        traces.append(trace_of(g + noise_G0 * rng.standard_normal(g.size), number, 5e-12))
    return traces


def weyl(k, a):
    """Return the fractional part of k a."""
    return np.mod(k * a, 1.0)


def remembering(n, rho, rng):
    """Return a series of unit variance in which a value remembers the one before with a correlation ``rho``."""
    noise = rng.standard_normal(n)
    values = np.empty(n)
    values[0] = noise[0]
    for i in range(1, n):
        values[i] = rho * values[i - 1] + np.sqrt(1.0 - rho**2) * noise[i]
    return values
