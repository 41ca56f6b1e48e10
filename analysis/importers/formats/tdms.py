"""National Instruments TDMS files, with one trace in each group."""

import logging
import math
import struct
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from analysis.importers.headings import free_name
from analysis.importers.imported import ForeignFile, Piece
from analysis.importers.options import Layout
from analysis.importers.quantities import ImportedColumn, channel_in, split_header
from analysis.importers.registry import Importer
from analysis.importers.units import unit_of

_LEAD_IN = struct.Struct("<4sIIQQ")
"""Lead-in of a segment: tag, contents, version, length of the segment behind it, length of its description."""

_LONG = 2**22
"""Samples of all channels of a group above which they are read chunk by chunk."""

_MOST = {
    "segments": 2**20,
    "descriptions of channels": 2**21,
    "channels in a segment": 10_000,
    "entries": 2**24,
}
"""Numbers up to which npTDMS reads a file within minutes and 3 GB; entries are the channels of all segments."""

_MOST_TIMES, _FREE_SAMPLES = 100, 2**24
"""Samples that a file may claim, in its bytes; not asked for below ``_FREE_SAMPLES``."""

_METADATA, _NEW_LIST, _BIG_ENDIAN = 2, 4, 64
"""Bits of the contents of a segment."""


def read_tdms(path: Path, layout: Layout) -> Iterator[Piece]:
    """Yield the numeric channels of each group as the quantities of a trace.

    Units come from ``unit_string``, the rate from ``wf_increment``, both as NI's programs write them. Channels of
    a group that differ in length become separate traces; text and time-stamp channels are listed in the remarks. A
    file that ends inside a segment is read up to there, and the remarks say so. The index beside the file
    (.tdms_index) is not used, because it may belong to an older version of the file.

    Raises
    ------
    ForeignFile
        If the file is not a TDMS file, is damaged, or holds no numbers.
    """
    import nptdms
    import nptdms.log

    nptdms.log.log_manager.set_level(logging.ERROR)  # a file that was cut short is mentioned in the remarks
    empty = True
    try:
        with path.open("rb") as opened:
            if opened.read(4) != b"TDSm":
                raise ValueError("it does not begin as one")  # npTDMS would take it for an empty file
            whole = _walk(path, opened)
            opened.seek(0)
            with nptdms.TdmsFile.open(opened) as file:
                _demand_samples_fit(path, file)
                cut = _where_cut(file, whole)
                for group in file.groups():
                    for piece in _group(path.name, group.name, group.channels(), cut):
                        empty = False
                        yield piece
    except ForeignFile:
        raise
    except Exception as error:  # npTDMS raises whatever the first wrong byte leads to
        cause = " ".join(str(error).split())[:100]
        raise ForeignFile(f"{path}: not a readable TDMS file ({cause})") from error
    if empty:
        raise ForeignFile(f"{path}: a TDMS file without channels of real numbers")


def _walk(path: Path, file: BinaryIO) -> bool:
    """Return True if the last segment ends where the file does, by the lead-ins of all segments.

    Raises
    ------
    ForeignFile
        If the lists of channels, which are all kept in memory, are too long.
    """
    size, at = file.seek(0, 2), 0
    segments = described = listed = entries = 0
    while at + _LEAD_IN.size <= size:
        file.seek(at)
        tag, contents, _, length, _ = _LEAD_IN.unpack(file.read(_LEAD_IN.size))
        if tag != b"TDSm":
            return False
        if contents & _METADATA:
            count = int.from_bytes(file.read(4), "big" if contents & _BIG_ENDIAN else "little")
            listed = count + (0 if contents & _NEW_LIST else listed)
            described += count
        segments, entries = segments + 1, entries + listed
        for (what, most), found in zip(_MOST.items(), (segments, described, listed, entries), strict=True):
            if found > most:
                raise ForeignFile(
                    f"{path}: more than {most} {what}, too many to be read; defragment the file (TDMS Defragment in "
                    "LabVIEW), or split it"
                )
        at += _LEAD_IN.size + length
    return at == size


def _demand_samples_fit(path: Path, file: Any) -> None:
    """Raise `ForeignFile` if the file claims far more samples than it has bytes; a file cut short claims a few times.

    npTDMS takes memory for what a segment claims, and tells that only in a private list.
    """
    size = path.stat().st_size
    claims = [sum(len(channel) for group in file.groups() for channel in group.channels())]
    segments = file._reader._segments or ()  # noqa: SLF001
    claims += [sum(o.number_values for o in segment.ordered_objects if o.has_data) for segment in segments]
    if max(claims) > max(_MOST_TIMES * size, _FREE_SAMPLES):
        raise ForeignFile(
            f"{path}: damaged: it claims {max(claims):.3g} samples, but has only {size:.3g} bytes"
        )


