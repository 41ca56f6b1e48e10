"""Transmissions given as a table of tau against energy, and readers for their files."""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from analysis.bounded_files import read_json
from analysis.constants import ELEMENTARY_CHARGE_C
from analysis.records import FloatArray
from analysis.transport.quadrature import TransmissionShape
from analysis.transport.transmission import PoleSum

ENERGY_UNITS_eV = {
    "eV": 1.0,
    "meV": 1e-3,
    "J": 1.0 / ELEMENTARY_CHARGE_C,
    "Ry": 13.605693122994,
    "Ha": 27.211386245988,
}
"""Electronvolts in one unit (Rydberg and Hartree: CODATA 2018)."""

Outside = Literal["edge", "zero"]
Interpolation = Literal["linear", "pchip"]


@dataclass(frozen=True, eq=False)
class TableTransmission:
    """tau(E) interpolated between tabulated points.

    Parameters
    ----------
    energy_eV, values : ndarray, shape (n,)
        Two points or more, in any order; energies from the Fermi level, no energy twice, no negative value
        (a negative value within 1e-9 of the largest is rounding and becomes zero).
    outside : {"edge", "zero"}
        Outside the table tau keeps its value at the edge, or is zero. Neither is measured: the contribution from
        there counts as uncertainty in the accuracy of a result.
    interpolation : {"linear", "pchip"}
        Straight lines, or the monotone cubic of Fritsch and Carlson (smoother, never below zero).
    bias_drop : float
        Fraction of the bias by which the table follows the substrate; 0.5 leaves it in place.
    """

    energy_eV: FloatArray
    values: FloatArray
    outside: Outside = "edge"
    interpolation: Interpolation = "linear"
    bias_drop: float = 0.5
    _cubic: "scipy.interpolate.PchipInterpolator | None" = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        energy = np.asarray(self.energy_eV, dtype=np.float64)
        values = np.asarray(self.values, dtype=np.float64)
        if energy.ndim != 1 or energy.shape != values.shape or energy.size < 2:
            raise ValueError(
                f"a table needs two columns of two or more points, not {energy.shape} and {values.shape}"
            )
        if not (np.isfinite(energy).all() and np.isfinite(values).all()):
            raise ValueError("the table holds a value that is not a finite number")
        order = np.argsort(energy)
        energy, values = energy[order], values[order]
        if not (np.diff(energy) > 0).all():
            raise ValueError(f"the energy {energy[1:][np.diff(energy) <= 0][0]:g} eV occurs twice")
        if values.min() < -1e-9 * values.max() or values.max() < 0:
            raise ValueError(f"the table holds a negative transmission, {values.min():g}")
        if self.outside not in ("edge", "zero") or self.interpolation not in ("linear", "pchip"):
            raise ValueError(
                f"outside = {self.outside!r} must be 'edge' or 'zero', interpolation = {self.interpolation!r} "
                "'linear' or 'pchip'"
            )
        if not 0 <= self.bias_drop <= 1:
            raise ValueError(f"bias_drop = {self.bias_drop} must lie between 0 and 1")
        values = np.maximum(values, 0.0)
        object.__setattr__(self, "energy_eV", energy)
        object.__setattr__(self, "values", values)
        if self.interpolation == "pchip":
            object.__setattr__(self, "_cubic", scipy.interpolate.PchipInterpolator(energy, values))

    def __call__(self, energy_eV: ArrayLike, bias_V: float = 0.0) -> FloatArray:
        """Return the interpolated transmission."""
        energy = np.asarray(energy_eV, dtype=np.float64) - (0.5 - self.bias_drop) * bias_V
        low, high = self.energy_eV[0], self.energy_eV[-1]
        inside = np.clip(energy, low, high)
        tau = np.interp(inside, self.energy_eV, self.values) if self._cubic is None else self._cubic(inside)
        if self.outside == "zero":
            tau = np.where((energy < low) | (energy > high), 0.0, tau)
        return np.asarray(tau, dtype=np.float64)

    def poles(self) -> PoleSum | None:
        """Return None: an interpolated curve is not a sum of poles."""
        return None

    def shape(self) -> TransmissionShape:
        """Return the shape for quadrature: every tabulated energy is a kink."""
        return TransmissionShape(self, self.energy_eV, np.empty(0, dtype=np.complex128))

    @property
    def unknown(self) -> float:
        """Error without a bound: infinite for a table of two points, which hold nothing about the range between."""
        return float("inf") if self.energy_eV.size < 3 else 0.0

    def doubts(self) -> Sequence[tuple["TableTransmission", float]]:
        """Return variants of the table whose results bound its error, each with the weight of its difference.

        The first has the other choice of ``outside``, with the whole difference as error. The second has every
        second point: the error of linear interpolation grows as the square of the step, so a third of the
        difference remains; a table of two points has none to leave out (`unknown`).
        """
        other: Outside = "zero" if self.outside == "edge" else "edge"
        rows: list[tuple[TableTransmission, float]] = [(replace(self, outside=other), 1.0)]
        if self.energy_eV.size > 2:
            half = np.unique(np.append(np.arange(0, self.energy_eV.size, 2), self.energy_eV.size - 1))
            rows.append((replace(self, energy_eV=self.energy_eV[half], values=self.values[half]), 1.0 / 3.0))
        return rows


