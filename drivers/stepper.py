"""A stepper that moves the tip's housing, driven by two digital lines of the DAQ: direction, then pulses.

The usual coarse approach of an STM (inertial walker or stepper motor with a step/direction input). One step is
taken at each rising edge of the step line; a high direction line moves toward the sample.
"""

from dataclasses import dataclass

from drivers.errors import OutOfRange
from drivers.pxi import PXIController, translated

LARGEST_MOVE_STEPS = 2000
"""A larger single move is refused: it is a mistake more often than a wish."""


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
    """

    controller: PXIController
    device: str
    step_line: str
    direction_line: str
    step_m: float

    def move(self, distance_m: float) -> None:
        """Move by the nearest whole number of steps, toward the sample if positive.

        Raises
        ------
        OutOfRange
            For more than 2000 steps; nothing was moved.
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
            task.do_channels.add_do_chan(f"{self.device}/{self.direction_line}")
            task.do_channels.add_do_chan(f"{self.device}/{self.step_line}")
            toward = distance_m > 0
            for _ in range(steps):
                task.write([toward, False], auto_start=True)
                task.write([toward, True], auto_start=True)
            task.write([toward, False], auto_start=True)
