"""Calls of NI's service for samples as codes of the converters: unscaled arrays, and raw bytes scan by scan.

A code is a whole number of the step of the channel's range, as two's complement. Readings of the NI 6281 have 18 bits:
they fit into 32 and not into 16.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from nidaqmx._stubs import nidaqmx_pb2 as messages
from nidaqmx.constants import FillMode
from numpy.typing import NDArray

from simulators.daqmx.card import Card
from simulators.daqmx.errors import Code, DaqError
from simulators.daqmx.refusal import NOT_SIMULATED
from simulators.daqmx.request import by_channel, chosen, task_of
from simulators.daqmx.task import DaqTask

Call = Callable[[Card, Any, Any], Any]
Codes = NDArray[np.int64]

_BYTES_OUT = 2


def _read(task: DaqTask, wanted: int, most: int, request: Any, context: Any) -> tuple[Codes, int]:
    """Return the codes of a read, shape (n_channels, n), and the warning of one that came too late, or 0."""
    readings = task.read(wanted, request.timeout, most, lambda: not context.is_active())
    late = readings.shape[1] < wanted and not task.inputs.read_to_end
    codes = np.rint(readings / task.inputs.steps_V()[:, np.newaxis]).astype(np.int64)
    return codes, int(Code.SAMPLES_NOT_YET_AVAILABLE) if late else 0


def _refuse_narrow(card: Card, width: int, context: Any) -> None:
    bits = card.bench.card.input_bits
    if bits > width:
        context.abort(NOT_SIMULATED, f"readings of {bits} bits don't fit into {width}: read 32 bits")


def _read_codes(name: str, width: int) -> Call:
    response = getattr(messages, f"ReadBinary{name}Response")
    unsigned = np.dtype(f"uint{width}")

    def read(card: Card, request: Any, context: Any) -> Any:
        _refuse_narrow(card, width, context)
        codes, status = _read(
            task_of(card, request), request.num_samps_per_chan, request.array_size_in_samps, request, context
        )
        n = codes.shape[1]
        missing = max(request.num_samps_per_chan - n, 0)  # rows keep the length that the client expects
        codes = np.pad(codes, ((0, 0), (0, missing)))
        if name.startswith("U"):
            codes = codes.astype(unsigned).astype(np.int64)
        in_order = codes.T if chosen(request, "fill_mode") == FillMode.GROUP_BY_SCAN_NUMBER.value else codes
        return response(read_array=in_order.ravel().tolist(), samps_per_chan_read=n, status=status)

    return read


def _read_raw(card: Card, request: Any, context: Any) -> Any:
    task = task_of(card, request)
    each = task.inputs.raw_bits // 8
    codes, status = _read(
        task, request.num_samps_per_chan, request.array_size_in_bytes // each, request, context
    )
    raw = np.ascontiguousarray(codes.T.astype(f"<i{each}")).tobytes()
    return messages.ReadRawResponse(
        read_array=raw, samps_read=codes.shape[1], num_bytes_per_samp=each * codes.shape[0], status=status
    )


def _write(task: DaqTask, codes: Codes, request: Any, context: Any) -> int:
    """Write codes, shape (n_channels, n); return the number of samples written per channel."""
    volts = codes * task.outputs.steps_V()[:, np.newaxis]
    return task.write(volts, request.auto_start, request.timeout, lambda: not context.is_active())


def _write_codes(name: str, width: int) -> Call:
    response = getattr(messages, f"WriteBinary{name}Response")

    def write(card: Card, request: Any, context: Any) -> Any:
        task = task_of(card, request)
        task.refuse_other_writes("ao")
        values = np.array(request.write_array, dtype=np.int64)
        signed = values.astype(f"uint{width}").view(f"int{width}").astype(np.int64)
        codes = by_channel(request, signed, len(task.channels))[..., 0]
        return response(samps_per_chan_written=_write(task, codes, request, context))

    return write


def _write_raw(card: Card, request: Any, context: Any) -> Any:
    task = task_of(card, request)
    task.refuse_other_writes("ao")
    channels, n = len(task.channels), request.num_samps
    if n < 1 or len(request.write_array) < n * channels * _BYTES_OUT:
        details = f"Bytes: {len(request.write_array)}"
        raise DaqError(Code.WRITE_NUM_CHANS_MISMATCH, details, samples_written=0)
    values = np.frombuffer(request.write_array, "<i2", n * channels).astype(np.int64)
    written = _write(task, values.reshape(n, channels).T, request, context)
    return messages.WriteRawResponse(samps_per_chan_written=written)


RAW_CALLS: dict[str, Call] = {
    **{
        f"ReadBinary{sign}{width}": _read_codes(f"{sign}{width}", width)
        for sign in "IU"
        for width in (16, 32)
    },
    **{
        f"WriteBinary{sign}{width}": _write_codes(f"{sign}{width}", width)
        for sign in "IU"
        for width in (16, 32)
    },
    "ReadRaw": _read_raw,
    "WriteRaw": _write_raw,
}
"""Calls by NI's names."""
