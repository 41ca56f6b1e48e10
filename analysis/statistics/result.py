"""Result of a statistic as data: numbers, tables, pictures and sentences, drawn by terminal, report and window."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analysis.json_data import to_json
from analysis.records import FloatArray
from analysis.statistics.estimate import Estimate

Cell = str | int | float | Estimate


@dataclass(frozen=True)
class Number:
    """Estimate with its name: "plateau length, last fall", in units of ``scale`` ("nm", 1e-9)."""

    name: str
    estimate: Estimate
    unit: str = ""
    scale: float = 1.0


@dataclass(frozen=True)
class ResultTable:
    """Rows of words and numbers under headings, with units in the headings; an estimate is shown with its error."""

    caption: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""


@dataclass(frozen=True, eq=False)
class Curve:
    """Line, points or steps in a picture.

    Parameters
    ----------
    name : str
    x, y : ndarray, shape (n,)
        For ``style`` "steps", ``x`` has the n + 1 edges of the bins.
    low, high : ndarray, shape (n,), optional
        Band around the line, or ends of the error bars of points.
    style : "line", "dashed", "points" or "steps"
    """

    name: str
    x: FloatArray
    y: FloatArray
    low: FloatArray | None = None
    high: FloatArray | None = None
    style: str = "line"


@dataclass(frozen=True, eq=False)
class PictureAxis:
    """Axis of a picture: label, unit, and True for a logarithmic scale (of positive values)."""

    label: str
    unit: str = ""
    log: bool = False


@dataclass(frozen=True, eq=False)
class LinePicture:
    """Curves over one axis.

    Parameters
    ----------
    title : str
    x, y : PictureAxis
    curves : sequence of Curve
    hatched : sequence of (float, float)
        Ranges of x that must not be read: unmeasured, or conditioned on.
    levels : sequence of (str, float)
        Named horizontal lines.
    """

    title: str
    x: PictureAxis
    y: PictureAxis
    curves: Sequence[Curve]
    hatched: Sequence[tuple[float, float]] = ()
    levels: Sequence[tuple[str, float]] = ()


@dataclass(frozen=True, eq=False)
class MapPicture:
    """Values over two axes.

    Parameters
    ----------
    title : str
    x, y : PictureAxis
    x_edges, y_edges : ndarray, shapes (nx + 1,), (ny + 1,)
    values : ndarray, shape (nx, ny)
        NaN is left white.
    label : str
        Quantity of the values.
    signed : bool
        True for values of both signs, drawn in two colours around zero.
    grey_below : float
        Absolute value below which a cell is not significant and greyed; NaN for none.
    curves : sequence of Curve
        Lines over the map.
    """

    title: str
    x: PictureAxis
    y: PictureAxis
    x_edges: FloatArray
    y_edges: FloatArray
    values: FloatArray
    label: str
    signed: bool = False
    grey_below: float = float("nan")
    curves: Sequence[Curve] = ()


@dataclass(frozen=True, eq=False)
class RecordSet:
    """Facts on the records that a statistic is made of; those not known are empty or NaN.

    Parameters
    ----------
    recordings : tuple of str
        Names of the files.
    selection : str
        Selection of the records, in words.
    version : str
        Version of hotjunction.
    noise_G0 : float
        Limit above which conductance stands out from the noise.
    rate_Hz : float
        Samples a second.
    settling_samples : float
        Number of samples that the amplifier needs to settle.
    """

    recordings: tuple[str, ...] = ()
    selection: str = "every record"
    version: str = ""
    noise_G0: float = float("nan")
    rate_Hz: float = float("nan")
    settling_samples: float = float("nan")


UNKNOWN_SET = RecordSet()
"""Records of which nothing is known."""


@dataclass(frozen=True, eq=False)
class StatisticResult:
    """Result of one statistic.

    Parameters
    ----------
    title : str
    n : int
        Number of records, or of junctions.
    numbers : sequence of Number
    tables : sequence of ResultTable
    pictures : sequence of LinePicture or MapPicture
    remarks : sequence of str
        Sentences for the reader; each ends with a point.
    data : mapping
        More for JSON, such as arrays and labels of the records.
    options : object
        Options of the statistic.
    made_of : RecordSet
    counts : str
        Name of one of the things that ``n`` counts.
    """

    title: str
    n: int
    numbers: Sequence[Number] = ()
    tables: Sequence[ResultTable] = ()
    pictures: Sequence[LinePicture | MapPicture] = ()
    remarks: Sequence[str] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    options: Any = None
    made_of: RecordSet = UNKNOWN_SET
    counts: str = "trace"

    def to_json(self) -> dict[str, Any]:
        """Return the content for JSON, in SI units; unknown numbers are None."""
        numbers = [
            {"name": number.name, "unit": number.unit, "scale": number.scale, **to_json(number.estimate)}
            for number in self.numbers
        ]
        tables = [
            {"caption": table.caption, "headings": list(table.headings), "rows": to_json(table.rows)}
            for table in self.tables
        ]
        content = {
            "title": self.title,
            "n": self.n,
            "numbers": numbers,
            "tables": tables,
            "remarks": list(self.remarks),
            "options": to_json(self.options),
            "made_of": to_json(self.made_of),
            **self.data,
        }
        return dict(to_json(content))


def step_edges(values: FloatArray) -> FloatArray:
    """Return the edges of even bins around centres, shape (n + 1,)."""
    half = (values[1] - values[0]) / 2.0 if values.size > 1 else 0.5
    return np.append(values - half, values[-1:] + half)
