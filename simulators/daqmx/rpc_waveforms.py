"""Calls of NI's service for waveforms: samples with the time of the first, their interval, and a name and unit."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from ni.protobuf.types.waveform_conversion import float64_analog_waveform_to_protobuf
from nidaqmx._stubs import nidaqmx_pb2 as messages
from nidaqmx.constants import WaveformAttributeMode
from nitypes.waveform import AnalogWaveform, NoneScaleMode, Timing
from numpy.typing import NDArray

from simulators.daqmx.card import Card
from simulators.daqmx.errors import Code, DaqError
from simulators.daqmx.inputs import ALL_SAMPLES
from simulators.daqmx.request import chosen, task_of
from simulators.daqmx.task import DaqTask

_MOST = 2**31


def _timing(task: DaqTask) -> Any:
    """Return the time of the first sample of the last read, and their interval; none without a clock."""
    if task.clock is None:
        return Timing.empty
    ago = timedelta(seconds=task.card.bench.clock.now() - task.inputs.first_read_s)
    return Timing.create_with_regular_interval(
        timedelta(seconds=1.0 / task.clock.rate_Hz), datetime.now(UTC) - ago
    )


def _read_analog_waveforms(card: Card, request: Any, context: Any) -> Any:
    task = task_of(card, request)
    wanted = request.num_samps_per_chan
    readings = task.read(wanted, request.timeout, _MOST, lambda: not context.is_active())
    n = readings.shape[1]
    late = wanted != ALL_SAMPLES and n < wanted and not task.inputs.read_to_end
    mode = WaveformAttributeMode(chosen(request, "waveform_attribute_mode"))
    timing = _timing(task) if mode & WaveformAttributeMode.TIMING else Timing.empty
    waveforms = [_waveform(row, timing) for row in readings]
    if mode & WaveformAttributeMode.EXTENDED_PROPERTIES:
        for waveform, channel in zip(waveforms, task.channels, strict=True):
            waveform.channel_name, waveform.units = channel.name, "Volts"
    return messages.ReadAnalogWaveformsResponse(
        waveforms=[float64_analog_waveform_to_protobuf(waveform) for waveform in waveforms],
        samps_per_chan_read=n,
        status=int(Code.SAMPLES_NOT_YET_AVAILABLE) if late else 0,
    )


def _waveform(row: NDArray[np.float64], timing: Any) -> AnalogWaveform[np.float64]:
    return AnalogWaveform.from_array_1d(row, np.float64, timing=timing, scale_mode=NoneScaleMode())


def _write_analog_waveforms(card: Card, request: Any, context: Any) -> Any:
    task = task_of(card, request)
    task.refuse_other_writes("ao")
    rows = [np.array(waveform.y_data) for waveform in request.waveforms]
    if len(rows) != len(task.channels) or len({len(row) for row in rows}) != 1:
        raise DaqError(Code.WRITE_NUM_CHANS_MISMATCH, f"Waveforms: {len(rows)}", samples_written=0)
    written = task.write(np.array(rows), request.auto_start, request.timeout, lambda: not context.is_active())
    return messages.WriteAnalogWaveformsResponse(samps_per_chan_written=written)


WAVEFORM_CALLS = {
    "ReadAnalogWaveforms": _read_analog_waveforms,
    "WriteAnalogWaveforms": _write_analog_waveforms,
}
"""Calls by NI's names."""
