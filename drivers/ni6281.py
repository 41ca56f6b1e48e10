"""NI PXI-6281: 18-bit multifunction card; reads the rig's signals and drives bias and piezo on one clock.

Sources: NI PCI/PXI-6281 Specifications; M Series User Manual (timing); NI-DAQmx Help; NI-DAQmx Python API 1.7.
"""

import math
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Self

import numpy as np
from nidaqmx.constants import AcquisitionType, TerminalConfiguration
from nidaqmx.error_codes import DAQmxErrors
from nidaqmx.errors import DaqError
from nidaqmx.stream_readers import AnalogMultiChannelReader
from numpy.typing import ArrayLike

from analysis.records import Block, FloatArray
from drivers.daq_channels import AnalogInput, AnalogOutput, Terminal
from drivers.daq_outputs import Outputs
from drivers.errors import NotNow, OutOfRange, ReadTimeout, RigError, SamplesLost
from drivers.pxi import DeviceIdentity, PXIController, rig_error, translated

__all__ = ["NI6281", "AnalogInput", "AnalogOutput", "Terminal"]

TIMEBASE_HZ = 20e6
ONE_INPUT_HZ, ALL_INPUTS_HZ = 625e3, 500e3
CLOSE_S = 1.0

_TERMINALS = {
    Terminal.DIFFERENTIAL: TerminalConfiguration.DIFF,
    Terminal.RSE: TerminalConfiguration.RSE,
    Terminal.NRSE: TerminalConfiguration.NRSE,
}
_OVERRUN = {
    DAQmxErrors.SAMPLES_NO_LONGER_AVAILABLE,
    DAQmxErrors.ACQ_STOPPED_DRIVER_CANT_XFER_DATA_FAST_ENOUGH,
    DAQmxErrors.ACQ_STOPPED_TO_PREVENT_INPUT_BUFFER_OVERWRITE,
    DAQmxErrors.INPUT_FIFO_OVERFLOW_2,
}


