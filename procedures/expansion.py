"""Change of a heater with the tip away: tip and substrate expand, and the surface may come to the tip.

A substrate moves by some ten nanometres per kelvin, more than any clearance. The current is watched all the time: at a
touch the tip goes back at once, by the piezo and then by the coarse positioner.
"""

from dataclasses import dataclass, replace
from typing import Any, TypeVar

from analysis.detect import ContactDetector
from procedures.contact_checks.path_watch import watching_bias
from procedures.context import ProcedureContext
from procedures.errors import HeaterFault
from procedures.heater import Heater
from procedures.procedure import Steps
from procedures.steps import (
    FINISHED,
    HoldStep,
    MakeSafe,
    Outcome,
    Recentre,
    SetBias,
    SetHeater,
    Settle,
)

TOUCHED = "touched"
TOUCH_G0, TOUCH_SAMPLES = 0.1, 3
"""Conductance of a tip that touches; no leak of a heater is as large."""

LEAST_LEFT = 0.99
"""Share of a step of the coarse positioner that counts as a whole one."""

MOST_RETREATS = 40
"""Most retreats from the surface in one change of the heater."""

LOOK_S = 0.05
SAME_PLACE_M = 1e-9


@dataclass
class SurfaceTrack:
    """Motion of the surface with heat, in one run.

    Parameters
    ----------
    moves : bool
        True if it moves by more than a little: the heater is not at the tip, or the tip has touched.
    back_m : float
        Way by which the coarse positioner has gone back from it.
    """

    moves: bool = False
    back_m: float = 0.0

    def follow_m(self, context: ProcedureContext) -> float:
        """Return the way by which the coarse positioner may follow a surface that is out of the piezo's reach.

        It is half of the range, in which there was no surface, or 0: it follows as far as it has gone back, and once
        more. A surface further away is none that has only cooled.
        """
        low_m, high_m = context.extension_range_m
        step_m = (high_m - low_m) / 2
        if context.coarse is None or not self.moves or self.back_m <= -step_m * LEAST_LEFT:
            return 0.0
        self.back_m -= step_m
        return step_m


Wait = TypeVar("Wait", bound=SetHeater | Settle)


def warm(
    context: ProcedureContext,
    heater: Heater,
    difference_K: float,
    bias_V: float,
    track: SurfaceTrack,
    polarity: int = 1,
) -> Steps[dict[str, Any]]:
    """Set the heater and wait; return the description for the recording.

    The tip must be away from the surface. With a bias its current is watched; with none (a resistor in place of the
    junction) nothing is.

    Raises
    ------
    HeaterFault
        If the surface comes to a tip that can go back no further.
    """
    power_W, settle_s = heater.power_W(difference_K), heater.settle_s
    waits: list[SetHeater | Settle] = [SetHeater(power_W, polarity, settle_s)]
    thermometer = {"substrate": heater.substrate, "base": heater.base}.get(heater.where, "")
    if thermometer:
        waits.append(Settle(thermometer, longest_s=max(60.0, 10 * settle_s)))
    for wait in waits:
        outcome = yield from _away(context, bias_V, wait, track)
    track.moves = track.moves or heater.where != "tip"
    shown = outcome.inputs
    volts = shown.get(heater.readback, float("nan"))
    return {
        "dT_K": difference_K,
        "heater_V": volts,
        "heater_W": volts**2 / heater.resistance_ohm,
        "heater_where": heater.where,
        "ambient_K": heater.ambient_K,
        "base_rise_K": shown.get(heater.base, 0.0),
        "substrate_rise_K": shown.get(heater.substrate, 0.0),
    }


def watched(context: ProcedureContext, wait: Wait) -> Wait:
    """Return a wait that ends as `TOUCHED` when the tip touches, and whose bias shows that a touch would be seen."""
    return replace(wait, until=_touch(), watching=watching_bias(context))


def _touch() -> dict[str, ContactDetector]:
    """Return a detector of a tip that touches, by its name."""
    return {TOUCHED: ContactDetector(TOUCH_G0, TOUCH_SAMPLES)}


def _away(
    context: ProcedureContext, bias_V: float, wait: SetHeater | Settle, track: SurfaceTrack
) -> Steps[Outcome]:
    """Wait until the heater has settled, and take the tip back as often as it touches."""
    for _ in range(MOST_RETREATS):
        outcome = yield watched(context, wait) if bias_V else wait
        if outcome.ended == FINISHED:
            return outcome
        yield from _retreat(context, bias_V, outcome.extension_m, track)
    yield SetHeater(0.0)
    raise HeaterFault(
        f"The tip has touched {MOST_RETREATS} times while the heater changed, and was taken back each time. The heater "
        "is off. Look whether the coarse positioner moves, and which way."
    )


def _retreat(
    context: ProcedureContext, bias_V: float, extension_m: float, track: SurfaceTrack
) -> Steps[None]:
    """Take the tip back at once, wholly by the piezo; if that is not enough, with the coarse positioner."""
    low_m, high_m = context.extension_range_m
    track.moves = True
    if extension_m > low_m + SAME_PLACE_M:
        yield MakeSafe()
        yield SetBias(bias_V)
        seen = yield HoldStep("retreat", LOOK_S, _touch(), reaction_s=LOOK_S)
        if seen.ended == FINISHED:
            return
    if context.coarse is None:
        yield SetHeater(0.0)
        raise HeaterFault(
            "The surface came to the tip while the heater changed, although the piezo is retracted as far as it goes: "
            "tip and substrate expand by more than that. The heater is off. Take the tip's housing back by some "
            "micrometres before the heater changes, or heat less."
        )
    track.back_m += (high_m - low_m) / 2
    yield Recentre((low_m - high_m) / 2)
    yield SetBias(bias_V)
