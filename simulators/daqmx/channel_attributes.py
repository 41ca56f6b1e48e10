"""Properties of channels, by NI-DAQmx's names."""

import math
from dataclasses import dataclass
from typing import Any

from nidaqmx.constants import (
    AOIdleOutputBehavior,
    ChannelType,
    Coupling,
    DataTransferActiveTransferMode,
    DigitalDriveType,
    InputDataTransferCondition,
    OutputDataTransferCondition,
    ResolutionType,
    SourceSelection,
    TerminalConfiguration,
    UsageTypeAI,
    UsageTypeAO,
    VoltageUnits,
)
from nidaqmx.utils import flatten_channel_string, unflatten_channel_string

from simulators.daqmx.attributes import Attribute, fixed_property
from simulators.daqmx.channels import verify
from simulators.daqmx.errors import Code, DaqError, refused_value
from simulators.daqmx.inputs import LOWPASS_ENABLE
from simulators.daqmx.outputs import DATA_TRANSFER_CONDITION
from simulators.daqmx.task import DaqTask
from simulators.rig.ni6281 import Limits, output_range


@dataclass(frozen=True)
class ChannelOfTask:
    """Channel, with its task."""

    task: DaqTask
    channel: Any  # a Channel or a LineChannel: `_only` restricts properties to their side


def channels_of(task: DaqTask, names: str) -> list[ChannelOfTask]:
    """Return channels of a task by name; "" for all of them. Raises -200461."""
    channels = {channel.name: channel for channel in task.engine.channels}
    wanted = unflatten_channel_string(names) if names else list(channels)
    for name in wanted:
        if name not in channels:
            raise DaqError(Code.INVALID_CHAN_NAME, f"Channel Name: {name}\nTask Name: {task.name}")
    return [ChannelOfTask(task, channels[name]) for name in wanted]


def _limit(field: str) -> Attribute:
    """Return a limit of outputs as it was set; a reset restores the default of `add_ao_voltage_chan`."""

    def put(owner: ChannelOfTask, value: float) -> None:
        owner.task.refuse_while_running()
        owner.channel.limits = owner.channel.limits._replace(**{field: value})

    return Attribute(
        lambda owner: getattr(owner.channel.limits, field), put, {"max_V": 10.0, "min_V": -10.0}[field]
    )


def _input_limit(field: str, sign: int, unspecified: Code) -> Attribute:
    """Return a limit of inputs: what the chosen range can measure, and an error where none is specified."""

    def put(owner: ChannelOfTask, value: float | None) -> None:
        owner.task.refuse_while_running()
        volts = math.nan if value is None else value
        owner.channel.limits = owner.channel.limits._replace(**{field: volts})

    def get(owner: ChannelOfTask) -> float:
        if math.isnan(getattr(owner.channel.limits, field)):
            raise DaqError(unspecified, f"Channel Name: {owner.channel.name}")
        return sign * _range_V(owner)

    return Attribute(get, put)


def _kept(number: int, default: Any) -> Attribute:
    """Return a property that is stored; the engine decides on its effect."""

    def put(owner: ChannelOfTask, value: Any) -> None:
        owner.task.refuse_while_running()
        owner.channel.properties[number] = value

    return Attribute(lambda owner: owner.channel.properties.get(number, default), put, default)


def _range_V(owner: ChannelOfTask) -> float:
    return verify(owner.task.card.bench.card, owner.channel)


def _output_range(owner: ChannelOfTask) -> Limits:
    card = owner.task.card.bench.card
    verify(card, owner.channel)
    return output_range(card, owner.channel.span) or Limits(0.0, 0.0)


def _set_range(owner: ChannelOfTask, value: float) -> None:
    """Set a side of the range; the card's ranges are symmetric, so it sets both."""
    owner.task.refuse_while_running()
    owner.channel.least_range_V = abs(value)


