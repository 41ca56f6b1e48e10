"""Analogue outputs of a card: single values, ramps and modulation, and the present value of each output.

One task drives all outputs together on the inputs' sample clock; one on-demand task per output writes single values.
Only one of them can reserve the card, so the waveform task is released after each waveform.

NI-DAQmx Help ("Task State Model", "Aborting a Task"): *stop* halts the outputs at once and leaves a committed
task committed, so that its count of generated samples should still be readable (no source guarantees that it is
right); *abort* halts them at once and releases the card, but discards the count. Therefore a ramp is stopped, and an
emergency aborts.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol

import numpy as np
from nidaqmx.constants import AcquisitionType, RegenerationMode, TaskMode
from nidaqmx.errors import DaqError, DaqWarning
from nidaqmx.stream_writers import AnalogMultiChannelWriter, AnalogSingleChannelWriter
from numpy.typing import ArrayLike, NDArray

from drivers.card_properties import CardProperties
from drivers.daqmx.channels import AnalogOutput
from drivers.daqmx.waveform import OutputWaveform
from drivers.errors import InstrumentFault, InstrumentLost, NotNow, OutOfRange, RigError
from drivers.pxi import PXIController, rig_error, translated

_LARGEST_WRITE = 100_000  # samples per call: two outputs stay below the limit of 4 MB per gRPC message
_REGENERATION = {
    AcquisitionType.FINITE: RegenerationMode.DONT_ALLOW_REGENERATION,
    AcquisitionType.CONTINUOUS: RegenerationMode.ALLOW_REGENERATION,
}
WAVEFORM = "ao"
"""Name of the task that plays waveforms, after that of the sessions."""

_NO_COUNT = -1
_LIKELY_S = 0.1
"""Longest output time between two calls that is plausible; beyond it the loop-back decides."""

_TURN_S = 0.3  # how long an emergency waits for another thread's call


class ClockCount(Protocol):
    """Count of the inputs' samples, each of which is a tick of the clock that waveforms follow."""

    def samples_read(self) -> int:
        """Return the samples read since the start of the acquisition, without asking the card."""
        ...

    def acquired(self) -> int:
        """Ask the card for the samples since the start of the acquisition. Raises ``RigError``."""
        ...


