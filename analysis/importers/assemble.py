"""Assembly of the pieces of all files to traces with the same channels, in SI."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.importers.convert import in_si
from analysis.importers.cut import every, traces_between, where_it_begins_anew, where_it_changes
from analysis.importers.imported import (
    CALCULATED,
    CLOSING,
    OPENING,
    SWEEP,
    ForeignFile,
    ImportedTrace,
    ImportedTraces,
    ImportOptions,
    Piece,
)
from analysis.importers.options import Orientation
from analysis.importers.provenance import (
    Provenance,
    common_rate,
    common_settings,
    corrections,
    named,
    names_of,
    rate_of,
    reversed_displacement,
    reversed_signs,
    several_traces,
    unknowns,
)
from analysis.importers.quantities import OVERLOAD, ImportedColumn, UnknownUnit
from analysis.importers.spool import BLOCK
from analysis.importers.survey import Facts, survey
from analysis.importers.unused import unused
from analysis.recording.header import RecordedChannel

_ORDER = ("conductance", "current", "bias", "extension", "current_density", "time")
_FEWEST_FOR_A_SWEEP = 8


@dataclass(frozen=True, eq=False)
class _Source:
    """Columns of one trace, or of one long channel, as in the file."""

    name: str
    columns: tuple[ImportedColumn, ...]
    own: Mapping[str, Any]
    settings: Mapping[str, Any]
    options: ImportOptions

    def read(self, start: int, stop: int) -> tuple[ImportedColumn, ...]:
        """Return samples in SI. Raises `ForeignFile` with the name of the source."""
        try:
            return in_si([column.part(start, stop) for column in self.columns], self.options, self.settings)
        except UnknownUnit as error:
            raise ForeignFile(f"{self.name}: {error}") from None

    def read_alone(self, start: int, stop: int) -> tuple[ImportedColumn, ...]:
        """Return samples in SI without a conductance: it has no value where a sweep crosses zero bias."""
        columns = self.read(start, stop)
        return columns[len(columns) - len(self.columns) :]

    def values(self, name: str) -> Iterator[NDArray[np.float64]]:
        """Yield the values of a channel, a block at a time. Raises `ForeignFile` without it."""
        for first in range(0, len(self.columns[0]), BLOCK):
            part = self.read(first, min(first + BLOCK, len(self.columns[0])))
            values = next((column.values for column in part if column.name == name), None)
            if values is None:
                raise ForeignFile(_cannot_cut(self, name, part))
            yield np.asarray(values, dtype=float)


def assemble(pieces: Sequence[Piece], options: ImportOptions) -> ImportedTraces:
    """Assemble the pieces to traces.

    Information in a file takes precedence over the options, except columns that the user names together with their
    unit. NaN before the first and after the last value of a trace is padding: it is trimmed and counted. Numbers and
    words with which meters report an overload become infinite and are counted. Every other value is kept unchanged.

    Parameters
    ----------
    pieces : sequence of Piece
    options : ImportOptions

    Returns
    -------
    ImportedTraces
        In the order of the pieces; rows or columns without a single value are left out and counted.

    Raises
    ------
    ForeignFile
        If a unit is unknown; the message names file, column and the option that gives it.
    """
    notes, counts = Provenance(), Counter[str]()
    rates = [rate_of(piece) for piece in pieces]
    rate_Hz = common_rate(rates, options, notes)
    common = common_settings(pieces, options, notes)
    read: list[ImportedColumn] = []
    found: list[tuple[ImportedTrace, Facts]] = []
    for members in _grouped(pieces):
        own = {n: v for i in members for n, v in pieces[i].settings.items() if n not in common}
        if len(set(rates)) > 1:
            own["rate_Hz"] = next((rates[i] for i in members if rates[i] is not None), None)
        together = {q.name: q for i in members for q in reversed(pieces[i].quantities)}
        own_columns = [q for i in members for q in pieces[i].quantities if q is together[q.name]]
        columns = tuple(named(q, options, notes) for q in own_columns)
        read += own_columns
        label = " + ".join(pieces[i].source for i in members)
        source = _Source(label, columns, own, {**common, **own}, options)
        found += _traces(source, counts)
    facts = [facts for _, facts in found]
    traces = _with_reasons_to_reject(_without_copies([trace for trace, _ in found], facts))
    _count_odd_values(facts, counts)
    channels = _channels(traces)
    corrections(options, [channel.name for channel in channels], notes)
    ineffective = unused(options, read, common, rate_Hz)
    remarks = dict.fromkeys(remark for piece in pieces for remark in piece.remarks)
    return ImportedTraces(
        tuple(traces),
        channels,
        rate_Hz,
        common,
        (*remarks, *notes.from_file),
        (*notes.from_options, *ineffective),
        (
            *unknowns(traces, channels, rate_Hz, common),
            *several_traces(traces, facts),
            *reversed_signs(traces, facts),
            *reversed_displacement(facts),
        ),
        dict(counts),
        tuple(dict.fromkeys(piece.file for piece in pieces)),
        _directions(facts),
        _extremes(facts),
    )


def _grouped(pieces: Sequence[Piece]) -> list[list[int]]:
    """Return the indices of the pieces that form one trace each: same group, same length, different quantities."""
    groups: dict[Any, list[int]] = defaultdict(list)
    names: dict[Any, set[str]] = defaultdict(set)
    for i, piece in enumerate(pieces):
        own = {piece.quantities[0].name} if piece.group else set()
        key: Any = (piece.group, len(piece.quantities[0])) if piece.group else i
        if own & names[key]:
            key = i
        groups[key].append(i)
        names[key] |= own
    return [members for members in groups.values() if members]


def _traces(source: _Source, counts: Counter[str]) -> list[tuple[ImportedTrace, Facts]]:
    """Return the traces of a source with their facts; those without a value are counted and left out."""
    found = []
    for start, stop in _spans(source, counts):
        beginning = source.read(start, min(stop, start + BLOCK))
        sweep = _is_sweep(beginning)
        read = source.read_alone if sweep else source.read
        facts = survey(source.columns, read, start, stop)
        if facts.stop <= facts.start:
            counts["samples of padding trimmed"] += stop - start
            counts["rows or columns without a value"] += 1
            continue
        counts["samples of padding trimmed"] += stop - facts.stop + facts.start - start
        whole = (start, stop) == (0, len(source.columns[0]))
        place = source.name if whole else f"{source.name} sample {start}"
        calculated = len(beginning) > len(source.columns) and not sweep
        flags = ((SWEEP,) if sweep else ()) + ((CALCULATED,) if calculated else ())
        flags += (CLOSING,) if facts.direction == CLOSING and not sweep else ()
        bias_V = float(source.settings.get("bias_V", np.nan))
        found.append((ImportedTrace(place, read, facts.start, facts.stop, bias_V, source.own, flags), facts))
    return found


def _spans(source: _Source, counts: Counter[str]) -> list[tuple[int, int]]:
    length, cut = len(source.columns[0]), source.options.cut
    high, low = cut.between_G0
    if high:
        spans, left_out = traces_between(source.values("conductance"), high, low)
        counts["samples before the first and after the last trace of a cut channel, left out"] += left_out
        if not spans:
            is_reversed = any((values <= -high).any() for values in source.values("conductance"))
            raise ForeignFile(
                f"{source.name}: the conductance does not go between {high:g} and {low:g} G0, so it was not cut into "
                + (
                    "traces; it is negative: --invert current"
                    if is_reversed
                    else "traces; choose other limits for --cut-between"
                )
            )
        return spans
    if source.options.layout.orientation is Orientation.LONG:
        return where_it_changes(source.values("trace"))
    if cut.every or not length:
        return every(length, cut.every) if length else [(0, 0)]
    spans = _where_it_begins_anew(source) or [(0, length)]
    counts["traces cut where the time or distance begins anew (otherwise: --table)"] += len(spans) - 1
    return spans


def _where_it_begins_anew(source: _Source) -> list[tuple[int, int]]:
    """Return the traces of columns whose time, or else distance, begins anew; none if the user states a table."""
    axis = next((c for name in ("time", "extension") for c in source.columns if c.name == name), None)
    if axis is None or source.options.layout.orientation is Orientation.TABLE:
        return []
    firsts = range(0, len(axis), BLOCK)
    return where_it_begins_anew(np.asarray(axis.values[at : at + BLOCK], dtype=float) for at in firsts)


def _cannot_cut(source: _Source, name: str, columns: Sequence[ImportedColumn]) -> str:
    names = ", ".join(column.name for column in columns)
    if name == "conductance":
        return (
            f"{source.name}: cannot cut between conductances, because only {names} is known; give the bias "
            "(--bias-mV 100), the gain (--gain-V-per-A) or the column (--column conductance=2:G0)"
        )
    return (
        f"{source.name}: --long: no column tells the number of the trace; name it, such as --column trace=1"
    )


def _count_odd_values(facts: Sequence[Facts], counts: Counter[str]) -> None:
    over = f"overloads of the meter ({OVERLOAD:g}, OVLD and the like), taken as infinite"
    counts[over] += sum(each.overloads for each in facts)
    counts["values kept that are NaN"] += sum(each.undefined for each in facts)
    same = "traces that repeat another sample by sample (left out of the analysis: each counts once)"
    counts[same] += sum(first != i for i, first in enumerate(_firsts(facts)))
    counts["values kept that are infinite"] += sum(each.infinite for each in facts)
    for name in [name for name, count in counts.items() if not count]:
        del counts[name]


def _directions(facts: Sequence[Facts]) -> dict[str, int]:
    found = Counter(each.direction for each in facts)
    return {name: found[name] for name in (OPENING, CLOSING) if found[name]}


def _extremes(facts: Sequence[Facts]) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    for each in facts:
        for name, (low, high) in each.extremes.items():
            lowest, highest = found.get(name, (low, high))
            found[name] = min(low, lowest), max(high, highest)
    return found


def _is_sweep(quantities: Sequence[ImportedColumn]) -> bool:
    """Return True if the bias changes in equal steps with few turning points, as in I-V sweeps."""
    bias = next((quantity.values for quantity in quantities if quantity.name == "bias"), np.empty(0))
    steps = np.diff(bias)
    steps = steps[steps != 0]
    if len(steps) < max(_FEWEST_FOR_A_SWEEP, len(bias) / 2):
        return False
    typical = np.median(np.abs(steps))
    even = np.abs(np.abs(steps) - typical) < 0.05 * typical
    turns = np.count_nonzero(np.diff(np.sign(steps)))
    return bool(np.mean(even) > 0.9 and turns <= len(steps) / 8)


def _without_copies(traces: Sequence[ImportedTrace], facts: Sequence[Facts]) -> list[ImportedTrace]:
    """Return the traces with the reason to leave out those that repeat another: they would make errors too small."""
    firsts = _firsts(facts)
    return [
        trace if firsts[i] == i else replace(trace, rejected=f"the same as {traces[firsts[i]].source}")
        for i, trace in enumerate(traces)
    ]


def _firsts(facts: Sequence[Facts]) -> list[int]:
    """Return for each trace the first one with its values; for one without two values that is the trace itself."""
    first_with: dict[bytes, int] = {}
    return [
        first_with.setdefault(each.digest, i)
        if any(low < high for low, high in each.extremes.values())
        else i
        for i, each in enumerate(facts)
    ]


def _with_reasons_to_reject(traces: Sequence[ImportedTrace]) -> list[ImportedTrace]:
    """Return the traces with the reason to keep one out of the statistics of the others.

    A trace whose conductance was calculated may occur a second time, in a block of conductances.
    """
    known = {trace for trace in traces if "conductance" in names_of(trace)}
    recorded = [trace for trace in traces if trace in known and CALCULATED not in trace.flags]
    judged = []
    for trace in traces:
        reason = trace.rejected
        if trace not in known and recorded:
            reason = "its conductance is not known"
        elif CALCULATED in trace.flags and not reason:
            reason = next((f"the same as {other.source}" for other in recorded if _same(trace, other)), "")
        judged.append(replace(trace, rejected=reason) if reason else trace)
    return judged


def _same(a: ImportedTrace, b: ImportedTrace) -> bool:
    """Return True if two conductances are equal within rounding to 32 bits and another lab's value of G0."""
    if len(a) != len(b):
        return False
    for one, other in zip(a.blocks(), b.blocks(), strict=True):
        first, second = (next(c.values for c in part if c.name == "conductance") for part in (one, other))
        if not np.allclose(first, second, rtol=1e-3, atol=1e-6, equal_nan=True):
            return False
    return True


def _channels(traces: Sequence[ImportedTrace]) -> tuple[RecordedChannel, ...]:
    seen: dict[str, set[tuple[str, Any]]] = defaultdict(set)
    for trace in traces:
        for column in trace.read(trace.start, trace.start + 1):
            seen[column.name].add((column.unit, column.values.dtype))
    channels = []
    for name in sorted(seen, key=lambda name: (_ORDER.index(name) if name in _ORDER else len(_ORDER), name)):
        units = {unit for unit, _ in seen[name]}
        single = all(dtype == np.float32 for _, dtype in seen[name])
        role = f"{name.replace('_', ' ')}, imported"
        channels.append(
            RecordedChannel(name, units.pop() if len(units) == 1 else "", role, "f4" if single else "f8")
        )
    return tuple(channels)
