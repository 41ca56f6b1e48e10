"""Keys of a Hueckel molecule, the same in files with two leads and in files with terminals."""

import math
from typing import Annotated, Any, Self

import numpy as np
from pydantic import Field, PlainValidator, model_validator

from analysis.records import FloatArray
from analysis.transport.huckel import bonded, chain_bonds, ring_bonds
from app.config.toml import Section
from app.models.fields import Number, bounded_number, is_number

_BONDS = {"ring": ring_bonds, "chain": chain_bonds}


def _each(value: Any) -> Any:
    return [bounded_number(x) for x in value] if isinstance(value, list) else bounded_number(value)


def _geometry(value: Any) -> str | FloatArray:
    if isinstance(value, str) and value in _BONDS:
        return value
    rows = value if isinstance(value, list) else []
    square = bool(rows) and all(isinstance(row, list) and len(row) == len(rows) for row in rows)
    if not square or not all(is_number(x) and math.isfinite(x) for row in rows for x in row):
        raise ValueError('"ring", "chain", or a square matrix of numbers')
    matrix = np.array(rows, dtype=np.float64)
    if not np.array_equal(matrix, matrix.T):
        raise ValueError("a symmetric matrix")
    return matrix


class MoleculeKeys(Section):
    """``geometry`` "ring" or "chain" with ``sites`` and ``hopping_eV``; ``bonds``, pairs of sites, in place of either.

    ``geometry`` may also be a matrix: one of zeros and ones beside a ``hopping_eV`` says which sites are bonded; any
    other is the Hamiltonian in eV. ``onsite_eV``, a number or one per site, is added to the diagonal.
    """

    sites: int | None = Field(default=None, ge=1, le=500)
    onsite_eV: Annotated[Any, PlainValidator(_each)] = 0.0
    hopping_eV: Number = None
    geometry: Annotated[Any, PlainValidator(_geometry)] = "ring"
    bonds: list[tuple[int, int]] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.bonds is not None and "geometry" in self.model_fields_set:
            raise ValueError("bonds and geometry both say which sites are bonded; leave out one of them")
        if not isinstance(self.geometry, str) and self.sites not in (None, len(self.geometry)):
            raise ValueError(f"sites = {self.sites}, but geometry is of {len(self.geometry)} sites")
        if isinstance(self.onsite_eV, list) and self.n_sites not in (0, len(self.onsite_eV)):
            raise ValueError(f"onsite_eV has {len(self.onsite_eV)} numbers for {self.n_sites} sites")
        return self

    @property
    def n_sites(self) -> int:
        """Number of sites; 0 if the keys do not say it."""
        return self.sites or 0 if isinstance(self.geometry, str) else len(self.geometry)

    @property
    def missing(self) -> str:
        """Key without which there is no Hamiltonian; empty if there is one."""
        if not isinstance(self.geometry, str):
            return ""
        return "sites" if self.sites is None else "hopping_eV" if self.hopping_eV is None else ""

    def hamiltonian_eV(self, hopping_eV: float | None, onsite_eV: list[float]) -> FloatArray:
        """Return the Hamiltonian for values of its numbers; one on-site energy serves all sites.

        Raises
        ------
        ValueError
            For a hopping that contradicts a matrix, and bonds between sites that are not there.
        """
        onsite = np.array(onsite_eV) if len(onsite_eV) > 1 else onsite_eV[0]
        if isinstance(self.geometry, str):
            bonds = self.bonds or _BONDS[self.geometry](self.n_sites)
            return bonded(self.n_sites, bonds, hopping_eV or 0.0, onsite)
        return np.asarray(
            _of_matrix(self.geometry, hopping_eV) + np.diag(np.broadcast_to(onsite, self.n_sites))
        )


def _of_matrix(matrix: FloatArray, hopping_eV: float | None) -> FloatArray:
    """Return the Hamiltonian of a matrix: bonds between sites, or energies in eV."""
    if hopping_eV is None:
        return matrix
    if not np.diag(matrix).any() and np.isin(matrix, (0.0, 1.0)).all():
        return np.asarray(-hopping_eV * matrix)
    off = matrix[~np.eye(len(matrix), dtype=bool) & (matrix != 0)]
    if not np.allclose(np.abs(off), abs(hopping_eV), rtol=1e-12, atol=0):
        raise ValueError(
            f"hopping_eV = {hopping_eV:g} contradicts the energies in geometry; leave it out, or let geometry hold 1 "
            "for a bond and 0 for none"
        )
    return matrix
