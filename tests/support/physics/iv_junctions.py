"""Opening traces drawn from a few numbers: a stand-in for data of which the truth is known.

Cruder than the simulated rig on purpose: nothing of it can be right by sharing code with the rig.
"""

import numpy as np

from analysis.records import Trace

PICOMETRE = 1e-12


def opening_traces(
    rng,
    n,
    *,
    molecule_G0=0.0,
    sigma_decades=0.3,
    probability=0.0,
    noise_G0=5e-5,
    offset_G0=0.0,
    atom_G0=0.97,
    tail_m=0.5e-9,
    step_m=1 * PICOMETRE,
):
    """``n`` traces: plateaus of 3, 2, 1 atoms, break, tunnelling or a molecule, and open for ``tail_m``."""
    return [
        Trace(i, (0, g.size), step_m * np.arange(g.size), g + offset_G0, 0.1, "open")
        for i, g in enumerate(
            _one(rng, molecule_G0, sigma_decades, probability, noise_G0, atom_G0, tail_m, step_m)
            for _ in range(n)
        )
    ]


def _one(rng, molecule_G0, sigma_decades, probability, noise_G0, atom_G0, tail_m, step_m):
    parts = [np.linspace(8.0, 4.0, int(0.1e-9 / step_m))]
    for atoms in (3, 2, 1):
        length = max(2, int(rng.exponential(0.12e-9) / step_m))
        level = atoms * atom_G0 + 0.08 * np.sqrt(atoms) * rng.standard_normal()
        parts.append(level * (1.0 - 0.03 * np.linspace(0.0, length * step_m / 0.1e-9, length)))
    if rng.random() < probability:
        length = max(10, int(rng.normal(0.2e-9, 0.05e-9) / step_m))
        log_level = np.log10(molecule_G0) + sigma_decades * rng.standard_normal()
        parts.append(10.0 ** (log_level + 0.03 * np.cumsum(rng.standard_normal(length)) / np.sqrt(length)))
    gap_m = rng.normal(0.5e-9, 0.15e-9) + step_m * np.arange(int(tail_m / step_m))
    parts.append(0.5 * 10.0 ** (-9.4e9 * np.maximum(gap_m, 0.05e-9)))
    g = np.concatenate(parts)
    return g + noise_G0 * rng.standard_normal(g.size) + 0.005 * g * rng.standard_normal(g.size)
