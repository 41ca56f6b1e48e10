"""Igor binary waves (.ibw), versions 2, 3 and 5: blocks of traces, and single waves."""

import logging
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.importers.imported import ForeignFile, Piece
from analysis.importers.options import Layout, Orientation
from analysis.importers.quantities import ImportedColumn, channel_name
from analysis.importers.registry import Importer
from analysis.importers.units import unit_of

logging.getLogger("igor2").addHandler(logging.NullHandler())  # our exception reports the same

_PARAMETER_ROWS = 22
"""Rows of parameters at the end of a block of traces of the EKA programs; the first two are zero."""

_EXCURSION_nm, _SPEED_nm_per_s, _GAIN_uA_per_V, _BIAS_mV, _SERIES_ohm, _ENGAGE_G0 = 2, 3, 11, 12, 14, 15


def read_igor(path: Path, layout: Layout) -> list[Piece]:
    """Read one wave.

    A wave of two dimensions holds one trace in each column. Waves of one dimension whose names differ only in the
    quantity (PullOutCurrent_0, PullOutVoltage_0) form a trace.

    Raises
    ------
    ForeignFile
        If the file is not an Igor binary wave, is truncated, or holds no real numbers.
    """
    import igor2.binarywave

    try:
        wave = igor2.binarywave.load(str(path))["wave"]
        data, header = wave["wData"], wave["wave_header"]
    except Exception as error:  # igor2 raises whatever the first wrong byte leads to
        cause = " ".join(str(error).split())[:100]
        raise ForeignFile(f"{path}: not a readable Igor binary wave ({cause})") from error
    if not isinstance(data, np.ndarray) or data.dtype.kind not in "fiu":
        raise ForeignFile(
            f"{path}: a wave of text or complex numbers; only waves of real numbers hold traces"
        )
    if not (data.ndim in (1, 2) and data.size):
        raise ForeignFile(f"{path}: a wave of {data.ndim} dimensions and {data.size} values, not traces")
    if data.ndim == 1:
        scaling, unit = scaling_in(header), text_in(header["dataUnits"])
        return [single_wave(path.name, path.stem, data, scaling, unit, f"{path.parent}/")]
    if is_eka_block(data) and layout.orientation is Orientation.AUTO:
        return _eka_block(path, data)
    return pieces_of(path.name, path.stem, data, scaling_in(header), text_in(header["dataUnits"]), layout)


def is_eka_block(data: NDArray[Any]) -> bool:
    """Return True if a wave, shape (rows, traces), ends in the 22 rows of parameters of an EKA block of traces.

    Recognised by structure: two rows of zeros, then excursion, speed, gain, bias and series resistance, which
    are positive and the same in every column.
    """
    if data.shape[0] <= 2 * _PARAMETER_ROWS:
        return False
    tail = data[-_PARAMETER_ROWS:]
    values = tail[[_EXCURSION_nm, _SPEED_nm_per_s, _GAIN_uA_per_V, _BIAS_mV, _SERIES_ohm]]
    same = bool(np.isfinite(values).all() and (values == values[:, :1]).all())
    return same and bool((tail[:2] == 0).all() and (values[:-1] > 0).all() and (values[-1] >= 0).all())


def _eka_block(path: Path, data: NDArray[Any]) -> list[Piece]:
    traces, tail = data[:-_PARAMETER_ROWS], data[-_PARAMETER_ROWS:].astype(float)
    first = tail[:, 0]
    remark = (
        "block of traces with 22 rows of parameters, as written by the EKA programs: conductance in G/G0 "
        "(that lab's G0 is 77.5 uS); excursion, speed, gain, bias and series resistance from the rows; "
        "rate from the number of samples, speed and excursion"
    )
    common = {
        "bias_V": round(first[_BIAS_mV] * 1e-3, 12),
        "series_resistance_ohm": first[_SERIES_ohm],
        "opening_speed_m_per_s": round(first[_SPEED_nm_per_s] * 1e-9, 18),
        "current_gain_V_per_A": round(1e6 / first[_GAIN_uA_per_V], 6),
        "excursion_m": round(first[_EXCURSION_nm] * 1e-9, 18),
        "engage_threshold_G0": first[_ENGAGE_G0],
    }
    rate_Hz = len(traces) * first[_SPEED_nm_per_s] / first[_EXCURSION_nm]
    return [
        Piece(
            path.name,
            (ImportedColumn("conductance", np.ascontiguousarray(traces[:, i]), "G0"),),
            f"column {i}",
            float(rate_Hz),
            {**common, "parameter_rows": tail[:, i].tolist()},
            remarks=(remark,),
        )
        for i in range(traces.shape[1])
    ]