def read_table(path: Path, energy_unit: str = "eV", fermi: float = 0.0, **options: Any) -> TableTransmission:
    """Read a transmission from a file, in the format given by its suffix.

    Text, CSV and ``.AVTRANS``: two columns, energy and tau (further columns are ignored), separated by blanks,
    commas, semicolons or tabs, optionally with a line of headings and comments (#). JSON: a list of pairs, or an
    object with ``energy`` and ``transmission``. ``.TBT.nc`` (TBtrans): read with sisl.

    Parameters
    ----------
    energy_unit : str
        One of `ENERGY_UNITS_eV`; a ``.TBT.nc`` file gives its own.
    fermi : float
        Fermi energy in the file's unit; it is subtracted.
    options
        Passed to `TableTransmission`.

    Raises
    ------
    ValueError
        For an unknown unit, or a file that holds no table; the message names the file.
    ModuleNotFoundError
        For a ``.TBT.nc`` file if sisl is not installed.
    """
    if energy_unit not in ENERGY_UNITS_eV:
        raise ValueError(f"energy unit {energy_unit!r} is not one of {', '.join(ENERGY_UNITS_eV)}")
    scale = ENERGY_UNITS_eV[energy_unit]
    if path.name.endswith(".nc"):
        columns, scale = _read_tbtrans(path), 1.0
    elif path.suffix.lower() == ".json":
        columns = _read_json(path)
    else:
        columns = _read_text(path)
    try:
        return TableTransmission(scale * (columns[0] - fermi), columns[1], **options)
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error


def _read_text(path: Path) -> NDArray[np.float64]:
    rows: list[list[float]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), start=1):
        words = line.split("#")[0].replace(",", " ").replace(";", " ").split()
        if not words:
            continue
        try:
            rows.append([float(word) for word in words[:2]])
        except ValueError:
            if rows:
                raise ValueError(f"{path.name}, line {number}: {line.strip()!r} is not two numbers") from None
    if not rows or min(map(len, rows)) < 2:
        raise ValueError(f"{path.name} does not hold two columns of numbers, energy and transmission")
    return np.array(rows).T


def _read_json(path: Path) -> NDArray[np.float64]:
    try:
        content = read_json(path)
        if isinstance(content, dict):
            energy = content.get("energy", content.get("energy_eV"))
            return np.array([energy, content["transmission"]], dtype=np.float64)
        return np.array(content, dtype=np.float64).reshape(len(content), 2).T
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path.name} is neither a list of [energy, transmission] pairs nor an object "
            f'with "energy" and "transmission" ({error})'
        ) from None


def _read_tbtrans(path: Path) -> NDArray[np.float64]:
    """Read the transmission between the first two electrodes, averaged over k; sisl gives energies in eV from E_F."""
    try:
        sisl = importlib.import_module("sisl")
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            f"{path.name} is a TBtrans file: reading it needs sisl and netCDF4 (pip install sisl netCDF4)"
        ) from None
    with sisl.get_sile(str(path)) as file:
        probe, substrate = file.elecs[:2]
        return np.array([file.E, file.transmission(probe, substrate)])