def _terminal_config(owner: ChannelOfTask) -> int:
    if not owner.channel.is_input:
        return int(TerminalConfiguration.RSE.value)
    given = owner.channel.terminal_config
    single = owner.channel.lacks_differential
    default = TerminalConfiguration.RSE if single else TerminalConfiguration.DIFF
    return int(default.value) if given == TerminalConfiguration.DEFAULT.value else given


def _set_terminal_config(owner: ChannelOfTask, value: int) -> None:
    owner.task.refuse_while_running()
    owner.channel.terminal_config = value


def _only_bits(owner: ChannelOfTask, value: int) -> None:
    if value != ResolutionType.BITS.value:
        raise refused_value("DAQmx_AO_ResolutionUnits", value, "bits", owner.channel.name)


_IDLE = _kept(0x2240, AOIdleOutputBehavior.MAINTAIN_EXISTING_VALUE.value)


def _idle_supported(owner: ChannelOfTask) -> None:
    if owner.task.card.bench.card.refuses_idle_behaviour:
        raise DaqError(Code.ATTRIBUTE_NOT_SUPPORTED_IN_TASK_CONTEXT, "Property: DAQmx_AO_IdleOutputBehavior")


def _get_idle(owner: ChannelOfTask) -> Any:
    _idle_supported(owner)
    return _IDLE.get(owner)


def _set_idle(owner: ChannelOfTask, value: int) -> None:
    _idle_supported(owner)
    if _IDLE.put is not None:
        _IDLE.put(owner, value)


_TYPES = {
    "ai": ChannelType.ANALOG_INPUT.value,
    "ao": ChannelType.ANALOG_OUTPUT.value,
    "do": ChannelType.DIGITAL_OUTPUT.value,
    "di": ChannelType.DIGITAL_INPUT.value,
}


def _physical_name(owner: ChannelOfTask) -> str:
    device = owner.task.card.bench.card.device
    return flatten_channel_string([f"{device}/{terminal}" for terminal in owner.channel.terminals])


_COMMON = {
    "CHAN_TYPE": Attribute(lambda owner: _TYPES[owner.task.engine.kind]),
    "PHYSICAL_CHAN_NAME": Attribute(_physical_name),
    "CHAN_DESCR": _kept(0x1926, ""),
    "CHAN_IS_GLOBAL": fixed_property(False),
}


def _filter_delay_s(owner: ChannelOfTask) -> float:
    """Return the delay of the digital filter in s. Raises -200452 for a card without one."""
    card, clock = owner.task.card.bench.card, owner.task.clock
    if not card.delta_sigma or clock is None:
        raise DaqError(Code.ATTRIBUTE_NOT_SUPPORTED_IN_TASK_CONTEXT, "Property: DAQmx_AI_FilterDelay")
    return card.input_delay_samples / float(clock.rate_Hz)


_INPUT = {
    "AI_MAX": _input_limit("max_V", 1, Code.AI_MAX_NOT_SPECIFIED),
    "AI_MIN": _input_limit("min_V", -1, Code.AI_MIN_NOT_SPECIFIED),
    "AI_RNG_HIGH": Attribute(_range_V, _set_range, 0.0),
    "AI_RNG_LOW": Attribute(lambda owner: -_range_V(owner), _set_range, 0.0),
    "AI_GAIN": Attribute(lambda owner: owner.task.card.bench.card.input_ranges_V[-1] / _range_V(owner)),
    "AI_TERM_CFG": Attribute(_terminal_config, _set_terminal_config, TerminalConfiguration.DEFAULT.value),
    "AI_COUPLING": fixed_property(Coupling.DC.value),
    "AI_RAW_SAMP_SIZE": Attribute(lambda owner: owner.task.inputs.raw_bits),
    "AI_RESOLUTION": Attribute(lambda owner: float(owner.task.card.bench.card.input_bits)),
    "AI_FILTER_DELAY": Attribute(_filter_delay_s),
    "AI_RESOLUTION_UNITS": fixed_property(ResolutionType.BITS.value),
    "AI_VOLTAGE_UNITS": fixed_property(VoltageUnits.VOLTS.value),
    "AI_MEAS_TYPE": fixed_property(UsageTypeAI.VOLTAGE.value),
    "AI_CUSTOM_SCALE_NAME": fixed_property(""),
    "AI_LOWPASS_ENABLE": _kept(LOWPASS_ENABLE, False),
    "AI_LOWPASS_CUTOFF_FREQ": Attribute(lambda owner: owner.task.card.bench.card.lowpass_Hz),
    "AI_DATA_XFER_MECH": _kept(0x1821, DataTransferActiveTransferMode.DMA.value),
    "AI_DATA_XFER_REQ_COND": _kept(0x188B, InputDataTransferCondition.ON_BOARD_MEMORY_NOT_EMPTY.value),
}

