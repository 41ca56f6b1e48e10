"""Last resort: make the rig safe after the program that drove it has died."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any

from nidaqmx.constants import TaskMode

from analysis.loop_backs import Tolerance
from drivers.daqmx.inputs import ACQUISITION
from drivers.daqmx.output_tasks import WAVEFORM
from drivers.daqmx.terminals import TERMINALS
from drivers.errors import InstrumentFault, NotNow, RigError
from drivers.heartbeat_line import HEARTBEAT
from drivers.ni6281 import NI6281, AnalogInput, AnalogOutput
from drivers.pxi import PXIController, translated
from drivers.stepper import COARSE

_ANY_RATE_HZ = 1000.0

_LOOKS, _LOOK_S = 5, 0.03
"""Tries to read the loop-backs while another program reads, and the pause between two."""

READING = ACQUISITION, TERMINALS
"""Tasks of a run that keep the inputs from being read."""

LASTING = WAVEFORM, *READING, COARSE, HEARTBEAT
"""Tasks of a run that keep their part of the card after its program has died."""

LOOPED_BACK = "bias", "z"
"""Outputs whose loop-back has the same name among the inputs."""


@dataclass(frozen=True)
class LoopBacks:
    """Inputs, some of which loop back the output of the same name, and their tolerance."""

    inputs: Sequence[AnalogInput]
    tolerance: Tolerance = field(default_factory=Tolerance)


def make_safe(
    controller_address: str,
    device: str,
    outputs: Sequence[AnalogOutput],
    safe_values: Mapping[str, float],
    within_s: float = 1.0,
    loop_backs: LoopBacks | None = None,
) -> str:
    """Set 0 V on all outputs but those named, then the values named, over a new connection.

    A waveform that a dead client has left in a server is ended by its name. The card is reset only if that does not
    free the outputs: a reset takes all of them through 0 V, and some piezos are retracted elsewhere.

    Parameters
    ----------
    controller_address : str
        "local" or "grpc://HOST:PORT".
    device : str
        NI-DAQmx name of the card.
    outputs : sequence of AnalogOutput
        All wired outputs.
    safe_values : mapping of str to float
        Output values (V) that retract the tip: ``{"z": 0.0}``.
    within_s : float
        Time limit.
    loop_backs : LoopBacks, optional
        Loop-backs to check afterwards.

    Returns
    -------
    str
        Actions taken, and whether the loop-backs confirm them.

    Raises
    ------
    InstrumentLost
        If nothing answered in time; ``NotFound`` if nothing answered at all.
    """
    looked_at = loop_backs or LoopBacks(())
    with (
        PXIController(controller_address, within_s / 2) as controller,
        controller.deadline(within_s),
        closing(StandbyCard(controller, device, outputs, safe_values, looked_at)) as card,
    ):
        done = card.make_safe(within_s)
        return f"{done} ({'commanded, not seen' if loop_backs is None else _seen(card)})"


def _seen(card: "StandbyCard") -> str:
    """Compare the loop-backs with the outputs; return the result as text."""
    try:
        unseen = card.unseen()
    except RigError as error:
        unseen = str(error)
    return f"commanded, not seen: {unseen}" if unseen else "seen on the loop-backs"


def _wrong(shown: Mapping[str, float], held: Mapping[str, float], tolerance: Tolerance) -> Iterator[str]:
    """Yield each loop-back that does not show its output."""
    for name, volts in held.items():
        if name in LOOPED_BACK and name in shown and not tolerance.at(name).holds(shown[name], volts):
            yield f"{name} reads {shown[name]:+.4g} V"


def session_names(device: str) -> str:
    """Return the beginning of the names of a run's tasks on a server, so that others can find and end them."""
    return f"hotjunction.{device}"


def clear_run(controller: PXIController, device: str) -> None:
    """Delete the tasks that a run, whose program is gone, has left on a server. Raises ``InstrumentLost``."""
    for part in LASTING:
        controller.clear_session(f"{session_names(device)}.{part}")


class StandbyCard:
    """Second, warm connection to a card that another program drives, to make it safe without delay.

    Its tasks are built at once and reserve nothing. Use it from one thread.

    Parameters
    ----------
    controller : PXIController
        A connection of its own, which `close` closes.
    device : str
        NI-DAQmx name of the card.
    outputs : sequence of AnalogOutput
        All wired outputs.
    safe_values : mapping of str to float
        Output values (V) that retract the tip.
    loop_backs : LoopBacks

    Raises
    ------
    InstrumentLost
        If the card does not answer.
    """

    def __init__(
        self,
        controller: PXIController,
        device: str,
        outputs: Sequence[AnalogOutput],
        safe_values: Mapping[str, float],
        loop_backs: LoopBacks,
    ) -> None:
        self._controller = controller
        self._device = device
        self._tolerance = loop_backs.tolerance
        self._safe_values = dict(safe_values)
        self._sessions = session_names(device)
        self._waveform: Any = None
        self._card = NI6281(controller, device, tuple(loop_backs.inputs), outputs, _ANY_RATE_HZ)

    def close(self) -> None:
        """Free the card and close the connection; the outputs hold their values."""
        self._card.close()
        self._controller.close()

    def attend(self) -> None:
        """Find the waveform task of the other program, which is about to move; later there may be no time for it."""
        self._waveform = self._controller.attached(f"{self._sessions}.{WAVEFORM}")

    def make_safe(self, within_s: float) -> str:
        """Set the outputs to their safe values; return what was done.

        A waveform of the other program is aborted by the name of its task, which leaves its outputs where they are;
        only if that does not free them is the card reset.

        Raises
        ------
        InstrumentLost
            If the card didn't answer in time.
        """
        with self._controller.deadline(within_s):
            with suppress(NotNow):
                return self._card.write_safe(self._safe_values)
            if self._aborted():
                with suppress(NotNow):
                    return f"waveform aborted, {self._card.write_safe(self._safe_values)}"
            return self._card.to_safe(self._safe_values, within_s)

    def _aborted(self) -> bool:
        """Abort the other program's waveform; return False if it has none by a known name."""
        if self._waveform is None:
            self.attend()
        if self._waveform is None:
            return False
        try:
            with translated("abort the waveform of the other program"):
                self._waveform.control(TaskMode.TASK_ABORT)
        except InstrumentFault:  # the task has gone since
            return False
        return True

    def fence(self) -> None:
        """Reserve the outputs, so that the card refuses what the other program still wants to write.

        Raises ``NotNow`` if the other program was faster.
        """
        self._card.reserve_outputs()

    def unseen(self) -> str:
        """Compare the loop-backs with the safe values; return what does not show them, "" if they do.

        What the other program reads with, which would keep them from being read, is ended.

        Raises
        ------
        RigError
            If they can't be read.
        """
        for part in READING:
            self._controller.clear_session(f"{self._sessions}.{part}")
        shown = self._shown()
        return ", ".join(_wrong(shown, self._card.held, self._tolerance))

    def _shown(self) -> dict[str, float]:
        for _ in range(_LOOKS):
            try:
                return self._card.glance()
            except NotNow as error:  # somebody else is looking
                refused = error
                time.sleep(_LOOK_S)
        if any(self._safe_values.values()):  # a reset would move what is safe
            raise refused
        # an acquisition without a name
        self._controller.reset(self._device)
        self._card.write_safe(self._safe_values)
        self._card.reserve_outputs()
        return self._card.glance()

    def clear(self) -> None:
        """Delete the tasks that the other program, which is gone, has left on the server."""
        clear_run(self._controller, self._device)
