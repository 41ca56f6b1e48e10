"""Igor text files (.itx): waves in text, with commands that give their scaling."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from analysis.importers.decoding import read_lines
from analysis.importers.fields import number_in
from analysis.importers.formats.endings import WholeLines
from analysis.importers.formats.igor_wave import Scaling, pieces_of, single_wave
from analysis.importers.imported import ForeignFile, Piece
from analysis.importers.options import Layout
from analysis.importers.registry import Importer

_SCALE = re.compile(
    r"X\s+SetScale(?:\s*/(?P<how>[PI]))?\s+(?P<axis>[xd])\s*,?\s*(?P<first>[^,]+),\s*(?P<second>[^,]+),\s*"
    r'"(?P<unit>[^"]*)"\s*,\s*(?P<waves>.+)',
    re.IGNORECASE,
)
_DATA_SCALE = re.compile(
    r'X\s+SetScale\s+d\s*,?\s*[^,]+,\s*[^,]+,\s*"(?P<unit>[^"]*)"\s*,\s*(?P<waves>.+)', re.IGNORECASE
)


@dataclass
class _Wave:
    name: str
    columns: int = 1
    is_text: bool = False
    rows: list[list[float]] = field(default_factory=list)
    scaling: Scaling = field(default_factory=Scaling)
    unit: str = ""
    ended: bool = False


def read_igor_text(path: Path, layout: Layout) -> Iterator[Piece]:
    """Yield the waves; those of two dimensions hold a trace in each column.

    The commands ``SetScale`` give the spacing of the rows and the unit of the values; other commands are skipped.

    Raises
    ------
    ForeignFile
        If the file is not an Igor text file, or a value is not a number.
    """
    lines = WholeLines(path, read_lines(path))
    if next(lines)[1].strip().upper() != "IGOR":
        raise ForeignFile(f"{path}: not an Igor text file, which begins with a line IGOR")
    waves: dict[str, _Wave] = {}
    filling: list[_Wave] = []
    blocks: list[list[_Wave]] = []
    inside = False
    for number, line in lines:
        words = line.strip()
        if inside and words.upper() == "END":
            inside = False
        elif inside:
            if not any(wave.is_text for wave in filling):
                _add(path, number, line, filling)
        elif re.match(r"WAVES\b", words, re.IGNORECASE):
            filling = _declared(words)
            blocks.append(filling)
            waves |= {wave.name: wave for wave in filling}
        elif words.upper() == "BEGIN":
            inside = True
        else:
            _scale(words, waves)
    if not any(wave.rows for wave in waves.values()):
        raise ForeignFile(f"{path}: an Igor text file without waves of numbers")
    remarks: tuple[str, ...] = (
        ("the file ends inside a wave (cut short): its units and scaling are lost",) if inside else ()
    )
    for block in blocks:
        if len({len(wave.rows) for wave in block}) > 1:
            lengths = ", ".join(f"{wave.name} {len(wave.rows)}" for wave in block)
            remarks += (f"waves of different lengths in one block: {lengths}",)
    if texts := ", ".join(wave.name for wave in waves.values() if wave.is_text):
        remarks += (f"not read, because they are text: {texts}",)
    for wave in waves.values():
        values = np.array(wave.rows)
        pieces = []
        if wave.columns > 1:
            pieces = pieces_of(path.name, wave.name, values, wave.scaling, wave.unit, layout)
        elif wave.rows:
            pieces = [
                single_wave(path.name, wave.name, values[:, 0], wave.scaling, wave.unit, f"{path.name} ")
            ]
        yield from (replace(piece, remarks=(*remarks, *piece.remarks)) for piece in pieces)


def _declared(words: str) -> list[_Wave]:
    """Return the waves of a line such as WAVES/D/N=(100,3) a or WAVES/S a b."""
    shape = re.search(r"/N=\(\s*\d+\s*,\s*(\d+)\s*\)", words)
    names = re.sub(r"^WAVES(/[A-Za-z]+(=\([^)]*\))?)*", "", words, flags=re.IGNORECASE)
    listed = re.findall(r"'[^']+'|[^\s,]+", names)
    is_text = re.match(r"WAVES(/[^/\s]+)*/T\b", words, re.IGNORECASE) is not None
    return [_Wave(name.strip("'"), int(shape[1]) if shape else 1, is_text) for name in listed]


def _add(path: Path, number: int, line: str, waves: list[_Wave]) -> None:
    """Add a row of numbers to its waves; those that have ended have empty fields, or none behind the last number."""
    fields, width = line.split(), sum(wave.columns for wave in waves)
    if len(fields) < width:
        fields = (line.removeprefix("\t").rstrip().split("\t") if "\t" in line else fields) + [""] * width
        fields = fields[:width]
    for wave in waves:
        own, fields = [field.strip() for field in fields[: wave.columns]], fields[wave.columns :]
        wave.ended = wave.ended or not any(own)
        if wave.ended and any(own):
            raise ForeignFile(
                f"{path}: line {number} holds numbers of wave {wave.name}, which has none in a line above: write NaN "
                "there"
            )
        try:
            wave.rows += [] if wave.ended else [[number_in(word, ".") for word in own]]
        except ValueError as error:
            raise ForeignFile(f"{path}: line {number} is not a row of numbers ({error})") from None
    if any(fields):
        raise ForeignFile(f"{path}: line {number} holds more numbers than its {len(waves)} waves")


def _scale(words: str, waves: dict[str, _Wave]) -> None:
    for part in words.removeprefix("X").split(";"):
        command = f"X {part.strip()}"
        scaled, unit = _SCALE.fullmatch(command), _DATA_SCALE.fullmatch(command)
        for name in re.split(r"[\s,]+", (scaled or unit or {"waves": ""})["waves"].strip()):
            wave = waves.get(name.strip("'"))
            if wave is None:
                continue
            if unit is not None:
                wave.unit = unit["unit"]
            elif scaled is not None and scaled["axis"].lower() == "x":
                first, second = float(scaled["first"]), float(scaled["second"])
                if scaled["how"] in (None, "I", "i"):  # the last row, or the one after it
                    second = (second - first) / max(len(wave.rows) - (scaled["how"] is not None), 1)
                wave.scaling = Scaling(second, first, scaled["unit"])


IMPORTER = Importer("igor-text", read_igor_text, (".itx",))
