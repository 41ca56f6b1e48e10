"""MATLAB files (.mat): versions 4 to 7 with scipy, 7.3 (HDF5) with h5py."""

from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.importers.headings import free_name
from analysis.importers.imported import ForeignFile, Piece
from analysis.importers.options import Layout, Orientation
from analysis.importers.orientation import guess
from analysis.importers.quantities import ImportedColumn, channel_name, split_header
from analysis.importers.registry import Importer

_BLOCK = 2**20
_SETTINGS = {"bias_V", "series_resistance_ohm", "opening_speed_m_per_s", "current_gain_V_per_A"}
_LOOK_AT = 200


def read_matlab(path: Path, layout: Layout) -> Iterator[Piece]:
    """Yield the variables: vectors of one length form a trace, a matrix holds one trace in each column or row.

    Fields of structures and cells are read like variables. Names end in their unit ("current_nA"); numbers whose
    names are those of settings ("bias_V", "rate_Hz") are settings.

    Raises
    ------
    ForeignFile
        If the file is not a MATLAB file, or holds no real numbers.
    """
    empty = True
    try:
        with path.open("rb") as file:
            is_hdf5 = b"MATLAB 7.3" in file.read(128)
        source = _from_hdf5(path) if is_hdf5 else _from_scipy(path)
        for piece in _pieces(path.name, source, layout):
            empty = False
            yield piece
    except ForeignFile:
        raise
    except Exception as error:  # both libraries raise whatever the first wrong byte leads to
        cause = " ".join(str(error).split())[:100]
        raise ForeignFile(f"{path}: not a readable MATLAB file ({cause})") from error
    if empty:
        raise ForeignFile(f"{path}: a MATLAB file without vectors or matrices of real numbers")


def _from_scipy(path: Path) -> Iterator[tuple[str, Any]]:
    from scipy.io import loadmat

    content = loadmat(path, squeeze_me=True, struct_as_record=False)
    for name, value in content.items():
        if not name.startswith("__"):
            yield from _flat(name, value)


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the arrays in structures and cells."""
    fields = getattr(value, "_fieldnames", None)
    if fields is not None:
        for part in fields:
            yield from _flat(f"{name}.{part}", getattr(value, part))
    elif isinstance(value, np.ndarray) and value.dtype == object:
        for number, part in enumerate(value.ravel(), 1):
            yield from _flat(f"{name}{{{number}}}", part)
    else:
        yield name, np.asarray(value)


def _from_hdf5(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield the datasets while the file is open; MATLAB stores arrays transposed."""
    import h5py

    with h5py.File(path) as file:
        names: list[str] = []
        file.visititems(
            lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) and "#" not in name else None
        )
        for name in names:
            yield name.replace("/", "."), file[name]


def _pieces(file: str, source: Iterator[tuple[str, Any]], layout: Layout) -> Iterator[Piece]:
    settings: dict[str, Any] = {}
    vectors: dict[tuple[str, int], list[tuple[str, Any]]] = {}
    matrices: list[tuple[str, Any]] = []
    rate_Hz = float("nan")
    opened = []
    for name, value in source:
        last = name.rpartition(".")[2]
        if value.dtype.kind not in "fiu" or value.ndim > 2 or not value.size:
            continue
        long = max(value.shape, default=1)
        if value.size == 1:
            number = float(np.asarray(value).ravel()[0])
            if last in _SETTINGS:
                settings[last] = number
            elif last in ("rate_Hz", "fs", "Fs"):
                rate_Hz = number
        elif value.size == long:
            vectors.setdefault((name.rpartition(".")[0], long), []).append((name, value))
        else:
            matrices.append((name, value))
        opened.append(name)
        if hasattr(value, "file"):  # HDF5: read now, the file closes behind the last dataset
            continue
    for (place, _), members in vectors.items():
        yield from _vectors(file, place, members, rate_Hz, settings)
    for name, value in matrices:
        yield from _matrix(file, name, np.asarray(value), layout, rate_Hz, settings, transposed=hasattr(value, "file"))


def _vectors(
    file: str, place: str, members: list[tuple[str, Any]], rate_Hz: float, settings: Mapping[str, Any]
) -> Iterator[Piece]:
    columns: list[ImportedColumn] = []
    for name, _ in members:
        word, unit = split_header(name.rpartition(".")[2])
        columns.append(ImportedColumn(free_name(channel_name(word), columns), (), unit, name))
    length = members[0][1].size
    for first in range(0, length, _BLOCK):
        parts = tuple(
            ImportedColumn(c.name, _part(value, first), c.unit, c.heading)
            for c, (_, value) in zip(columns, members, strict=True)
        )
        yield Piece(file, parts, place, rate_Hz, settings, continues=first > 0)


def _part(value: Any, first: int) -> NDArray[Any]:
    if value.ndim == 1:
        return np.asarray(value[first : first + _BLOCK])
    block = value[:, first : first + _BLOCK] if value.shape[0] == 1 else value[first : first + _BLOCK, :]
    return np.asarray(block).ravel()


def _matrix(
    file: str,
    name: str,
    values: NDArray[Any],
    layout: Layout,
    rate_Hz: float,
    settings: Mapping[str, Any],
    *,
    transposed: bool,
) -> Iterator[Piece]:
    table = values.T if transposed else values
    orientation, reason = layout.orientation, "as stated"
    if orientation is Orientation.AUTO:
        found = guess([np.asarray(row[:2000], dtype=float) for row in table[:_LOOK_AT]])
        if found.orientation is Orientation.AUTO or len(table) < 3:
            orientation = Orientation.COLUMNS if table.shape[0] > table.shape[1] else Orientation.ROWS
            reason = "the longer direction; otherwise: --rows or --columns"
        else:
            orientation, reason = found.orientation, found.reason
    by_row = orientation is Orientation.ROWS
    word, unit = split_header(name.rpartition(".")[2])
    side = "row" if by_row else "column"
    for number, trace in zip(count(1), table if by_row else table.T, strict=False):
        column = ImportedColumn(channel_name(word), np.ascontiguousarray(trace), unit, name)
        remark = f"{name}: each {side} is a trace ({reason})"
        yield Piece(file, (column,), f"{name} {side} {number}", rate_Hz, settings, remarks=(remark,))


IMPORTER = Importer("matlab", read_matlab, (".mat",))
