"""Assembly of the pieces of all files to traces with the same channels, in SI."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from analysis.constants import G0_S
from analysis.importers.imported import (
    CALCULATED,
    SWEEP,
    ForeignFile,
    ImportedTrace,
    ImportedTraces,
    ImportOptions,
    Piece,
)
from analysis.importers.provenance import (
    Provenance,
    common_rate,
    common_settings,
    named,
    rate_of,
    reversed_signs,
    unknowns,
)
from analysis.importers.quantities import OVERLOAD, ImportedColumn, UnknownUnit, overloaded, to_si
from analysis.recording.header import RecordedChannel

_ORDER = ("conductance", "current", "bias", "extension", "current_density", "time")
_FEWEST_FOR_A_SWEEP = 8


def assemble(pieces: Sequence[Piece], options: ImportOptions) -> ImportedTraces:
    """Assemble the pieces to traces.

    Information in a file takes precedence over the options. NaN after the last value of a trace is padding: it is
    trimmed and counted. Numbers and words with which meters report an overload become infinite and are counted.
    Every other value is kept unchanged.

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
    traces = []
    for members in _grouped(pieces):
        read = [_in_si(pieces[i], q, options, notes, counts) for i in members for q in pieces[i].quantities]
        quantities = _trimmed(read, counts)
        if not len(quantities[0].values):
            counts["rows or columns without a value"] += 1
            continue
        own = {n: v for i in members for n, v in pieces[i].settings.items() if n not in common}
        if len(set(rates)) > 1:
            own["rate_Hz"] = next((rates[i] for i in members if rates[i] is not None), None)
        traces.append(_trace(" + ".join(pieces[i].source for i in members), quantities, own, common))
    traces = [replace(trace, rejected=_reason_to_reject(trace, traces)) for trace in traces]
    _count_odd_values(traces, counts)
    channels = _channels(traces)
    remarks = dict.fromkeys(remark for piece in pieces for remark in piece.remarks)
    return ImportedTraces(
        tuple(traces),
        channels,
        rate_Hz,
        common,
        (*remarks, *notes.from_file),
        tuple(notes.from_options),
        (*unknowns(traces, channels, rate_Hz, common), *reversed_signs(traces)),
        dict(counts),
        tuple(dict.fromkeys(piece.file for piece in pieces)),
    )


def _grouped(pieces: Sequence[Piece]) -> list[list[int]]:
    """Return the indices of the pieces that form one trace each: same group, same length, different quantities."""
    groups: dict[Any, list[int]] = defaultdict(list)
    for i, piece in enumerate(pieces):
        names = {quantity.name for quantity in piece.quantities}
        key: Any = (piece.group, len(piece.quantities[0].values)) if piece.group else i
        if any(names & {quantity.name for quantity in pieces[other].quantities} for other in groups[key]):
            key = i
        groups[key].append(i)
    return [members for members in groups.values() if members]


def _in_si(
    piece: Piece, quantity: ImportedColumn, options: ImportOptions, notes: Provenance, counts: Counter[str]
) -> ImportedColumn:
    quantity = named(quantity, options, notes)
    over = overloaded(quantity.values)
    if over.any():
        counts[f"overloads of the meter ({OVERLOAD:g}, OVLD and the like), taken as infinite"] += int(
            over.sum()
        )
        values = np.asarray(quantity.values, dtype=float)
        quantity = replace(quantity, values=np.where(over, np.copysign(np.inf, values), values))
    try:
        return to_si(quantity)
    except UnknownUnit as error:
        raise ForeignFile(f"{piece.source}: {error}") from None


def _trimmed(quantities: list[ImportedColumn], counts: Counter[str]) -> list[ImportedColumn]:
    defined = np.any([~np.isnan(quantity.values) for quantity in quantities], axis=0)
    stop = int(np.flatnonzero(defined)[-1]) + 1 if defined.any() else 0
    counts["samples of padding trimmed"] += len(defined) - stop
    return [ImportedColumn(quantity.name, quantity.values[:stop], quantity.unit) for quantity in quantities]


