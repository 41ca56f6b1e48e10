"""The unmodified nidaqmx package as a client of the simulated server."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import grpc
import nidaqmx
import numpy as np
import pytest
from nidaqmx.constants import AcquisitionType, RegenerationMode
from nidaqmx.errors import DaqError
from nidaqmx.stream_readers import AnalogMultiChannelReader
from nidaqmx.stream_writers import AnalogMultiChannelWriter
from numpy.typing import ArrayLike, NDArray

from simulators.daqmx.server import DaqServer
from simulators.rig.bench import SimulatedBench

FloatArray = NDArray[np.float64]

RATE_HZ = 2000.0
INPUT_CLOCK = "/Dev1/ai/SampleClock"

LSB_V = 20 / 2**18
OUTPUT_LSB_V = 20 / 2**16


class Client:
    """One program with a connection of its own."""

    def __init__(self, address: str) -> None:
        self._channel = grpc.insecure_channel(address)
        self._tasks: list[nidaqmx.Task] = []

    @property
    def system(self) -> Any:
        return nidaqmx.system.System(self.options())

    @property
    def device(self) -> Any:
        return self.system.devices["Dev1"]

    def options(self, name: str = "", **behaviour: Any) -> nidaqmx.GrpcSessionOptions:
        return nidaqmx.GrpcSessionOptions(self._channel, name, **behaviour)

    def task(self, name: str = "", **behaviour: Any) -> nidaqmx.Task:
        task = nidaqmx.Task(name, grpc_options=self.options(name, **behaviour))
        self._tasks.append(task)
        return task

    def close(self) -> None:
        """Go away without a word: the tasks stay."""
        for task in self._tasks:
            for handler in list(task._event_handlers.values()):
                handler.close()
            task._event_handlers.clear()
        self._channel.close()

    def inputs(
        self,
        channels: str = "Dev1/ai0:3",
        rate_Hz: float = RATE_HZ,
        buffer: int | None = None,
        finite: int = 0,
        reach_V: float = 10.0,
    ) -> nidaqmx.Task:
        """A task of inputs that isn't started."""
        task = self.task()
        task.ai_channels.add_ai_voltage_chan(channels, min_val=-reach_V, max_val=reach_V)
        mode = AcquisitionType.FINITE if finite else AcquisitionType.CONTINUOUS
        task.timing.cfg_samp_clk_timing(rate_Hz, sample_mode=mode, samps_per_chan=finite or buffer or 1000)
        if buffer is not None:
            task.in_stream.input_buf_size = buffer
        return task

    def outputs(
        self,
        channels: str = "Dev1/ao0:1",
        finite: int = 0,
        source: str = INPUT_CLOCK,
        buffer: int | None = None,
        regenerate: bool = False,
        rate_Hz: float = RATE_HZ,
    ) -> nidaqmx.Task:
        """A task of outputs that isn't started."""
        task = self.task()
        task.ao_channels.add_ao_voltage_chan(channels, min_val=-10, max_val=10)
        mode = AcquisitionType.FINITE if finite else AcquisitionType.CONTINUOUS
        task.timing.cfg_samp_clk_timing(rate_Hz, source, sample_mode=mode, samps_per_chan=finite or 1000)
        if buffer is not None:
            task.out_stream.output_buf_size = buffer
        if not regenerate:
            task.out_stream.regen_mode = RegenerationMode.DONT_ALLOW_REGENERATION
        return task


def read(task: nidaqmx.Task, samples: int, timeout_s: float = 10.0) -> FloatArray:
    """Read from all channels, shape (n_channels, samples)."""
    reader = AnalogMultiChannelReader(task.in_stream)
    data = np.full((len(task.channel_names), samples), np.nan)
    reader.read_many_sample(data, samples, timeout_s)
    return data


def write(task: nidaqmx.Task, values: ArrayLike, timeout_s: float = 10.0) -> int:
    """Write to all channels, shape (n_channels, n); never starts the task."""
    writer = AnalogMultiChannelWriter(task.out_stream, auto_start=False)
    return int(writer.write_many_sample(np.atleast_2d(np.asarray(values, dtype=float)), timeout_s))


def ramp(n: int, top_V: float = 5.0) -> FloatArray:
    """Bias and z of a ramp, shape (2, n)."""
    return np.array([np.linspace(top_V / n, top_V, n), np.linspace(2 * top_V / n, 2 * top_V, n)])


def set_going(inputs: nidaqmx.Task, outputs: nidaqmx.Task, values: ArrayLike) -> None:
    """Put out a waveform on the clock of inputs that start with it."""
    write(outputs, values)
    inputs.start()
    outputs.start()


def keep_error(errors: list[BaseException], call: Callable[[], Any]) -> None:
    """For a thread: what the call raises goes into the list."""
    try:
        call()
    except Exception as error:
        errors.append(error)


@contextmanager
def refused(code: int) -> Iterator[Any]:
    """Expect this error of NI-DAQmx inside."""
    with pytest.raises(DaqError) as caught:
        yield caught
    assert caught.value.error_code == code, str(caught.value)


@contextmanager
def serving(bench: SimulatedBench) -> Iterator[Client]:
    """A server on the bench, and a client of it."""
    with DaqServer(bench) as server:
        client = Client(server.address)
        try:
            yield client
        finally:
            client.close()