@dataclass(frozen=True)
class Scaling:
    """Distance between the rows of a wave, in a unit; the row 0 is at ``start``."""

    step: float = 1.0
    start: float = 0.0
    unit: str = ""

    @property
    def rate_Hz(self) -> float:
        """Rows per second; NaN if the rows are not spaced in time."""
        unit = unit_of(self.unit)
        timed = unit is not None and unit.base == "s" and self.step > 0
        return 1.0 / (self.step * unit.factor) if timed and unit is not None else math.nan

    def axis(self, length: int) -> tuple[tuple[ImportedColumn, ...], tuple[str, ...]]:
        """Return a column of displacement or bias if the rows are spaced in one, and a remark."""
        unit = unit_of(self.unit)
        if not math.isnan(self.rate_Hz):
            return (), ("rate from the wave's scaling",)
        name = {"m": "extension", "V": "bias"}.get(unit.base if unit else "")
        if name is not None and self.step:
            column = ImportedColumn(name, self.start + self.step * np.arange(length), self.unit)
            word = "displacement" if name == "extension" else name
            return (column,), (f"{word} from the wave's scaling: {self.step:.6g} {self.unit} a row",)
        if self.step in (0.0, 1.0):
            return (), ()
        return (), (f"the wave's rows are {self.step:.6g} {self.unit or 'of an unknown unit'} apart",)


def scaling_in(header: Any) -> Scaling:
    """Return the scaling of a wave along its rows."""
    if "sfA" in header:  # version 5
        return Scaling(float(header["sfA"][0]), float(header["sfB"][0]), text_in(header["dimUnits"][0]))
    return Scaling(float(header["hsA"]), float(header["hsB"]), text_in(header["xUnits"]))


def pieces_of(
    file: str, name: str, data: NDArray[Any], scaling: Scaling, unit: str, layout: Layout
) -> list[Piece]:
    """Return the traces of a wave of two dimensions, one in each column, or in each row if the user says so."""
    by_row = layout.orientation is Orientation.ROWS
    table = data if by_row else data.T
    word = "row" if by_row else "column"
    axis, remarks = ((), ()) if by_row else scaling.axis(table.shape[1])
    return [
        Piece(
            file,
            (ImportedColumn(channel_name(name), np.ascontiguousarray(values), unit, name), *axis),
            f"{word} {i}",
            math.nan if by_row else scaling.rate_Hz,
            remarks=(f"a wave of two dimensions: one trace in each {word}", *remarks),
        )
        for i, values in enumerate(table)
    ]


def single_wave(
    file: str, name: str, data: NDArray[Any], scaling: Scaling, unit: str, group: str = ""
) -> Piece:
    """Return a wave of one dimension; waves of a group whose names differ in the quantity form a trace."""
    axis, remarks = scaling.axis(len(data))
    names = "current|voltage|bias|extension|displacement|distance|conductance|time"
    others = re.sub(f"(?i){names}", "*", name)
    column = ImportedColumn(channel_name(name), data, unit, name)
    own = tuple(each for each in axis if each.name != column.name)
    return Piece(
        file,
        (column, *own),
        rate_Hz=scaling.rate_Hz,
        group=f"{group}{others}" if others != name else "",
        remarks=remarks,
    )


def text_in(characters: Any) -> str:
    """Return a text of a wave's header."""
    written = b"".join(np.ravel(characters).tolist()).split(b"\0")[0]
    try:
        return written.decode("utf-8").strip()  # since Igor Pro 7
    except UnicodeDecodeError:
        return written.decode("latin-1").strip()


IMPORTER = Importer("igor", read_igor, (".ibw",))
