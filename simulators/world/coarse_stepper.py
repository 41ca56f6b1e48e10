"""Coarse positioner: a walker that moves the tip's housing in steps, driven by two digital lines."""

from collections.abc import Callable, Mapping

import numpy as np
from pydantic import Field

from simulators.parameters import ParameterSection

NM = 1e-9
LINE = r"^port\d+/line\d+$"


class CoarseParameters(ParameterSection):
    """Lines and steps of the coarse positioner. TOML: [coarse]."""

    step_line: str = Field(pattern=LINE)
    direction_line: str = Field(pattern=LINE)
    step_nm: float = Field(gt=0)
    step_scatter: float = Field(ge=0, lt=1)


class CoarseStepper:
    """Walker that takes a step at each rising edge of its step line, toward the sample if the direction line is high.

    The direction must be set *before* the edge; a simultaneous change is too late.

    Parameters
    ----------
    parameters : CoarseParameters
        Lines, step length and its scatter.
    rng : numpy Generator
        Source of the step lengths.
    move : callable
        Moves the tip's housing by a distance in m, toward the sample if positive.

    Attributes
    ----------
    position_m : float
        Travel of the housing toward the sample.
    """

    def __init__(
        self, parameters: CoarseParameters, rng: np.random.Generator, move: Callable[[float], None]
    ) -> None:
        self._parameters = parameters
        self._rng = rng
        self._move = move
        self._step = self._toward = False
        self.position_m = 0.0

    def follow(self, levels: Mapping[str, bool]) -> None:
        """Take the present levels of the lines; lines that are not named are low."""
        step = levels.get(self._parameters.step_line, False)
        if step and not self._step:
            self._take_step()
        self._step = step
        self._toward = levels.get(self._parameters.direction_line, False)

    def _take_step(self) -> None:
        p = self._parameters
        length_m = p.step_nm * NM * max(1 + p.step_scatter * self._rng.standard_normal(), 0.0)
        distance_m = length_m if self._toward else -length_m
        self.position_m += distance_m
        self._move(distance_m)
