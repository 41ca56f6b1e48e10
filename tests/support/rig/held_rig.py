"""A world that is kind to held junctions, and parameters that take little of its time."""

QUICK = {
    "conductance": 0.002,
    "withdraw_speed": 1.0,
    "stop_within": 0.03,
    "trip_reaction": 0.05,
    "baseline_every": 50,
    "approach_speed": 20,
    "leave_speed": 20,
}
EASY = {
    "sample.species": "BDNC",
    "molecule.BDNC.binding_probability": 1.0,
    "molecule.BDNC.spread_decades": 0.05,
    "molecule.BDNC.double_probability": 0.0,
    "molecule.BDNC.lifetime_s": 1e5,
    "molecule.BDNC.site_jump_Hz": 0.0,
    "surface.drift_pm_per_s": 0.0,
}
"""A world in which most openings leave a junction that lives."""
