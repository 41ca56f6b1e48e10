"""Analogue inputs of a card: one continuous acquisition, read block by block, whose clock the outputs follow."""

import math
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from nidaqmx.constants import AcquisitionType, TerminalConfiguration
from nidaqmx.error_codes import DAQmxErrors
from nidaqmx.errors import DaqError
from nidaqmx.stream_readers import AnalogMultiChannelReader

from analysis.records import Block, FloatArray
from drivers.daqmx.channels import AnalogInput, InputReference
from drivers.errors import InstrumentFault, NotNow, OutOfRange, ReadTimeout, RigError, SamplesLost
from drivers.pxi import PXIController, rig_error, translated

TIMEBASE_HZ = 20e6
ONE_INPUT_HZ, ALL_INPUTS_HZ = 625e3, 500e3

_GLANCES = 4
"""Readings averaged by `Inputs.glance`; a single one could be a spike."""

_TERMINALS = {
    InputReference.DIFFERENTIAL: TerminalConfiguration.DIFF,
    InputReference.RSE: TerminalConfiguration.RSE,
    InputReference.NRSE: TerminalConfiguration.NRSE,
}
_OVERRUN = {
    DAQmxErrors.SAMPLES_NO_LONGER_AVAILABLE,
    DAQmxErrors.ACQ_STOPPED_DRIVER_CANT_XFER_DATA_FAST_ENOUGH,
    DAQmxErrors.ACQ_STOPPED_TO_PREVENT_INPUT_BUFFER_OVERWRITE,
    DAQmxErrors.INPUT_FIFO_OVERFLOW_2,
}


RESET = (
    "The card was reset to make its outputs safe, because another program or a lost server held them; that ended the "
    "acquisition. Start it again."
)


