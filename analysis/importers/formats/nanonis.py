"""Nanonis: spectra (.dat), grids of spectra (.3ds), and the lines of images (.sxm)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from analysis.importers.decoding import read_lines
from analysis.importers.formats.text import read_text
from analysis.importers.gather import gathered
from analysis.importers.headings import free_name
from analysis.importers.imported import ForeignFile, Piece
from analysis.importers.options import Layout, Orientation
from analysis.importers.quantities import ImportedColumn, channel_in, split_header
from analysis.importers.registry import Importer

_DATA = "[DATA]"
_MOST_HEADER_LINES = 1000
_BIAS = re.compile(r"(?:Bias>)?Bias \(V\)\t([-+0-9.eE]+)\t?")
_SWEEP = re.compile(r"\[(?:\d+|bwd|AVG)\]")
_SUFFIXES = (".dat", ".3ds", ".sxm")


def is_nanonis(path: Path) -> bool:
    """Return True for a grid, an image, or a spectrum by its line [DATA]. Raises `ForeignFile` for other content."""
    if path.suffix.lower() != ".dat":
        return True
    return any(line.strip() == _DATA for _, line in islice(read_lines(path), _MOST_HEADER_LINES))


def read_nanonis(path: Path, layout: Layout) -> Iterator[Piece]:
    """Yield the quantities of each spectrum as a trace; of an image those of each line, forward.

    Raises
    ------
    ForeignFile
        If the file is damaged or incomplete, or the reader of grids and images is not installed.
    """
    if path.suffix.lower() == ".dat":
        yield from _spectrum(path, layout)
        return
    try:
        from nanonispy2.read import Grid, Scan
    except ImportError:
        raise ForeignFile(
            f"{path}: reading Nanonis grids and images needs nanonispy2: pip install hotjunction[nanonis]"
        ) from None
    try:
        if path.suffix.lower() == ".3ds":
            pieces = list(_grid(path, Grid(str(path))))
        else:
            pieces = list(_image(path, Scan(str(path))))
    except Exception as error:  # nanonispy2 raises whatever the first wrong byte leads to
        cause = " ".join(str(error).split())[:100]
        raise ForeignFile(f"{path}: not a readable Nanonis file, or an incomplete one ({cause})") from error
    if not pieces:
        raise ForeignFile(f"{path}: a Nanonis file without a complete spectrum or line")
    yield from pieces


def _spectrum(path: Path, layout: Layout) -> Iterator[Piece]:
    for piece in gathered(read_text(path, layout)):
        header = piece.settings.get("lines_above", [])
        biases = [float(match[1]) for line in header if (match := _BIAS.fullmatch(line))]
        settings = dict(piece.settings)
        if biases and all(column.name != "bias" for column in piece.quantities):
            settings["bias_V"] = biases[0]
        whole = replace(piece, settings=settings, remarks=("Nanonis spectrum", *piece.remarks))
        yield from [whole] if layout.orientation is not Orientation.AUTO else _sweeps(whole)


def _sweeps(piece: Piece) -> list[Piece]:
    """Return the sweeps of a spectrum: "Current [00001] (A)" and "Current [bwd] (A)" are others than "Current (A)".

    Their mean is none, if they are there themselves.
    """
    sweeps: dict[str, list[ImportedColumn]] = {}
    for column in piece.quantities[1:]:
        sweeps.setdefault(" ".join(_SWEEP.findall(column.heading)), []).append(column)
    remarks = piece.remarks
    if any(char.isdigit() for sweep in sweeps for char in sweep):
        for mean in [sweep for sweep in sweeps if not re.search(r"\d", sweep)]:
            left_out = ", ".join(column.heading for column in sweeps.pop(mean))
            remarks += (f"left out, as the mean of the sweeps beside it: {left_out}",)
    if len(sweeps) < 2:
        return [piece]
    found = []
    for sweep, columns in sweeps.items():
        own = [piece.quantities[0]]
        for column in columns:
            name, unit = split_header(" ".join(_SWEEP.sub(" ", column.heading).split()))
            own.append(replace(column, name=free_name(channel_in(name, unit), own)))
        found.append(
            replace(piece, quantities=tuple(own), place=f"{piece.place} {sweep}".strip(), remarks=remarks)
        )
    return found


def _grid(path: Path, grid: Any) -> Iterator[Piece]:
    """Yield the spectra of a grid; those that were not recorded any more are left out."""
    header, signals = grid.header, grid.signals
    columns, rows = header["dim_px"]
    size = header["num_parameters"] + header["num_sweep_signal"] * header["num_channels"]
    recorded = (path.stat().st_size - grid.byte_offset) // (4 * size)
    remark = f"Nanonis grid of {columns} x {rows} spectra"
    if recorded < columns * rows:
        remark += f", of which {recorded} were recorded"
    axis = _column(str(header["sweep_signal"]), signals["sweep_signal"], [])
    for number in range(min(recorded, columns * rows)):
        row, column = divmod(number, columns)
        found = [axis]
        for name in header["channels"]:
            found.append(_column(name, signals[name][row, column], found))
        yield Piece(path.name, tuple(found), f"point {column + 1}, {row + 1}", remarks=(remark,))


def _image(path: Path, scan: Any) -> Iterator[Piece]:
    settings = _bias_of(scan.header)
    channels: Mapping[str, Mapping[str, Any]] = scan.signals
    units = dict(zip(scan.header["data_info"]["Name"], scan.header["data_info"]["Unit"], strict=True))
    lines = min(len(signal["forward"]) for signal in channels.values())
    for number in range(lines):
        found: list[ImportedColumn] = []
        for name, signal in channels.items():
            found.append(_column(f"{name} ({units[name]})", signal["forward"][number], found))
        if all(np.isnan(column.values).all() for column in found):
            continue
        remark = "Nanonis image: each line, forward, is a trace"
        yield Piece(path.name, tuple(found), f"line {number + 1}", settings=settings, remarks=(remark,))


def _bias_of(header: Mapping[str, Any]) -> dict[str, float]:
    return {"bias_V": float(header["bias"])} if "bias" in header else {}


def _column(heading: str, values: Any, others: list[ImportedColumn]) -> ImportedColumn:
    name, unit = split_header(heading)
    plain = np.ascontiguousarray(values, dtype=np.asarray(values).dtype.newbyteorder("="))
    return ImportedColumn(free_name(channel_in(name, unit), others), plain, unit, heading)


IMPORTER = Importer("nanonis", read_nanonis, _SUFFIXES, is_nanonis)
