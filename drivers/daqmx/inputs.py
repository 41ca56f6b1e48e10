"""Analogue inputs of a card: one continuous acquisition, read block by block, whose clock the outputs follow."""

import math
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
from nidaqmx.constants import AcquisitionType, TerminalConfiguration
from nidaqmx.error_codes import DAQmxErrors
from nidaqmx.errors import DaqError
from nidaqmx.stream_readers import AnalogMultiChannelReader

from analysis.records import Block, FloatArray
from drivers.card_properties import CardProperties
from drivers.daqmx.channels import AnalogInput, InputReference
from drivers.daqmx.scan_timing import (
    ScanTiming,
    delay_fits,
    enable_filter,
    filter_fits,
    read_timing,
    set_delay,
)
from drivers.errors import InstrumentFault, NotNow, OutOfRange, ReadTimeout, RigError, SamplesLost
from drivers.pxi import PXIController, rig_error, translated

_GLANCES = 4
"""Readings averaged by `Inputs.glance`; a single one could be a spike."""

ACQUISITION = "ai"
"""Name of the task after that of the sessions."""

TERMINAL_CONFIGURATIONS = {
    InputReference.DIFFERENTIAL: TerminalConfiguration.DIFF,
    InputReference.RSE: TerminalConfiguration.RSE,
    InputReference.NRSE: TerminalConfiguration.NRSE,
}
_OVERRUN = {
    DAQmxErrors.SAMPLES_NO_LONGER_AVAILABLE,
    DAQmxErrors.ACQ_STOPPED_DRIVER_CANT_XFER_DATA_FAST_ENOUGH,
    DAQmxErrors.ACQ_STOPPED_TO_PREVENT_INPUT_BUFFER_OVERWRITE,
    DAQmxErrors.ACQ_STOPPED_TO_PREVENT_INTERMEDIATE_BUFFER_OVERFLOW,
    DAQmxErrors.PAL_TRANSFER_OVERWRITTEN,
    DAQmxErrors.INPUT_FIFO_OVERFLOW,
    DAQmxErrors.INPUT_FIFO_OVERFLOW_2,
    DAQmxErrors.INPUT_FIFO_OVERFLOW_3,
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
    card : callable
        Returns the card's properties. It is asked only at `start`, so that a card that does not answer can still be
        made safe.
    filtered : bool
        True to use the card's 40 kHz filter where it settles between two conversions.

    Attributes
    ----------
    timing : ScanTiming or None
        Conversion times of the present or last acquisition, as the card reports them.

    Raises
    ------
    OutOfRange
        For an invalid decimation; at `start`, for a range or a rate that the card does not have.
    """

    def __init__(
        self,
        controller: PXIController,
        device: str,
        channels: Sequence[AnalogInput],
        rate_Hz: float,
        decimation: int,
        card: Callable[[], CardProperties],
        filtered: bool = False,
    ) -> None:
        if decimation != int(decimation) or decimation < 1:
            raise OutOfRange("decimation", decimation, "whole, at least 1")
        self.channels = tuple(channels)
        self.clock_Hz = rate_Hz * decimation
        self.bits = 0
        """Resolution of the converter, known after `start`."""
        self.delay_samples = 0
        """Samples by which a digital filter delays the inputs, known after `start`."""
        self._card = card
        self._linear = _linear(self.channels)
        self._controller = controller
        self._device = device
        self._rate_Hz = rate_Hz
        self._decimation = decimation
        self._filtered = filtered and filter_fits(len(self.channels), self.clock_Hz)
        self._doubled = False
        self.timing: ScanTiming | None = None
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
                self._check(self._card())
                task = self._started_task(math.ceil(buffer_s * self.clock_Hz))
            self._reader = AnalogMultiChannelReader(task.in_stream)
            self._reader.verify_array_shape = False
            self._reset = False
            self._next = 0
            self._surplus = np.empty((len(self.channels), 0))
            self._task = task

    def _started_task(self, buffer: int) -> Any:
        """Return a running task whose conversions wait for the outputs, by a delay or else by a doubled channel."""
        card = self._card()
        waits = not card.simultaneous and delay_fits(len(self.channels), self.clock_Hz, card.all_inputs_Hz)
        doubled = self._doubled
        while True:
            task = self._controller.new_task(ACQUISITION)
            try:
                if doubled:
                    self._add_channel(task, self.channels[0], f"{self.channels[0].name} before the tick")
                self._add_channels(task)
                filtered = self._filtered and waits and not doubled and enable_filter(task)
                self._configure(task, buffer)
                if doubled or not waits or set_delay(task, filtered):
                    self.timing = read_timing(task, len(self.channels), filtered, doubled, card.simultaneous)
                    self._doubled = doubled
                    task.start()
                    return task
            except BaseException:
                task.close()
                raise
            task.close()
            doubled = True

    def _add_channels(self, task: Any) -> None:
        for channel in self.channels:
            self._add_channel(task, channel)

    def _add_channel(self, task: Any, channel: AnalogInput, name: str = "") -> None:
        task.ai_channels.add_ai_voltage_chan(
            f"{self._device}/{channel.channel}",
            name,
            terminal_config=TERMINAL_CONFIGURATIONS[channel.terminal],
            min_val=-channel.range_V,
            max_val=channel.range_V,
        )

    def _configure(self, task: Any, buffer: int) -> None:
        task.timing.cfg_samp_clk_timing(
            self.clock_Hz, sample_mode=AcquisitionType.CONTINUOUS, samps_per_chan=buffer
        )
        made_Hz = float(task.timing.samp_clk_rate)
        if not math.isclose(made_Hz, self.clock_Hz, rel_tol=1e-9):
            nearest = made_Hz / self._decimation
            raise OutOfRange(
                "sample rate (Hz)", self._rate_Hz, f"rates that the card makes (try {nearest:.9g})"
            )
        self._ask_converter(task)
        task.in_stream.input_buf_size = buffer
        task.in_stream.auto_start = False  # a read must not restart an acquisition that was stopped

    def _check(self, card: CardProperties) -> None:
        """Refuse ranges that the card does not have, and a rate beyond its highest. Raises ``OutOfRange``."""
        for channel in self.channels:
            card.check_input_range(channel.name, channel.range_V)
        highest = card.fastest_Hz(len(self.channels))
        if not 0 < self.clock_Hz <= highest:
            allowed = f"up to {highest:g} with {len(self.channels)} inputs of the {card.product}"
            raise OutOfRange("sample rate x decimation (Hz)", self.clock_Hz, allowed)

    def _ask_converter(self, task: Any) -> None:
        """Ask the converter for its resolution and the delay of its filter, once."""
        if self.bits:
            return
        channels = list(task.ai_channels)
        if not channels:
            raise InstrumentFault(
                "The card says that the task of the inputs has no channel; reset it in NI MAX."
            )
        channel = channels[0]
        self.bits = round(channel.ai_resolution)
        if self._card().delta_sigma:
            self.delay_samples = round(channel.ai_filter_delay * self.clock_Hz / self._decimation)

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
            rows = len(self.channels) + self._doubled
            data = np.empty((rows, n * self._decimation - self._surplus.shape[1]))
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
                raise SamplesLost(
                    self._lost(partial.stop, error.error_code), partial, error.error_code
                ) from error
            raise

    def _lost(self, index: int, code: int) -> str:
        """Return the message for an acquisition that the card or NI-DAQmx has stopped."""
        missing = "samples "
        with suppress(RigError):
            missing = f"{max(self.acquired() - index, 0)} samples "
        return (
            f"Acquisition lost: the controller did not fetch in time ({code}); {missing}from index {index} on are "
            "missing. Close other programs on the controller, or lower the sample rate."
        )

    def _block(self, raw: FloatArray) -> Block:
        raw = raw[int(self._doubled) :]
        if self._decimation > 1:
            raw = np.concatenate([self._surplus, raw], axis=1)
            whole = raw.shape[1] // self._decimation * self._decimation
            self._surplus = raw[:, whole:]
            raw = raw[:, :whole].reshape(len(self.channels), -1, self._decimation).mean(axis=2)
        block = Block(self._next, self._rate_Hz, self._names, self._quantities(raw))
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
        means = self._quantities(rows.T).mean(axis=1)
        return dict(zip(self._names, means.tolist(), strict=True))

    def _quantities(self, volts: FloatArray) -> FloatArray:
        """Convert volts at the terminals, shape (n_inputs, n), to the quantities of the inputs."""
        if self._linear is None:
            return volts
        scale, offset = self._linear
        return scale * volts + offset

    def samples_read(self) -> int:
        """Return the number of samples since the start of the acquisition that have been read."""
        return self._next

    def acquired(self) -> int:
        """Return the number of samples since the start of the acquisition, read or not."""
        task = self._running_task()
        with translated("count the acquired samples"):
            return int(task.in_stream.total_samp_per_chan_acquired) // self._decimation


def _linear(channels: Sequence[AnalogInput]) -> tuple[FloatArray, FloatArray] | None:
    """Return scale and offset of each input, shape (n_inputs, 1); None if all are volts at the terminals."""
    if all(channel.scale == 1.0 and channel.offset == 0.0 for channel in channels):
        return None
    scale = np.array([[channel.scale] for channel in channels])
    return scale, np.array([[channel.offset] for channel in channels])
