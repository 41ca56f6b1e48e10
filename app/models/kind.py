"""Keys of each kind of transmission in a model file, and the family that they build."""

from collections.abc import Callable, Iterable
from dataclasses import MISSING, dataclass, fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin, get_type_hints

import numpy as np
from pydantic import PlainValidator, create_model

from analysis.fitting.families import BuiltFamily, Parameter, TransmissionFamily
from analysis.records import FloatArray
from analysis.registry import Registry
from analysis.transport.kinds import TRANSMISSIONS
from analysis.transport.transmission import Least, Transmission
from app.config.toml import FileError, Section
from app.models.fields import Free, Quantity, bounded_number
from app.models.floating import FloatingSection

if TYPE_CHECKING:
    from analysis.buettiker.fit_family import ProbedFamily

BUILT_IN = ("levels", "table", "huckel")
"""Modules of `app.models.kinds`: kinds whose keys are not just the fields of their transmission."""


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


class FieldsSection(TransmissionSection):
    """Keys that are the fields of a transmission. ``bias_drop`` is not among them: it stands in the file itself."""

    def family(self, context: ModelContext) -> TransmissionFamily:
        """Return the transmissions with these fields."""
        bounds = number_fields(TRANSMISSIONS[self.kind])
        moves = bounds.pop("bias_drop", None) is not None
        if context.bias_drop_given and not moves:
            message = f"a {self.kind} transmission is the same wherever the bias drops; leave it out"
            raise context.error("bias_drop", message)
        quantities = [(name, getattr(self, name), least == 0.0) for name, least in bounds.items()]
        if moves:
            quantities.append(("bias_drop", context.bias_drop, False))
        names = [name for name, _, _ in quantities]
        return built_family(
            lambda x: TRANSMISSIONS[self.kind](**dict(zip(names, x, strict=True))), quantities
        )


def number_fields(transmission: type[Any]) -> dict[str, float]:
    """Return the lower bound of each field of a kind of transmission.

    Raises
    ------
    ValueError
        For a field that is not a number.
    """
    bounds = {}
    for name, kind in get_type_hints(transmission, include_extras=True).items():
        number, *notes = get_args(kind) if get_origin(kind) is Annotated else (kind,)
        if number is not float:
            raise ValueError(
                f"{transmission.__name__}.{name} is not a number: register a section that says how a file holds it, "
                "see app.models.kind.register"
            )
        bounds[name] = next((x.value for x in notes if isinstance(x, Least)), -np.inf)
    return bounds


SECTIONS: Registry[type[TransmissionSection]] = Registry(
    "kind of model",
    {name: (f"app.models.kinds.{name}:{name.capitalize()}Section", "") for name in BUILT_IN},
)


def section_of(kind: str) -> type[TransmissionSection]:
    """Return the keys of a kind: its section, or, if it has none, the fields of its transmission.

    Raises
    ------
    KeyError
        For an unknown kind.
    ValueError
        For a kind that needs a section.
    """
    return SECTIONS.get(kind) or _fields_section(kind, TRANSMISSIONS[kind])


def _fields_section(kind: str, transmission: Any) -> type[TransmissionSection]:
    keys: dict[str, Any] = {"kind": (Literal[kind], ...)}
    defaults = {x.name: ... if x.default is MISSING else x.default for x in fields(transmission)}
    for name, least in number_fields(transmission).items():
        if name != "bias_drop":
            number = Annotated[Any, PlainValidator(partial(bounded_number, least=least))]
            keys[name] = number, defaults[name]
    return create_model(
        f"{transmission.__name__}Section", __base__=FieldsSection, __module__=transmission.__module__, **keys
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
