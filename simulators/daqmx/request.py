"""Common parts of the calls of NI's service: the task, and the encoding of numbers."""

from typing import Any

from nidaqmx.constants import FillMode
from numpy.typing import NDArray

from simulators.daqmx.card import Card
from simulators.daqmx.errors import Code, DaqError
from simulators.daqmx.task import DaqTask


def chosen(request: Any, name: str) -> int:
    """Return a field that is sent either as NI's enumeration or as a plain number."""
    return int(getattr(request, request.WhichOneof(f"{name}_enum") or name))


def task_of(card: Card, request: Any) -> DaqTask:
    """Return the task of a call. Raises -200088."""
    return card.task(request.task.name)


def by_channel(request: Any, values: NDArray[Any], channels: int, each: int = 1) -> NDArray[Any]:
    """Return the values of a write by channel, shape (n_channels, n, each).

    Parameters
    ----------
    request
        Gives the number of samples per channel and their order.
    values : ndarray, one-dimensional
        Values in the order received.
    channels : int
        Number of channels of the task.
    each : int
        Number of values per sample and channel.

    Raises
    ------
    DaqError
        -200524 if the number of values is wrong.
    """
    n = request.num_samps_per_chan
    if n < 1 or len(values) != n * channels * each:
        raise DaqError(Code.WRITE_NUM_CHANS_MISMATCH, f"Values: {len(values)}", samples_written=0)
    if chosen(request, "data_layout") == FillMode.GROUP_BY_SCAN_NUMBER.value:
        return values.reshape(n, channels, each).swapaxes(0, 1)
    return values.reshape(channels, n, each)
