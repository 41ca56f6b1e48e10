"""Limits of single steps on a rig, and a dry run of a plan before anything moves."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from analysis.heating.programme import LONGEST_REPEAT, LevelProgramme
from analysis.spectra.sine import Sine
from procedures.context import ProcedureContext
from procedures.errors import ImpossibleSetting, ProcedureFault
from procedures.heater import HeaterSine
from procedures.procedure import RigProcedure
from procedures.steps import (
    FINISHED,
    Baseline,
    MakeSafe,
    MeasureLag,
    Modulate,
    Outcome,
    Ramp,
    Recentre,
    SetBias,
    SetHeater,
    Settle,
    Step,
    SweepStep,
)

DRY_STEPS = 30
"""Steps of a dry run: the beginning of a plan and a few of its cycles."""

ROUNDING = 1 + 1e-9

LEAST_LEVEL_SAMPLES = 2
"""Least samples per level; the first of them shows the edge."""


def check_limits(step: Step, context: ProcedureContext, bias_V: float = 0.0) -> None:
    """Refuse a step that would leave the rig's limits; ``bias_V`` is the bias before it.

    Raises
    ------
    ImpossibleSetting
        Names the quantity, the value and the limit.
    """
    match step:
        case SetBias(volts):
            _check_bias("bias", (volts,), context)
            _check_steps("bias", (bias_V, volts), context)
        case Baseline():
            _check_steps("bias", (0.0, bias_V), context)
        case Ramp():
            _check_ramp(step, context)
            if step.sine is not None:
                _check_sine(step.name, step.sine, context)
            if step.levels is not None:
                _check_levels(step, step.levels, context, bias_V)
        case MeasureLag():
            _check_sine("alternating bias", step.sine, context)
        case Modulate():
            _check_modulation(step, context)
            levels_V = [level.bias_V for level in step.programme.levels]
            _check_steps(f"bias of {step.name}", (bias_V, *levels_V, *levels_V[:1]), context)
            _check_steps(f"bias after {step.name}", (*levels_V[-1:], bias_V), context)
            _check_stay(step.name, step.programme.largest_bias_V, step.duration_s, context)
        case SetHeater() | Settle():
            if isinstance(step, SetHeater):
                _check_heater(step, context)
            if step.watching is not None:
                sine = step.watching.sine
                _check_sine("watching bias", sine, context)
                period_V = sine.bias_V(context.rate_Hz, sine.period_samples(context.rate_Hz) + 1)
                _check_steps("watching bias", (bias_V, *period_V), context)
        case SweepStep():
            _check_sweep(step, context)
            _check_steps(f"bias of {step.name}", (bias_V, *step.bias_V, bias_V), context)
            high = np.flatnonzero(np.abs(step.bias_V) > context.high_bias_V)
            stay_s = (np.ptp(high) + 1) / context.rate_Hz if high.size else 0.0
            _check_stay(step.name, float(np.abs(step.bias_V).max()), float(stay_s), context)


def _check_heater(step: SetHeater, context: ProcedureContext) -> None:
    heater = context.heater
    if heater is None:
        raise ImpossibleSetting("This rig has no heater: the table [heater] of its rig file is missing.")
    if not 0.0 <= step.power_W <= heater.limit_W * ROUNDING:
        raise ImpossibleSetting(
            f"heater power {step.power_W:.3g} W is outside 0 to {heater.limit_W:.3g} W (heater.most_W, most_K)."
        )


def _check_bias(what: str, values_V: Iterable[float], context: ProcedureContext) -> None:
    low, high = context.bias_range_V
    for bias_V in values_V:
        if not low <= bias_V <= high:  # nor is NaN
            raise ImpossibleSetting(
                f"{what} {bias_V:g} V is outside the rig's limits, {low:g} to {high:g} V."
            )


def _check_steps(what: str, values_V: Sequence[float], context: ProcedureContext) -> None:
    """Refuse a step of the bias, to another value than 0 V, that is too large at once."""
    if math.isinf(context.most_bias_step_V):
        return
    values = np.asarray(values_V, dtype=np.float64)
    steps = np.where(values[1:] == 0, 0.0, np.abs(np.diff(values)))
    if steps.max(initial=0.0) > context.most_bias_step_V * ROUNDING:
        raise ImpossibleSetting(
            f"{what} changes by {steps.max():g} V at once; the rig file allows limits.bias_step_V = "
            f"{context.most_bias_step_V:g} V."
        )


def _check_stay(name: str, largest_V: float, stay_s: float, context: ProcedureContext) -> None:
    if abs(largest_V) > context.high_bias_V and stay_s > context.most_high_bias_s:
        raise ImpossibleSetting(
            f"{name} lasts {stay_s:g} s at up to {abs(largest_V):g} V; the rig file allows limits.high_bias_s = "
            f"{context.most_high_bias_s:g} s beyond high_bias_V = {context.high_bias_V:g} V."
        )


def _check_ramp(step: Ramp, context: ProcedureContext) -> None:
    low, high = context.extension_range_m
    if not low - 1e-15 <= step.to_m <= high + 1e-15:
        raise ImpossibleSetting(
            f"{step.name} to {step.to_m * 1e9:.4g} nm is outside the piezo's range, "
            f"{low * 1e9:.4g} to {high * 1e9:.4g} nm."
        )
    if not step.speed_m_per_s > 0:
        raise ImpossibleSetting(
            f"speed of {step.name} is {step.speed_m_per_s * 1e9:g} nm/s; must be positive."
        )
    if step.speed_m_per_s > context.most_speed_m_per_s * ROUNDING:
        raise ImpossibleSetting(
            f"speed of {step.name} is {step.speed_m_per_s * 1e9:g} nm/s; the rig file allows "
            f"limits.tip_speed_nm_per_s = {context.most_speed_m_per_s * 1e9:g} nm/s."
        )


def _check_levels(step: Ramp, levels: LevelProgramme, context: ProcedureContext, bias_V: float) -> None:
    if not levels.largest_bias_V:
        raise ImpossibleSetting(
            f"the bias levels of {step.name} are all 0 V, so that no contact would be seen."
        )
    volts = [level.bias_V for level in levels.levels]
    _check_bias(f"level of {step.name}", volts, context)
    _check_steps(f"bias of {step.name}", (bias_V, *volts, *volts[:1], bias_V), context)
    check_programme(levels, context)


def _check_sine(name: str, sine: Sine, context: ProcedureContext) -> None:
    _check_bias(f"bias of {name}", (-sine.largest_V, sine.largest_V), context)
    try:
        sine.period_samples(context.rate_Hz)
    except ValueError as error:
        raise ImpossibleSetting(f"{error}.", "ac_frequency") from None


def _check_modulation(step: Modulate, context: ProcedureContext) -> None:
    _check_bias(f"level of {step.name}", (level.bias_V for level in step.programme.levels), context)
    _check_time("duration", step.duration_s, step)
    _check_time("reaction time", step.reaction_s, step)
    check_programme(step.programme, context)
    if step.heater is not None:
        check_sine(step.heater, step.programme, context)
    if not 0.0 <= step.creep_m_per_s <= context.most_speed_m_per_s * ROUNDING:
        raise ImpossibleSetting(
            f"speed of {step.name} is {step.creep_m_per_s * 1e9:g} nm/s; the rig file allows up to "
            f"limits.tip_speed_nm_per_s = {context.most_speed_m_per_s * 1e9:g} nm/s."
        )


def check_sine(sine: HeaterSine, programme: LevelProgramme, context: ProcedureContext, *about: str) -> None:
    """Refuse an alternating heater beyond its limits, or that does not repeat together with the bias.

    Raises
    ------
    ImpossibleSetting
        Names the parameters of ``about``.
    """
    _check_heater(SetHeater(2.0 * sine.power_W), context)
    n, frequency_Hz = joint_repeat(programme, sine, context.rate_Hz), float(sine.frequency_Hz)
    if n > LONGEST_REPEAT:
        raise ImpossibleSetting(
            f"a heater at {frequency_Hz:g} Hz and a bias at {float(programme.frequency_Hz):g} Hz repeat together only "
            f"after {n} samples (at most {LONGEST_REPEAT}); choose frequencies that are simple fractions of the rate.",
            *about,
        )
    if 2.0 * frequency_Hz >= 0.4 * context.rate_Hz:
        raise ImpossibleSetting(
            f"the heater's power alternates at {2 * frequency_Hz:g} Hz; {context.rate_Hz:g} samples/s show at most "
            f"{0.4 * context.rate_Hz:g} Hz of it. Lower the frequency.",
            *about,
        )


def joint_repeat(programme: LevelProgramme, sine: HeaterSine, rate_Hz: float) -> int:
    """Return the number of samples after which bias and heater repeat together."""
    return math.lcm(programme.repeat_samples(rate_Hz), sine.repeat_samples(rate_Hz))


def check_programme(programme: LevelProgramme, context: ProcedureContext, *about: str) -> None:
    """Refuse a modulation that the card can't generate at its rate; ``about`` names the parameters behind it.

    Raises
    ------
    ImpossibleSetting
        If it does not repeat within the card's buffer, or a level lasts too few samples.
    """
    frequency_Hz = float(programme.frequency_Hz)
    try:
        programme.repeat_samples(context.rate_Hz)
    except ValueError as error:
        raise ImpossibleSetting(f"{error}.", *about) from None
    shortest = min(level.share for level in programme.levels)
    samples = float(shortest * programme.samples_per_period(context.rate_Hz))
    if samples < LEAST_LEVEL_SAMPLES:
        raise ImpossibleSetting(
            f"at {frequency_Hz:g} Hz the shortest level of the modulation lasts {samples:.3g} samples; it needs at "
            f"least {LEAST_LEVEL_SAMPLES}.",
            *about,
        )


def _check_sweep(step: SweepStep, context: ProcedureContext) -> None:
    if step.bias_V.ndim != 1 or not step.bias_V.size:
        raise ImpossibleSetting(
            f"bias of {step.name} has shape {step.bias_V.shape}; must be (n,), n at least 1."
        )
    _check_bias(f"bias of {step.name}", (step.bias_V.min(), step.bias_V.max()), context)
    _check_time("reaction time", step.reaction_s, step)


def _check_time(what: str, seconds: float, step: Modulate | SweepStep) -> None:
    if not 0 < seconds < math.inf:
        raise ImpossibleSetting(f"{what} of {step.name} is {seconds:g} s; must be positive.")


def bias_after(step: Step, bias_V: float) -> float:
    """Return the bias after a step that ran to its end, for the bias before it."""
    match step:
        case SetBias(volts):
            return volts
        case MakeSafe() | Recentre():
            return 0.0
    return bias_V


def dry_run(procedure: RigProcedure, context: ProcedureContext) -> list[Step]:
    """Check the limits of a plan's first steps without executing any of them.

    Every step is assumed to succeed: a ramp ends by the first of its detectors, in the middle of the piezo's range and
    at the procedure's typical conductance; any other step runs to its own end.

    Returns
    -------
    list of Step
        At most 30.

    Raises
    ------
    ImpossibleSetting
        As in `check_limits`.
    """
    middle_m = sum(context.extension_range_m) / 2
    plan = procedure.plan(context)
    steps: list[Step] = []
    outcome: Outcome | None = None
    bias_V = 0.0
    try:
        while len(steps) < DRY_STEPS:
            step = plan.send(outcome) if outcome else next(plan)
            check_limits(step, context, bias_V)
            bias_V = bias_after(step, bias_V)
            steps.append(step)
            ended = next(iter(step.until), FINISHED) if isinstance(step, Ramp) else FINISHED
            samples = round(getattr(step, "duration_s", 0.0) * context.rate_Hz)
            outcome = Outcome(ended, middle_m, (0, samples), procedure.typical_G0)
    except (StopIteration, ProcedureFault):
        pass  # a fault judges outcomes, and these are made up
    finally:
        plan.close()
    return steps
