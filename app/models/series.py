"""Series of numbers in a model file: a list, or a range of evenly spaced ones."""

import math
from typing import Any

import numpy as np
from pydantic import Field

from analysis.records import FloatArray
from app.config.toml import FileError, Section, validate
from app.models.fields import is_number


class NumberRange(Section):
    """Evenly spaced numbers, both ends included."""

    start: float
    stop: float
    points: int = Field(ge=1, le=100_000)


def series(value: Any, where: str) -> FloatArray:
    """Return the numbers of a list, or of { start =, stop =, points = }. Raises ``FileError`` for anything else."""
    if isinstance(value, dict):
        span = validate(value, NumberRange, where)
        return np.linspace(span.start, span.stop, span.points)
    if not isinstance(value, list) or not value or not all(is_number(x) and math.isfinite(x) for x in value):
        raise FileError(f"{where} = {value!r}: must be a list of numbers, or {{ start =, stop =, points = }}")
    return np.array(value, dtype=np.float64)