class Inputs:
    """All analogue inputs of one card.

    `read` belongs to one thread at a time; `stop` may be called from any other meanwhile.

    Parameters
    ----------
    controller : PXIController
        Controller of the card.
    device : str
        NI-DAQmx name of the card.
    channels : sequence of AnalogInput
        Inputs in the order of the scan.
    rate_Hz : float
        Samples per second and channel returned by `read`.
    decimation : int
        Samples of the card that are averaged to one sample of `read`.

    Raises
    ------
    OutOfRange
        If the card can't produce the rate exactly, or can't reach it with this number of inputs.
    """

    def __init__(
        self,
        controller: PXIController,
        device: str,
        channels: Sequence[AnalogInput],
        rate_Hz: float,
        decimation: int,
    ) -> None:
        self.channels = tuple(channels)
        self.clock_Hz = _checked_clock(rate_Hz, decimation, len(self.channels))
        self._controller = controller
        self._device = device
        self._rate_Hz = rate_Hz
        self._decimation = decimation
        self._names = tuple(channel.name for channel in self.channels)
        self._reading = threading.Lock()
        self._task: Any = None
        self._reset = False
        self._next = 0
        self._surplus = np.empty((len(self.channels), 0))

    @property
    def acquiring(self) -> bool:
        """True while an acquisition runs."""
        return self._task is not None

    def start(self, buffer_s: float) -> None:
        """Start to sample all inputs; samples are lost if `read` is not called for longer than ``buffer_s``."""
        with self._reading:
            if self._task is not None:
                raise NotNow("The acquisition is already running")
            with translated("start the acquisition"):
                task = self._controller.new_task()
                try:
                    self._configure(task, math.ceil(buffer_s * self.clock_Hz))
                    task.start()
                except BaseException:
                    task.close()
                    raise
            self._reader = AnalogMultiChannelReader(task.in_stream)
            self._reader.verify_array_shape = False
            self._reset = False
            self._next = 0
            self._surplus = np.empty((len(self.channels), 0))
            self._task = task

    def _add_channels(self, task: Any) -> None:
        for channel in self.channels:
            task.ai_channels.add_ai_voltage_chan(
                f"{self._device}/{channel.channel}",
                terminal_config=_TERMINALS[channel.terminal],
                min_val=-channel.range_V,
                max_val=channel.range_V,
            )

    def _configure(self, task: Any, buffer: int) -> None:
        self._add_channels(task)
        task.timing.cfg_samp_clk_timing(
            self.clock_Hz, sample_mode=AcquisitionType.CONTINUOUS, samps_per_chan=buffer
        )
        task.in_stream.input_buf_size = buffer
        task.in_stream.auto_start = False  # a read must not restart an acquisition that was stopped

    def stop(self, stop_followers: Callable[[], object]) -> None:
        """Stop the tasks that follow the clock, then sampling. A waiting `read` raises ``NotNow``."""
        task, self._task = self._task, None
        if task is None:
            return
        try:
            stop_followers()
        finally:
            with translated("stop the acquisition"):
                try:
                    task.stop()
                finally:  # a task that can't be stopped must be closed all the same
                    with self._reading:
                        task.close()

    def on_reset(self) -> None:
        """Remember that a reset of the card has ended the acquisition."""
        self._reset = self._task is not None

    def read(self, n: int, timeout_s: float | None = None) -> Block:
        """Wait for the next ``n`` samples of all inputs (see `drivers.ni6281.NI6281.read`)."""
        if n < 1:
            raise OutOfRange("number of samples to read", n, "at least 1")
        with self._reading:
            task = self._running_task()
            data = np.empty((len(self.channels), n * self._decimation - self._surplus.shape[1]))
            wait_s = n / self._rate_Hz + 1.0 if timeout_s is None else timeout_s
            try:
                with translated("read the inputs"):
                    return self._block(data[:, : self._read(data, wait_s)])
            except RigError:
                if self._task is not task:
                    raise NotNow("The acquisition was stopped") from None
                if self._reset:
                    raise InstrumentFault(RESET) from None
                raise

    def _running_task(self) -> Any:
        task = self._task
        if task is None:
            raise NotNow("No acquisition is running; start one first")
        return task

    def _read(self, data: FloatArray, timeout_s: float) -> int:
        try:
            return int(self._reader.read_many_sample(data, data.shape[1], timeout_s))
        except DaqError as error:
            partial = self._block(data[:, : getattr(error, "samps_per_chan_read", 0)])
            message = str(rig_error("read the inputs", error))
            if error.error_type is DAQmxErrors.SAMPLES_NOT_YET_AVAILABLE:
                raise ReadTimeout(message, partial, error.error_code) from error
            if error.error_type in _OVERRUN:
                raise SamplesLost(message, partial, error.error_code) from error
            raise

    def _block(self, raw: FloatArray) -> Block:
        if self._decimation > 1:
            raw = np.concatenate([self._surplus, raw], axis=1)
            whole = raw.shape[1] // self._decimation * self._decimation
            self._surplus = raw[:, whole:]
            raw = raw[:, :whole].reshape(len(self.channels), -1, self._decimation).mean(axis=2)
        block = Block(self._next, self._rate_Hz, self._names, raw)
        self._next = block.stop
        return block

    def glance(self) -> dict[str, float]:
        """Read all inputs a few times without a clock; return their means by name, in V."""
        with self._reading:
            if self._task is not None:
                raise NotNow("An acquisition is running; read its samples instead")
            with translated("read the inputs"):
                task = self._controller.new_task()
                try:
                    self._add_channels(task)
                    reader = AnalogMultiChannelReader(task.in_stream)
                    rows = np.empty((_GLANCES, len(self.channels)))
                    for row in rows:
                        reader.read_one_sample(row)
                finally:
                    task.close()
        return dict(zip(self._names, rows.mean(axis=0).tolist(), strict=True))

    def acquired(self) -> int:
        """Return the number of samples since the start of the acquisition, read or not."""
        task = self._running_task()
        with translated("count the acquired samples"):
            return int(task.in_stream.total_samp_per_chan_acquired) // self._decimation


def _checked_clock(rate_Hz: float, decimation: int, n_inputs: int) -> float:
    """Return the rate of the sample clock, in Hz. Raises ``OutOfRange``."""
    if decimation != int(decimation) or decimation < 1:
        raise OutOfRange("decimation", decimation, "whole, at least 1")
    clock_Hz = rate_Hz * decimation
    highest = ONE_INPUT_HZ if n_inputs <= 1 else ALL_INPUTS_HZ / n_inputs
    if not 0 < clock_Hz <= highest:
        raise OutOfRange(
            "sample rate x decimation (Hz)", clock_Hz, f"up to {highest:g} with {n_inputs} inputs"
        )
    ticks = TIMEBASE_HZ / clock_Hz
    if not math.isclose(ticks, round(ticks), rel_tol=1e-9):
        nearest = TIMEBASE_HZ / round(ticks) / decimation
        raise OutOfRange("sample rate (Hz)", rate_Hz, f"20 MHz divided by a whole number (try {nearest:.9g})")
    return clock_Hz
