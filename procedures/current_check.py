"""Check, on the way to a contact, that the current input still follows the current amplifier.

A tip that approaches while the amplifier's cable is off finds no contact, however far it goes.
"""

from analysis.records import EventKind
from procedures.context import ProcedureContext
from procedures.errors import CurrentInputFault
from procedures.preflight.stimuli import settling_s
from procedures.sample_reader import SampleReader

ALIVE_MARK = "current input alive"

LEAST_SHARE = 0.1
"""Share of the expected response that counts as one: the current of a tip at the surface changes meanwhile."""

MEAN_S = 0.02
"""Averaging time: a period of the mains."""

TRIES = 4
"""Looks without a response that end a run; a contact that grows in the look can hide one of them."""


def require_current(
    context: ProcedureContext, watch: SampleReader, step: str, at_m: float, proved_m: float | None = None
) -> None:
    """Let the amplifier add its test current while the tip rests; without one there is nothing to ask.

    Parameters
    ----------
    step : str
        Name of the motion, for the message.
    at_m : float
        Extension of the piezo now.
    proved_m : float, optional
        Extension at which the current was last known to be measured; None if the surface may have moved since.

    Raises
    ------
    CurrentInputFault
        If the input does not respond.
    """
    if context.stimuli.test_current is None:
        return
    for _ in range(TRIES):
        before_V = watch.means(MEAN_S)["current"]
        if context.amplifier.railed(before_V):
            return  # a contact that a card with a delay shows only now; the next piece stops at it
        expected_V, seen_V = _response_V(context, watch, before_V)
        if abs(seen_V) > LEAST_SHARE * abs(expected_V):
            watch.event(EventKind.MARK, ALIVE_MARK, {"expected_V": expected_V, "seen_V": seen_V})
            return
    amplifier = context.facts.current_amplifier
    if proved_m is None:
        far = f"The {step} did not begin. The surface may have come nearer since the last sign that a current is"
        far += " measured; the tip may be in it."
    else:
        far = f"The {step} was stopped {(at_m - proved_m) * 1e9:.3g} nm after the last sign that a current is measured;"
        far += " the tip may be in the surface by as much."
    raise CurrentInputFault(
        f"The {context.input_name('current')} does not follow the {amplifier}: at {at_m * 1e9:.4g} nm its test current "
        f"moved it by {seen_V:+.3g} V, expected {expected_V:+.3g} V. {far} Check the cable from the {amplifier} to the "
        "card, and look at the tip."
    )


def _response_V(context: ProcedureContext, watch: SampleReader, before_V: float) -> tuple[float, float]:
    """Return the expected and the measured change of the current input by a test current, in V."""
    inject = context.stimuli.test_current
    assert inject is not None
    settle_s = settling_s(context)
    away_from_rail = -1.0 if (before_V > 0) != context.amplifier.inverting else 1.0
    with inject(away_from_rail) as expected_V:
        seen_V = watch.means(MEAN_S, settle_s=settle_s)["current"] - before_V
    watch.means(settle_s)
    return expected_V, seen_V
