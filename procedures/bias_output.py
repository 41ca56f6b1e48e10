"""Steps in which the card sets the bias of a rig."""

from analysis.commissioning.staircase import BITS, OUTPUT_RANGES_V, expected_step_V
from analysis.thermoelectric.bias_resolution import BiasOutput
from procedures.context import ProcedureContext

CARD = "628"
"""Family of the card that is assumed in a plan, before it can be asked."""


def bias_output(context: ProcedureContext) -> BiasOutput:
    """Return the output for the bias as the card reports it, or in a plan as its limits in the rig file make it."""
    if context.bias_output is not None:
        return context.bias_output
    divider = context.facts.bias_divider
    low_V, high_V = (divider * limit_V for limit_V in context.bias_range_V)
    _, range_V = expected_step_V(OUTPUT_RANGES_V[CARD], low_V, high_V)
    return BiasOutput(BITS, range_V, divider)