_OUTPUT = {
    "AO_MAX": _limit("max_V"),
    "AO_MIN": _limit("min_V"),
    "AO_DAC_RNG_HIGH": Attribute(lambda owner: _output_range(owner).max_V, _set_range, 0.0),
    "AO_DAC_RNG_LOW": Attribute(lambda owner: _output_range(owner).min_V, _set_range, 0.0),
    "AO_DAC_REF_VAL": Attribute(
        lambda owner: 0.5 * (_output_range(owner).max_V - _output_range(owner).min_V)
    ),
    "AO_DAC_OFFSET_VAL": Attribute(
        lambda owner: 0.5 * (_output_range(owner).max_V + _output_range(owner).min_V)
    ),
    "AO_DAC_REF_SRC": fixed_property(SourceSelection.INTERNAL.value),
    "AO_RESOLUTION": Attribute(lambda owner: float(owner.task.card.bench.card.output_bits)),
    "AO_RESOLUTION_UNITS": Attribute(
        lambda _: ResolutionType.BITS.value, _only_bits, ResolutionType.BITS.value
    ),
    "AO_OUTPUT_TYPE": fixed_property(UsageTypeAO.VOLTAGE.value),
    "AO_VOLTAGE_UNITS": fixed_property(VoltageUnits.VOLTS.value),
    "AO_CUSTOM_SCALE_NAME": fixed_property(""),
    "AO_TERM_CFG": Attribute(_terminal_config),
    "AO_DATA_XFER_MECH": _kept(0x134, DataTransferActiveTransferMode.DMA.value),
    "AO_DATA_XFER_REQ_COND": _kept(
        DATA_TRANSFER_CONDITION, OutputDataTransferCondition.ON_BOARD_MEMORY_LESS_THAN_FULL.value
    ),
    "AO_USE_ONLY_ON_BRD_MEM": fixed_property(False),
    "AO_IDLE_OUTPUT_BEHAVIOR": Attribute(
        _get_idle, _set_idle, AOIdleOutputBehavior.MAINTAIN_EXISTING_VALUE.value
    ),
}

_LINES = {
    "DO_NUM_LINES": Attribute(lambda owner: len(owner.channel.lines)),
    "DO_INVERT_LINES": fixed_property(False),
    "DO_TRISTATE": fixed_property(False),
    "DO_OUTPUT_DRIVE_TYPE": fixed_property(DigitalDriveType.ACTIVE_DRIVE.value),
}


def _only(side: str, attribute: Attribute) -> Attribute:
    """Return the property, refused (-200452) for channels of another side."""

    def get(owner: ChannelOfTask) -> Any:
        getattr(owner.task, side)
        return attribute.get(owner)

    def put(owner: ChannelOfTask, value: Any) -> None:
        getattr(owner.task, side)
        if attribute.put is not None:
            attribute.put(owner, value)

    return Attribute(get, None if attribute.put is None else put, attribute.default)


CHANNEL = (
    _COMMON
    | {name: _only("inputs", attribute) for name, attribute in _INPUT.items()}
    | {name: _only("outputs", attribute) for name, attribute in _OUTPUT.items()}
    | {name: _only("lines", attribute) for name, attribute in _LINES.items()}
)
