"""One statistic over records: how a record is reduced to a row, and how rows give a result.

A row is small (some counts, a length), so that a night of traces stays in memory. Live, rows are added as the records
come; offline, they are made of all records. The result is the same by construction.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from analysis.json_data import InvalidContent, from_json
from analysis.statistics.result import UNKNOWN_SET, RecordSet, StatisticResult

TRACES, HOLDS, SWEEPS, STRETCHES = "traces", "holds", "sweeps", "stretches"
"""Kinds of records; stretches are junctions held at constant low bias."""


class StatisticError(ValueError):
    """A statistic cannot be computed. The message is a sentence with the remedy."""


@dataclass(frozen=True)
class Statistic:
    """A statistic over records of one kind.

    Parameters
    ----------
    title : str
        Heading of its section.
    options : object
        Frozen dataclass with the default options; their names carry the units.
    reduce : callable
        Function from a record and the options to a row.
    conclude : callable
        Function from rows, options, `RecordSet` and a Generator to a `StatisticResult`.
    of : "traces", "holds", "sweeps" or "stretches"
        Kind of its records.
    selected : bool
        True if rejected traces are left out.
    live : bool
        True if the window shows it while records come.
    usual : bool
        True if a report has it without being asked.
    """

    title: str
    options: Any
    reduce: Callable[[Any, Any], Any]
    conclude: Callable[[Sequence[Any], Any, RecordSet, np.random.Generator], StatisticResult]
    of: str = TRACES
    selected: bool = True
    live: bool = False
    usual: bool = False

    def compute(
        self,
        records: Iterable[Any],
        rng: np.random.Generator,
        made_of: RecordSet = UNKNOWN_SET,
        options: Any = None,
    ) -> StatisticResult:
        """Return the result for records.

        Raises
        ------
        StatisticError
            If these records or options allow none.
        """
        chosen = self.options if options is None else options
        return self.conclude([self.reduce(record, chosen) for record in records], chosen, made_of, rng)

    def with_options(self, chosen: Mapping[str, Any]) -> Any:
        """Return the options with some of them chosen, as plain data.

        Raises
        ------
        StatisticError
            For an unknown name, or a value of another type.
        """
        names = [field.name for field in fields(self.options)]
        for name in chosen:
            if name not in names:
                raise StatisticError(f"there is no option {name!r}; there are {', '.join(names) or 'none'}")
        try:
            typed = from_json({**_plain(self.options), **chosen}, type(self.options))
            return replace(self.options, **{name: getattr(typed, name) for name in chosen})
        except (InvalidContent, ValueError) as error:
            raise StatisticError(f"{error}") from None


def _plain(options: Any) -> dict[str, Any]:
    return {field.name: getattr(options, field.name) for field in fields(options)}