class Outputs:
    """All analogue outputs of one card.

    Methods may be called from any thread and run one at a time. `to_safe` waits only briefly for its turn.

    Parameters
    ----------
    controller : PXIController
        Controller of the card.
    device : str
        NI-DAQmx name of the card.
    outputs : sequence of AnalogOutput
        Wired outputs.
    clock_Hz : float
        Rate of the inputs' sample clock.
    repeats : int
        Number of clock ticks per sample of a waveform.
    on_reset : callable
        Called after the card had to be reset, which ends all its tasks.
    card : callable
        Returns the card's properties; asked only for a waveform.
    clock : ClockCount
        Ticks of the inputs' sample clock.
    """

    def __init__(
        self,
        controller: PXIController,
        device: str,
        outputs: Sequence[AnalogOutput],
        clock_Hz: float,
        repeats: int,
        card: Callable[[], CardProperties],
        on_reset: Callable[[], None] = lambda: None,
        clock: ClockCount | None = None,
    ) -> None:
        self._card = card
        self._clock = clock
        self._begin: int | None = None
        self.channels = {output.name: output for output in outputs}
        self._controller = controller
        self._device = device
        self._clock_Hz = clock_Hz
        self._repeats = repeats
        self._on_reset = on_reset
        self._lock = threading.RLock()
        self._emergencies = 0
        self._locked = ""
        self._standing = dict.fromkeys(self.channels, np.nan)
        self._running: OutputWaveform | None = None
        self._generated = 0
        self._possible: dict[str, NDArray[np.float64]] = {}
        self._tasks: list[Any] = []
        self._open()

    def _open(self) -> None:
        """Create the tasks without reserving the card, so that other programs may use it."""
        try:
            with translated("open the analogue outputs"):
                self._single = {name: self._new_task(name) for name in self.channels}
                self._together = self._new_task(*self.channels, part=WAVEFORM)
        except BaseException:
            self._free()
            raise
        self._configured: tuple[AcquisitionType, int] | None = None

    def _new_task(self, *names: str, part: str = "") -> Any:
        task = self._controller.new_task(part)
        self._tasks.append(task)
        for output in map(self.channels.__getitem__, names):
            low_V, high_V = output.card_limits_V
            task.ao_channels.add_ao_voltage_chan(
                f"{self._device}/{output.channel}", min_val=low_V, max_val=high_V
            )
        return task

    def ranges(self) -> dict[str, tuple[float, float]]:
        """Return the range of each output that NI-DAQmx has chosen for its limits, in V."""
        with self._lock, translated("read the ranges of the outputs"):
            channels = [(name, task.ao_channels[0]) for name, task in self._single.items()]
            return {name: (float(one.ao_dac_rng_low), float(one.ao_dac_rng_high)) for name, one in channels}

    def close(self) -> None:
        """Free the tasks; a lost card is not an error. The outputs hold their last values."""
        with self._lock:
            self._free()

    def _free(self) -> None:
        tasks, self._tasks, self._running = self._tasks, [], None
        for task in tasks:
            with suppress(RigError), translated("close an output"):
                task.close()

    # Single values

    @property
    def held(self) -> dict[str, float]:
        """Present value of each output, in V; NaN if unknown."""
        with self._lock:
            if self._running is None:
                return dict(self._standing)
            return self._standing_after(self._running, self.generated())

    def write(self, values_V: Mapping[str, float]) -> None:
        """Write single values at once, in the order given."""
        checked = {name: float(self._output(name).checked(value)) for name, value in values_V.items()}
        with self._lock:
            self._refuse_if_busy("write to an output")
            for name, value in checked.items():
                output = self.channels[name]
                output.checked_step(self._standing[name], value)
                output.changes.check_write(name, self._standing[name], value, output.safe)
            for name, value in checked.items():
                self._put(name, value)

    def _put(self, name: str, value_V: float) -> None:
        self._possible.pop(name, None)
        self._standing[name] = np.nan  # until the card has confirmed it
        with translated(f"write to output {name!r}"):
            writer = AnalogSingleChannelWriter(self._single[name].out_stream)
            writer.verify_array_shape = False
            writer.write_one_sample(float(self.channels[name].card_V(value_V)))
        self._standing[name] = value_V

    def _output(self, name: str) -> AnalogOutput:
        if name not in self.channels:
            raise OutOfRange("name of an output", repr(name), ", ".join(self.channels))
        return self.channels[name]

    def _refuse_if_busy(self, doing: str) -> None:
        if not self._tasks:
            raise NotNow(f"Can't {doing}: the driver is closed")
        if self._locked:
            raise NotNow(f"Can't {doing}: {self._locked}")
        if self._running is not None and not self.finished():
            raise NotNow(f"Can't {doing} while a ramp or a modulation runs; stop it first")

    # Waveforms

    def start(self, mode: AcquisitionType, waveforms_V: Mapping[str, ArrayLike]) -> None:
        """Arm a waveform; its first sample comes at the next tick of the inputs' clock."""
        with self._lock:
            self._refuse_if_busy("start a waveform")
            waveform = OutputWaveform.build(mode, waveforms_V, self.channels, self._standing, self._repeats)
            waveform.check_changes(self.channels, self._standing, self._clock_Hz / self._repeats)
            emergencies = self._emergencies
            try:
                with translated("start a waveform"):
                    self._load(mode, self._card_V(waveform.buffer))
                    if self._emergencies != emergencies or self._locked:
                        raise NotNow("The outputs were made safe meanwhile; the waveform was not started")
                    self._running, self._generated, self._begin = waveform, 0, None
                    self._together.start()
            except BaseException:
                self._abandon()
                raise

    def _card_V(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the volts at the terminals for values of all outputs, shape (n_outputs, n)."""
        return np.stack(
            [output.card_V(row) for output, row in zip(self.channels.values(), values, strict=True)]
        )

    def _clock_source(self) -> str:
        """Return the clock of a waveform: the inputs', or its own, of the same timebase, where it can't follow that."""
        return "" if self._card().delta_sigma else f"/{self._device}/ai/SampleClock"

    def _load(self, mode: AcquisitionType, samples: NDArray[np.float64]) -> None:
        n = samples.shape[1]
        if self._configured != (mode, n):
            known_mode = self._configured and self._configured[0]
            self._configured = None
            self._together.timing.cfg_samp_clk_timing(
                self._clock_Hz, self._clock_source(), sample_mode=mode, samps_per_chan=n
            )
            self._together.out_stream.output_buf_size = n
            if mode is not known_mode:
                self._together.out_stream.regen_mode = _REGENERATION[mode]
            self._configured = (mode, n)
        self._together.control(TaskMode.TASK_COMMIT)
        writer = AnalogMultiChannelWriter(self._together.out_stream, auto_start=False)
        writer.verify_array_shape = False
        for first in range(0, n, _LARGEST_WRITE):
            writer.write_many_sample(np.ascontiguousarray(samples[:, first : first + _LARGEST_WRITE]))

    def generated(self) -> int:
        """Return the number of samples generated of the present, or else the last, waveform."""
        with self._lock:
            if self._running is not None:
                with translated("count the generated samples"):
                    self._generated = self._count(self._running)
            return self._generated

    def _count(self, waveform: OutputWaveform) -> int:
        return waveform.put_out(int(self._together.out_stream.total_samp_per_chan_generated))

    def finished(self) -> bool:
        """Return True if no waveform runs or the ramp has ended; a modulation never ends."""
        with self._lock:
            if self._running is None:
                return True
            if self._running.mode is AcquisitionType.CONTINUOUS:
                return False
            with translated("see whether the ramp is done"):
                done = bool(self._together.is_task_done())
            if done:
                self._generated = len(self._running)
                self.halt()
            return done

    def halt(self) -> int:
        """Stop the waveform, if one runs, at its present value; return the number of samples generated.

        NI does not document the count that a stopped output task reports. It must fit the samples read by then, and
        those acquired after the stop, which comes first; else the outputs that moved are unknown (NaN) until
        `locate` finds them.
        """
        with self._lock:
            if self._running is None:
                return self._generated
            try:
                with translated("stop the waveform"):
                    with suppress(
                        DaqWarning
                    ):  # stopped before its end; NI-DAQmx warns only of what it has done
                        self._together.stop()
                    count = self._count_after_stop(self._running)
                    self._end(self._running, self._surely_generated(self._running, count), count)
                    self._together.control(TaskMode.TASK_UNRESERVE)
            except BaseException:
                self._abandon()
                raise
            return self._generated

    def halt_with_clock(self) -> int:
        """Stop the waveform because its clock is about to stop: the card's count must be asked before."""
        with suppress(RigError):
            self.generated()
        return self.halt()

    def armed_at(self, sample: int) -> None:
        """Note the sample of the inputs at or before which the present waveform has begun."""
        self._begin = sample

    def _surely_generated(self, waveform: OutputWaveform, count: int) -> int:
        """Return the least number of samples that a stopped waveform has generated, from those of the inputs since.

        The card is asked only if ``count`` is far beyond those that have been read.
        """
        if self._clock is None or self._begin is None:
            return self._generated
        read = self._after_ticks(waveform, self._clock.samples_read())
        if read <= count <= read + self._likely:
            return read
        with suppress(RigError):
            acquired = self._after_ticks(waveform, self._clock.acquired())
            return max(read, acquired - self._likely) if count > read else read
        return read

    def _after_ticks(self, waveform: OutputWaveform, samples: int) -> int:
        since = max(samples - (self._begin or 0), 0)
        return max(self._generated, waveform.put_out(since * self._repeats))

    @property
    def _likely(self) -> int:
        return round(_LIKELY_S * self._clock_Hz / self._repeats)

    def _count_after_stop(self, waveform: OutputWaveform) -> int:
        try:
            return self._count(waveform)
        except DaqError as error:
            if isinstance(rig_error("count the generated samples", error), InstrumentLost):
                raise
            return _NO_COUNT

    def _end(self, waveform: OutputWaveform, before: int, after: int) -> None:
        """Store the values of the outputs after a stopped waveform."""
        if before <= after <= before + self._likely:
            self._generated, self._possible = after, {}
            self._standing = self._standing_after(waveform, after)
        else:
            possible = dict(
                zip(self.channels, waveform.from_sample(before, self._standing.values()), strict=True)
            )
            self._possible = {name: values for name, values in possible.items() if np.ptp(values)}
            self._standing = {
                name: np.nan if name in self._possible else float(values[0])
                for name, values in possible.items()
            }
        self._running = None

    def locate(self, name: str, seen_V: float, tolerance_V: float) -> float:
        """Find the value of an output after a stopped waveform from its loop-back, where the card's count fails.

        Return, in V, the possible value of the waveform nearest to ``seen_V``.

        Raises
        ------
        InstrumentFault
            If no possible value lies within ``tolerance_V``; the output is then unknown.
        """
        with self._lock:
            values = self._possible.get(self._output(name).name, np.empty(0))
            if self._running is not None or not values.size:
                raise NotNow(f"The value of output {name!r} can't be taken from its loop-back now")
            nearest = float(values[np.argmin(np.abs(values - seen_V))])
            if not abs(nearest - seen_V) <= tolerance_V:
                raise InstrumentFault(
                    f"The value of output {name!r} is unknown: the card does not report how far its last waveform "
                    f"came, and the loop-back reads {seen_V:.4g} V, {abs(nearest - seen_V):.2g} V from the nearest "
                    "possible value"
                )
            del self._possible[name]
            self._standing[name] = nearest
            return nearest

    def _standing_after(self, waveform: OutputWaveform, generated: int) -> dict[str, float]:
        values = waveform.after(generated)
        if values is None:
            return dict(self._standing)
        return dict(zip(self.channels, values.tolist(), strict=True))

    def _abandon(self) -> None:
        """Abort a failed waveform; the outputs are unknown afterwards."""
        if self._running is not None:
            self._standing, self._possible = dict.fromkeys(self.channels, np.nan), {}
        self._running = None
        with suppress(RigError), translated("abort the waveform"):
            self._together.control(TaskMode.TASK_ABORT)

    # Emergency

    def lock(self, why: str) -> None:
        """Refuse every write, ramp and modulation from now on, without waiting for another thread's call."""
        self._locked = why

    def drop(self, name: str) -> None:
        """Abort any waveform and set one output to 0 V; outputs that the waveform did not move keep their values."""
        self._output(name)
        with self._lock:
            if not self._tasks:
                raise NotNow("Can't take an output to 0 V: the driver is closed")
            still = self._running.left_alone(self._standing) if self._running else self._standing
            self._standing = dict.fromkeys(self.channels, np.nan)
            with translated("abort the waveform"):
                self._together.control(TaskMode.TASK_ABORT)
            self._running = None
            self._put(name, 0.0)
            self._standing = {**still, name: 0.0}

    def to_safe(self, retracted_V: Mapping[str, float], within_s: float) -> str:
        """Abort any waveform, set every output not in ``retracted_V`` to its safe value, then those in it to theirs.

        Return a description of the actions. It waits only briefly for a call of another thread.
        """
        self._emergencies += 1
        with self._controller.deadline(within_s):
            my_turn = self._lock.acquire(timeout=min(_TURN_S, within_s / 3))
            try:
                if not self._tasks:
                    raise NotNow("The driver is closed; use `drivers.guard.make_safe`")
                return self._make_safe(retracted_V)
            finally:
                if my_turn:
                    self._lock.release()

    def write_safe(self, retracted_V: Mapping[str, float]) -> str:
        """Set every output to its safe value as `to_safe` does, but never reset the card; return the values set.

        Raises
        ------
        NotNow
            If a task of another program holds an output.
        """
        with self._lock:
            self._abort_and_write(retracted_V)
            return self._values()

    def reserve(self) -> None:
        """Reserve all outputs, so that the card refuses other programs' writes. Raises ``NotNow`` if one is held."""
        with self._lock, translated("reserve the outputs"):
            self._together.control(TaskMode.TASK_RESERVE)

    def _values(self) -> str:
        return ", ".join(f"{name} {value:g} V" for name, value in self._standing.items())

    def _make_safe(self, retracted_V: Mapping[str, float]) -> str:
        aborted = "waveform aborted, " if self._running is not None else ""
        try:
            self._abort_and_write(retracted_V)
        except (InstrumentLost, OutOfRange):
            raise
        except RigError:
            # The server has lost our tasks, or another program's task holds the card: reset it.
            self._controller.reset(self._device)
            self._on_reset()
            self._free()  # not `close`, which would wait for a hanging thread
            self._open()
            aborted = "card reset, "
            self._abort_and_write(retracted_V)
        return f"{aborted}{self._values()}"

    def _abort_and_write(self, retracted_V: Mapping[str, float]) -> None:
        with translated("abort the waveform"):
            self._together.control(TaskMode.TASK_ABORT)
        self._running = None
        for name, output in self.channels.items():
            if name not in retracted_V:
                self._put(name, output.safe)
        for name, value in retracted_V.items():
            self._put(name, float(self._output(name).checked(value)))
