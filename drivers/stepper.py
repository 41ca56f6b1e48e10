"""A stepper that moves the tip's housing, driven by two digital lines of the DAQ: direction, then pulses.

The usual coarse approach of an STM (inertial walker or stepper motor with a step/direction input). One step is
taken at each rising edge of the step line; a high direction line moves toward the sample.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from nidaqmx.stream_writers import DigitalMultiChannelWriter
from numpy.typing import NDArray

from drivers.errors import OutOfRange
from drivers.pxi import PXIController, translated

LARGEST_MOVE_STEPS = 2000
"""A larger single move is refused: it is a mistake more often than a wish."""

STRETCH_STEPS = 20
"""How many steps are taken before whoever asked for them is let in between."""


@dataclass(frozen=True)
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
        Fastest that the walker follows.
    pause : callable
        Waits for so many seconds.
    """

    controller: PXIController
    device: str
    step_line: str
    direction_line: str
    step_m: float
    steps_per_s: float = 200.0
    pause: Callable[[float], None] = time.sleep

    def move(self, distance_m: float, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Move by the nearest whole number of steps, toward the sample if positive.

        The direction stands before the first edge, and the step line is low afterwards. Every level is a write
        of its own and then held for half a step's time: the card would put out all samples of one write within
        microseconds, and no walker follows that. A step costs two calls, and that time.

        Parameters
        ----------
        distance_m : float
            How far.
        meanwhile : callable
            Called after every twenty steps, to read what has been sampled; what it raises ends the move.

        Raises
        ------
        OutOfRange
            For more than 2000 steps; nothing was moved.
        NotNow
            If another program holds one of the lines; nothing was moved.
        InstrumentLost
            If the card stopped answering; some of the steps may have been taken.
        """
        steps = round(abs(distance_m) / self.step_m)
        if steps > LARGEST_MOVE_STEPS:
            limit = LARGEST_MOVE_STEPS * self.step_m
            raise OutOfRange("coarse move (m)", distance_m, f"up to {limit:g} m at once, either way")
        if not steps:
            return
        with translated("move the coarse positioner"), self.controller.new_task() as task:
            for line in (self.direction_line, self.step_line):
                task.do_channels.add_do_chan(f"{self.device}/{line}")
            task.start()  # once: a write to a task that doesn't run would start and stop it
            writer = DigitalMultiChannelWriter(task.out_stream, auto_start=False)
            writer.verify_array_shape = False  # it would ask the card for the shape at every write
            low, high = (np.array([distance_m > 0, level]) for level in (False, True))
            self._hold(writer, low)
            for number in range(1, steps + 1):
                self._hold(writer, high)
                self._hold(writer, low)
                if number % STRETCH_STEPS == 0:
                    meanwhile()

    def _hold(self, writer: DigitalMultiChannelWriter, levels: NDArray[np.bool_]) -> None:
        """Put levels on the lines for half a step's time."""
        writer.write_one_sample_one_line(levels)
        self.pause(0.5 / self.steps_per_s)
