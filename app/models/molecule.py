"""Keys of a Hueckel molecule that files with two leads and files with terminals share."""

from typing import Annotated, Any

from pydantic import Field, PlainValidator

from analysis.transport.huckel import chain_bonds, ring_bonds
from app.config.toml import Section
from app.models.fields import bounded_number


def _each(value: Any) -> Any:
    return [bounded_number(x) for x in value] if isinstance(value, list) else bounded_number(value)


class MoleculeKeys(Section):
    """``sites``, and ``onsite_eV``: a number, or one per site."""

    sites: int | None = Field(default=None, ge=1, le=500)
    onsite_eV: Annotated[Any, PlainValidator(_each)] = 0.0


def bonds_of(geometry: str, sites: int) -> list[tuple[int, int]]:
    """Return the bonds of a "ring" or a "chain"."""
    return ring_bonds(sites) if geometry == "ring" else chain_bonds(sites)
