"""Inputs and outputs of the card as the rig file names them: all that the watchdog needs to know of a rig."""

import math

from analysis.loop_backs import Tolerance
from app.config.rig import Rig
from drivers.change_limits import ChangeLimits
from drivers.daqmx.channels import AnalogInput, AnalogOutput, InputReference


def daq_inputs(rig: Rig) -> tuple[AnalogInput, ...]:
    """Return the inputs of the DAQ in the order of the recording's channels."""
    bias, named = rig.daq.outputs.bias, rig.daq.inputs.named
    linear = {name: (one.scale, one.offset) for name, one in rig.daq.inputs.extras.items()}
    linear["z"] = rig.daq.outputs.z.sign, 0.0
    if bias.looped_back_at == "card":
        linear["bias"] = bias.sign / bias.divider, bias.adder_V
    return tuple(
        AnalogInput(
            name, one.channel, one.range_V, InputReference(one.terminal), *linear.get(name, (1.0, 0.0))
        )
        for name, one in named.items()
    )


def daq_outputs(rig: Rig) -> tuple[AnalogOutput, ...]:
    """Return the outputs of the DAQ with their limits, in volts at the junction or in their own units."""
    bias, z = rig.daq.outputs.bias, rig.daq.outputs.z
    return (
        AnalogOutput(
            "bias",
            bias.channel,
            *rig.bias_range_V,
            bias.sign / bias.divider,
            bias.adder_V,
            changes=bias_changes(rig),
        ),
        AnalogOutput(
            "z",
            z.channel,
            *rig.z_range_V,
            z.sign,
            safe=min(max(rig.safe.z_V, z.min_V), z.max_V),
            most_step=rig.safe.step_nm / rig.piezo.extension_nm_per_V,
            changes=tip_changes(rig),
        ),
        *(
            AnalogOutput(name, one.channel, one.min, one.max, one.scale, one.offset, one.safe)
            for name, one in rig.daq.outputs.extras.items()
        ),
    )


def bias_changes(rig: Rig) -> ChangeLimits:
    """Return the limits of changes of the bias, in V."""
    return ChangeLimits(step=rig.limits.bias_step_V or math.inf)


def tip_changes(rig: Rig) -> ChangeLimits:
    """Return the limits of motions of the tip, in V of its piezo."""
    limits, nm_per_V = rig.limits, rig.piezo.extension_nm_per_V
    return ChangeLimits(per_s=limits.tip_speed_nm_per_s / nm_per_V, jump=rig.safe.step_nm / nm_per_V)


def loop_back_tolerance(rig: Rig) -> Tolerance:
    """Return how far a loop-back may be from what was commanded."""
    scales = {one.name: one.scale for one in daq_inputs(rig)}
    return Tolerance(rig.daq.loop_backs.relative_tolerance, rig.daq.loop_backs.tolerance_V, scales)


def wired_terminals(rig: Rig) -> dict[str, str]:
    """Return the card's terminals: inputs by name, outputs as "bias output"."""
    inputs = {name: one.channel for name, one in rig.daq.inputs.named.items()}
    return {**inputs, **{f"{name} output": one.channel for name, one in rig.daq.outputs.named.items()}}
