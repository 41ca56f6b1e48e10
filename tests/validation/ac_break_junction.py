"""Openings beside an alternating bias on the simulated rig: thermopower against the molecules that were opened.

``python -m tests.validation.ac_break_junction BDA 10 60`` (molecule, seeds, openings a difference) prints the pull of
each campaign, also at half of the amplitude. 60 openings at each of 3 differences take over three minutes.
"""

import re
import sys
import tempfile
from pathlib import Path

import numpy as np

uV = 1e-6
MOVES = {
    "approach_speed": 50.0,
    "withdraw_speed": 5.0,
    "past_break": 0.6,
    "longest_withdrawal": 4.0,
    "contact_threshold": 3.0,
    "heater_clearance": 15.0,
    "average": 2.0,
    "dwell": 0.05,
    "at_once": 10,
    "window_percent": 85.0,
    "dT": "0 15 30",
}


def simulated_ac_campaign(seed: int, species: str, holds: int, amplitude_mV: float) -> tuple[float, float]:
    """Return the pull of a campaign against the molecules that it opened, and its error in V/K."""
    from app.offline.measurement import analyse_measurement
    from procedures.ac_break_junction import ACBreakJunction
    from tests.support.rig.rigs import served_rig

    world = {"sample.species": species, "heater.where": "tip", f"molecule.{species}.binding_probability": 0.9}
    conductance_G0 = {"BDA": 0.006, "BDNC": 0.0035}[species]
    values = {**MOVES, "conductance": conductance_G0, "holds": holds, "ac_amplitude": amplitude_mV}
    with tempfile.TemporaryDirectory() as folder, served_rig(Path(folder), overrides=world, seed=seed) as rig:
        text = rig.file.read_text("utf-8")
        rig.file.write_text(re.sub(r"rise_time_s = \S+", "rise_time_s = 1e-5", text), "utf-8")
        procedure = ACBreakJunction.from_values(values)
        summary = rig.bench(unproved="study").run(procedure, Path(folder) / "ac.h5")
        log = rig.simulated.bench.world.heated.junction.log
        true = np.mean([one.seebeck_V_per_K for (kind, _), one in log.items() if kind == "molecule"])
        found = analyse_measurement([summary.recording]).ac.thermopower
    return (found.line.slope + 1.9 * uV - float(true)) / found.sigma_V_per_K, found.sigma_V_per_K


if __name__ == "__main__":
    for seed in range(1, 1 + int(sys.argv[2])):
        for amplitude_mV in (10.0, 5.0):
            pull, sigma = simulated_ac_campaign(seed, sys.argv[1], int(sys.argv[3]), amplitude_mV)
            text = f"{sys.argv[1]} seed {seed}, {amplitude_mV:g} mV rms: pull {pull:+.2f}"
            print(f"{text}, error {sigma / uV:.2f} uV/K", flush=True)