class NI6281:
    """The card, its inputs and its outputs.

    Inputs are acquired continuously; outputs are written singly, or together as a ramp or a modulation on the
    inputs' sample clock. An output changes right after the tick at which the inputs are read: sample n shows
    the value put out at tick n-1 (measure it by the loop-back).

    Threads: `read` belongs to one thread at a time; all that concerns outputs, `to_safe` and
    `stop_acquisition` may be called from any other thread meanwhile.

    Parameters
    ----------
    controller : PXIController
        Where the card is; it stays open when the card is closed.
    device : str
        NI-DAQmx name of the card ("PXI1Slot2"); ``controller.find("6281").name`` finds it.
    inputs : sequence of AnalogInput
        In the order of the scan and of the rows of each ``Block``.
    outputs : sequence of AnalogOutput
        Those that are wired.
    rate_Hz : float
        Samples per second and channel that `read` returns and that ramps are made of.
    decimation : int
        The card samples so many times faster, and `read` returns the means.

    Raises
    ------
    OutOfRange
        A rate that the card can't make exactly or can't reach with so many inputs.
    NotFound
        No such device, or it has no such channel.
    """

    def __init__(
        self,
        controller: PXIController,
        device: str,
        inputs: Sequence[AnalogInput],
        outputs: Sequence[AnalogOutput],
        rate_Hz: float,
        decimation: int = 1,
    ) -> None:
        self.controller = controller
        self.device = device
        self.inputs = tuple(inputs)
        self.outputs = tuple(outputs)
        self.rate_Hz = rate_Hz
        self.decimation = decimation
        self._clock_Hz = _checked_clock(rate_Hz, decimation, len(self.inputs))
        self._reading = threading.Lock()
        self._task: Any = None
        self._next = 0
        self._surplus = np.empty((len(self.inputs), 0))
        self._outputs = Outputs(controller, device, self.outputs, self._clock_Hz, decimation)

    @property
    def identity(self) -> DeviceIdentity:
        """Get the card's name, product type and serial number. Raises ``NotFound``, ``InstrumentLost``."""
        return self.controller.device(self.device)

    def close(self) -> None:
        """Stop everything and free the card, also one that is lost. The outputs hold their last values.

        Whoever leaves the rig calls `to_safe` first.
        """
        with self.controller.deadline(CLOSE_S):
            with suppress(RigError):
                self.stop_acquisition()
            self._outputs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # Inputs

    @property
    def acquiring(self) -> bool:
        """Tell whether an acquisition was started and not stopped."""
        return self._task is not None

    def start_acquisition(self, buffer_s: float = 10.0) -> None:
        """Start sampling all inputs for as long as `stop_acquisition` isn't called.

        Parameters
        ----------
        buffer_s : float
            How long `read` may stay away before samples are lost.
        """
        with self._reading:
            if self._task is not None:
                raise NotNow("The acquisition runs already")
            with translated("start the acquisition"):
                task = self.controller.new_task()
                try:
                    self._configure(task, math.ceil(buffer_s * self._clock_Hz))
                    task.start()
                except BaseException:
                    task.close()
                    raise
            self._reader = AnalogMultiChannelReader(task.in_stream)
            self._reader.verify_array_shape = False
            self._next = 0
            self._surplus = np.empty((len(self.inputs), 0))
            self._task = task

    def _configure(self, task: Any, buffer: int) -> None:
        for channel in self.inputs:
            task.ai_channels.add_ai_voltage_chan(
                f"{self.device}/{channel.channel}",
                terminal_config=_TERMINALS[channel.terminal],
                min_val=-channel.range_V,
                max_val=channel.range_V,
            )
        task.timing.cfg_samp_clk_timing(
            self._clock_Hz, sample_mode=AcquisitionType.CONTINUOUS, samps_per_chan=buffer
        )
        task.in_stream.input_buf_size = buffer
        task.in_stream.auto_start = False  # a read must not start anew what somebody else has ended

    def stop_acquisition(self) -> None:
        """Stop sampling, and a ramp or modulation with it. A `read` that waits ends with ``NotNow``."""
        task, self._task = self._task, None
        if task is None:
            return
        try:
            self._outputs.halt()
        finally:
            with translated("stop the acquisition"):
                task.stop()
                with self._reading:
                    task.close()

    def read(self, n: int, timeout_s: float | None = None) -> Block:
        """Wait for the next ``n`` samples of all inputs.

        Parameters
        ----------
        n : int
            Samples per channel.
        timeout_s : float, optional
            How long to wait; as long as the samples take and one second, if not given.

        Returns
        -------
        Block
            Shape (n_inputs, n) in volts, counted from the start of the acquisition.

        Raises
        ------
        ReadTimeout
            Fewer came in time; they are in ``partial`` and won't be read again.
        SamplesLost
            `read` stayed away for longer than the buffer lasts.
        InstrumentLost
            The card or its controller is gone.
        """
        if n < 1:
            raise OutOfRange("number of samples to read", n, "at least 1")
        with self._reading:
            task = self._task
            if task is None:
                raise NotNow("No acquisition runs; start it first")
            data = np.empty((len(self.inputs), n * self.decimation - self._surplus.shape[1]))
            wait_s = n / self.rate_Hz + 1.0 if timeout_s is None else timeout_s
            try:
                with translated("read the inputs"):
                    return self._block(data[:, : self._read(data, wait_s)])
            except RigError:
                if self._task is not task:
                    raise NotNow("The acquisition was stopped") from None
                raise

    def _read(self, data: FloatArray, timeout_s: float) -> int:
        try:
            return int(self._reader.read_many_sample(data, data.shape[1], timeout_s))
        except DaqError as error:
            partial = self._block(data[:, : getattr(error, "samps_per_chan_read", 0)])
            said = str(rig_error("read the inputs", error))
            if error.error_type is DAQmxErrors.SAMPLES_NOT_YET_AVAILABLE:
                raise ReadTimeout(said, partial, error.error_code) from error
            if error.error_type in _OVERRUN:
                raise SamplesLost(said, partial, error.error_code) from error
            raise

    def _block(self, raw: FloatArray) -> Block:
        if self.decimation > 1:
            raw = np.concatenate([self._surplus, raw], axis=1)
            whole = raw.shape[1] // self.decimation * self.decimation
            self._surplus = raw[:, whole:]
            raw = raw[:, :whole].reshape(len(self.inputs), -1, self.decimation).mean(axis=2)
        block = Block(self._next, self.rate_Hz, tuple(channel.name for channel in self.inputs), raw)
        self._next = block.stop
        return block

    def samples_acquired(self) -> int:
        """Get how many samples were taken since the start of the acquisition, read or not."""
        task = self._task
        if task is None:
            raise NotNow("No acquisition runs; start it first")
        with translated("count the acquired samples"):
            return int(task.in_stream.total_samp_per_chan_acquired) // self.decimation

    # Outputs

    @property
    def held(self) -> Mapping[str, float]:
        """Get what each output holds now (V), after the samples generated; NaN until it was written once."""
        return self._outputs.held

    def write(self, **values_V: float) -> None:
        """Put out single values at once, in the order given: ``write(bias=0.1, z=3.0)``.

        Raises ``OutOfRange`` before anything is sent, and ``NotNow`` while a ramp or a modulation runs.
        """
        self._outputs.write(values_V)

    def start_ramp(self, waveforms_V: Mapping[str, ArrayLike]) -> int:
        """Put out one value a sample, then hold the last. Outputs that are not named hold what they hold.

        Parameters
        ----------
        waveforms_V : mapping of str to array, shape (n,)
            Of equal length.

        Returns
        -------
        int
            Index of the next sample of the acquisition as the ramp was armed: its first value was put out
            at this sample or a few before it (those that pass during one call).

        Raises
        ------
        OutOfRange
            A value that its output must not put out (NaN is one); nothing was sent.
        NotNow
            No acquisition runs (it is the clock), or another waveform does.
        """
        return self._start(AcquisitionType.FINITE, waveforms_V)

    def ramp_done(self) -> bool:
        """Tell whether the ramp is over, by asking the card. True when none runs, false for a modulation."""
        return self._outputs.finished()

    def samples_generated(self) -> int:
        """Get how many samples of the present, or else the last, ramp or modulation have been put out."""
        return self._outputs.generated()

    def stop_ramp(self) -> int:
        """Stop the ramp where it is; the outputs hold. Returns the samples generated. Harmless after its end."""
        return self._outputs.halt()

    def start_modulation(self, waveforms_V: Mapping[str, ArrayLike]) -> int:
        """Put out one value a sample and start again after the last, for ever, without a seam.

        Parameters, errors and result as `start_ramp`: with n values, sample k of the acquisition was taken at
        value number (k - result) modulo n, with the same uncertainty and lag.
        """
        return self._start(AcquisitionType.CONTINUOUS, waveforms_V)

    def stop_modulation(self) -> int:
        """Stop the modulation; the outputs hold the value where it stopped. Returns the samples generated."""
        return self._outputs.halt()

    def drop(self, name: str) -> None:
        """Take one output to 0 V at once, whatever runs: in two calls, of which the first stops what runs.

        Outputs that the ramp or modulation didn't move hold on, and `held` knows them; of another that moved
        it knows nothing (NaN).

        Raises
        ------
        RigError
            The output may not be at 0 V; `to_safe` is the next thing to try.
        """
        self._outputs.drop(name)

    def _start(self, mode: AcquisitionType, waveforms_V: Mapping[str, ArrayLike]) -> int:
        if self._task is None:
            raise NotNow("No acquisition runs, and its clock moves the outputs; start it first")
        self._outputs.start(mode, waveforms_V)
        return self.samples_acquired()

    def lock(self, why: str) -> None:
        """Refuse every write, ramp and modulation from now on and for good; `drop` and `to_safe` go on working.

        For whoever makes safe over the head of the thread that moves the outputs: it can't move them again.

        Parameters
        ----------
        why : str
            What the ``NotNow`` says that the other thread gets.
        """
        self._outputs.lock(why)

    def to_safe(self, retracted: Mapping[str, float], within_s: float = 0.9) -> str:
        """Abort what moves, put out 0 V on all outputs but those named, then the values of those named.

        May be called at any time, from any thread and as often as one likes. The acquisition goes on, unless the
        card had to be reset.

        Parameters
        ----------
        retracted : mapping of str to float
            Where the tip is out of reach (V): ``{"z": 0.0}``.
        within_s : float
            When to give up.

        Returns
        -------
        str
            What was done.

        Raises
        ------
        InstrumentLost
            The card didn't answer in time: the rig's state is unknown.
        """
        return self._outputs.to_safe(retracted, within_s)


def _checked_clock(rate_Hz: float, decimation: int, n_inputs: int) -> float:
    """Get the sample clock's rate, or raise ``OutOfRange``."""
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
