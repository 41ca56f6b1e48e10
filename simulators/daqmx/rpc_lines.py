"""Calls of NI's service for digital lines."""

from collections.abc import Callable
from typing import Any

import numpy as np
from nidaqmx._stubs import nidaqmx_pb2 as messages

from simulators.daqmx.card import Card
from simulators.daqmx.errors import Code, DaqError
from simulators.daqmx.request import by_channel, chosen, task_of


def _create_do_chan(card: Card, request: Any, context: Any) -> Any:
    grouping = chosen(request, "line_grouping")
    task_of(card, request).add_lines("do", request.lines, request.name_to_assign_to_lines, grouping)
    return messages.CreateDOChanResponse()


def _create_di_chan(card: Card, request: Any, context: Any) -> Any:
    grouping = chosen(request, "line_grouping")
    task_of(card, request).add_lines("di", request.lines, request.name_to_assign_to_lines, grouping)
    return messages.CreateDIChanResponse()


def _read_digital_lines(card: Card, request: Any, context: Any) -> Any:
    """Return one software-timed sample of every line, a byte each."""
    levels = task_of(card, request).look()
    return messages.ReadDigitalLinesResponse(
        read_array=levels.astype(np.uint8).tobytes(),
        samps_per_chan_read=1,
        num_bytes_per_samp=levels.shape[1],
    )


def _write_digital_lines(card: Card, request: Any, context: Any) -> Any:
    task = task_of(card, request)
    task.refuse_other_writes("do")
    values = np.frombuffer(request.write_array, np.uint8)
    if np.any(values > 1):
        raise DaqError(Code.INVALID_DIG_DATA_WRITE, "Supported Values: 0, 1", samples_written=0)
    levels = by_channel(request, values, len(task.channels), task.lines.most_lines).astype(bool)
    return messages.WriteDigitalLinesResponse(samps_per_chan_written=task.drive(levels, request.auto_start))


def _write_integers(width: int) -> Callable[[Card, Any, Any], Any]:
    response = getattr(messages, f"WriteDigitalU{width}Response")

    def write(card: Card, request: Any, context: Any) -> Any:
        task = task_of(card, request)
        task.refuse_other_writes("do")
        values = np.array(list(request.write_array), dtype=np.uint32)  # eight bits come as bytes
        levels = task.lines.levels_of_integers(by_channel(request, values, len(task.channels))[..., 0], width)
        return response(samps_per_chan_written=task.drive(levels, request.auto_start))

    return write


def _write_digital_scalar_u32(card: Card, request: Any, context: Any) -> Any:
    task = task_of(card, request)
    task.refuse_other_writes("do")
    if len(task.channels) != 1:
        raise DaqError(Code.WRITE_NUM_CHANS_MISMATCH, "Values: 1", samples_written=0)
    value = np.array([[request.value]], dtype=np.uint32)
    task.drive(task.lines.levels_of_integers(value, 32), request.auto_start)
    return messages.WriteDigitalScalarU32Response()


LINE_CALLS = {
    "CreateDOChan": _create_do_chan,
    "CreateDIChan": _create_di_chan,
    "ReadDigitalLines": _read_digital_lines,
    "WriteDigitalLines": _write_digital_lines,
    "WriteDigitalU8": _write_integers(8),
    "WriteDigitalU16": _write_integers(16),
    "WriteDigitalU32": _write_integers(32),
    "WriteDigitalScalarU32": _write_digital_scalar_u32,
}
"""Calls by NI's names."""
