"""PyMeasure's procedure and parameters, imported without pandas, which takes a fifth of the imports of a bench."""

from procedures.deferred import import_without

import_without("pymeasure.experiment", slow="pandas")

from pymeasure.experiment import (  # noqa: E402  # after the line above
    BooleanParameter,
    FloatParameter,
    IntegerParameter,
    ListParameter,
    Parameter,
    Procedure,
    VectorParameter,
)

__all__ = [
    "BooleanParameter",
    "FloatParameter",
    "IntegerParameter",
    "ListParameter",
    "Parameter",
    "Procedure",
    "VectorParameter",
]