def _where_cut(file: Any, whole: bool) -> tuple[str, ...]:
    """Return a remark on a file that ends inside a segment."""
    status = file.file_status
    if whole and not status.incomplete_final_segment:
        return ()
    lost = [
        f"{path.replace(chr(39), '').strip('/')} has {read.read_length} of {read.expected_length} samples of it"
        for path, read in (status.channel_statuses or {}).items()
        if read.read_length < read.expected_length
    ]
    return (f"the file ends inside a segment (cut short); {', '.join(lost) or 'the rest of it is lost'}",)


def _group(file: str, name: str, channels: Sequence[Any], cut: tuple[str, ...]) -> Iterator[Piece]:
    numeric = [c for c in channels if c.data_type is not None and c.dtype.kind in "fiu" and len(c)]
    settings, numeric = _constant_bias(numeric)
    other = sorted(
        c.name for c in channels if not (c.data_type is not None and c.dtype.kind in "fiu" and len(c))
    )
    remarks = (*cut, *((f"not read, because they hold no numbers: {', '.join(other)}",) if other else ()))
    by_length: dict[int, list[Any]] = defaultdict(list)
    for channel in numeric:
        by_length[len(channel)].append(channel)
    if len(by_length) > 1:
        lengths = ", ".join(f"{c.name} {len(c)}" for c in numeric)
        remarks += (f"group {name}: channels of different lengths are separate traces ({lengths})",)
    for members in by_length.values():
        steps = {float(c.properties.get("wf_increment", 0.0)) for c in members} - {0.0}
        rate_Hz = 1.0 / steps.pop() if len(steps) == 1 and min(steps) > 0 else math.nan
        origin = () if math.isnan(rate_Hz) else ("rate from wf_increment",)
        place = f"group {name}" + ("" if len(by_length) == 1 else f", {', '.join(c.name for c in members)}")
        columns = _columns(members)
        for number, values in enumerate(_blocks(members)):
            filled = tuple(
                ImportedColumn(c.name, v, c.unit, c.heading) for c, v in zip(columns, values, strict=True)
            )
            yield Piece(
                file, filled, place, rate_Hz, settings, remarks=(*remarks, *origin), continues=number > 0
            )


def _constant_bias(channels: list[Any]) -> tuple[dict[str, float], list[Any]]:
    """Return the bias as a setting if a channel holds one sample of it beside longer ones, and the other channels."""
    for channel, column in zip(channels, _columns(channels), strict=True):
        unit = unit_of(column.unit)
        if (
            column.name == "bias"
            and len(channel) == 1 < max(map(len, channels))
            and unit
            and unit.base == "V"
        ):
            return {"bias_V": float(channel[0]) * unit.factor}, [c for c in channels if c is not channel]
    return {}, channels


def _columns(members: Sequence[Any]) -> list[ImportedColumn]:
    columns: list[ImportedColumn] = []
    for channel in members:
        word, unit_in_name = split_header(channel.name)
        unit = _unit_of(channel) or unit_in_name
        name = free_name(channel_in(word, unit), columns)
        columns.append(ImportedColumn(name, (), unit, channel.name))
    return columns


def _unit_of(channel: Any) -> str:
    """Return the unit from the properties that DAQmx and LabVIEW write."""
    written = (channel.properties.get(name, "") for name in ("unit_string", "NI_UnitDescription"))
    return next((text for each in written if (text := str(each).strip())), "")


def _blocks(members: Sequence[Any]) -> Iterator[list[NDArray[Any]]]:
    """Yield the values of channels of equal length in steps: chunk by chunk if they are long."""
    if len(members[0]) * len(members) <= _LONG:
        yield [np.asarray(channel[:]) for channel in members]
        return
    chunks = [channel.data_chunks() for channel in members]
    waiting = [np.empty(0, channel.dtype) for channel in members]
    for parts in zip(*chunks, strict=True):
        waiting = [np.concatenate([w, np.asarray(p[:])]) for w, p in zip(waiting, parts, strict=True)]
        ready = min(map(len, waiting))
        if ready:
            yield [w[:ready] for w in waiting]
            waiting = [w[ready:] for w in waiting]


IMPORTER = Importer("tdms", read_tdms, (".tdms",))
