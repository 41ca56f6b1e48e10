"""The table of numbers for other programs: comma-separated, SI units in the names, an empty cell where unknown."""

import csv
import io
from math import isfinite
from typing import Any

from analysis.heating.heating import HeatingAnalysis
from analysis.heating.points import HeatingPoint
from app.offline.measurement import Measurement

COLUMNS = (
    "amplitude_V", "frequency_Hz", "order", "control", "junctions", "kept_s",
    "dT_pos_K", "sigma_pos_K", "dT_neg_K", "sigma_neg_K", "cov_K2", "noise_sigma_pos_K", "noise_sigma_neg_K",
    "asymmetry_K", "asymmetry_sigma_K", "significance", "p_value", "effective_junctions",
    "q_total_pos_W", "sigma_q_total_pos_W", "q_total_neg_W", "sigma_q_total_neg_W",
    "q_probe_pos_W", "sigma_q_probe_pos_W", "q_probe_neg_W", "sigma_q_probe_neg_W",
    "contrast", "contrast_sigma", "closure", "closure_sigma", "errors_from", "date",
)  # fmt: skip
"""Keys of a point in the JSON that are columns here."""

OTHERS = ("scale_relative", "predicted_dT_pos_K", "predicted_dT_neg_K")


def points_csv(measurement: Measurement) -> str:
    """Return one line per point. Column "set": "result", "nothing excluded", or "control"; "" without heating."""
    heating = measurement.heating
    if heating is None:
        return ""
    comparison = measurement.comparison
    predicted = (
        {id(p): row for p, row in zip(heating.points, comparison.predicted, strict=True)}
        if comparison
        else {}
    )
    out = io.StringIO()
    writer = csv.DictWriter(out, ("set", *COLUMNS, *OTHERS), lineterminator="\n")
    writer.writeheader()
    for name, points in _sets(heating):
        for point in points:
            dT = predicted.get(id(point))
            writer.writerow(
                {
                    "set": name,
                    **{key: _cell(value) for key, value in point.to_json().items() if key in COLUMNS},
                    "scale_relative": _cell(point.thermometer.scale_relative),
                    "predicted_dT_pos_K": "" if dT is None else _cell(float(dT[0])),
                    "predicted_dT_neg_K": "" if dT is None else _cell(float(dT[1])),
                }
            )
    return out.getvalue()


def _sets(heating: HeatingAnalysis) -> tuple[tuple[str, tuple[HeatingPoint, ...]], ...]:
    return (
        ("result", heating.points),
        ("nothing excluded", heating.points_without_exclusions),
        ("control", heating.control_points),
    )


def _cell(value: Any) -> Any:
    """Return the shortest text that reads back as the same number; "" if it is unknown."""
    if isinstance(value, float):
        return repr(value) if isfinite(value) else ""
    return value
