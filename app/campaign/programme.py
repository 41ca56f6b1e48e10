"""Stages of a campaign with their parameters, as far as earlier stages have decided them."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from analysis.recording import RecordingError
from app.acquisition.run_checks import check
from app.campaign.decisions import Amplitudes
from app.campaign.file import CampaignFile, Control
from app.campaign.stages import Stage
from app.config.rig import Rig
from app.config.toml import FileError
from procedures.break_junction import BreakJunction
from procedures.errors import ImpossibleSetting
from procedures.heating import Heating
from procedures.iv import IV
from procedures.procedure import RigProcedure
from procedures.registry import CONTROL, PROCEDURES
from procedures.thermopower import Thermopower

Parameters = Mapping[str, Any]

PREFIX = f"{CONTROL}-"

FIRST_CONTROL = 4
"""Number of the first stage after histogram, I-V and heating."""


def histogram_stage(campaign: CampaignFile) -> Stage:
    """Return the stage of opening traces."""
    wanted = campaign.histogram
    mine = {"traces": wanted.traces}
    _demand_apart("histogram", wanted.parameters, mine)
    return Stage(1, "histogram", BreakJunction, {**wanted.parameters, **mine})


def iv_stage(campaign: CampaignFile, window: Parameters) -> Stage | None:
    """Return the stage of I-V curves; None if the campaign has none."""
    wanted = campaign.iv
    if wanted is None:
        return None
    mine = {"curves": wanted.curves, "peak": wanted.peak_V}
    _demand_apart("iv", {**campaign.held, **wanted.parameters}, mine)
    return Stage(2, "iv", IV, {**window, **campaign.held, **wanted.parameters, **mine})


def heating_stage(campaign: CampaignFile, window: Parameters, chosen: Amplitudes) -> Stage:
    """Return the stage of holds at each amplitude."""
    wanted = campaign.heating
    mine = {"amplitudes": chosen.amplitudes_V, "expected": chosen.expected_A, "holds": wanted.holds}
    _demand_apart("heating", {**campaign.held, **wanted.parameters}, mine)
    return Stage(3, "heating", Heating, {**window, **campaign.held, **wanted.parameters, **mine})


def control_stages(campaign: CampaignFile, window: Parameters, chosen: Amplitudes) -> Iterator[Stage]:
    """Yield the stages of the controls, in the order of the file."""
    for number, control in enumerate(campaign.controls, FIRST_CONTROL):
        procedure = control_procedure(control)
        values = {**window, **campaign.held, **control.parameters, "holds": control.holds}
        values |= _amplitudes(control, procedure, chosen)
        known = procedure().parameter_objects()
        if unknown := sorted(set(control.parameters) - set(known)):
            raise FileError(
                f"control-{control.name}: parameters.{unknown[0]}: this control has no such parameter"
            )
        _demand_apart(f"control-{control.name}", control.parameters, ("holds", "amplitudes", "expected"))
        yield Stage(
            number, f"control-{control.name}", procedure, {k: v for k, v in values.items() if k in known}
        )


def thermopower_stage(campaign: CampaignFile, window: Parameters) -> Stage | None:
    """Return the stage of thermopower, the last one; None if the campaign has none."""
    wanted = campaign.thermopower
    if wanted is None:
        return None
    known = Thermopower().parameter_objects()
    mine = {"dT": wanted.dT_K, "holds": wanted.holds}
    _demand_apart("thermopower", wanted.parameters, mine)
    common = {name: value for name, value in {**window, **campaign.held}.items() if name in known}
    return Stage(_last_number(campaign), "thermopower", Thermopower, {**common, **wanted.parameters, **mine})


def _last_number(campaign: CampaignFile) -> int:
    return FIRST_CONTROL + len(campaign.controls)


def _demand_apart(stage: str, parameters: Parameters, mine: Iterable[str]) -> None:
    """Refuse parameters that have a key of their own in the stage and would be ignored."""
    if twice := sorted(set(parameters) & set(mine)):
        raise FileError(f"{stage}: {twice[0]} among the parameters: the stage has a key of its own for it")


def _amplitudes(control: Control, procedure: type[RigProcedure], chosen: Amplitudes) -> dict[str, Any]:
    """Return the amplitudes of the file, else the control's defaults, else the largest of the measurement."""
    if control.amplitudes_V:
        return {"amplitudes": control.amplitudes_V}
    if getattr(procedure(), "amplitudes", None) is not None:
        return {}
    largest = max(range(len(chosen.amplitudes_V)), key=chosen.amplitudes_V.__getitem__)
    return {
        "amplitudes": chosen.amplitudes_V[largest : largest + 1],
        "expected": chosen.expected_A[largest : largest + 1],
    }


