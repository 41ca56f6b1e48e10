"""MATLAB files (.mat): versions 4 to 7 with scipy, 7.3 (HDF5) with h5py."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.importers.headings import free_name
from analysis.importers.imported import ForeignFile, Piece
from analysis.importers.options import Layout, Orientation
from analysis.importers.orientation import LEAST_FIELDS, guess
from analysis.importers.quantities import AXES, ImportedColumn, channel_in, channel_name, split_header
from analysis.importers.registry import Importer
from analysis.importers.units import unit_of

_BLOCK = 2**20
_SETTINGS = {
    name: name for name in ("series_resistance_ohm", "opening_speed_m_per_s", "current_gain_V_per_A")
}
_SETTINGS |= dict.fromkeys(("rate_Hz", "fs", "Fs"), "rate_Hz")
"""Settings by the names of variables."""
_LOOK_AT = 4000


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
        with ExitStack() as stack:
            variables = _variables(path, stack)
            left = ", ".join(
                name for name, value in variables if not _is_table(value) and value.dtype.kind in "fiuc"
            )
            remarks = (f"not read, because they are complex or of three dimensions: {left}",) if left else ()
            for piece in _pieces(path.name, variables, layout):
                empty = False
                yield replace(piece, remarks=(*piece.remarks, *remarks))
    except Exception as error:  # both libraries raise whatever the first wrong byte leads to
        cause = " ".join(str(error).split())[:100]
        raise ForeignFile(f"{path}: not a readable MATLAB file ({cause})") from error
    if empty:
        raise ForeignFile(f"{path}: a MATLAB file without vectors or matrices of real numbers")


def _variables(path: Path, stack: ExitStack) -> list[tuple[str, Any]]:
    """Return the variables; those of version 7.3 are datasets of a file that stays open with ``stack``."""
    with path.open("rb") as file:
        is_hdf5 = b"MATLAB 7.3" in file.read(128)
    if not is_hdf5:
        return list(_from_scipy(path))
    import h5py

    opened = stack.enter_context(h5py.File(path))
    datasets: list[tuple[str, Any]] = []

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and "#" not in name:
            datasets.extend(_from_hdf5(name.replace("/", "."), item, opened))

    opened.visititems(visit)
    return datasets


def _from_hdf5(name: str, item: Any, file: Any) -> Iterator[tuple[str, Any]]:
    """Yield a variable, or those in a cell, which is a dataset of references; neither texts nor empty ones."""
    if item.dtype.kind == "O":
        for number, reference in enumerate(item[()].ravel(), 1):
            target = file[reference]
            if hasattr(target, "dtype"):
                yield from _from_hdf5(f"{name}{{{number}}}", target, file)
            else:  # a structure
                for field in target:
                    yield from _from_hdf5(f"{name}{{{number}}}.{field}", target[field], file)
    elif item.attrs.get("MATLAB_class", b"") != b"char" and "MATLAB_empty" not in item.attrs:
        yield name, item


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


def _pieces(file: str, variables: Sequence[tuple[str, Any]], layout: Layout) -> Iterator[Piece]:
    numeric = [(name, value) for name, value in variables if _is_table(value) and value.size > 0]
    known = _settings([(name, _number(value)) for name, value in numeric if value.size == 1])
    vectors: dict[tuple[str, int], list[tuple[str, Any]]] = {}
    for name, value in numeric:
        if 1 < value.size == max(value.shape):
            vectors.setdefault((_place(name), value.size), []).append((name, value))
    matrices = [(name, value) for name, value in numeric if value.size > max(value.shape, default=1)]
    shared: set[str] = set()
    pieces = []
    for name, value in matrices:
        axes = [v for (place, _), v in vectors.items() if place in ("", _place(name))]
        found, used = _matrix(file, name, value, layout, [x for members in axes for x in members])
        pieces += [_with(piece, known, _place(name)) for piece in found]
        shared |= used
    for (place, _), members in vectors.items():
        own = [(name, value) for name, value in members if name not in shared]
        if own:
            yield from (_with(piece, known, place) for piece in _vectors(file, place, own))
    yield from pieces


def _place(name: str) -> str:
    """Return the structure and cell of a variable: "runs{2}" for "runs{2}.current" and "{2}" for "current{2}"."""
    structure, _, last = name.rpartition(".")
    cell = re.search(r"\{\d+\}$", last)
    return structure + (cell[0] if cell else "")


def _word(name: str) -> str:
    """Return the name of a variable without its structure and cell."""
    return re.sub(r"\{\d+\}$", "", name.rpartition(".")[2])


def _settings(numbers: Sequence[tuple[str, float]]) -> dict[str, dict[str, float]]:
    """Return the values of each setting by the place of their variables; a bias may have any unit of its own."""
    known: dict[str, dict[str, float]] = {}
    for name, value in numbers:
        word, unit = split_header(_word(name))
        volts = unit_of(unit)
        if channel_in(word, unit) == "bias" and volts is not None and volts.base == "V":
            known.setdefault("bias_V", {})[_place(name)] = value * volts.factor
        elif _word(name) in _SETTINGS:
            known.setdefault(_SETTINGS[_word(name)], {})[_place(name)] = value
    return known


def _with(piece: Piece, known: Mapping[str, Mapping[str, float]], place: str) -> Piece:
    """Return a piece with the settings of its place, or with those that only one place gives."""
    settings, parts = {}, place.split(".")
    around = [".".join(parts[:n]) for n in range(len(parts), -1, -1)]
    for name, values in known.items():
        own = [values[each] for each in around if each in values]
        if own or len(set(values.values())) == 1:
            settings[name] = own[0] if own else next(iter(values.values()))
    return replace(piece, rate_Hz=settings.pop("rate_Hz", math.nan), settings=settings)


def _is_table(value: Any) -> bool:
    return value.dtype.kind in "fiu" and value.ndim <= 2


def _number(value: Any) -> float:
    return float(np.asarray(value).ravel()[0])


def _vectors(file: str, place: str, members: list[tuple[str, Any]]) -> Iterator[Piece]:
    columns: list[ImportedColumn] = []
    for name, _ in members:
        word, unit = split_header(_word(name))
        columns.append(ImportedColumn(free_name(channel_in(word, unit), columns), (), unit, name))
    length = members[0][1].size
    for first in range(0, length, _BLOCK):
        parts = tuple(
            ImportedColumn(c.name, _part(value, first), c.unit, c.heading)
            for c, (_, value) in zip(columns, members, strict=True)
        )
        yield Piece(file, parts, place, continues=first > 0)


def _part(value: Any, first: int) -> NDArray[Any]:
    if value.ndim == 1:
        return np.asarray(value[first : first + _BLOCK])
    block = value[:, first : first + _BLOCK] if value.shape[0] == 1 else value[first : first + _BLOCK, :]
    return np.asarray(block).ravel()


def _matrix(
    file: str, name: str, value: Any, layout: Layout, vectors: Sequence[tuple[str, Any]]
) -> tuple[list[Piece], set[str]]:
    """Return the traces of a matrix, and the vectors that are their common time, displacement or bias.

    Rows or columns are traces; a narrow matrix in a cell is a table of the quantities of one. A dataset of version 7.3
    holds its transpose.
    """
    stored_by_column = not isinstance(value, np.ndarray)
    rows, columns = value.shape[::-1] if stored_by_column else value.shape
    word, unit = split_header(_word(name))
    if layout.orientation is Orientation.TABLE or (
        layout.orientation is Orientation.AUTO and "{" in name and columns < LEAST_FIELDS <= rows
    ):
        table = np.asarray(value).T if stored_by_column else value
        named = tuple(ImportedColumn(f"column_{i + 1}", table[:, i].copy()) for i in range(columns))
        return [
            Piece(file, named, name, remarks=("each matrix is a table of a trace; otherwise: --columns",))
        ], set()
    by_row, reason = _by_row(value, (rows, columns), layout)
    side = "row" if by_row else "column"
    axes = _axes(vectors, columns if by_row else rows)
    pieces = []
    for number in range(rows if by_row else columns):
        trace = value[number] if by_row != stored_by_column else value[:, number]
        column = ImportedColumn(channel_name(word), np.ascontiguousarray(trace), unit, name)
        remark = f"{name}: each {side} is a trace ({reason})"
        place = f"{side} {number + 1}"
        group = f"{_place(name)} {place}"  # matrices of several quantities, such as current and bias
        pieces.append(
            Piece(file, (column, *axes.values()), f"{name} {place}", group=group, remarks=(remark,))
        )
    return pieces, set(axes)


def _axes(vectors: Sequence[tuple[str, Any]], length: int) -> dict[str, ImportedColumn]:
    """Return the times, displacements or biases of a length, by their names; none if there are other vectors of it."""
    found: dict[str, ImportedColumn] = {}
    for name, value in vectors:
        if value.size == length:
            word, unit = split_header(_word(name))
            found[name] = ImportedColumn(channel_name(word), np.asarray(value).ravel(), unit, name)
    names = [column.name for column in found.values()]
    return found if set(names) <= set(AXES) and len(set(names)) == len(names) else {}


def _by_row(value: Any, shape: tuple[int, int], layout: Layout) -> tuple[bool, str]:
    if layout.orientation in (Orientation.ROWS, Orientation.COLUMNS):
        return layout.orientation is Orientation.ROWS, "as stated"
    part = np.asarray(value[:_LOOK_AT, :_LOOK_AT], dtype=float)
    found = guess(list(part if isinstance(value, np.ndarray) else part.T))
    if min(shape) >= 3 and found.orientation is not Orientation.AUTO:
        return found.orientation is Orientation.ROWS, found.reason
    return shape[1] > shape[0], "the longer direction; otherwise: --rows or --columns"


IMPORTER = Importer("matlab", read_matlab, (".mat",))
