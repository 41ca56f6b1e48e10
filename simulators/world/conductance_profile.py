"""Conductance profile of a junction along the tip's path: plateaus drawn when a contact forms or reverses."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.random import Generator
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from analysis.records import FloatArray
from simulators.parameters import ParameterSection

NM = 1e-9


def _pair(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _ascending(value: tuple[float, float]) -> tuple[float, float]:
    if not 0 <= value[0] <= value[1]:
        raise ValueError("expected [least, most], both 0 or more")
    return value


Bounds = Annotated[tuple[float, float], BeforeValidator(_pair), AfterValidator(_ascending)]
Probability = Annotated[float, Field(ge=0, le=1)]
NotNegative = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]


class GoldParameters(ParameterSection):
    """Contacts of gold atoms. TOML: [gold]."""

    level_G0: list[float] = Field(min_length=1)
    level_spread_G0: list[float] = Field(min_length=1)
    plateau_nm: list[float] = Field(min_length=1)
    chain_probability: float = Field(ge=0, lt=1)
    chain_atom_nm: Positive
    slope_per_nm: Bounds
    step_nm: Positive
    step_relative: Bounds
    between_probability: Probability
    between_nm: Positive
    push_nm: Positive
    push_G0: Bounds
    backlash_nm: Positive
    snap_back_nm: Positive
    snap_back_spread_nm: NotNegative
    relaxation_gap_nm: Positive
    lifetime_s: Positive
    lifetime_spread_decades: NotNegative
    noise_at_1Hz: NotNegative
    weld_G0: NotNegative
    channel_leak: Probability


class MoleculeParameters(ParameterSection):
    """Junctions with one kind of molecule. TOML: [molecule.NAME]."""

    conductance_G0: float = Field(gt=0, lt=0.5)
    spread_decades: NotNegative
    binding_probability: Probability
    double_probability: Probability
    gap_nm: NotNegative
    length_nm: Positive
    length_spread_nm: NotNegative
    fall_decades: Bounds
    step_decades: NotNegative
    lifetime_s: Positive
    lifetime_spread_decades: NotNegative
    noise_at_1Hz: NotNegative
    noise_exponent: float = Field(default=2.0, ge=0)
    telegraph_probability: Probability
    telegraph_corner_Hz: Bounds
    telegraph_step: Bounds
    site_jump_Hz: NotNegative
    site_jump_factor: float = Field(ge=1)
    levels_eV: list[float] = Field(min_length=1)
    level_widths: list[float] = Field(min_length=1)
    level_spread_eV: NotNegative

    def noise_of(self, conductance_G0: float) -> float:
        """Return S_I/I^2 at 1 Hz, in 1/Hz, of a molecule of this conductance."""
        return float(
            self.noise_at_1Hz * (conductance_G0 / self.conductance_G0) ** (self.noise_exponent - 2.0)
        )

    @model_validator(mode="after")
    def _a_width_a_level(self) -> "MoleculeParameters":
        if len(self.levels_eV) != len(self.level_widths) or min(self.level_widths) <= 0:
            raise ValueError("level_widths must have an entry above 0 for each of levels_eV")
        return self


@dataclass(frozen=True, eq=False)
class Landscape:
    """Conductance along the tip's path, linear between nodes; two nodes at one position make a step.

    Parameters
    ----------
    way_m : ndarray, shape (k,)
        Travel from the start of the profile, ascending.
    conductance_G0 : ndarray, shape (k,)
        Conductance at each node.
    last_m : float
        Start of the last plateau, the one that can break.
    """

    way_m: FloatArray
    conductance_G0: FloatArray
    last_m: float

    @property
    def length_m(self) -> float:
        """Length of the profile, in m."""
        return float(self.way_m[-1])

    def at(self, way_m: FloatArray) -> FloatArray:
        """Return the conductance in G0; outside the profile the nearest value."""
        return np.interp(way_m, self.way_m, self.conductance_G0)


def pushed_in(start_G0: float, p: GoldParameters, rng: Generator, steps: int = 100) -> Landscape:
    """Draw a gold contact that grows atom by atom as the tip is pushed in."""
    ends = np.cumsum(rng.exponential(p.push_nm * NM, steps))
    grown = start_G0 + np.cumsum(np.append(0.0, rng.uniform(*p.push_G0, steps)))
    way = np.append(0.0, np.repeat(ends, 2))
    return Landscape(way, np.repeat(grown, 2)[: len(way)], 0.0)


def pulled_out(start_G0: float, p: GoldParameters, rng: Generator) -> Landscape:
    """Draw a gold contact of ``start_G0`` that is pulled to its last atom, plateau by plateau, until it breaks.

    The conductance drawn for a plateau is its average and its value at the middle.
    """
    levels = _levels_below(start_G0, p, rng)
    way: list[float] = [0.0]
    conductance: list[float] = [start_G0]
    at = 0.0
    for atoms in range(len(levels), 0, -1):
        level = levels[atoms - 1]
        if rng.random() < p.between_probability and conductance[-1] > level:
            stay = rng.exponential(p.between_nm * NM)
            way += [at, at + stay]
            conductance += [rng.uniform(level, conductance[-1])] * 2
            at += stay
        last = at
        length = rng.exponential(_listed(p.plateau_nm, atoms) * NM)
        if atoms == 1:
            length += p.chain_atom_nm * NM * (rng.geometric(1 - p.chain_probability) - 1)
        nodes, shape = _plateau(length, p, rng)
        way += [at + node for node in nodes]
        conductance += [level * factor for factor in shape]
        at += length
    return Landscape(np.array(way), np.array(conductance), last)


def bridged(level_G0: float, doubled: bool, p: MoleculeParameters, rng: Generator) -> Landscape:
    """Draw a molecule that is stretched until it detaches; of two in parallel, one detaches earlier.

    The average of log10 G along the single molecule's plateau is log10 of ``level_G0``.
    """
    least = 0.2 * p.length_nm
    length = max(rng.normal(p.length_nm, p.length_spread_nm), least) * NM
    pieces = 5
    offsets = p.step_decades * rng.standard_normal(pieces)
    edges = np.linspace(0.0, length, pieces + 1)
    way = np.repeat(edges, 2)[1:-1]
    fall = rng.uniform(*p.fall_decades) * (0.5 - way / length)
    conductance = level_G0 * 10.0 ** (fall + np.repeat(offsets - offsets.mean(), 2))
    if doubled:
        loose = rng.integers(1, pieces // 2 + 1)
        conductance[: 2 * loose] *= 2.0
    return Landscape(way, conductance, 0.0)


def _levels_below(start_G0: float, p: GoldParameters, rng: Generator) -> list[float]:
    """Draw the conductances of the plateaus of 1, 2, 3 ... atoms below ``start_G0``; at least the first."""
    levels = [rng.normal(p.level_G0[0], p.level_spread_G0[0])]
    while True:
        atoms = len(levels) + 1
        mean = p.level_G0[atoms - 1] if atoms <= len(p.level_G0) else atoms - 0.15
        if mean >= start_G0:
            return levels
        levels.append(rng.normal(mean, _listed(p.level_spread_G0, atoms)))


def _listed(values: list[float], atoms: int) -> float:
    return values[min(atoms, len(values)) - 1]


def _plateau(length: float, p: GoldParameters, rng: Generator) -> tuple[list[float], list[float]]:
    """Draw the nodes of a plateau and their relative conductance: it falls, and rearranges in steps."""
    edges = [0.0, *sorted(rng.uniform(0.0, length, rng.poisson(length / (p.step_nm * NM)))), length]
    places = np.array(edges)
    sizes = rng.uniform(*p.step_relative, len(edges) - 1)
    offsets = np.cumsum(sizes * (2.0 * rng.integers(0, 2, len(edges) - 1) - 1.0))
    offsets -= (offsets * (places[1:] - places[:-1])).sum() / length if length > 0 else offsets.mean()
    slope = rng.uniform(*p.slope_per_nm) / NM
    nodes = np.repeat(places, 2)[1:-1]
    shape = 1.0 + slope * (0.5 * length - nodes) + np.repeat(offsets, 2)
    return nodes.tolist(), np.maximum(shape, 0.5).tolist()
