"""What all calls of NI's service have in common: which task, and how numbers travel."""

from typing import Any

from nidaqmx.constants import FillMode
from numpy.typing import NDArray

from simulators.daq_card import Card
from simulators.daq_errors import Code, DaqError
from simulators.daq_tasks import Task


def chosen(request: Any, name: str) -> int:
    """Get a field that is sent either as NI's enumeration or as a bare number."""
    return int(getattr(request, request.WhichOneof(f"{name}_enum") or name))


def task_of(card: Card, request: Any) -> Task:
    """Get the task that a call is about. Raises -200088."""
    return card.task(request.task.name)


def by_channel(request: Any, values: NDArray[Any], channels: int, each: int = 1) -> NDArray[Any]:
    """Sort the values of a write, shape (n_channels, n, each).

    Parameters
    ----------
    request
        Says how many samples a channel there are, and in which order.
    values : ndarray, one-dimensional
        As they came.
    channels : int
        Channels of the task.
    each : int
        Values of one sample of one channel.

    Raises
    ------
    DaqError
        -200524 where the number of values is wrong.
    """
    n = request.num_samps_per_chan
    if n < 1 or len(values) != n * channels * each:
        raise DaqError(Code.WRITE_NUM_CHANS_MISMATCH, f"Values: {len(values)}", samples_written=0)
    if chosen(request, "data_layout") == FillMode.GROUP_BY_SCAN_NUMBER.value:
        return values.reshape(n, channels, each).swapaxes(0, 1)
    return values.reshape(channels, n, each)
