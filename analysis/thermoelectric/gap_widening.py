"""Heat across an open gap: the tip's alternating temperature in a narrow and in a wide gap, one pair after the other.

    G_narrow - G_wide = Re(A_wide / A_narrow - 1) / R_P

A is the amplitude of the temperature over that of the heater's power. Nothing breaks in between, so that a thermal
conductance of junctions must not come from it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.constants import G0_S
from analysis.statistics.junction_mean import few_widening
from analysis.thermoelectric.rupture_holds import RuptureHold
from analysis.thermoelectric.rupture_reader import RuptureReader, RuptureRules

GAP_WIDENED = "gap widened"
LEAST_PAIRS = 3
MOST_OPEN_G0 = 0.01
"""Largest conductance of an open gap; a tenth of the lower edge of the window if that is more."""


@dataclass(frozen=True)
class GapHold:
    """A hold in an open gap: its pair, "narrow" or "wide", and the amplitude of the temperature over the power.

    ``rejected`` says by the current, or by the heater's read-back, why it is left out.
    """

    pair: int
    which: str
    response_K_per_W: complex = complex(math.nan, math.nan)
    rejected: str = ""


def gap_hold(hold: RuptureHold, rules: RuptureRules) -> GapHold:
    """Measure one hold in a gap."""
    found = GapHold(hold.number, str(hold.notes["gap"]))
    volts = np.where(np.abs(hold.bias_V) > 0.0, hold.bias_V, np.nan)
    conductance_G0 = abs(float(np.nanmean(hold.current_A / volts))) / G0_S
    if hold.flags or hold.ended != "finished":
        return GapHold(found.pair, found.which, rejected="samples are missing, or the run was stopped")
    if conductance_G0 > max(0.1 * hold.window_G0[0], MOST_OPEN_G0):
        return GapHold(found.pair, found.which, rejected="the gap conducts")
    reader = RuptureReader(hold, rules)
    response = reader.response_K_per_W()
    if response is None:
        return GapHold(found.pair, found.which, rejected="the heater's read-back does not alternate")
    return GapHold(found.pair, found.which, response)


def heat_across(holds: Sequence[GapHold], resistance_K_per_W: float) -> tuple[float, float, int]:
    """Return G_narrow - G_wide, its error by the scatter of pairs, and their number; NaN for fewer than three."""
    by_pair: dict[int, dict[str, complex]] = {}
    for one in holds:
        if not one.rejected:
            by_pair.setdefault(one.pair, {})[one.which] = one.response_K_per_W
    pairs = [pair for pair in by_pair.values() if len(pair) == 2]
    values = np.array([(pair["wide"] / pair["narrow"] - 1.0).real for pair in pairs]) / resistance_K_per_W
    n = len(values)
    if n < LEAST_PAIRS:
        return math.nan, math.nan, n
    return float(values.mean()), few_widening(n) * float(values.std(ddof=1)) / math.sqrt(n), n
