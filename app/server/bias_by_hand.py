"""Bias and further outputs set by hand between runs, with the tip retracted and a watchdog armed."""

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

import numpy as np

from app.acquisition.open_rig import beat_on_line
from app.acquisition.watchdog import Watchdog
from app.acquisition.watchdog.guarded_rig import GuardedRig
from app.acquisition.watchdog.latch import require_untripped
from app.config.card_channels import loop_back_tolerance, wired_terminals
from app.config.rig import Rig
from app.config.rig_context import current_calibration
from drivers.errors import InstrumentFault, InstrumentLost, RigError
from drivers.ni6281 import NI6281

END_EARLY_S = 2.0
"""Time before the limit at which a high bias is taken away; it is looked at once a second."""

FIRST_STEP_V = 0.01
"""First step of a bias set by hand, at the card; the loop-backs must show it before the rest follows."""

LOOKS_IN_SILENCE = 0.25
"""Time between two readings of the card while the bias is on, as a share of the silence that the watchdog allows."""


class BiasByHand:
    """Bias and further outputs set by hand. Use it from one thread.

    Parameters
    ----------
    rig_file : Path
        For the watchdog.
    """

    def __init__(self, rig_file: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._rig_file = rig_file
        self._clock = clock
        self._since_s = 0.0
        self._on: tuple[NI6281, Rig, Watchdog] | None = None
        self._stack = ExitStack()
        self._commanded_V = 0.0
        self._others: dict[str, float] = {}

    @property
    def on(self) -> bool:
        """True while anything is set by hand."""
        return self._on is not None

    @property
    def others(self) -> Mapping[str, float]:
        """Further outputs that are set by hand, each in its own unit."""
        return dict(self._others)

    def apply_other(self, daq: NI6281, rig: Rig, name: str, value: float) -> None:
        """Retract the tip and set a further output; its safe value ends that.

        Raises
        ------
        RigError, RuntimeError
            All outputs are made safe, or a watchdog keeps trying to.
        """
        safe = rig.daq.outputs.extras[name].safe
        if self._on is None:
            daq.to_safe({"z": rig.safe.z_V}, rig.safe.within_s)
            if value == safe:
                return
            self._arm(daq, rig)
        with self._ended_by_an_error():
            daq.write(**{name: value})
        self._others = {
            key: one for key, one in {**self._others, name: value}.items() if key != name or one != safe
        }
        if not self._others and not self._commanded_V:
            self.end()

    def apply(self, daq: NI6281, rig: Rig, bias_V: float) -> None:
        """Retract the tip and apply a bias; 0 V ends it. Further outputs stay as they are set.

        Raises
        ------
        RigError, RuntimeError
            The bias is removed, or a watchdog keeps trying to remove it.
        """
        others = self.others
        self.end()
        daq.to_safe({"z": rig.safe.z_V}, rig.safe.within_s)
        for name, value in others.items():
            self.apply_other(daq, rig, name, value)
        if bias_V == 0:
            return
        if self._on is None:
            self._arm(daq, rig)
        first_V = FIRST_STEP_V / rig.daq.outputs.bias.divider
        with self._ended_by_an_error():
            for volts in (math.copysign(min(abs(bias_V), first_V), bias_V), bias_V):
                daq.write(bias=volts)
                self._commanded_V = volts
                self.compare(daq.glance())

    @contextmanager
    def _ended_by_an_error(self) -> Iterator[None]:
        """Make all outputs safe after an error inside the block; if the watchdog has tripped, that is why."""
        try:
            yield
        except BaseException as error:
            tripped = self._said_by_watchdog()
            self.end()
            if tripped and isinstance(error, RigError):  # the card refuses what it no longer may write
                raise InstrumentFault(tripped) from error
            raise

    def _said_by_watchdog(self) -> str:
        """Return why the watchdog has made the rig safe, "" if it has not."""
        if self._on is None or not self._on[2].tripped:
            return ""
        return f"The watchdog made the rig safe: {self._on[2].why}; what was set by hand is gone"

    def _arm(self, daq: NI6281, rig: Rig) -> None:
        """Start a watchdog before an output leaves its safe value. Raises ``RigTripped``."""
        require_untripped(self._rig_file, rig)
        watchdog = self._stack.enter_context(Watchdog(self._rig_file))
        self._on = daq, rig, watchdog
        self._since_s = self._clock()
        try:
            watchdog.wait_until_ready()
            daq.on_samples = watchdog.beat
            beat_on_line(daq, rig, self._stack)
            watchdog.arm(rig.safe.heartbeat_s)
            self._stack.enter_context(_sampling(daq, LOOKS_IN_SILENCE * rig.safe.heartbeat_s))
        except BaseException:
            self.end()
            raise

    def compare(self, shown_V: Mapping[str, float]) -> None:
        """Compare the loop-backs with the commanded voltages; do nothing without a bias.

        Raises
        ------
        InstrumentFault
            If a loop-back deviates; the bias is still on.
        """
        if self._on is None or self._on[2].tripped:  # the bias is off already, as `check` says
            return
        rig = self._on[1]
        current_A = abs(float(current_calibration(rig).current_A(np.array(shown_V["current"]))))
        if current_A > rig.limits.current_A:
            raise InstrumentFault(
                f"The bias was taken away again: the current is {current_A:.3g} A, and the rig file allows "
                f"limits.current_A = {rig.limits.current_A:g} A"
            )
        tolerance, names = loop_back_tolerance(rig), wired_terminals(rig)
        commanded_V = {"bias": self._commanded_V, "z": rig.safe.z_V}
        wrong = [
            f"the {name} loop-back ({names[name]}) reads {shown_V[name]:+.4g} V where the {name} output "
            f"({names[f'{name} output']}) is commanded to {volts:+.4g} V"
            for name, volts in commanded_V.items()
            if not tolerance.at(name).holds(shown_V[name], volts)
        ]
        if wrong:
            raise InstrumentFault(
                f"The bias was taken away again: {' and '.join(wrong)}. Check the wires of outputs and loop-backs"
            )

    def check(self) -> str:
        """Remove the bias if its watchdog has died or acted, or at the limit of its time; return a message, else "".

        Raises
        ------
        RigError
            If the bias could not be removed; a new watchdog keeps trying.
        """
        if self._on is None:
            return ""
        (_, rig, watchdog), lasted_s = self._on, self._clock() - self._since_s
        limits = rig.limits
        if tripped := self._said_by_watchdog():
            self.end()
            return tripped
        if watchdog.gone:
            self.end()
            return "The watchdog has gone; the bias set by hand was taken away"
        if abs(self._commanded_V) > limits.high_bias_V and lasted_s > limits.high_bias_s - END_EARLY_S:
            self.end()
            return (
                f"The bias set by hand was beyond {limits.high_bias_V:g} V for {lasted_s:.0f} s and was taken away: "
                f"limits.high_bias_s = {limits.high_bias_s:g} s in the rig file"
            )
        return ""

    def end(self) -> None:
        """Remove the bias. Raises ``RigError`` if that fails; the watchdog then keeps trying."""
        if self._on is None:
            return
        (daq, rig, watchdog), self._on = self._on, None
        self._commanded_V, self._others = 0.0, {}
        with self._stack:
            try:
                safely = partial(daq.to_safe, {"z": rig.safe.z_V}, rig.safe.within_s)
                GuardedRig(watchdog, rig, safely).make_safe()
            except RigError as error:
                raise InstrumentLost(f"NOT SAFE: {error} {watchdog.stay()}") from error
            watchdog.dismiss()


@contextmanager
def _sampling(daq: NI6281, every_s: float) -> Iterator[None]:
    """Read the inputs again and again inside the block, so that the watchdog hears of samples."""
    over = threading.Event()

    def sample() -> None:
        while not over.wait(every_s):
            with suppress(RigError):  # the next look at the card says what is wrong with it
                daq.glance()

    thread = threading.Thread(target=sample, name="bias by hand", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
