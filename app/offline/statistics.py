"""Statistics over the records of a measurement, for the commands, the report and the window."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any

import numpy as np

from analysis.heating.mask import RISE_PER_TAU
from analysis.recording import RunHeader
from analysis.statistics.registry import STATISTICS
from analysis.statistics.result import UNKNOWN_SET, RecordSet, StatisticResult
from analysis.statistics.statistic import HOLDS, STRETCHES, SWEEPS, TRACES, Statistic, StatisticError
from analysis.traces.noise_floor import NoiseFloor
from analysis.traces.selection import SelectionRules
from app.offline.recordings import Part
from app.offline.traces import Analysed

ALL, USUAL = "all", "usual"
"""Choices in place of names: every statistic, and those that a report has without being asked."""

SEED = 0
"""Fixed, so that the same files always give the same errors."""

SETTLED = 5.0
"""Time constants of the amplifier after which a step is over to 1 %."""


@dataclass(frozen=True)
class ChosenStatistics:
    """Statistics to compute, by name, and options that differ from the defaults, by name of the statistic.

    ``lenient`` leaves out those for which the recordings have no records, or too few.
    """

    names: tuple[str, ...] = ()
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    lenient: bool = True

    def options_of(self, name: str) -> Any:
        """Return the options of one of the statistics. Raises ``StatisticError`` for those that it does not have."""
        return STATISTICS[name].with_options(self.options.get(name, {}))


_ONE_OF = {TRACES: "trace", HOLDS: "hold", SWEEPS: "sweep", STRETCHES: "check"}

NO_STATISTICS = ChosenStatistics()


def chosen_statistics(text: str, options: Mapping[str, Mapping[str, Any]] | None = None) -> ChosenStatistics:
    """Return the choice for names separated by commas, "all" or "usual".

    Raises
    ------
    StatisticError
        For an unknown name, and options of a statistic that is not chosen or does not have them.
    """
    options = options or {}
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in (*names, *options):
        if name not in STATISTICS and name not in (ALL, USUAL):
            raise StatisticError(f"there is no statistic {name!r}; there are {', '.join(STATISTICS)}")
    lenient = ALL in names or USUAL in names
    if ALL in names:
        names = list(STATISTICS)
    elif USUAL in names:
        usual = [name for name in STATISTICS if STATISTICS[name].usual]
        names = list(dict.fromkeys([*usual, *(name for name in names if name != USUAL)]))
    for name, chosen in options.items():
        if name not in names:
            raise StatisticError(f"options of {name!r} are given, but not the statistic itself")
        try:
            STATISTICS[name].with_options(chosen)
        except StatisticError as error:
            raise StatisticError(f"{name}: {error}") from None
    return ChosenStatistics(tuple(dict.fromkeys(names)), options, lenient)


def conclude_statistics(
    chosen: ChosenStatistics, rows: Mapping[str, Sequence[Any]], made_of: RecordSet
) -> dict[str, StatisticResult]:
    """Return the results of the chosen statistics from the rows of each.

    Raises
    ------
    StatisticError
        If a statistic that was chosen by name cannot be computed.
    """
    results = {}
    for name in chosen.names:
        statistic, options = STATISTICS[name], chosen.options_of(name)
        if not rows.get(name):
            if not chosen.lenient:
                raise StatisticError(f"{name}: there are no {statistic.of} in these recordings")
            continue
        rng = np.random.default_rng(SEED)
        try:
            results[name] = statistic.conclude(rows[name], options, made_of, rng)
        except StatisticError as error:
            if not chosen.lenient:
                raise StatisticError(f"{name}: {error}") from None
            results[name] = without_result(statistic, len(rows[name]), options, str(error), made_of)
    return results


def without_result(
    statistic: Statistic, n: int, options: Any, reason: str, made_of: RecordSet = UNKNOWN_SET
) -> StatisticResult:
    """Return the result of a statistic that cannot be computed: a sentence with the reason."""
    sentence = f"{reason[:1].upper()}{reason[1:]}."
    counts = _ONE_OF[statistic.of]
    return StatisticResult(
        statistic.title, n, remarks=[sentence], options=options, made_of=made_of, counts=counts
    )


def record_set(parts: Sequence[Part], analysed: Analysed | None) -> RecordSet:
    """Return the facts on the records of recordings."""
    names = [part.path.name for part in parts]
    if analysed is None:
        return facts_of(parts[0].header, names)
    return facts_of(parts[0].header, names, analysed.analysis.selection.rules, analysed.analysis.noise)


def facts_of(
    header: RunHeader,
    names: Sequence[str],
    rules: SelectionRules | None = None,
    noise: NoiseFloor | None = None,
) -> RecordSet:
    """Return the facts on records by the header, the names of the recordings, the selection rules and the noise."""
    selection = (
        f"starts above {rules.starts_above_G0:.3g} G0, opens below {rules.opens_below_G0:.3g} G0, at least "
        f"{rules.shortest} samples"
        if rules
        else "every record"
    )
    rise_s = (header.settings.get("current_amplifier") or {}).get("rise_time_s")
    return RecordSet(
        tuple(names),
        selection,
        metadata.version("hotjunction"),
        noise.limit_G0 if noise else float("nan"),
        header.rate_Hz,
        SETTLED * rise_s / RISE_PER_TAU * header.rate_Hz if rise_s else float("nan"),
    )
