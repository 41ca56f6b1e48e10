"""Stimuli of a proof: each is driven alone, tip retracted and bias at 0 V, while all inputs are read.

Only the step of z moves anything, by at most 5 nm.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from analysis.preflight.measured import GainStep, Measured
from analysis.preflight.responses import Responses
from analysis.preflight.scan import SCAN_RATE_Hz, Statistics, slope, statistics
from analysis.records import FloatArray
from procedures.context import ProcedureContext
from procedures.preflight.survey import Survey

LARGEST_STEP_V = 0.1
LARGEST_STEP_M = 5e-9
LIMIT_SHARE = 5.0
"""Limit of the bias over its step."""

SETTLE_S = 0.02
RISE_TIMES = 5.0
"""Settling time of an amplifier, in rise times."""

FILTER_PERIODS = 1.0
"""Settling time of the preamplifier, in periods of its corner: six time constants."""

SWITCH_S = 0.1
"""Settling time of the preamplifier's relays."""

SLOWEST_FILTER_Hz = 1.0
"""A slower filter would make the proof of the preamplifier last too long."""

REST_S, RESPONSE_S, NOISE_S, CURRENT_S = 0.2, 0.2, 0.8, 0.1
"""Averaging times: whole periods of the mains."""

Volts = Mapping[str, FloatArray]


def at_rest(context: ProcedureContext, survey: Survey) -> dict[str, Statistics]:
    """Return the statistics of every terminal with nothing driven, once what was set before has settled."""
    return _statistics(survey.read(REST_S, settling_s(context)))


def wired_V(context: ProcedureContext, rest: Mapping[str, Statistics]) -> dict[str, float]:
    """Return the mean volts of the inputs of known role, by role."""
    terminals = context.facts.wiring.terminals
    return {role: rest[terminal].mean_V for role, terminal in terminals.items() if terminal in rest}


def measure(
    context: ProcedureContext, survey: Survey, rest: Mapping[str, Statistics], *, whole: bool
) -> Measured:
    """Drive the stimuli one after the other; in the short form only the bias and the test current."""
    context.stimuli.overloaded()  # forget what was latched before
    overloaded = context.stimuli.overloaded()
    steps_V = steps(context)
    settle_s = settling_s(context)
    rest_V, levels = context.safe_z_V, bias_levels(context)
    found = {"bias": _responses(context, survey, "bias", levels, 0.0, settle_s)}
    if whole:
        levels = (rest_V + steps_V["z"], rest_V)
        found["z"] = _responses(context, survey, "z", levels, rest_V, settle_s)
    slopes = {name: {terminal: one for terminal, (one, _) in each.items()} for name, each in found.items()}
    errors = {
        name: {terminal: error for terminal, (_, error) in each.items()} for name, each in found.items()
    }
    test_current_V = None
    if context.stimuli.test_current is not None:
        slopes["test current"], test_current_V = _test_current(context.stimuli.test_current, survey, settle_s)
    return Measured(
        responses=Responses(tuple(rest), slopes, errors),
        steps_V=steps_V,
        at_rest=rest,
        test_current_V=test_current_V,
        zero_V=_zero(context, survey, settle_s) if whole else None,
        overloaded=overloaded,
        gain_step=_gain_step(context, survey) if whole else None,
        whole=whole,
    )


def own_steps(context: ProcedureContext) -> dict[str, float]:
    """Step each output; return the steps that the card sees inside itself, relative to the commanded ones.

    Empty if the card has no such read-back.
    """
    rest_V, step_V = context.safe_z_V, steps(context)["z"]
    levels_V = {"bias": bias_levels(context), "z": (rest_V + step_V, rest_V)}
    found = {}
    for name, (high, low) in levels_V.items():
        seen_V = []
        try:
            for volts in (high, low):
                context.daq.write(**{name: volts})
                seen_V += [shown[name] for shown in [context.daq.own_outputs()] if name in shown]
        finally:
            context.daq.write(**{name: rest_V if name == "z" else 0.0})
        if len(seen_V) == 2:
            found[name] = (seen_V[0] - seen_V[1]) / (high - low)
    return found


