"""Detection of the rupture of a held junction by its current, for holds that last until the junction breaks."""

import math

from analysis.constants import G0_S
from analysis.heating.mask import RISE_PER_TAU, TIME_CONSTANTS
from analysis.heating.programme import LevelProgramme
from analysis.trip import RUPTURE_SAMPLES, RUPTURE_SHARE, RuptureTrip
from procedures.context import ProcedureContext


def rupture_detector(low_G0: float, programme: LevelProgramme, context: ProcedureContext) -> RuptureTrip:
    """Return the detector for ``until`` of a `Modulate`: the current stays below half of the window's lower edge.

    Levels of less than half of the largest bias, and the time that the current amplifier needs after an edge, do not
    count as a rupture.

    Parameters
    ----------
    low_G0 : float
        Lower edge of the conductance window.
    programme : LevelProgramme
        Of the bias; its largest level must not be 0.
    context : ProcedureContext
    """
    largest_V = programme.largest_bias_V
    settle = math.ceil(TIME_CONSTANTS * context.rise_time_s / RISE_PER_TAU * context.rate_Hz)
    edge = settle if len(programme.levels) > 1 else 0
    low = max(
        (float(level.share) for level in programme.levels if abs(level.bias_V) < 0.5 * largest_V), default=0.0
    )
    quiet = math.ceil(low * float(programme.samples_per_period(context.rate_Hz)))
    return RuptureTrip(RUPTURE_SHARE * low_G0 * G0_S * largest_V, RUPTURE_SAMPLES + edge + quiet)
