"""Registry of the kinds of transmission that a model file may hold: the keys of each, and what it builds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from analysis.fitting.families import BuiltFamily, Parameter, TransmissionFamily
from analysis.records import FloatArray
from analysis.registry import Registry
from analysis.transport.kinds import TRANSMISSIONS
from analysis.transport.transmission import Transmission
from app.config.toml import FileError, Section
from app.models.fields import Free, Quantity
from app.models.floating import FloatingSection

if TYPE_CHECKING:
    from analysis.buettiker.fit_family import ProbedFamily

BUILT_IN = ("flat", "levels", "table", "huckel")
"""Modules of `app.models.kinds`."""


@dataclass(frozen=True)
class ModelContext:
    """Keys of the model file outside of ``[transmission]`` that a kind may use.

    ``bias_drop_given`` is False if the file leaves it at its default.
    """

    path: Path
    bias_drop: float | Free
    bias_drop_given: bool

    def error(self, key: str, message: str) -> FileError:
        """Return an error about a key of the file."""
        return FileError(f"{self.path}: {key}: {message}")


class TransmissionSection(Section):
    """Keys of ``[transmission]`` for one kind. A subclass declares ``kind`` as the ``Literal`` of its name."""

    kind: Any

    def family(self, context: ModelContext) -> TransmissionFamily:
        """Return the transmissions that the section spans; one without free numbers has a single member.

        Raises
        ------
        ValueError, OSError, ModuleNotFoundError, FileError
            For numbers that make no transmission.
        """
        raise NotImplementedError

    def probed_family(self, context: ModelContext, floating: FloatingSection) -> "ProbedFamily":
        """Return the junctions with a floating probe that the section spans.

        Raises
        ------
        ValueError
            For a kind that has no sites for a probe, or free numbers that such a fit cannot change.
        """
        raise ValueError('transmission.kind: a floating probe needs "levels" (one of them) or "huckel"')


SECTIONS: Registry[type[TransmissionSection]] = Registry(
    "kind of model",
    {name: (f"app.models.kinds.{name}:{name.capitalize()}Section", "") for name in BUILT_IN},
)


def register(section: type[TransmissionSection]) -> type[TransmissionSection]:
    """Make a section a kind of the model file; a class decorator.

    Raises
    ------
    ValueError
        If the kind has a section already, or is not registered in `analysis.transport.kinds` and so could not be
        saved.
    """
    (name,) = get_args(section.model_fields["kind"].annotation)
    if name not in TRANSMISSIONS:
        raise ValueError(
            f"kind {name!r}: register its transmission in analysis.transport.kinds first, so that it can be saved"
        )
    SECTIONS.register(name, section)
    return section


def parameter_of(name: str, quantity: Any, positive: bool) -> float | Parameter:
    """Return a fixed number as it is, and a free one as a parameter; positive ones are searched by logarithm."""
    if not isinstance(quantity, Free):
        return float(quantity)
    logarithmic = positive and quantity.start > 0
    return Parameter(name, quantity.start, quantity.minimum, quantity.maximum, logarithmic)


def built_family(
    build: Callable[[list[float]], Transmission], quantities: Iterable[tuple[str, Quantity, bool]]
) -> BuiltFamily:
    """Return the family whose ``build`` takes all quantities, fixed and free, in their order.

    Parameters
    ----------
    build : callable
        From the values to a transmission.
    quantities : iterable of (name, quantity, positive)

    Raises
    ------
    ValueError
        If the starting values cannot be built.
    """
    values = [parameter_of(*row) for row in quantities]
    parameters = tuple(x for x in values if isinstance(x, Parameter))

    def member(free: FloatArray) -> Transmission:
        given = iter(free.tolist())
        return build([next(given) if isinstance(x, Parameter) else x for x in values])

    member(np.array([p.start for p in parameters]))  # report here what cannot be built
    return BuiltFamily(member, parameters)
