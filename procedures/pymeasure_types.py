"""PyMeasure's procedure and parameters, imported without pandas, and without Dask and IPython if these are installed.

Each of them takes a tenth to a fifth of the imports of a bench, which uses none.
"""

from procedures.deferred import import_without

import_without(
    "pymeasure.experiment",
    slow={"pandas": (), "dask.base": ("compute", "persist", "visualize"), "IPython": ("display",)},
)

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
