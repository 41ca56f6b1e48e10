"""Sample rate that a procedure asks for in place of the rig file's."""

from app.config.rig import Rig
from procedures.procedure import RigProcedure

OF_THE_RATE = (
    "current_first_arrival_s",
    "thermocouple_first_arrival_s",
    "current_time_constant_s",
    "thermocouple_time_constant_s",
)
"""Keys of [daq] that hold at the calibrated rate only."""


def at_rate_of(rig: Rig, procedure: RigProcedure) -> Rig:
    """Return the rig at the rate of a procedure; the rig itself if that asks for none."""
    rate_Hz = procedure.rate_Hz
    if not rate_Hz or rate_Hz == rig.daq.rate_Hz:
        return rig
    update = {"rate_Hz": rate_Hz, **dict.fromkeys(OF_THE_RATE)}
    return rig.model_copy(update={"daq": rig.daq.model_copy(update=update)})
