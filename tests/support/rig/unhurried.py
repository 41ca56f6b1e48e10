"""A clock for runs that go on until a window ends them, and would take the processor from the window meanwhile."""

import math
import threading

from simulators.rig.clock import FastClock

PAUSE_S = 3e-3


class UnhurriedClock(FastClock):
    """Fast clock that rests after each wait; what is recorded does not depend on how long."""

    def wait(self, changed: threading.Condition, until_s: float) -> None:
        super().wait(changed, until_s)
        if math.isfinite(until_s):
            changed.wait(PAUSE_S)
