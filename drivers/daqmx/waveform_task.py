"""NI-DAQmx task that plays waveforms on all outputs of a card together.

NI-DAQmx Help ("Task State Model", "Aborting a Task"): *stop* halts the outputs at once and leaves a committed
task committed, so that its count of generated samples should still be readable (no source guarantees that it is
right); *abort* halts them at once and releases the card, but discards the count.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
from nidaqmx.constants import AcquisitionType, RegenerationMode, TaskMode
from nidaqmx.errors import DaqWarning
from nidaqmx.stream_writers import AnalogMultiChannelWriter
from numpy.typing import NDArray

LARGEST_WRITE = 100_000  # samples per call: two outputs stay below the limit of 4 MB per gRPC message
_REGENERATION = {
    AcquisitionType.FINITE: RegenerationMode.DONT_ALLOW_REGENERATION,
    AcquisitionType.CONTINUOUS: RegenerationMode.ALLOW_REGENERATION,
}


class WaveformTask:
    """One task; its methods raise what NI-DAQmx does.

    Parameters
    ----------
    task : nidaqmx.Task
        With the channels of all outputs.
    clock_Hz : float
        Rate of the inputs' sample clock.
    clock_source : callable
        Returns the terminal of the clock; asked only for a waveform.
    """

    def __init__(self, task: Any, clock_Hz: float, clock_source: Callable[[], str]) -> None:
        self._task = task
        self._clock_Hz = clock_Hz
        self._clock_source = clock_source
        self._configured: tuple[AcquisitionType, int] | None = None

    def load(self, mode: AcquisitionType, samples_V: NDArray[np.float64]) -> None:
        """Reserve the outputs and write a waveform to the card, shape (n_outputs, n), in volts at the terminals."""
        n = samples_V.shape[1]
        if self._configured != (mode, n):
            known_mode = self._configured and self._configured[0]
            self._configured = None
            self._task.timing.cfg_samp_clk_timing(
                self._clock_Hz, self._clock_source(), sample_mode=mode, samps_per_chan=n
            )
            self._task.out_stream.output_buf_size = n
            if mode is not known_mode:
                self._task.out_stream.regen_mode = _REGENERATION[mode]
            self._configured = (mode, n)
        self._task.control(TaskMode.TASK_COMMIT)
        writer = AnalogMultiChannelWriter(self._task.out_stream, auto_start=False)
        writer.verify_array_shape = False
        for first in range(0, n, LARGEST_WRITE):
            writer.write_many_sample(np.ascontiguousarray(samples_V[:, first : first + LARGEST_WRITE]))

    def start(self) -> None:
        """Play at the next tick of the clock."""
        self._task.start()

    def generated(self) -> int:
        """Return the card's count of generated samples."""
        return int(self._task.out_stream.total_samp_per_chan_generated)

    def done(self) -> bool:
        """Return True if the card reports the end of the waveform."""
        return bool(self._task.is_task_done())

    def stop(self) -> None:
        """Stop at the present values."""
        with suppress(DaqWarning):  # stopped before its end; NI-DAQmx warns only of what it has done
            self._task.stop()

    def abort(self) -> None:
        """Stop at once, and release the outputs."""
        self._task.control(TaskMode.TASK_ABORT)

    def reserve(self) -> None:
        """Reserve the outputs."""
        self._task.control(TaskMode.TASK_RESERVE)

    def release(self) -> None:
        """Release the outputs of a stopped waveform, for single values."""
        self._task.control(TaskMode.TASK_UNRESERVE)
