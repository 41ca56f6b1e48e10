"""Analogue output of NI-DAQmx: a waveform in a buffer, generated on a clock, and single values."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from nidaqmx.constants import OutputDataTransferCondition, RegenerationMode
from numpy.typing import NDArray

from simulators.daqmx.buffers import RingBuffer
from simulators.daqmx.channels import VirtualChannel, verify
from simulators.daqmx.errors import Code, DaqError, refused_value
from simulators.daqmx.timing import SampleClock
from simulators.rig.bench import SimulatedBench
from simulators.rig.faults import DeviceLost, OutputUnderflow
from simulators.rig.ni6281 import OutputStage

FloatArray = NDArray[np.float64]

DATA_TRANSFER_CONDITION = 0x183C
_FILLED = {  # share of the on-board memory that the driver keeps filled
    OutputDataTransferCondition.ON_BOARD_MEMORY_EMPTY.value: 0.0,
    OutputDataTransferCondition.ON_BOARD_MEMORY_HALF_FULL_OR_LESS.value: 0.5,
    OutputDataTransferCondition.ON_BOARD_MEMORY_LESS_THAN_FULL.value: 1.0,
}


class BufferedWaveform:
    """Buffer of an output task and the progress of its generation; the bench's `Generation`.

    Parameters
    ----------
    rate_Hz : float, optional
        Rate of its own clock; None if it follows the acquisition's clock.
    signals : tuple of str
        Signal of each output.
    buffer_size : int
        Samples per channel.
    fifo_samples : int
        Samples per channel that are transferred to the card ahead of their generation.
    limit : int, optional
        Samples of a finite generation.
    regenerates : bool
        True if the buffer is repeated.
    runs_dry : callable
        Returns True if a fault empties the card's memory now.
    """

    def __init__(
        self,
        rate_Hz: float | None,
        signals: tuple[str, ...],
        buffer_size: int,
        fifo_samples: int,
        limit: int | None,
        regenerates: bool,
        runs_dry: Callable[[], bool],
    ) -> None:
        self.rate_Hz = rate_Hz
        self.signals = signals
        self.limit = limit
        self.regenerates = regenerates
        self.generated = 0
        self.ended = False
        self.error: DaqError | None = None
        self.buffer_size = buffer_size
        self.buffer = RingBuffer(len(signals), buffer_size if regenerates else buffer_size + fifo_samples)
        self._fifo_samples = fifo_samples
        self._runs_dry = runs_dry
        self._last = np.zeros((len(signals), 1))

    @property
    def written(self) -> int:
        """Number of samples written so far."""
        return self.buffer.end

    @property
    def transferred(self) -> int:
        """Number of samples transferred from the buffer to the card, including repeated ones."""
        ahead = self.generated + self._fifo_samples
        return ahead if self.regenerates else min(self.written, ahead)

    def space(self, started: bool) -> int:
        """Return the number of samples that can be written now."""
        waiting = self.written - self.transferred if started else self.written
        return max(self.buffer_size - max(waiting, 0), 0)

    def play(self, ticks: int) -> FloatArray:
        """Generate the values of the next ticks, shape (n_signals, ticks); the last value is held."""
        n = min(ticks, self._left()) if not self.ended else 0
        values = self.buffer.repeated(self.generated, self.generated + n) if n else self._last[:, :0]
        if n < ticks:
            last = values[:, -1:] if n else self._last
            values = np.concatenate((values, np.repeat(last, ticks - n, axis=1)), axis=1)
        self.generated += n
        self._last = values[:, -1:] if ticks else self._last
        self.ended = self.ended or self.limit == self.generated
        if n < ticks and not self.ended:
            self.ended = True
            self.error = self._underflow()
        return values

    def restart(self, held: FloatArray) -> None:
        """Restart at the first sample; until then the outputs hold ``held`` (n_signals,)."""
        self.generated, self.ended, self.error = 0, False, None
        self._last = held[:, np.newaxis]

    def _left(self) -> int:
        if self._runs_dry():
            return 0
        left = math.inf if self.limit is None else self.limit - self.generated
        return int(min(left, math.inf if self.regenerates else self.written - self.generated, 2**62))

    def _underflow(self) -> DaqError:
        if self._runs_dry():
            return DaqError(Code.OUTPUT_FIFO_UNDERFLOW_2)
        return DaqError(Code.GEN_STOPPED_TO_PREVENT_REGEN_OF_OLD_SAMPLES)


@dataclass
class OutputEngine:
    """Output side of a task."""

    bench: SimulatedBench
    channels: list[VirtualChannel] = field(default_factory=list)
    clock: SampleClock | None = None
    regeneration: int = RegenerationMode.ALLOW_REGENERATION.value
    buffer_size: int | None = None
    waveform: BufferedWaveform | None = None
    started: bool = False
    last_generated: int = 0
    last_asked: int = 0

    kind = "ao"

    def resources(self) -> set[str]:
        """Return the resources that the task reserves: its terminals, and the output timing if it has a clock."""
        return {channel.terminal for channel in self.channels} | ({"ao timing"} if self.clock else set())

    def verify(self) -> None:
        """Check channels and rate. Raises ``DaqError``."""
        for channel in self.channels:
            verify(self.bench.card, channel)
        if self.clock is not None and self.clock.rate_Hz > self.fastest_Hz():
            raise refused_value("DAQmx_SampClk_Rate", self.clock.rate_Hz, f"up to {self.fastest_Hz():g}")

    def fastest_Hz(self) -> float:
        """Return the highest rate for the present number of channels, in Hz."""
        return self.bench.card.fastest_output_Hz / max(len(self.channels), 1)

    def buffer_samples(self) -> int:
        """Return the size of the buffer in samples per channel."""
        if self.waveform is not None:
            return self.waveform.buffer_size
        return self.buffer_size or 0

    def commit(self) -> None:
        """Reset the count of generated samples."""
        self.last_generated = 0

    def start(self) -> None:
        """Check that the buffer holds samples, and rewind it to the first."""
        if self.clock is None:
            return
        if self.waveform is None or not self.waveform.written:
            raise DaqError(Code.OUTPUT_BUFFER_EMPTY)
        if self.waveform.buffer_size < 2:
            raise DaqError(
                Code.OUTPUT_BUF_SIZE_TOO_SMALL_TO_START_GEN, f"Buffer: {self.waveform.buffer_size}"
            )
        held = self.bench.outputs
        self.waveform.restart(np.array([held[signal] for signal in self.waveform.signals]))
        self.started = True

    def begin(self, at_s: float) -> None:
        """Start the clock, unless it comes from outside."""
        if self.waveform is not None and self.clock is not None and not self.clock.external:
            self.bench.start_generation(self.waveform, at_s)

    def halt(self) -> None:
        """Stop the waveform; the outputs hold. The next write starts a new one."""
        if self.waveform is not None and self.started:
            self.bench.stop_generation()
            self.waveform.ended = True
            self.started = False

    def release(self) -> None:
        """Discard the waveform."""
        if self.waveform is not None:
            self.last_generated = self.waveform.generated
        self.waveform = None

    def done(self) -> bool:
        """Return True if the waveform has ended. Raises the error that ended it, if any."""
        if self.waveform is None:
            return True
        if self.waveform.error is not None:
            raise self.waveform.error
        return self.waveform.ended

    def done_due_s(self) -> float:
        """Return the time of its end; infinite if it never ends or its clock is stopped."""
        waveform = self.waveform
        if waveform is None or waveform.limit is None:
            return math.inf
        return self.bench.generation_due_s(waveform.limit - waveform.generated)

    def checked(self, values: FloatArray) -> FloatArray:
        """Return the voltages at the terminals for values, shape (n_channels, n). Raises -200077 beyond a limit."""
        stages = []
        for channel, row in zip(self.channels, values, strict=True):
            wrong = ~((row >= channel.limits.min_V) & (row <= channel.limits.max_V))
            if wrong.any():
                allowed = f"{channel.limits.min_V} to {channel.limits.max_V}"
                raise refused_value("data written", row[wrong][0], allowed, channel.name)
            stages.append(OutputStage(self.bench.card, channel.span).volts(row))
        return np.array(stages)

    def steps_V(self) -> FloatArray:
        """Return the voltage of one code of each channel, shape (n_channels,)."""
        card = self.bench.card
        return np.array([OutputStage(card, channel.span).step_V for channel in self.channels])

    def put(self, values: FloatArray) -> None:
        """Set the outputs to single values, shape (n_channels, n), one after the other."""
        volts = self.checked(values)
        for column in volts.T[:-1]:
            self._hold(column)
            self.bench.pass_on_demand()
        self._hold(volts[:, -1])

    def _hold(self, column: FloatArray) -> None:
        for channel, volts in zip(self.channels, column.tolist(), strict=True):
            self.bench.hold(self.bench.card.wiring.signal(channel.terminal), volts)

    def prime(self, values: FloatArray, appends: bool) -> None:
        """Write to the buffer before the start.

        Parameters
        ----------
        values : ndarray, shape (n_channels, n)
            Samples.
        appends : bool
            True to append to earlier writes; else a new waveform begins.

        Raises
        ------
        DaqError
            -200293 or -200547 if they don't fit; nothing is written then.
        """
        volts = self.checked(values)
        n = volts.shape[1]
        if self.waveform is None or not appends:
            self.waveform = self._new_waveform(self.buffer_size or n)
        elif n > self.waveform.space(started=False) and self.buffer_size is None:
            raise DaqError(Code.WRITE_FAILS_BUFFER_SIZE_AUTO_CONFIGURED, samples_written=0)
        if n > self.waveform.space(started=False):
            raise DaqError(Code.NO_MORE_SPACE, f"Requested: {n}", samples_written=0)
        self.waveform.buffer.append(volts)

    def _new_waveform(self, size: int) -> BufferedWaveform:
        bench, clock = self.bench, self.clock
        if clock is None:
            raise DaqError(Code.OUTPUT_BUFFER_EMPTY)
        regenerates = self.regeneration == RegenerationMode.ALLOW_REGENERATION.value
        return BufferedWaveform(
            None if clock.follows_inputs else clock.rate_Hz,
            tuple(bench.card.wiring.signal(channel.terminal) for channel in self.channels),
            size,
            self._fifo_samples(),
            clock.samples if clock.finite else None,
            regenerates,
            lambda: not regenerates and bench.faults.active(OutputUnderflow, bench.acquired) is not None,
        )

    def _fifo_samples(self) -> int:
        condition = self.channels[0].properties.get(DATA_TRANSFER_CONDITION)
        share = _FILLED.get(condition, 1.0) if isinstance(condition, int) else 1.0
        return int(self.bench.card.output_fifo_samples // len(self.channels) * share)

    def feed(self, values: FloatArray, timeout_s: float, cancelled: Callable[[], bool]) -> int:
        """Write to the buffer of a running waveform as space becomes free; return the number of samples written.

        Raises
        ------
        DaqError
            -200292 after a timeout, with the number of samples written, or the error that ended the waveform.
        """
        volts = self.checked(values)
        waveform = self.waveform
        if waveform is None:
            raise DaqError(Code.OUTPUT_BUFFER_EMPTY)
        bench = self.bench
        deadline_s = math.inf if timeout_s < 0 else bench.clock.now() + timeout_s
        written = 0

        def ready() -> bool:
            if cancelled() or waveform is not self.waveform or not self.started:
                raise DaqError(Code.RUNTIME_ABORTING_ROUTING, samples_written=written)
            if bench.faults.active(DeviceLost, bench.acquired):
                raise DaqError(Code.DEV_CANNOT_BE_ACCESSED, samples_written=written)
            if waveform.error is not None:
                raise DaqError(waveform.error.code, samples_written=written)
            return waveform.space(started=True) > 0

        while written < volts.shape[1]:
            if not bench.wait_for(ready, lambda: bench.generation_due_s(1), deadline_s):
                raise DaqError(Code.SAMPLES_CAN_NOT_YET_BE_WRITTEN, samples_written=written)
            n = min(waveform.space(started=True), volts.shape[1] - written)
            waveform.buffer.append(volts[:, written : written + n])
            written += n
        return written
