"""Evaluation of the holds of one recording as they come; offline feeds it all of them."""

from collections import Counter
from collections.abc import Sequence
from itertools import chain, islice

from analysis.heating.holds import Hold
from analysis.heating.runs import (
    LOOK_AHEAD,
    EvaluatedHold,
    EvaluatedRun,
    EvaluationOptions,
    HeatingRun,
    RunEvaluator,
)
from analysis.heating.to_json import exclusion_counts
from analysis.recording.header import RunHeader
from analysis.records import FloatArray


class RunReducer:
    """Reducer of holds to an `EvaluatedRun`.

    Lines and arrivals of the edges are measured in the first holds: call `look` with those there are, again when there
    are more, up to `LOOK_AHEAD`, and feed all holds again if it returns True.

    Parameters
    ----------
    header : RunHeader
    name : str
        As in `HeatingRun`.
    options : EvaluationOptions, optional
    """

    def __init__(self, header: RunHeader, name: str, options: EvaluationOptions | None = None) -> None:
        self._header, self._name, self._options = header, name, options
        self._evaluator: RunEvaluator | None = None
        self._residuals_V: dict[int, FloatArray | None] = {}
        self.evaluated: list[EvaluatedHold] = []

    def look(self, first: Sequence[Hold]) -> bool:
        """Measure lines and arrivals; return True, and forget the evaluated holds, if they changed.

        Raises
        ------
        UncalibratedThermometer, UnsuitableFilter
            As `RunEvaluator` does.
        """
        evaluator = RunEvaluator(self._header, self._name, first, self._options)
        if self._evaluator is not None and self._evaluator.learned == evaluator.learned:
            return False
        self._evaluator = evaluator
        self.evaluated = []
        return True

    def feed(self, hold: Hold) -> EvaluatedHold:
        """Evaluate the next hold. Raises ``UnsuitableFilter`` as `RunEvaluator` does."""
        assert self._evaluator is not None, "look comes first"
        index = len(self.evaluated)
        if index < LOOK_AHEAD and index not in self._residuals_V:
            self._residuals_V[index] = self._evaluator.residual_V(hold)
        evaluated = self._evaluator.evaluated(hold)
        self.evaluated.append(evaluated)
        return evaluated

    @property
    def reasons(self) -> Counter[str]:
        """Number of rejected holds by reason."""
        return Counter(exclusion_counts(self.evaluated)["holds_rejected"])

    def run(self) -> EvaluatedRun:
        """Return the holds fed so far with the residuals of the first ones."""
        assert self._evaluator is not None, "look comes first"
        residuals_V = tuple(x for x in self._residuals_V.values() if x is not None)
        evaluator = self._evaluator
        return EvaluatedRun(
            self._name, tuple(self.evaluated), residuals_V, evaluator.lines_Hz, evaluator.warnings
        )


def evaluate(run: HeatingRun, options: EvaluationOptions | None = None) -> EvaluatedRun:
    """Evaluate the holds of one recording; except for the first ones, one at a time is in memory.

    Raises
    ------
    UncalibratedThermometer
        If the recording lacks a calibration of its thermometer; the message names both.
    UnsuitableFilter
        If its filters make the levels sag.
    """
    holds = iter(run.holds)
    first = list(islice(holds, LOOK_AHEAD))
    reducer = RunReducer(run.header, run.name, options)
    reducer.look(first)
    for hold in chain(first, holds):
        reducer.feed(hold)
    return reducer.run()
