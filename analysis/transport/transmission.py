"""Models of the transmission tau(E) of a junction.

Energies are in eV from the Fermi level E_F. With a bias V the probe's chemical potential is +eV/2, the
substrate's -eV/2 (positive bias = substrate at the higher electrical potential; the probe is grounded). The
energy levels follow the fraction ``bias_drop`` of the bias: 1 pins them to the substrate, 0 to the probe, and
0.5, half way between the two, leaves tau(E) unshifted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.records import FloatArray
from analysis.transport.quadrature import TransmissionShape


@dataclass(frozen=True)
class Least:
    """Lower bound of a number, as an annotation of its type."""

    value: float


Positive = Annotated[float, Least(0.0)]
"""Type of a number that is not negative; a fit searches it by its logarithm."""


@runtime_checkable
class Transmission(Protocol):
    """Transmission that `analysis.transport.landauer` can integrate: by its poles, by its shape, or by either."""

    def __call__(self, energy_eV: ArrayLike, bias_V: float = 0.0) -> FloatArray:
        """Return the transmission at the energies, summed over channels, without the factor 2 of spin."""
        ...

    def poles(self) -> "PoleSum | None":
        """Return the transmission as a sum of simple poles; None if it is not such a sum, or not accurately."""
        ...


@runtime_checkable
class Shaped(Transmission, Protocol):
    """A transmission that can also be integrated by quadrature, in the frame that moves with its levels."""

    @property
    def bias_drop(self) -> float:
        """Fraction of the bias by which tau(E) follows the substrate."""
        ...

    def shape(self) -> TransmissionShape:
        """Return the callable with its kinks and poles."""
        ...


@runtime_checkable
class Uncertain(Shaped, Protocol):
    """A transmission that is not known at every energy, such as a table between its points and beyond its ends."""

    @property
    def unknown(self) -> float:
        """Error without a bound: infinite, or 0 if `doubts` bounds all of it."""
        ...

    def doubts(self) -> "Sequence[tuple[Shaped, float]]":
        """Return variants whose results bound the error, each with the weight of its difference."""
        ...


@dataclass(frozen=True, eq=False)
class PoleSum:
    """tau(E) = background + 2 Re sum_k residue_k / (E - pole_k), poles in the lower half plane.

    Arrays have shape (n_poles,); ``bias_drop`` is the fraction of the bias that each pole follows.
    """

    pole_eV: NDArray[np.complex128]
    residue_eV: NDArray[np.complex128]
    bias_drop: FloatArray
    background: float = 0.0


@dataclass(frozen=True)
class FlatTransmission:
    """Transmission that is the same at every energy, such as a metal contact's; above 1 for several channels."""

    value: Positive

    def __post_init__(self) -> None:
        _check_number("the flat transmission", self.value, least=0.0)

    def __call__(self, energy_eV: ArrayLike, bias_V: float = 0.0) -> FloatArray:
        """Return ``value`` in the shape of the energies."""
        return np.full(np.shape(energy_eV), float(self.value))

    def poles(self) -> PoleSum:
        """Return no pole, only a background."""
        none = np.empty(0)
        return PoleSum(none.astype(np.complex128), none.astype(np.complex128), none, float(self.value))


@dataclass(frozen=True)
class BreitWignerLevel:
    """A Breit-Wigner level: Gamma_p Gamma_s / ((E - eps)^2 + ((Gamma_p + Gamma_s)/2)^2).

    Parameters
    ----------
    energy_eV : float
        eps, from the Fermi level: positive for a LUMO, negative for a HOMO.
    gamma_probe_eV, gamma_substrate_eV : float
        Full widths from the coupling to either electrode. tau(E), and so every current and heat, depends only
        on their product and sum: exchanging them changes nothing. The electrodes differ by the sign of
        ``energy_eV``, with the polarity of the bias, and by ``bias_drop``.
    bias_drop : float
        Fraction of the bias by which the level follows the substrate, 0 to 1.
    """

    energy_eV: float
    gamma_probe_eV: float
    gamma_substrate_eV: float
    bias_drop: float = 0.5

    def __post_init__(self) -> None:
        _check_number("energy_eV", self.energy_eV)
        _check_number("gamma_probe_eV", self.gamma_probe_eV, least=0.0)
        _check_number("gamma_substrate_eV", self.gamma_substrate_eV, least=0.0)
        _check_number("bias_drop", self.bias_drop, least=0.0, most=1.0)
        if not self.half_width_eV > 0:
            raise ValueError(
                "gamma_probe_eV and gamma_substrate_eV are both zero: the level couples to nothing"
            )

    @property
    def half_width_eV(self) -> float:
        """Half width at half maximum of the resonance."""
        return 0.5 * (self.gamma_probe_eV + self.gamma_substrate_eV)


@dataclass(frozen=True)
class LevelTransmission:
    """Incoherent sum of Breit-Wigner levels: no interference between them."""

    levels: tuple[BreitWignerLevel, ...]

    def __init__(self, levels: Sequence[BreitWignerLevel]) -> None:
        object.__setattr__(self, "levels", tuple(levels))

    def __call__(self, energy_eV: ArrayLike, bias_V: float = 0.0) -> FloatArray:
        """Sum over the levels, each moved by (1/2 - bias_drop) eV."""
        energy = np.asarray(energy_eV, dtype=np.float64)
        total = np.zeros(energy.shape)
        for level in self.levels:
            detuning = energy - level.energy_eV - (0.5 - level.bias_drop) * bias_V
            product = level.gamma_probe_eV * level.gamma_substrate_eV
            total += product / (detuning**2 + level.half_width_eV**2)
        return total

    def poles(self) -> PoleSum:
        """Return one pole for each level: eps - i g, residue i Gamma_p Gamma_s / (2 g)."""
        rows = [
            (x.energy_eV, x.half_width_eV, x.gamma_probe_eV * x.gamma_substrate_eV, x.bias_drop)
            for x in self.levels
        ]
        energy, half_width, product, drop = np.array(rows, dtype=np.float64).reshape(-1, 4).T
        pole = (energy - 1j * half_width).astype(np.complex128)
        return PoleSum(pole, (0.5j * product / half_width).astype(np.complex128), drop)


def levels_of(transmission: Transmission) -> tuple[BreitWignerLevel, ...]:
    """Return the Breit-Wigner levels of a transmission; empty if it is not a sum of them."""
    return transmission.levels if isinstance(transmission, LevelTransmission) else ()


def _check_number(name: str, value: float, least: float = -np.inf, most: float = np.inf) -> None:
    if not (np.isfinite(value) and least <= value <= most):
        bounds = f", between {least:g} and {most:g}" if np.isfinite(most) else f", {least:g} or more"
        raise ValueError(f"{name} = {value} must be a finite number{bounds if np.isfinite(least) else ''}")
