"""PyMeasure's procedure and parameters, without what takes a third of the imports of a bench and is not used there."""

from procedures.deferred import import_without

import_without("pymeasure.experiment", "pandas", "pint", "IPython")

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
