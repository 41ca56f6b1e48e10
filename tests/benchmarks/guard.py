"""Time from the death of a bench to a safe rig: processes that are killed and stopped in each phase of a run.

``python -m tests.attacks deaths --count 1000`` attacks in more ways and prints a line for each.
"""

import sys
from collections.abc import Iterator

import numpy as np

from tests.attacks.deaths import PHASES, Death, attacked_rig, die
from tests.benchmarks.table import Row, scaled

DEATHS = 1000
TARGET_S = 0.5


def rows(size: float) -> Iterator[Row]:
    """Kill and stop benches by turns."""
    if sys.platform == "win32":
        yield Row("death of a bench to a safe rig", "not measured: no signals")
        return
    n, rng = scaled(DEATHS, size), np.random.default_rng(1)
    phases = list(PHASES)
    with attacked_rig() as (rig, victims):
        outcomes = [
            die(
                rig, victims, Death(("SIGKILL", "SIGSTOP")[i % 2], "alone", phases[i // 2 % len(phases)]), rng
            )
            for i in range(n)
        ]
    for name, what in (("SIGKILL", "killed"), ("SIGSTOP", "stopped")):
        times_s = np.array([one.safe_s for one in outcomes if one.death.name == name])
        if times_s.size:
            worst_s = float(np.quantile(times_s, 0.999, method="higher"))
            yield Row(
                f"a bench is {what} to a safe rig, p99.9 of {times_s.size} (median)",
                f"{worst_s:.3f} s ({np.median(times_s):.3f} s)",
                f"target {TARGET_S:g} s",
                f"{TARGET_S / worst_s:.2g}",
            )
    yield Row("outputs that moved again after that", str(sum(not one.stayed for one in outcomes)), "target 0")
