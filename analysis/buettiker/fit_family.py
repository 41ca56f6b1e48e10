"""Junctions spanned by a level position, two lead widths and the width of floating probes."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, get_args

import numpy as np

from analysis.buettiker.terminals import (
    AnyTerminal,
    JunctionTerminal,
    ProbedJunction,
    VoltageProbe,
    VoltageTemperatureProbe,
)
from analysis.fitting.families import Parameter
from analysis.records import FloatArray
from analysis.transport.huckel import HuckelModel, Lead

Kind = Literal["none", "voltage", "voltage-temperature"]
KINDS: tuple[Kind, ...] = get_args(Kind)

Quantity = float | Parameter
TIP, SUBSTRATE = "probe", "substrate"


@dataclass(frozen=True, eq=False)
class ProbedFamily:
    """A molecule between tip and substrate, with floating probes of one width.

    Parameters
    ----------
    hamiltonian_eV : ndarray, shape (n_sites, n_sites)
        Real; ``level_eV`` is added to every site. One site by default: a single level.
    level_eV : float or Parameter
        Energy from the Fermi level.
    gamma_probe_eV, gamma_substrate_eV, gamma_floating_eV : float or Parameter
        Width that tip, substrate and each floating probe give to every site they touch. The same Parameter object
        in two places ties them.
    probe_sites, substrate_sites : tuple of int
        Sites, counted from 1.
    floating_sites : tuple of tuple of int
        Sites of each floating probe.
    kind : "none", "voltage" or "voltage-temperature"
        Kind of the floating probes; with "none" there are none.
    bias_drop : float
        Fraction of the bias by which the sites follow the substrate.
    reference_temperature_K : float or None
        Temperature of voltage probes; the mean of tip and substrate if None.
    """

    level_eV: Quantity
    gamma_probe_eV: Quantity
    gamma_substrate_eV: Quantity
    gamma_floating_eV: Quantity
    hamiltonian_eV: FloatArray | None = None
    probe_sites: tuple[int, ...] = (1,)
    substrate_sites: tuple[int, ...] = (1,)
    floating_sites: tuple[tuple[int, ...], ...] = ((1,),)
    kind: Kind = "none"
    bias_drop: float = 0.5
    reference_temperature_K: float | None = None

    def __post_init__(self) -> None:
        if not self.floating_sites or not all(self.floating_sites):
            raise ValueError("floating_sites: each floating probe must touch at least one site")
        n_sites = 1 if self.hamiltonian_eV is None else len(self.hamiltonian_eV)
        for sites in self.floating_sites:
            _lead("floating", sites, 0.0).matrix(n_sites)
        _ = self.model(np.array([p.start for p in self.parameters])).gammas_eV

    def of(self, kind: Kind) -> "ProbedFamily":
        """Return the same junction with another kind of probe."""
        return replace(self, kind=kind)

    @property
    def _quantities(self) -> tuple[Quantity, ...]:
        widths = (self.level_eV, self.gamma_probe_eV, self.gamma_substrate_eV)
        return widths if self.kind == "none" else (*widths, self.gamma_floating_eV)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Free parameters, each once, in the order of the fields."""
        return tuple({id(x): x for x in self._quantities if isinstance(x, Parameter)}.values())

    def index_of(self, field: str) -> int | None:
        """Return the position of a field among the parameters; None if it is fixed or not in the model."""
        quantity = getattr(self, field)
        return next((i for i, p in enumerate(self.parameters) if p is quantity), None)

    def exchanged(self, values: FloatArray) -> FloatArray | None:
        """Return values with the widths of tip and substrate exchanged; None if they are not two parameters."""
        tip, substrate = (self.index_of(x) for x in ("gamma_probe_eV", "gamma_substrate_eV"))
        if tip is None or substrate is None or tip == substrate:
            return None
        other = values.copy()
        other[[tip, substrate]] = values[[substrate, tip]]
        return other

    def fields(self, values: FloatArray) -> FloatArray:
        """Return the level and the widths of tip, substrate and floating probe, (4,), for these parameters."""
        by_id = {id(p): float(x) for p, x in zip(self.parameters, values, strict=False)}
        numbers = [by_id[id(x)] if isinstance(x, Parameter) else x for x in self._quantities]
        return np.array([*numbers, 0.0][:4])

    def model(self, values: FloatArray) -> HuckelModel:
        """Return molecule and leads: tip, substrate, then the floating probes."""
        level, tip, substrate, floating = self.fields(values)
        bare = np.zeros((1, 1)) if self.hamiltonian_eV is None else self.hamiltonian_eV
        leads = [_lead(TIP, self.probe_sites, tip), _lead(SUBSTRATE, self.substrate_sites, substrate)]
        leads += [_lead(name, sites, floating) for name, sites in self.floating.items()]
        return HuckelModel(bare + level * np.eye(len(bare)), tuple(leads), self.bias_drop)

    @property
    def broadens(self) -> bool:
        """True if the floating probes only broaden a level: see `broadened`."""
        single = self.hamiltonian_eV is None or len(self.hamiltonian_eV) == 1
        return single and self.kind == "voltage-temperature"

    def broadened(self, values: FloatArray) -> HuckelModel:
        """Return the coherent level whose currents are those of a level with voltage-temperature probes.

        All transmissions of one level are proportional to its spectral function, so that the emission of the probe can
        be replaced, in particles and in energy, by its absorption. Tip and substrate then exchange as through a level
        with the same sum of all widths, and with Gamma_tip' Gamma_sub' = (Gamma_tip Gamma_sub)
        (sum)/(Gamma_tip + Gamma_sub).
        """
        level, tip, substrate, floating = self.fields(values)
        total = tip + substrate + len(self.floating) * floating
        product = tip * substrate * total / (tip + substrate)
        larger = 0.5 * (total + np.sqrt(max(total**2 - 4 * product, 0.0)))
        widths = (larger, product / larger) if tip >= substrate else (product / larger, larger)
        onsite = level if self.hamiltonian_eV is None else level + float(self.hamiltonian_eV[0, 0])
        leads = (Lead(TIP, {1: widths[0]}), Lead(SUBSTRATE, {1: widths[1]}))
        return HuckelModel(np.array([[onsite]]), leads, self.bias_drop)

    def slopes(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the derivatives of what is fitted, `broadened` where the probes only broaden, by the parameters.

        Energies of the sites have shape (n_parameters, n_sites), widths (n_parameters, n_terminals, n_sites).
        """
        by = self._fields_by_parameter
        sites = [self.probe_sites, self.substrate_sites, *self.floating.values()]
        if self.broadens:
            by, sites = by @ self._broadened_by_fields(values).T, sites[:2]
        n_sites = 1 if self.hamiltonian_eV is None else len(self.hamiltonian_eV)
        widths = np.zeros((len(by), len(sites), n_sites))
        for i, touched in enumerate(sites):
            widths[:, i, np.array(touched) - 1] = by[:, [min(i, 2) + 1]]
        return np.repeat(by[:, :1], n_sites, axis=1), widths

    @cached_property
    def _fields_by_parameter(self) -> FloatArray:
        """Derivatives of the fields by the parameters, (n_parameters, 4): 1 for the field that a parameter is."""
        by = np.zeros((len(self.parameters), 4))
        for column, quantity in enumerate(self._quantities):
            by[[p is quantity for p in self.parameters], column] = 1.0
        return by

    def _broadened_by_fields(self, values: FloatArray) -> FloatArray:
        """Return the derivatives of level, tip width and substrate width of `broadened` by the fields, (3, 4)."""
        _, tip, substrate, _ = self.fields(values)
        model, n = self.broadened(values), len(self.floating)
        one, other = (float(model.gammas_eV[x][0, 0]) for x in (TIP, SUBSTRATE))
        total, leads = one + other, tip + substrate
        by_total = np.array([0.0, 1.0, 1.0, n])
        ratio = np.array([0.0, substrate / leads, tip / leads, 0.0])
        by_product = total * ratio**2 + tip * substrate / leads * by_total
        apart = one - other
        by_one = (one * by_total - by_product) / apart if apart else 0.5 * by_total
        return np.array([[1.0, 0.0, 0.0, 0.0], by_one, by_total - by_one])

    @property
    def floating(self) -> dict[str, tuple[int, ...]]:
        """Names and sites of the floating probes in the model; empty if the kind is "none"."""
        if self.kind == "none":
            return {}
        several = len(self.floating_sites) > 1
        return {
            f"floating {i}" if several else "floating": x for i, x in enumerate(self.floating_sites, start=1)
        }

    def junction(self, values: FloatArray, tip_K: float, substrate_K: float) -> ProbedJunction:
        """Return the junction for `analysis.buettiker.nonequilibrium.probed_currents`."""
        reference_K = self.reference_K(tip_K, substrate_K)
        terminals: list[AnyTerminal] = [
            JunctionTerminal(TIP, tip_K),
            JunctionTerminal(SUBSTRATE, substrate_K),
        ]
        for name in self.floating:
            thermal = self.kind == "voltage-temperature"
            terminals.append(VoltageTemperatureProbe(name) if thermal else VoltageProbe(name, reference_K))
        return ProbedJunction(self.model(values), tuple(terminals))

    def reference_K(self, tip_K: float, substrate_K: float) -> float:
        """Return the temperature of the voltage probes."""
        return self.reference_temperature_K or 0.5 * (tip_K + substrate_K)


def _lead(name: str, sites: tuple[int, ...], gamma_eV: float) -> Lead:
    return Lead(name, dict.fromkeys(sites, gamma_eV))
