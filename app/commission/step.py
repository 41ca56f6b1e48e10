"""One step of a commissioning."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from analysis.commissioning.judgement import Judgement
from app.commission.amounts import Amounts
from app.commission.session import Session


@dataclass(frozen=True)
class Step:
    """A step: what it does, what must be connected, what must have passed before.

    Parameters
    ----------
    number : int
    title : str
    explain : str
        What is done and why, for the user.
    do : callable, optional
        Measures and judges; None for a step that is done by hand, as ``explain`` says.
    needs : tuple of int
        Steps that must have passed.
    ask : str
        Question that the user must confirm; "" if no hand is needed.
    stage : int
        1: no sample, tip far back, resistor in place of the junction; 2: with a surface.
    record : str
        Name of its numbers in the calibration store.
    takes_s : callable
        Approximate duration in s, for these amounts of data.
    valid_for : timedelta, optional
        Time after which a session that is continued does it again.
    """

    number: int
    title: str
    explain: str
    do: Callable[[Session], Judgement] | None
    needs: tuple[int, ...] = ()
    ask: str = ""
    stage: int = 1
    record: str = ""
    takes_s: Callable[[Amounts], float] = lambda amounts: 5.0
    valid_for: timedelta | None = None
