"""Igor binary waves (.ibw), versions 2, 3 and 5: blocks of traces, and single waves."""

import logging
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.importers.imported import ForeignFile, Piece
from analysis.importers.quantities import ImportedColumn, channel_name
from analysis.importers.registry import Importer

logging.getLogger("igor2").addHandler(logging.NullHandler())  # our exception reports the same

_PARAMETER_ROWS = 22
"""Rows of parameters at the end of a block of traces of the EKA programs; the first two are zero."""

_EXCURSION_nm, _SPEED_nm_per_s, _GAIN_uA_per_V, _BIAS_mV, _SERIES_ohm, _ENGAGE_G0 = 2, 3, 11, 12, 14, 15


def read_igor(path: Path) -> list[Piece]:
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
        return [_single(path, data, header)]
    return _eka_block(path, data) if is_eka_block(data) else _columns(path, data, header)


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


def _columns(path: Path, data: NDArray[Any], header: Any) -> list[Piece]:
    rate_Hz, remarks = _scaling(header)
    return [
        Piece(
            path.name,
            (
                ImportedColumn(
                    channel_name(path.stem), np.ascontiguousarray(data[:, i]), _unit(header["dataUnits"])
                ),
            ),
            f"column {i}",
            rate_Hz,
            remarks=("a wave of two dimensions: one trace in each column", *remarks),
        )
        for i in range(data.shape[1])
    ]


def _single(path: Path, data: NDArray[Any], header: Any) -> Piece:
    rate_Hz, remarks = _scaling(header)
    names = "current|voltage|bias|extension|displacement|distance|conductance|time"
    group = re.sub(f"(?i){names}", "*", path.stem)
    return Piece(
        path.name,
        (ImportedColumn(channel_name(path.stem), data, _unit(header["dataUnits"])),),
        rate_Hz=rate_Hz,
        group=f"{path.parent}/{group}" if group != path.stem else "",
        remarks=remarks,
    )


def _scaling(header: Any) -> tuple[float, tuple[str, ...]]:
    """Return the rate from the wave's scaling along its rows if that has a unit of time, and remarks."""
    if "sfA" in header:  # version 5
        step, unit = float(header["sfA"][0]), _unit(header["dimUnits"][0])
    else:
        step, unit = float(header["hsA"]), _unit(header["xUnits"])
    seconds = {"s": 1.0, "ms": 1e-3, "us": 1e-6}.get(unit)
    if seconds is not None and step > 0:
        return 1.0 / (step * seconds), ("rate from the wave's scaling",)
    if step not in (0.0, 1.0):
        return math.nan, (f"the wave's rows are {step:.6g} {unit or 'of an unknown unit'} apart",)
    return math.nan, ()


def _unit(characters: Any) -> str:
    return b"".join(np.ravel(characters).tolist()).split(b"\0")[0].decode("latin-1").strip()


IMPORTER = Importer("igor", read_igor, (".ibw",))