def steps(context: ProcedureContext) -> dict[str, float]:
    """Return the step of each output, in V: of the bias from its low to its high level, of z toward the sample."""
    high, low = bias_levels(context)
    largest_m = min(LARGEST_STEP_M, context.step_m)
    return {"bias": high - low, "z": min(LARGEST_STEP_V, largest_m / context.extension_m_per_V)}


def bias_levels(context: ProcedureContext) -> tuple[float, float]:
    """Return the high and the low level of the bias, in V: of both signs where its limits allow.

    The card's own output stays within `LARGEST_STEP_V`, also where the rig file states a divider that may not be there.
    """
    low, high = context.bias_range_V
    largest_V = LARGEST_STEP_V / max(context.facts.bias_divider, 1.0)
    return min(largest_V, high / LIMIT_SHARE), max(-largest_V, low / LIMIT_SHARE)


def settling_s(context: ProcedureContext) -> float:
    """Return the settling time of the inputs after a change at the current amplifier, in s."""
    return max(SETTLE_S, RISE_TIMES * context.rise_time_s) + context.input_delay_s


def _responses(
    context: ProcedureContext,
    survey: Survey,
    output: str,
    levels_V: tuple[float, float],
    rest_V: float,
    settle_s: float,
) -> dict[str, tuple[float, float]]:
    """Return slope and error of each terminal from steps of an output between two levels, ending at ``rest_V``."""
    high, low = levels_V
    order = (high, low, low, high)  # a linear drift does not look like a response

    def level(volts: float) -> Volts:
        context.daq.write(**{output: volts})
        return survey.read(RESPONSE_S, settle_s)

    try:
        visited = [level(volts) for volts in order]
    finally:
        context.daq.write(**{output: rest_V})
    return {
        terminal: slope(order, [volts[terminal] for volts in visited], SCAN_RATE_Hz)
        for terminal in visited[0]
    }


def _test_current(
    inject: Callable[[float], AbstractContextManager[float]], survey: Survey, settle_s: float
) -> tuple[dict[str, float], float]:
    """Return the response of each terminal per expected volt, and the expected volts."""
    with inject(+1.0) as expected_V:
        raised = survey.read(CURRENT_S, settle_s)
    with inject(-1.0):
        lowered = survey.read(CURRENT_S, settle_s)
    slopes = {
        terminal: float(raised[terminal].mean() - lowered[terminal].mean()) / (2 * expected_V)
        for terminal in raised
    }
    return slopes, expected_V


def _zero(context: ProcedureContext, survey: Survey, settle_s: float) -> float | None:
    if context.stimuli.zero_check is None:
        return None
    with context.stimuli.zero_check():
        volts = survey.read(CURRENT_S, settle_s)
    return float(volts[context.facts.wiring.terminals["current"]].mean())


def _gain_step(context: ProcedureContext, survey: Survey) -> GainStep | None:
    stimuli = context.stimuli
    if stimuli.ground is None or stimuli.lower_gain is None or context.lowpass_Hz < SLOWEST_FILTER_Hz:
        return None
    settle_s = max(SWITCH_S, FILTER_PERIODS / context.lowpass_Hz) + context.input_delay_s
    with stimuli.ground():
        grounded = _statistics(survey.read(NOISE_S, settle_s))
    coupled = _statistics(survey.read(NOISE_S, settle_s))
    with stimuli.lower_gain() as ratio:
        lowered = _statistics(survey.read(NOISE_S, settle_s))
    survey.read(SETTLE_S, settle_s)
    return GainStep(grounded, coupled, lowered, ratio)


def _statistics(volts: Volts) -> dict[str, Statistics]:
    return {terminal: statistics(samples, SCAN_RATE_Hz) for terminal, samples in volts.items()}
