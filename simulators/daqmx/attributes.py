"""Properties of tasks, by NI-DAQmx's names.

A property that the real card has and the simulation lacks is refused with its name.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nidaqmx.constants import (
    AcquisitionType,
    DigitalWidthUnits,
    Edge,
    RegenerationMode,
    SampleTimingType,
    WaitMode,
    WriteRelativeTo,
)
from nidaqmx.utils import flatten_channel_string

from simulators.daqmx.acquisition import Acquisition
from simulators.daqmx.errors import Code, DaqError, refused_value
from simulators.daqmx.inputs import ONBOARD_BUFFER, InputEngine, ReadSettings
from simulators.daqmx.outputs import BufferedWaveform, OutputEngine
from simulators.daqmx.task import DaqTask
from simulators.daqmx.task_state import TaskState
from simulators.daqmx.timing import SampleClock

DEFAULT_SAMPLES_TO_READ = "0x31E8"
_TICKS = DigitalWidthUnits.TICKS.value


@dataclass(frozen=True)
class Attribute:
    """One property.

    Parameters
    ----------
    get : callable
        Returns the value for an object (a task, a channel).
    put : callable, optional
        Sets the value; takes the object and the value.
    default : object
        Value after a reset.
    """

    get: Callable[..., Any]
    put: Callable[..., None] | None = None
    default: Any = None


def kept(name: str, default: Any) -> Attribute:
    """Return a property of a task that is stored and has no effect."""

    def put(task: DaqTask, value: Any) -> None:
        task.properties[name] = value

    return Attribute(lambda task: task.properties.get(name, default), put, default)


def fixed_property(value: Any) -> Attribute:
    """Return a property with a fixed value."""
    return Attribute(lambda *_: value)


# Timing


_DEFAULT_CLOCK = SampleClock(1000.0, "", finite=False, samples=1000)


def _clock(task: DaqTask) -> SampleClock:
    """Return a task's clock, or NI-DAQmx's default without one. Raises the error of an invalid setting."""
    clock = task.clock or _DEFAULT_CLOCK
    if not isinstance(task.engine, InputEngine | OutputEngine):
        raise DaqError(Code.ATTRIBUTE_NOT_SUPPORTED_IN_TASK_CONTEXT, "The task has no sample clock.")
    task.verify_clock(clock)
    return clock


def _change_clock(field: str) -> Callable[[DaqTask, Any], None]:
    def put(task: DaqTask, value: Any) -> None:
        clock = task.clock or _DEFAULT_CLOCK
        changed = {**dataclasses.asdict(clock), "mode": clock.mode, field: value}
        task.set_clock(*(changed[name] for name in ("rate_Hz", "source", "edge", "mode", "samples")))

    return put


def _set_timing_type(task: DaqTask, value: int) -> None:
    if value == SampleTimingType.ON_DEMAND.value:
        task.software_timed()
    elif value == SampleTimingType.SAMPLE_CLOCK.value:
        if task.clock is None:
            _change_clock("rate_Hz")(task, 1000.0)
    else:
        raise refused_value("DAQmx_SampTimingType", value, "on demand, sample clock")


def _clock_terminal(task: DaqTask) -> str:
    kind = "ai" if _clock(task).follows_inputs else task.engine.kind
    return f"/{task.card.bench.card.device}/{kind}/SampleClock"


def _set_convert_rate(task: DaqTask, value: float | None) -> None:
    task.refuse_while_running()
    if value is not None and not value > 0:
        raise refused_value("DAQmx_AI_ConvRate", value, "above 0")
    task.inputs.convert_clock.rate_Hz = value


def _in_delay_units(task: DaqTask) -> float:
    """Return the number of the present units in one second."""
    match task.properties.get("delay units", _TICKS):
        case DigitalWidthUnits.SECONDS.value:
            return 1.0
        case DigitalWidthUnits.SAMPLE_CLOCK_PERIODS.value:
            return _clock(task).rate_Hz
    return task.card.bench.card.convert_timebase_Hz


def _convert_delay(task: DaqTask) -> float:
    return task.inputs.convert_clock.delay(task.card.bench.card) * _in_delay_units(task)


def _set_convert_delay(task: DaqTask, value: float | None) -> None:
    task.refuse_while_running()
    if task.card.bench.card.refuses_convert_delay:
        details = "Property: DAQmx_DelayFromSampClk_Delay"
        raise DaqError(Code.ATTRIBUTE_NOT_SUPPORTED_IN_TASK_CONTEXT, details)
    task.inputs.convert_clock.delay_s = None if value is None else value / _in_delay_units(task)


def _clock_source(task: DaqTask) -> str:
    """Return the source of the clock; NI-DAQmx names the timebase from which the card makes its own."""
    device = task.card.bench.card.device
    clock = _clock(task)
    if clock.follows_inputs:
        return f"/{device}/ai/SampleClock"
    if clock.external:
        return f"/{device}/{clock.source.rpartition('/')[2].upper()}"
    return f"/{device}/{task.engine.kind}/SampleClockTimebase"


def _timebase_Hz(task: DaqTask) -> float:
    """Return the frequency that the card divides. Raises -200452 for a card that makes any rate."""
    timebase_Hz = task.card.bench.card.timebase_Hz
    if not timebase_Hz:
        raise DaqError(Code.ATTRIBUTE_NOT_SUPPORTED_IN_TASK_CONTEXT, "Property: DAQmx_SampClk_Timebase_Rate")
    return timebase_Hz


def _divide(task: DaqTask, divisor: int | None) -> None:
    rate_Hz = _DEFAULT_CLOCK.rate_Hz if divisor is None else _timebase_Hz(task) / max(divisor, 1)
    _change_clock("rate_Hz")(task, rate_Hz)


TIMING = {
    "SAMP_CLK_RATE": Attribute(lambda task: _clock(task).rate_Hz, _change_clock("rate_Hz"), 1000.0),
    "SAMP_CLK_SRC": Attribute(_clock_source, _change_clock("source"), ""),
    "SAMP_CLK_TERM": Attribute(_clock_terminal),
    "SAMP_CLK_ACTIVE_EDGE": Attribute(
        lambda task: _clock(task).edge, _change_clock("edge"), Edge.RISING.value
    ),
    "SAMP_CLK_TIMEBASE_RATE": Attribute(_timebase_Hz),
    "SAMP_CLK_TIMEBASE_DIV": Attribute(
        lambda task: round(_timebase_Hz(task) / _clock(task).rate_Hz), _divide, None
    ),
    "ON_DEMAND_SIMULTANEOUS_AO_ENABLE": kept("simultaneous outputs", False),
    "SAMP_CLK_MAX_RATE": Attribute(lambda task: task.engine.fastest_Hz()),
    "SAMP_QUANT_SAMP_MODE": Attribute(
        lambda task: _clock(task).mode, _change_clock("mode"), AcquisitionType.CONTINUOUS.value
    ),
    "SAMP_QUANT_SAMP_PER_CHAN": Attribute(lambda task: _clock(task).samples, _change_clock("samples"), 1000),
    "SAMP_TIMING_TYPE": Attribute(
        lambda task: (SampleTimingType.SAMPLE_CLOCK if task.clock else SampleTimingType.ON_DEMAND).value,
        _set_timing_type,
        SampleTimingType.ON_DEMAND.value,
    ),
    "AI_CONV_RATE": Attribute(lambda task: 1 / task.inputs.convert_spacing_s(), _set_convert_rate),
    "DELAY_FROM_SAMP_CLK_DELAY": Attribute(_convert_delay, _set_convert_delay),
    "DELAY_FROM_SAMP_CLK_DELAY_UNITS": kept("delay units", _TICKS),
    "AI_CONV_MAX_RATE": Attribute(lambda task: task.card.bench.card.fastest_inputs_Hz),
}

# Read


def _run(task: DaqTask) -> Acquisition | None:
    """Return the task's acquisition. Raises -200983 while the task has reserved no resources."""
    engine = task.inputs
    task.card.bench.catch_up_to_read()
    if task.state < TaskState.RESERVED:
        raise DaqError(Code.CANNOT_GET_PROPERTY_WHEN_TASK_NOT_RESERVED_COMMITTED_OR_RUNNING)
    return engine.run


