"""What a step may do on a rig, and a plan looked through before anything moves."""

from procedures.errors import ImpossibleSetting
from procedures.procedure import RigProcedure
from procedures.station import Station
from procedures.steps import FINISHED, Outcome, Ramp, SetBias, Step

DRY_STEPS = 30
"""Enough of a plan to see its beginning and a few of its cycles."""


def check_limits(step: Step, station: Station) -> None:
    """Refuse a step that would leave the rig's limits.

    Raises
    ------
    ImpossibleSetting
        Naming the quantity, the value and the limit.
    """
    if isinstance(step, SetBias):
        low, high = station.bias_range_V
        if not low <= step.bias_V <= high:
            raise ImpossibleSetting(
                f"bias {step.bias_V:g} V is outside the rig's limits, {low:g} to {high:g} V."
            )
    elif isinstance(step, Ramp):
        low, high = station.extension_range_m
        if not low - 1e-15 <= step.to_m <= high + 1e-15:
            raise ImpossibleSetting(
                f"{step.name} to {step.to_m * 1e9:.4g} nm is outside the piezo's range, "
                f"{low * 1e9:.4g} to {high * 1e9:.4g} nm."
            )
        if not step.speed_m_per_s > 0:
            raise ImpossibleSetting(
                f"speed of {step.name} is {step.speed_m_per_s * 1e9:g} nm/s; must be positive."
            )


def dry_run(procedure: RigProcedure, station: Station) -> list[Step]:
    """Look through the first steps of a plan, none of which is done, and check the limits of each.

    Each ramp is taken to end at the first of its detectors, in the middle of the piezo's range, as it does when
    all goes well.

    Returns
    -------
    list of Step
        At most 30.

    Raises
    ------
    ImpossibleSetting
        As `check_limits`.
    """
    middle_m = sum(station.extension_range_m) / 2
    plan = procedure.plan(station)
    steps: list[Step] = []
    outcome: Outcome | None = None
    try:
        while len(steps) < DRY_STEPS:
            step = plan.send(outcome) if outcome else next(plan)
            check_limits(step, station)
            steps.append(step)
            ended = next(iter(step.until), FINISHED) if isinstance(step, Ramp) else FINISHED
            outcome = Outcome(ended, middle_m, (0, 0))
    except StopIteration:
        pass
    finally:
        plan.close()
    return steps
