"""Provenance of the rate, settings and units of imported traces, and a list of what is unknown."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from analysis.importers.convert import offset_in
from analysis.importers.imported import (
    CALCULATED,
    OPENING,
    SETTINGS,
    SWEEP,
    ImportedTrace,
    ImportOptions,
    Piece,
    stated,
)
from analysis.importers.quantities import ImportedColumn, channel_of, is_logarithm, known_unit, to_si
from analysis.importers.spool import BLOCK
from analysis.importers.survey import BROKEN_G0, CLOSED_G0, Facts
from analysis.recording.header import RecordedChannel

CONDUCTING = ("current", "conductance", "current_density", "resistance")
"""Quantities of which one must be known for any analysis."""

TRACE_NUMBER = "trace"
"""Column with the number of the trace."""

_SOME = 0.1
"""Share of negative traces from which on the bias is likely to alternate."""

SEVERAL = 3
"""Openings in one trace from which on it is likely to be a channel with many traces."""


@dataclass
class Provenance:
    """Notes on the source of each value, in phrases; each phrase once."""

    from_file: dict[str, None] = field(default_factory=dict)
    from_options: dict[str, None] = field(default_factory=dict)


def rate_of(piece: Piece) -> float | None:
    """Return the samples per second from the file, or from its column of evenly spaced times; None if unknown.

    The rate is rounded to six digits, so that equal rates are equal numbers. Times are evenly spaced if no step
    differs by more than 1 % from the median one, in the first block.
    """
    rate_Hz = piece.rate_Hz
    for quantity in piece.quantities:
        if quantity.name != "time" or not known_unit(quantity.unit):
            continue
        seconds = to_si(quantity.part(0, BLOCK))
        if seconds.unit == "s" and len(seconds.values) > 2:
            steps = np.diff(seconds.values)
            steps = steps[~(steps < 0.0)]  # where the next trace begins
            typical = float(np.median(steps)) if steps.size else 0.0
            if typical > 0 and np.all(np.abs(steps - typical) < 0.01 * typical):
                rate_Hz = 1.0 / float(np.mean(steps))  # the median is off where times are rounded
    return None if np.isnan(rate_Hz) else float(f"{rate_Hz:.6g}")


def common_rate(rates: Sequence[float | None], options: ImportOptions, notes: Provenance) -> float:
    """Return the common rate of the recording; NaN if unknown, or if the files differ."""
    distinct = {rate for rate in rates if rate is not None}
    if len(distinct) > 1:
        notes.from_file[f"different rates: {min(distinct):g} to {max(distinct):g} Hz"] = None
        return float("nan")
    if distinct:
        notes.from_file[f"rate: {min(distinct):g} Hz"] = None
        return distinct.pop()
    if not np.isnan(options.rate_Hz):
        notes.from_options[f"rate: {options.rate_Hz:g} Hz"] = None
    return options.rate_Hz


def common_settings(pieces: Sequence[Piece], options: ImportOptions, notes: Provenance) -> dict[str, Any]:
    """Return the settings that are the same for all pieces, and those that only the options give."""
    common: dict[str, Any] = {}
    names = dict.fromkeys(name for piece in pieces for name in piece.settings)
    for name in names:
        values = [piece.settings.get(name) for piece in pieces]
        if all(value == values[0] for value in values):
            common[name] = values[0]
            if isinstance(values[0], float):
                notes.from_file[stated(name, values[0])] = None
        elif name in SETTINGS:
            given = sorted({value for value in values if value is not None})
            missing = f", missing for {values.count(None)} parts" if None in values else ""
            notes.from_file[f"{stated(name, *dict.fromkeys((given[0], given[-1])))}{missing}"] = None
    for name, value in options.settings.items():
        if name not in names:
            common[name] = value
            notes.from_options[stated(name, value)] = None
    return common


def named(quantity: ImportedColumn, options: ImportOptions, notes: Provenance) -> ImportedColumn:
    """Return the column with the name and unit from the options if the file gives no known ones."""
    name, unit = quantity.name, quantity.unit
    if not name and len(options.units) == 1:
        (name,) = options.units
        notes.from_options[f"the values are: {name}"] = None
    name = name or "values"
    if quantity.stated:
        notes.from_options[f"column {quantity.heading or name!r} is: {name} in {unit}"] = None
    elif name in options.units and not known_unit(unit):
        instead = f" (the file has {unit!r}, an unknown unit)" if unit else ""
        unit = options.units[name]
        notes.from_options[f"unit of {name}: {unit}{instead}"] = None
    elif unit:
        notes.from_file[f"unit of {name}: {unit}"] = None
    column = replace(quantity, name=name, unit=unit)
    if is_logarithm(column):
        notes.from_file[f"{channel_of(column)} from its logarithm: always positive, its sign is lost"] = None
    return column


def corrections(options: ImportOptions, channels: Sequence[str], notes: Provenance) -> None:
    """Note the corrections that the user asks for, of the channels that there are."""
    for name in sorted(options.inverted & set(channels)):
        notes.from_options[f"sign of {name}: inverted"] = None
    for name, (value, unit) in options.offsets.items():
        offset_in(name, (value, unit))
        if name not in channels:
            continue
        notes.from_options[f"offset of {name}: {value:g} {unit}, subtracted"] = None
    amplifier = options.log_amplifier
    if amplifier is not None:
        scale = amplifier.scale_decades
        error = "" if np.isnan(scale) else f", common uncertainty {scale:g} decades"
        notes.from_options[
            f"logarithmic amplifier: {amplifier.reference_A:g} A at {amplifier.zero_V:g} V, {amplifier.slope_V:g} V "
            f"per decade{error}"
        ] = None


def unknowns(
    traces: Sequence[ImportedTrace],
    channels: Sequence[RecordedChannel],
    rate_Hz: float,
    common: Mapping[str, Any],
) -> tuple[str, ...]:
    """Return the unknown properties, one phrase each."""
    units = {channel.name: channel.unit for channel in channels}
    given = set(common).union(*(trace.settings for trace in traces))
    unknown = [_unit_of(name) for name, unit in units.items() if not unit]
    if "values" in units:
        unknown.insert(0, "what the values are: --unit conductance=G0, or --unit current=nA")
    elif not any(_base_of(name) in CONDUCTING for name in units):
        alike = Counter(re.sub(r"_?\d+$", "", name) for name in units).most_common(1)[0][1]
        many = ", or, if each column is a trace: --columns; if x and y repeat: --pairs" if alike > 5 else ""
        unknown.insert(0, f"which column is the current or the conductance: --column current=2:nA{many}")
    elif {"current", "bias"} <= set(units) and not any(
        {"current", "bias"} <= set(names_of(trace)) for trace in traces
    ):
        unknown.append(
            "the bias of each current (no trace has both, as their numbers of samples differ): --bias-mV 100"
        )
    if np.isnan(rate_Hz):
        unknown.append("sampling rate")
    moved = "opening_speed_m_per_s" in given and not np.isnan(rate_Hz)
    if not (moved or units.get("extension") == "m" or all(SWEEP in trace.flags for trace in traces)):
        unknown.append("displacement")
    if "bias_V" not in given and "bias" not in units:
        unknown.append(SETTINGS["bias_V"].label)
    if "series_resistance_ohm" not in given:
        unknown.append(SETTINGS["series_resistance_ohm"].label)
        if any(CALCULATED in trace.flags for trace in traces):
            unknown.append(
                "whether the voltage includes the series resistance (taken as that of the junction)"
            )
    unknown += [
        f"what {name} is, a second column of {second[1]} (not analysed): --columns, if each is a trace; or "
        f"--column {second[1]}=NUMBER, if it is this one"
        for name in units
        if (second := re.fullmatch(r"(current|conductance)_\d+", name)) is not None
    ]
    if units.get("current") == "V" and "current_gain_V_per_A" not in given:
        unknown.append(SETTINGS["current_gain_V_per_A"].label)
    if "current_density" in units:
        unknown.append("area of the electrode")
    return tuple(unknown)


def names_of(trace: ImportedTrace) -> list[str]:
    """Return the channels of a trace."""
    return [column.name for column in trace.read(trace.start, trace.start + 1)]


def _base_of(name: str) -> str:
    return name.removeprefix("log_").removeprefix("ln_").removeprefix("absolute_")


def _unit_of(name: str) -> str:
    logarithm = name.startswith(("log_", "ln_"))
    return f"unit of {name}" + (
        f": a logarithm; say of what number, such as --unit {name}=G0" if logarithm else ""
    )


def several_traces(traces: Sequence[ImportedTrace], facts: Sequence[Facts]) -> tuple[str, ...]:
    """Return a phrase if most traces open several times, or open and close: they are likely to need a cut."""
    own = [f for trace, f in zip(traces, facts, strict=True) if SWEEP not in trace.flags]
    openings = [f.openings for f in own]
    usual = sorted(openings)[len(openings) // 2] if openings else 0
    both = sum(f.openings > 0 and f.closings > 0 for f in own)
    numbers = [each.extremes[TRACE_NUMBER] for each in facts if TRACE_NUMBER in each.extremes]
    if any(low < high for low, high in numbers):
        return (
            f"where a trace begins and ends: --long, if the column {TRACE_NUMBER!r} tells the traces apart",
        )
    if usual < SEVERAL and 2 * both <= len(own):
        return ()
    seen = (
        f"the conductance opens {usual} times in one"
        if usual >= SEVERAL
        else f"{both} of {len(own)} hold an opening and a closing"
    )
    return (f"where a trace begins and ends ({seen}): --cut-between {CLOSED_G0:g} {BROKEN_G0:g}",)


def reversed_displacement(facts: Sequence[Facts]) -> tuple[str, ...]:
    """Return a phrase if the displacement falls in most traces that open, or rises in most that close."""
    known = [f for f in facts if f.direction and f.withdrawn]
    wrong = sum((f.withdrawn < 0.0) == (f.direction == OPENING) for f in known)
    if 2 * wrong <= len(known):
        return ()
    return (
        f"the sign of the displacement (it falls while the junction opens, in {wrong} of {len(known)} traces): "
        "--invert extension",
    )


def reversed_signs(traces: Sequence[ImportedTrace], facts: Sequence[Facts]) -> tuple[str, ...]:
    """Return a phrase if most traces have a negative conductance: current or bias then has the wrong sign."""
    sums = [
        each.conductance_sum
        for trace, each in zip(traces, facts, strict=True)
        if SWEEP not in trace.flags and not np.isnan(each.conductance_sum)
    ]
    negative = sum(total < 0.0 for total in sums)
    channel = "current" if any(CALCULATED in trace.flags for trace in traces) else "conductance"
    if 2 * negative <= len(sums) and negative >= max(2, _SOME * len(sums)):
        return (
            f"the bias of each trace (the conductance is negative in {negative} of {len(sums)} traces, as if the bias "
            f"alternated): give a column of the bias, or import both signs apart, the negative with --invert {channel}",
        )
    if 2 * negative <= len(sums):
        return ()
    ranges = [each.extremes["conductance"] for each in facts if "conductance" in each.extremes]
    low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
    logarithm = ""
    if channel == "conductance" and low < -1.0 and 0.3 < high < 3.0:
        logarithm = "; if it is a logarithm, its unit says so: --unit 'conductance=log10(G/G0)'"
    return (
        f"the sign of current and bias (the conductance is negative in {negative} of {len(sums)} traces): "
        f"--invert {channel}{logarithm}",
    )