def _read_setting(field: str) -> Attribute:
    def put(task: DaqTask, value: Any) -> None:
        setattr(task.inputs.settings, field, value)

    return Attribute(lambda task: getattr(task.inputs.settings, field), put, getattr(ReadSettings(), field))


def _count(name: str) -> Attribute:
    def get(task: DaqTask) -> int:
        run = _run(task)
        return 0 if run is None else int(getattr(run, name))

    return Attribute(get)


def _default_samples(task: DaqTask) -> int:
    task.card.bench.catch_up()
    return task.inputs.default_samples()


READ = {
    "AUTO_START": _read_setting("auto_start"),
    "RELATIVE_TO": _read_setting("relative_to"),
    "OFFSET": _read_setting("offset"),
    "OVERWRITE": _read_setting("overwrite"),
    "READ_ALL_AVAIL_SAMP": _read_setting("all_available"),
    "AVAIL_SAMP_PER_CHAN": _count("available"),
    "CURR_READ_POS": _count("position"),
    "TOTAL_SAMP_PER_CHAN_ACQUIRED": _count("acquired"),
    DEFAULT_SAMPLES_TO_READ: Attribute(_default_samples),
    "CHANNELS_TO_READ": Attribute(lambda task: _names(task)),
    "NUM_CHANS": Attribute(lambda task: len(task.inputs.channels)),
    "RAW_DATA_WIDTH": Attribute(lambda task: task.inputs.raw_bits // 8 * len(task.inputs.channels)),
    "OVERLOADED_CHANS_EXIST": fixed_property(False),
    "OVERLOADED_CHANS": fixed_property(""),
    "SLEEP_TIME": kept("read sleep time", 0.001),
    "WAIT_MODE": kept("read wait mode", WaitMode.POLL.value),
}

# Write


def _waveform(task: DaqTask) -> BufferedWaveform | None:
    outputs = task.outputs
    task.card.bench.catch_up()
    return outputs.waveform


def _generated(task: DaqTask) -> int:
    waveform, outputs = _waveform(task), task.outputs
    if waveform is not None and outputs.started:
        outputs.last_asked = waveform.generated
        return waveform.generated
    if (
        waveform is None
        and task.state < TaskState.RESERVED
        and task.card.bench.card.forgets_count_after_abort
    ):
        raise DaqError(Code.CANNOT_GET_PROPERTY_WHEN_TASK_NOT_RESERVED_COMMITTED_OR_RUNNING)
    return _generated_when_stopped(outputs)


def _generated_when_stopped(outputs: OutputEngine) -> int:
    """Return the count that a stopped task reports for its last waveform, which NI does not document."""
    match outputs.bench.card.count_after_stop:
        case "zero":
            return 0
        case "stale":
            return outputs.last_asked
        case "error":
            raise DaqError(Code.CANNOT_GET_PROPERTY_WHEN_TASK_NOT_RESERVED_COMMITTED_OR_RUNNING)
    return outputs.last_generated if outputs.waveform is None else outputs.waveform.generated


def _space(task: DaqTask) -> int:
    waveform = _waveform(task)
    return task.outputs.buffer_samples() if waveform is None else waveform.space(task.outputs.started)


def _channels_written(task: DaqTask) -> int:
    return len((task.lines if task.engine.kind == "do" else task.outputs).channels)


def _set_regeneration(task: DaqTask, value: int) -> None:
    task.resize_buffer(task.outputs.buffer_size)
    task.outputs.regeneration = value


WRITE = {
    "REGEN_MODE": Attribute(
        lambda task: task.outputs.regeneration, _set_regeneration, RegenerationMode.ALLOW_REGENERATION.value
    ),
    "CURR_WRITE_POS": Attribute(lambda task: 0 if (w := _waveform(task)) is None else w.written),
    "TOTAL_SAMP_PER_CHAN_GENERATED": Attribute(_generated),
    "SPACE_AVAIL": Attribute(_space),
    "NUM_CHANS": Attribute(_channels_written),
    "DIGITAL_LINES_BYTES_PER_CHAN": Attribute(lambda task: task.lines.most_lines),
    "RAW_DATA_WIDTH": Attribute(lambda task: 2 * len(task.outputs.channels)),
    "RELATIVE_TO": kept("write relative to", WriteRelativeTo.CURRENT_WRITE_POSITION.value),
    "OFFSET": kept("write offset", 0),
    "SLEEP_TIME": kept("write sleep time", 0.001),
    "WAIT_MODE": kept("write wait mode", WaitMode.POLL.value),
}

# Buffers and the task itself


def _set_buffer(side: str) -> Callable[[DaqTask, int], None]:
    def put(task: DaqTask, value: int) -> None:
        getattr(task, side)  # -200452 for a task of the other side
        task.resize_buffer(value)

    return put


BUFFER = {
    "INPUT_BUF_SIZE": Attribute(lambda task: task.inputs.buffer_samples(), _set_buffer("inputs")),
    "OUTPUT_BUF_SIZE": Attribute(lambda task: task.outputs.buffer_samples(), _set_buffer("outputs")),
    "INPUT_ONBRD_BUF_SIZE": Attribute(lambda task: ONBOARD_BUFFER // max(len(task.inputs.channels), 1)),
    "OUTPUT_ONBRD_BUF_SIZE": Attribute(
        lambda task: task.card.bench.card.output_fifo_samples // max(len(task.outputs.channels), 1)
    ),
}


def _names(task: DaqTask) -> str:
    return flatten_channel_string([channel.name for channel in task.channels])


TASK = {
    "NAME": Attribute(lambda task: task.name),
    "CHANNELS": Attribute(_names),
    "NUM_CHANS": Attribute(lambda task: len(task.channels)),
    "DEVICES": Attribute(lambda task: task.card.bench.card.device if task.channels else ""),
    "NUM_DEVICES": Attribute(lambda task: int(bool(task.channels))),
}
