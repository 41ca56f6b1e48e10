"""Igor packed experiments (.pxp): all their waves."""

import io
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from analysis.importers.formats.igor_wave import pieces_of, scaling_in, single_wave, text_in
from analysis.importers.imported import ForeignFile, Piece
from analysis.importers.options import Layout
from analysis.importers.registry import Importer


def read_igor_experiment(path: Path, layout: Layout) -> Iterator[Piece]:
    """Yield the waves of one and two dimensions; others are counted in the remarks.

    Waves of one folder whose names differ only in the quantity form a trace.

    Raises
    ------
    ForeignFile
        If the file is not an Igor packed experiment, is cut short in its first record, or holds no waves of real
        numbers.
    """
    import igor2.packed
    from igor2.record import WaveRecord

    content, remarks = _whole_records(path)
    try:
        _, tree = igor2.packed.load(io.BytesIO(content))
    except Exception as error:  # igor2 raises whatever the first wrong byte leads to
        cause = " ".join(str(error).split())[:100]
        raise ForeignFile(f"{path}: not a readable Igor packed experiment ({cause})") from error
    waves = [
        (folder, record.wave["wave"])
        for folder, record in _records(tree, "")
        if isinstance(record, WaveRecord)
    ]
    usable = [(folder, wave) for folder, wave in waves if _holds_traces(wave["wData"])]
    if not usable:
        raise ForeignFile(
            f"{path}: an Igor experiment without waves of real numbers in one or two dimensions"
            + ("; it is cut short: copy it again, or save it once more in Igor" if remarks else "")
        )
    if left := len(waves) - len(usable):
        remarks += (f"not read, because they are text, complex or of other dimensions: {left} waves",)
    for folder, wave in usable:
        header, data = wave["wave_header"], np.asarray(wave["wData"])
        name, unit, scaling = text_in(header["bname"]), text_in(header["dataUnits"]), scaling_in(header)
        if data.ndim == 1:
            found = [single_wave(path.name, name, data, scaling, unit, f"{path.name}/{folder}")]
        else:
            found = pieces_of(path.name, name, data, scaling, unit, layout)
        for piece in found:
            yield Piece(
                piece.file,
                piece.quantities,
                f"{folder}{name} {piece.place}".strip(),
                piece.rate_Hz,
                piece.settings,
                piece.group,
                (*remarks, *piece.remarks),
            )


def _whole_records(path: Path) -> tuple[bytes, tuple[str, ...]]:
    """Return the records of a file without a last one that is cut, and a remark on that.

    Raises
    ------
    ForeignFile
        If the first record is cut.
    """
    content = path.read_bytes()
    end = max(_end_of_records(content, order) for order in "<>")
    if end == len(content):
        return content, ()
    if not end:
        raise ForeignFile(
            f"{path}: not a readable Igor packed experiment, or one cut short within its first record: copy it again, "
            "or save it once more in Igor (File, Save Experiment)"
        )
    lost = len(content) - end
    return content[:end], (f"the file ends inside a wave (cut short): its last {lost} bytes are left out",)


def _end_of_records(content: bytes, order: str) -> int:
    """Return where the last whole record ends, if this is the order of the bytes."""
    head = struct.Struct(f"{order}Hhi")
    end = at = 0
    while at + head.size <= len(content):
        size = head.unpack_from(content, at)[2]
        at += head.size + size
        if size < 0 or at > len(content):
            break
        end = at
    return end


def _records(tree: Mapping[Any, Any], folder: str) -> Iterator[tuple[str, Any]]:
    for name, content in tree.items():
        word = name.decode("latin-1") if isinstance(name, bytes) else str(name)
        if isinstance(content, dict):
            yield from _records(content, "" if word == "root" else f"{folder}{word}/")
        else:
            yield folder, content


def _holds_traces(data: Any) -> bool:
    return isinstance(data, np.ndarray) and data.dtype.kind in "fiu" and data.ndim in (1, 2) and data.size > 0


IMPORTER = Importer("igor-experiment", read_igor_experiment, (".pxp", ".pxt"))
