"""Analogue outputs of a card: single values, ramps and modulation, and the present value of each output.

One task drives all outputs together on the inputs' sample clock; one on-demand task per output writes single values.
Only one of them can reserve the card, so the waveform task is released after each waveform. A ramp is
stopped, which keeps the card's count of generated samples, and an emergency aborts (`drivers.daqmx.waveform_task`).
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import numpy as np
from nidaqmx.constants import AcquisitionType
from nidaqmx.errors import DaqError
from numpy.typing import ArrayLike, NDArray

from drivers.card_properties import CardProperties
from drivers.daqmx.channels import AnalogOutput
from drivers.daqmx.generated_count import ClockCount, GeneratedCount, PossibleValues
from drivers.daqmx.output_tasks import OutputTasks
from drivers.daqmx.waveform import OutputWaveform
from drivers.errors import InstrumentLost, NotNow, OutOfRange, RigError
from drivers.pxi import PXIController, rig_error, translated

_NO_COUNT = -1
_TURN_S = 0.3  # how long an emergency waits for another thread's call


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
        self.channels = {output.name: output for output in outputs}
        self._controller = controller
        self._device = device
        self._rate_Hz = clock_Hz / repeats
        self._repeats = repeats
        self._on_reset = on_reset
        self._lock = threading.RLock()
        self._emergencies = 0
        self._locked = ""
        self._standing = dict.fromkeys(self.channels, np.nan)
        self._running: OutputWaveform | None = None
        self._generated = GeneratedCount(clock, clock_Hz, repeats)
        self._possible = PossibleValues()
        self._tasks = OutputTasks(controller, device, self.channels, clock_Hz, card)
        self._tasks.open()

    def ranges(self) -> dict[str, tuple[float, float]]:
        """Return the range of each output that NI-DAQmx has chosen for its limits, in V."""
        with self._lock:
            return self._tasks.ranges()

    def bits(self, name: str) -> int:
        """Return the resolution of an output's converter."""
        with self._lock:
            return self._tasks.bits(name)

    def close(self) -> None:
        """Free the tasks; a lost card is not an error. The outputs hold their last values."""
        with self._lock:
            self._free()

    def _free(self) -> None:
        self._running = None
        self._tasks.free()

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
        self._possible.forget(name)
        self._standing[name] = np.nan  # until the card has confirmed it
        self._tasks.write(name, value_V)
        self._standing[name] = value_V

    def _output(self, name: str) -> AnalogOutput:
        if name not in self.channels:
            raise OutOfRange("name of an output", repr(name), ", ".join(self.channels))
        return self.channels[name]

    def _refuse_if_busy(self, doing: str) -> None:
        if not self._tasks.opened:
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
            waveform.check_changes(self.channels, self._standing, self._rate_Hz)
            emergencies = self._emergencies
            try:
                with translated("start a waveform"):
                    self._tasks.together.load(mode, self._card_V(waveform.buffer))
                    if self._emergencies != emergencies or self._locked:
                        raise NotNow("The outputs were made safe meanwhile; the waveform was not started")
                    self._running = waveform
                    self._generated.begin()
                    self._tasks.together.start()
            except BaseException:
                self._abandon()
                raise

    def _card_V(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the volts at the terminals for values of all outputs, shape (n_outputs, n)."""
        return np.stack(
            [output.card_V(row) for output, row in zip(self.channels.values(), values, strict=True)]
        )

    def generated(self) -> int:
        """Return the number of samples generated of the present, or else the last, waveform."""
        with self._lock:
            if self._running is not None:
                with translated("count the generated samples"):
                    self._generated.known = self._count(self._running)
            return self._generated.known

    def _count(self, waveform: OutputWaveform) -> int:
        return waveform.put_out(self._tasks.together.generated())

    def finished(self) -> bool:
        """Return True if no waveform runs or the ramp has ended; a modulation never ends."""
        with self._lock:
            if self._running is None:
                return True
            if self._running.mode is AcquisitionType.CONTINUOUS:
                return False
            with translated("see whether the ramp is done"):
                done = self._tasks.together.done()
            if done:
                self._generated.known = len(self._running)
                self.halt()
            return done

    def halt(self) -> int:
        """Stop the waveform, if one runs, at its present value; return the number of samples generated.

        If the card's count does not fit the samples of the inputs, the outputs that moved are unknown (NaN) until
        `locate` finds them.
        """
        with self._lock:
            if self._running is None:
                return self._generated.known
            try:
                with translated("stop the waveform"):
                    self._tasks.together.stop()
                    self._end(self._running, self._count_after_stop(self._running))
                    self._tasks.together.release()
            except BaseException:
                self._abandon()
                raise
            return self._generated.known

    def halt_with_clock(self) -> int:
        """Stop the waveform because its clock is about to stop: the card's count must be asked before."""
        with suppress(RigError):
            self.generated()
        return self.halt()

    def armed_at(self, sample: int) -> None:
        """Note the sample of the inputs at or before which the present waveform has begun."""
        self._generated.armed_at(sample)

    def _count_after_stop(self, waveform: OutputWaveform) -> int:
        try:
            return self._count(waveform)
        except DaqError as error:
            if isinstance(rig_error("count the generated samples", error), InstrumentLost):
                raise
            return _NO_COUNT

    def _end(self, waveform: OutputWaveform, count: int) -> None:
        """Store the values of the outputs after a waveform that was stopped at the card's count."""
        least = self._generated.least(waveform, count)
        if self._generated.likely(least, count):
            self._generated.known = count
            self._possible.clear()
            self._standing = self._standing_after(waveform, count)
        else:
            values = waveform.from_sample(least, self._standing.values())
            self._standing = self._possible.of(dict(zip(self.channels, values, strict=True)))
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
            self._output(name)
            if self._running is not None:
                raise NotNow(f"The value of output {name!r} can't be taken from its loop-back now")
            self._standing[name] = self._possible.nearest(name, seen_V, tolerance_V)
            return self._standing[name]

    def _standing_after(self, waveform: OutputWaveform, generated: int) -> dict[str, float]:
        values = waveform.after(generated)
        if values is None:
            return dict(self._standing)
        return dict(zip(self.channels, values.tolist(), strict=True))

    def _abandon(self) -> None:
        """Abort a failed waveform; the outputs are unknown afterwards."""
        if self._running is not None:
            self._standing = dict.fromkeys(self.channels, np.nan)
            self._possible.clear()
        self._running = None
        with suppress(RigError), translated("abort the waveform"):
            self._tasks.together.abort()

    # Emergency

    def lock(self, why: str) -> None:
        """Refuse every write, ramp and modulation from now on, without waiting for another thread's call."""
        self._locked = why

    def drop(self, name: str) -> None:
        """Abort any waveform and set one output to 0 V; outputs that the waveform did not move keep their values."""
        self._output(name)
        with self._lock:
            if not self._tasks.opened:
                raise NotNow("Can't take an output to 0 V: the driver is closed")
            still = self._running.left_alone(self._standing) if self._running else self._standing
            self._standing = dict.fromkeys(self.channels, np.nan)
            with translated("abort the waveform"):
                self._tasks.together.abort()
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
                if not self._tasks.opened:
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
            self._tasks.together.reserve()

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
            self._tasks.open()
            aborted = "card reset, "
            self._abort_and_write(retracted_V)
        return f"{aborted}{self._values()}"

    def _abort_and_write(self, retracted_V: Mapping[str, float]) -> None:
        with translated("abort the waveform"):
            self._tasks.together.abort()
        self._running = None
        for name, output in self.channels.items():
            if name not in retracted_V:
                self._put(name, output.safe)
        for name, value in retracted_V.items():
            self._put(name, float(self._output(name).checked(value)))
