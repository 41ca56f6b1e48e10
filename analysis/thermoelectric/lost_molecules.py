"""Number of molecules of a junction, from the steps of its conductance before it breaks.

Molecules of one kind that are lost one after another take steps of like size from the conductance, and so does the last
one. Molecules that are lost together make one step, so that the number is a lower bound. A contact that rearranges may
fall by such a step, too; it rises as often.
"""

from dataclasses import dataclass

import numpy as np

from analysis.records import FloatArray
from analysis.trip import METALLIC_G0

LARGEST_STEP = 0.2
"""Largest relative change of the conductance, from block to block, of a junction that stays as it is."""

ALIKE = 2.0
"""Factor within which a step is that of a molecule like the last one."""

ATOMS = "conductance stepped before the rupture (atoms of a metallic contact)"
ROSE = "conductance rose before the rupture"
UNLIKE = "conductance stepped before the rupture, not by a molecule like the last one"


@dataclass(frozen=True)
class LostMolecules:
    """Molecules of a junction that breaks.

    Parameters
    ----------
    molecules : int
        Number that were lost, the last one included; 0 if the steps do not show it.
    unchanged : int
        Blocks at the beginning in which all of them conduct.
    last_G0 : float
        Conductance of the last one.
    reason : str
        Why the steps do not show it; "" if they do.
    """

    molecules: int
    unchanged: int
    last_G0: float
    reason: str = ""


def lost_molecules(blocks_G0: FloatArray) -> LostMolecules:
    """Count the molecules of a junction, from means of its conductance in equal times until it breaks."""
    parts = plateaus(blocks_G0)
    levels_G0 = np.array([np.median(blocks_G0[part]) for part in parts])
    last_G0, falls_G0 = float(levels_G0[-1]), -np.diff(levels_G0)
    if not falls_G0.size:
        reason = ""
    elif last_G0 > METALLIC_G0:
        reason = ATOMS
    elif (falls_G0 < 0.0).any():
        reason = ROSE
    else:
        alike = (falls_G0 >= last_G0 / ALIKE) & (falls_G0 <= last_G0 * ALIKE)
        reason = "" if alike.all() else UNLIKE
    return LostMolecules(0 if reason else len(parts), parts[0].stop, last_G0, reason)


def plateaus(blocks_G0: FloatArray) -> list[slice]:
    """Return the blocks between steps, at least one such part; blocks within a step belong to none."""
    n = len(blocks_G0)
    apart = min(2, n - 1)  # a step within a block is seen across it
    steady = np.ones(n, dtype=bool)
    if apart:
        before_G0, after_G0 = blocks_G0[:-apart], blocks_G0[apart:]
        steps = np.abs(after_G0 - before_G0) > LARGEST_STEP * np.abs(before_G0)
        if apart == 1:
            return [slice(0, 1), slice(1, 2)] if steps[0] else [slice(0, 2)]
        steady[1:-1] = ~steps
    edges = np.flatnonzero(np.diff(np.concatenate([[0], steady, [0]])))
    return [slice(int(first), int(stop)) for first, stop in edges.reshape(-1, 2)]
