"""A line in a thermometer's voltage."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """A line: its frequency, and its amplitude at the preamplifier's input (root mean square of holds).

    ``amplitude_V`` is 0 if it is not known. ``hidden``: a hold can't distinguish the line from what the levels do, and
    part of it counts as heat (see `analysis.heating.programme.LevelProgramme.hides`); its amplitude is then that of the
    rest.
    """

    frequency_Hz: float
    amplitude_V: float = 0.0
    hidden: bool = False
