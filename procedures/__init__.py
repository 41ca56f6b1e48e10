"""Procedures on a junction: plans of frozen steps, and the runner that interprets them."""

from procedures.deferred import import_without

import_without(
    "pymeasure.experiment", slow="pandas"
)  # before a module of this folder asks for its parameters
