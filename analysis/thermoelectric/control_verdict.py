"""Verdict on a control experiment of a thermoelectric measurement."""

import math
from collections.abc import Collection
from dataclasses import dataclass, replace

from analysis.numbers import ASCII, with_error

SHOWN = {
    "V": (1e3, "mV"),
    "V/K": (1e6, "uV/K"),
    "W": (1e12, "pW"),
    "W/K": (1e12, "pW/K"),
    "K": (1.0, "K"),
    "A2/Hz": (1e27, "e-27 A2/Hz"),
    "G0": (1e6, "uG0"),
    "s": (1e6, "us"),
    "": (100.0, "%"),
}
"""Factor and unit in which a value is shown, by its unit."""

OTHER_SIDE = "other side"
"""Control with the heater at the other electrode: the temperature difference has changed its sign."""

SMALL_V = 1e-4
"""Error of a voltage below which it is shown in uV."""


@dataclass(frozen=True)
class ControlVerdict:
    """Verdict on one control: a value that must be 0 within 2 sigma and ``allowed``; None if it is too imprecise."""

    name: str
    value: float
    sigma: float
    unit: str
    passed: bool | None
    sentence: str


def control_verdict(
    name: str, value: float, sigma: float, unit: str, allowed: float, needed: float, what: str
) -> ControlVerdict:
    """Judge a value that must vanish.

    Parameters
    ----------
    name : str
    value, sigma : float
    unit : str
        A key of `SHOWN`; "" for a number without a unit, which is shown in %.
    allowed : float
        Size that is no fault.
    needed : float
        Largest error with which a fault would have been seen.
    what : str
        What the value is, for the sentence.
    """
    beyond = abs(value) - allowed > 2.0 * sigma
    passed = False if beyond else True if sigma <= needed else None
    words = {
        True: "vanishes within 2 sigma",
        False: "does not vanish",
        None: "too imprecise to tell; measure longer",
    }[passed]
    factor, shown = (1e6, "uV") if unit == "V" and sigma < SMALL_V else SHOWN[unit]
    if allowed and passed:
        words = f"within {factor * allowed:g} {shown}"
    said = f"{what}: {with_error(factor * value, factor * sigma, ASCII)} {shown}, {words}."
    return ControlVerdict(name, value, sigma, unit, passed, said)


def other_side_verdict(
    verdict: ControlVerdict, places: Collection[str], own_places: Collection[str], reversed_sign: bool
) -> ControlVerdict:
    """Return the verdict on a control with the heater at the other electrode, which decides nothing if it was not.

    Parameters
    ----------
    verdict : ControlVerdict
        On the result less that of the measurement.
    places, own_places : collection of str
        What was heated in the control and in the measurement: "tip", "base" or "substrate".
    reversed_sign : bool
        True if both results have opposite signs.
    """
    sides = {place == "substrate" for place in places}
    if sides & {place == "substrate" for place in own_places}:
        return ControlVerdict(
            verdict.name, math.nan, math.nan, verdict.unit, None,
            "The control heats the same side as the measurement, so that it says nothing: run it with the heater at "
            "the other side.",
        )  # fmt: skip
    if verdict.passed is False and reversed_sign:
        return replace(
            verdict,
            sentence=f"{verdict.sentence} It has changed its sign with the heated side: a thermometer has the wrong "
            "sign, or the signal does not follow the temperature difference.",
        )
    return verdict