def _count_odd_values(traces: Sequence[ImportedTrace], counts: Counter[str]) -> None:
    for trace in traces:
        for quantity in trace.quantities:
            counts["values kept that are NaN"] += int(np.isnan(quantity.values).sum())
            counts["values kept that are infinite"] += int(np.isinf(quantity.values).sum())
    for name in [name for name, count in counts.items() if not count]:
        del counts[name]


def _trace(
    source: str, quantities: list[ImportedColumn], own: Mapping[str, Any], common: Mapping[str, Any]
) -> ImportedTrace:
    settings = {**common, **own}
    bias_V = float(settings.get("bias_V", np.nan))
    quantities = [_extension_in_m(quantity, settings) for quantity in quantities]
    if _is_sweep(quantities):
        return ImportedTrace(source, tuple(quantities), bias_V, own, (SWEEP,))
    conductance = _conductance(quantities, settings)
    if conductance is None:
        return ImportedTrace(source, tuple(quantities), bias_V, own)
    return ImportedTrace(source, (conductance, *quantities), bias_V, own, (CALCULATED,))


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


def _conductance(quantities: Sequence[ImportedColumn], settings: Mapping[str, Any]) -> ImportedColumn | None:
    """Return G = I / (V - I R_s) in units of G0; None unless current and voltage are known and the conductance is not.

    Without a known series resistance the voltage counts as that across the junction.
    """
    by_name = {quantity.name: quantity for quantity in quantities}
    if "conductance" in by_name or not {"current", "bias"} <= set(by_name) or by_name["bias"].unit != "V":
        return None
    per_unit_A = {"A": 1.0, "V": 1.0 / settings.get("current_gain_V_per_A", np.nan)}
    current_A = by_name["current"].values * per_unit_A.get(by_name["current"].unit, np.nan)
    if np.isnan(current_A).all():
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        junction_V = by_name["bias"].values - current_A * settings.get("series_resistance_ohm", 0.0)
        return ImportedColumn("conductance", current_A / junction_V / G0_S, "G0")


def _extension_in_m(quantity: ImportedColumn, settings: Mapping[str, Any]) -> ImportedColumn:
    if quantity.name != "extension" or quantity.unit != "V" or "extension_m_per_V" not in settings:
        return quantity
    return ImportedColumn("extension", quantity.values * settings["extension_m_per_V"], "m")


def _reason_to_reject(trace: ImportedTrace, traces: Sequence[ImportedTrace]) -> str:
    """Return the reason to keep a trace out of the statistics of the others; "" if there is none.

    A trace whose conductance was calculated may occur a second time, in a block of conductances.
    """
    recorded = [t for t in traces if t.values("conductance") is not None and CALCULATED not in t.flags]
    conductance = trace.values("conductance")
    if conductance is None:
        return "its conductance is not known" if recorded else ""
    if CALCULATED in trace.flags:
        for other in recorded:
            if _same(conductance, other.values("conductance")):
                return f"the same as {other.source}"
    return ""


def _same(a: Any, b: Any) -> bool:
    """Return True if two conductances are equal within rounding to 32 bits and another lab's value of G0."""
    return a.shape == b.shape and np.allclose(a, b, rtol=1e-3, atol=1e-6, equal_nan=True)


def _channels(traces: Sequence[ImportedTrace]) -> tuple[RecordedChannel, ...]:
    seen: dict[str, list[ImportedColumn]] = defaultdict(list)
    for trace in traces:
        for quantity in trace.quantities:
            seen[quantity.name].append(quantity)
    channels = []
    for name in sorted(seen, key=lambda name: (_ORDER.index(name) if name in _ORDER else len(_ORDER), name)):
        units = {quantity.unit for quantity in seen[name]}
        single = all(quantity.values.dtype == np.float32 for quantity in seen[name])
        role = f"{name.replace('_', ' ')}, imported"
        channels.append(
            RecordedChannel(name, units.pop() if len(units) == 1 else "", role, "f4" if single else "f8")
        )
    return tuple(channels)