def control_procedure(control: Control) -> type[RigProcedure]:
    """Return the procedure of a control. Raises ``FileError`` for an unknown name."""
    name = f"{PREFIX}{control.name}"
    if name not in PROCEDURES:
        known = sorted(n.removeprefix(PREFIX) for n in PROCEDURES if n.startswith(PREFIX))
        near = get_close_matches(control.name.removeprefix(PREFIX), known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
        raise FileError(f"controls.name = {control.name!r}: there is no such control; {hint}")
    return PROCEDURES[name]


def outline(campaign: CampaignFile, after: int) -> dict[str, int]:
    """Return the cycles of the stages after number ``after``, by name, as far as they are known."""
    amplitudes = len(campaign.heating.amplitudes_V) or campaign.heating.equal_powers
    controls = enumerate(campaign.controls, FIRST_CONTROL)
    cycles = [
        (2, "iv", campaign.iv.curves if campaign.iv else 0),
        (3, "heating", campaign.heating.holds * amplitudes),
        *((n, f"control-{c.name}", c.holds * max(len(c.amplitudes_V), 1)) for n, c in controls),
    ]
    if (heated := campaign.thermopower) is not None:
        cycles.append((_last_number(campaign), "thermopower", heated.holds * len(heated.dT_K)))
    return {name: count for number, name, count in cycles if number > after}


def stage_progress(campaign: CampaignFile) -> list[tuple[str, int, int]]:
    """Return each stage with its recorded and its wanted cycles. Raises ``RecordingError``."""
    window = {"conductance": campaign.conductance_G0}
    wanted = {"histogram": campaign.histogram.traces, **outline(campaign, after=1)}
    stages = _with_stand_ins(campaign, window)
    return [(s.name, sum(s.done(campaign.folder).values()), wanted[s.name]) for s in stages]


def _with_stand_ins(campaign: CampaignFile, window: Parameters) -> list[Stage]:
    """Return all stages, with placeholders for later decisions."""
    volts = campaign.heating.amplitudes_V or (campaign.heating.largest_V,)
    chosen = Amplitudes(volts, ())
    stages = [histogram_stage(campaign), iv_stage(campaign, window), heating_stage(campaign, window, chosen)]
    last = filter(None, [thermopower_stage(campaign, window)])
    return [*filter(None, stages), *control_stages(campaign, window, chosen), *last]


def checked(campaign: CampaignFile, rig: Rig | None = None) -> None:
    """Check every stage's parameters before anything moves, with placeholders for later decisions.

    Stages that are not complete are checked against the rig, too: a bias beyond its limits or a heater that it lacks
    must not end the campaign after the hours of the stages before.

    Raises
    ------
    FileError
        Naming stage, parameter and bound.
    """
    for stage in _with_stand_ins(campaign, {"conductance": campaign.conductance_G0}):
        try:
            procedure = stage.whole()
            if rig is not None and stage.rest(campaign.folder) is not None:
                check(procedure, rig)
        except ImpossibleSetting as error:
            raise FileError(f"{stage.name}: {error}") from None
        except RecordingError as error:
            raise FileError(str(error)) from None
