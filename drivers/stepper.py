"""Stepper for the tip's housing, driven by two digital lines of the DAQ: direction, then pulses.

The usual coarse approach of an STM (inertial walker or stepper motor with a step/direction input). One step is
taken at each rising edge of the step line; a high direction line moves toward the sample.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from nidaqmx.stream_writers import DigitalMultiChannelWriter
from numpy.typing import NDArray

from drivers.errors import OutOfRange
from drivers.pxi import PXIController, translated

LARGEST_MOVE_STEPS = 2000
"""Largest single move; a longer one is more likely a mistake than intended."""

COARSE = "coarse"
"""Name of the task after that of the sessions."""

STRETCH_STEPS = 20
"""Steps between two calls of ``meanwhile``."""


@dataclass
class Stepper:
    """Coarse positioner on two digital lines.

    Parameters
    ----------
    controller : PXIController
    device : str
        Name of the DAQ ("Dev1").
    step_line, direction_line : str
        Lines of that device ("port0/line0").
    step_m : float
        Length of one step.
    steps_per_s : float
        Highest rate that the walker follows.
    pause : callable
        Waits for a given number of seconds.
    most_travel_m : float
        Farthest from where it began, in either direction.
    """

    controller: PXIController
    device: str
    step_line: str
    direction_line: str
    step_m: float
    steps_per_s: float = 200.0
    pause: Callable[[float], None] = time.sleep
    most_travel_m: float = math.inf
    _travelled: int = field(default=0, init=False)

    def move(self, distance_m: float, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Move by the nearest whole number of steps, toward the sample if positive.

        The direction is set before the first edge, and the step line is low afterwards. Every level is written
        separately and held for half a step period, since the card would output all samples of one write within
        microseconds, too fast for any walker. A step takes two calls and one period.

        Parameters
        ----------
        distance_m : float
            Distance to move.
        meanwhile : callable
            Called after every twenty steps, to read the samples taken meanwhile; an exception from it ends the move.

        Raises
        ------
        OutOfRange
            For more than 2000 steps, or beyond ``most_travel_m``; nothing was moved.
        NotNow
            If another program uses one of the lines; nothing was moved.
        InstrumentLost
            If the card stopped answering; some of the steps may have been taken.
        """
        steps = round(abs(distance_m) / self.step_m)
        if steps > LARGEST_MOVE_STEPS:
            limit = LARGEST_MOVE_STEPS * self.step_m
            raise OutOfRange("coarse move (m)", distance_m, f"up to {limit:g} m at once, in either direction")
        if not steps:
            return
        toward = 1 if distance_m > 0 else -1
        travel_m = abs(self._travelled + toward * steps) * self.step_m
        if travel_m > self.most_travel_m * (1 + 1e-9):
            raise OutOfRange(
                "travel of the coarse positioner (m)",
                f"{travel_m:.4g}",
                f"up to {self.most_travel_m:g} from its start",
            )
        with translated("move the coarse positioner"), self.controller.new_task(COARSE) as task:
            for line in (self.direction_line, self.step_line):
                task.do_channels.add_do_chan(f"{self.device}/{line}")
            task.start()  # once; otherwise every write would start and stop the task
            writer = DigitalMultiChannelWriter(task.out_stream, auto_start=False)
            writer.verify_array_shape = False  # the check would query the card at every write
            low, high = (np.array([distance_m > 0, level]) for level in (False, True))
            self._hold(writer, low)
            for number in range(1, steps + 1):
                self._travelled += toward
                self._hold(writer, high)
                self._hold(writer, low)
                if number % STRETCH_STEPS == 0:
                    meanwhile()

    def _hold(self, writer: DigitalMultiChannelWriter, levels: NDArray[np.bool_]) -> None:
        """Set the lines and wait for half a step period."""
        writer.write_one_sample_one_line(levels)
        self.pause(0.5 / self.steps_per_s)
