"""National Instruments TDMS files, with one trace in each group."""

import math
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from analysis.importers.imported import ForeignFile, Piece
from analysis.importers.quantities import ImportedColumn, channel_name
from analysis.importers.registry import Importer


def read_tdms(path: Path) -> list[Piece]:
    """Read the numeric channels of each group as the quantities of a trace.

    Units come from ``unit_string``, the rate from ``wf_increment``, both as NI's programs write them. Channels of
    a group that differ in length become separate traces. Text and time-stamp channels are listed in the remarks.

    Raises
    ------
    ForeignFile
        If the file is not a TDMS file, is truncated, or holds no numbers.
    """
    from nptdms import TdmsFile

    try:
        with path.open("rb") as opened:
            if opened.read(4) != b"TDSm":
                raise ValueError("it does not begin as one")  # npTDMS would take it for an empty file
        file = TdmsFile.read(path)
        groups = [
            (group.name, [(c.name, c[:], dict(c.properties)) for c in group.channels()])
            for group in file.groups()
        ]
    except Exception as error:  # npTDMS raises whatever the first wrong byte leads to
        cause = " ".join(str(error).split())[:100]
        raise ForeignFile(f"{path}: not a readable TDMS file ({cause})") from error
    pieces = [piece for name, channels in groups for piece in _group(path.name, f"group {name}", channels)]
    if not pieces:
        raise ForeignFile(f"{path}: a TDMS file without channels of real numbers")
    return pieces


def _group(file: str, place: str, channels: list[tuple[str, Any, dict[str, Any]]]) -> list[Piece]:
    numeric = [(n, v, p) for n, v, p in channels if np.asarray(v).dtype.kind in "fiu" and len(v)]
    other = sorted({name for name, *_ in channels} - {name for name, *_ in numeric})
    remarks = (f"not read, because they hold no numbers: {', '.join(other)}",) if other else ()
    by_length: dict[int, list[tuple[str, Any, dict[str, Any]]]] = defaultdict(list)
    for channel in numeric:
        by_length[len(channel[1])].append(channel)
    pieces = []
    for members in by_length.values():
        steps = {float(p.get("wf_increment", 0.0)) for _, _, p in members}
        rate_Hz = 1.0 / steps.pop() if len(steps) == 1 and min(steps) > 0 else math.nan
        origin = () if math.isnan(rate_Hz) else ("rate from wf_increment",)
        where = place if len(by_length) == 1 else f"{place}, {', '.join(name for name, *_ in members)}"
        pieces.append(Piece(file, _quantities(members), where, rate_Hz, remarks=(*remarks, *origin)))
    return pieces


def _quantities(members: list[tuple[str, Any, dict[str, Any]]]) -> tuple[ImportedColumn, ...]:
    quantities: list[ImportedColumn] = []
    for name, values, properties in members:
        channel = channel_name(name)
        if any(channel == quantity.name for quantity in quantities):
            channel = f"{channel}_{len(quantities)}"
        quantities.append(
            ImportedColumn(channel, np.asarray(values), str(properties.get("unit_string", "")).strip())
        )
    return tuple(quantities)


IMPORTER = Importer("tdms", read_tdms, (".tdms",))
