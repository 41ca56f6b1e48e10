"""Statistics over the records of a measurement, for the commands, the report and the window."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import metadata
from itertools import chain
from typing import Any

import numpy as np

from analysis.heating.holds import Hold, holds_of
from analysis.heating.mask import RISE_PER_TAU
from analysis.iv.sweeps import Sweep, junction_sweeps
from analysis.junction_noise.stretches import HeldStretch, stretches_of
from analysis.recording import Recording, RunHeader, damage_told
from analysis.records import Trace
from analysis.statistics.registry import STATISTICS
from analysis.statistics.result import RecordSet, StatisticResult
from analysis.statistics.statistic import HOLDS, STRETCHES, SWEEPS, TRACES, Statistic, StatisticError
from analysis.traces.noise_floor import NoiseFloor
from analysis.traces.read import traces_of
from analysis.traces.selection import SelectionRules
from app.offline.recordings import Part, RecordingKind
from app.offline.traces import Analysed

ALL, USUAL = "all", "usual"
"""Choices in place of names: every statistic, and those that a report has without being asked."""

SEED = 0
"""Fixed, so that the same files always give the same errors."""

SETTLED = 5.0
"""Time constants of the amplifier after which a step is over to 1 %."""

Records = Mapping[tuple[str, bool], Callable[[], Iterable[Any]]]
"""Function that returns records, by their kind and whether they are selected; kinds without records are missing."""


@dataclass(frozen=True)
class ChosenStatistics:
    """Statistics to compute, by name, and options that differ from the defaults, by name of the statistic.

    ``lenient`` leaves out those for which the recordings have no records, or too few.
    """

    names: tuple[str, ...] = ()
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    lenient: bool = True


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


def compute_statistics(
    chosen: ChosenStatistics, records: Records, made_of: RecordSet
) -> dict[str, StatisticResult]:
    """Return the results of the chosen statistics, each kind of records read once.

    Raises
    ------
    StatisticError
        If a statistic that was chosen by name cannot be computed.
    """
    statistics = {name: STATISTICS[name] for name in chosen.names}
    options = {
        name: statistic.with_options(chosen.options.get(name, {})) for name, statistic in statistics.items()
    }
    rows: dict[str, list[Any]] = {name: [] for name in statistics}
    for kind in dict.fromkeys((s.of, s.selected) for s in statistics.values()):
        of_kind = [name for name, s in statistics.items() if (s.of, s.selected) == kind]
        for record in records.get(kind, list)():
            for name in of_kind:
                rows[name].append(statistics[name].reduce(record, options[name]))
    results = {}
    for name, statistic in statistics.items():
        if not rows[name]:
            if not chosen.lenient:
                raise StatisticError(f"{name}: there are no {statistic.of} in these recordings")
            continue
        rng = np.random.default_rng(SEED)
        try:
            results[name] = statistic.conclude(rows[name], options[name], made_of, rng)
        except StatisticError as error:
            if not chosen.lenient:
                raise StatisticError(f"{name}: {error}") from None
            results[name] = _none(statistic, len(rows[name]), options[name], made_of, str(error))
    return results


def _none(statistic: Statistic, n: int, options: Any, made_of: RecordSet, reason: str) -> StatisticResult:
    sentence = f"{reason[:1].upper()}{reason[1:]}."
    return StatisticResult(statistic.title, n, remarks=[sentence], options=options, made_of=made_of)


def records_of(parts: Sequence[Part], analysed: Analysed | None) -> Records:
    """Return the records of recordings; the selected traces are those of an analysis, read on access."""
    of = {kind: [part for part in parts if part.kind is kind] for kind in RecordingKind}
    held = [*of[RecordingKind.HEATING], *of[RecordingKind.IV]]
    records: dict[tuple[str, bool], Callable[[], Iterable[Any]]] = {}
    if analysed is not None:
        kept = analysed.analysis.selection.kept
        records[TRACES, True] = lambda: kept
        opened = [*of[RecordingKind.TRACES], *of[RecordingKind.AC]]
        records[TRACES, False] = lambda: chain.from_iterable(map(_traces, opened))
    for selected in (True, False) if held else ():
        records[HOLDS, selected] = lambda: chain.from_iterable(map(_holds, held))
        records[SWEEPS, selected] = lambda: _sweeps(held)
        records[STRETCHES, selected] = lambda: _stretches(held)
    return records


def _traces(part: Part) -> Iterator[Trace]:
    with Recording(part.path) as recording, damage_told(part.path, "what its events say"):
        yield from traces_of(recording)


def _holds(part: Part) -> Iterator[Hold]:
    with Recording(part.path) as recording, damage_told(part.path, "what its events say"):
        yield from holds_of(recording)


def _sweeps(parts: Sequence[Part]) -> Sequence[Sweep]:
    return junction_sweeps([part.path for part in parts])


def _stretches(parts: Sequence[Part]) -> Iterator[HeldStretch]:
    """Yield the held stretches of recordings, junctions numbered without repeats."""
    first = 0
    for part in parts:
        last = first
        with Recording(part.path) as recording, damage_told(part.path, "what its events say"):
            for stretch in stretches_of(recording):
                last = first + stretch.junction
                yield replace(stretch, junction=last)
        first = last + 1


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
