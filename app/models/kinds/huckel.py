"""``kind = "huckel"``: a Hueckel molecule between two leads."""

from dataclasses import replace
from typing import Literal, Self

from pydantic import Field, model_validator

from analysis.buettiker.fit_family import ProbedFamily
from analysis.fitting.families import TransmissionFamily
from analysis.transport.huckel import HuckelModel, Lead
from analysis.transport.transmission import Transmission
from app.models.coupling import PER_SITE, Coupling
from app.models.fields import Free, Quantity
from app.models.floating import FloatingSection, probed_quantity
from app.models.kind import ModelContext, TransmissionSection, built_family
from app.models.molecule import MoleculeKeys

_MOLECULES = {
    "1,4-benzenediamine": "benzenediamine_14",
    "1,4-benzenediisonitrile": "benzenediisonitrile_14",
    "1,3-benzenedithiol": "benzenedithiol_13",
    "1,4-benzenedithiol": "benzenedithiol_14",
    "gold chain": "gold_chain",
}


class LeadSection(Coupling):
    """A wide-band lead on one site or several, counted from 1.

    Two leads without names are the probe and the substrate, in this order.
    """

    name: str = ""
    site: int | list[int]

    old_gamma = PER_SITE

    @property
    def sites(self) -> tuple[int, ...]:
        """Sites that the lead touches."""
        return (self.site,) if isinstance(self.site, int) else tuple(self.site)

    def lead(self, name: str, width_eV: float) -> Lead:
        """Return the lead with a value for its width."""
        return Lead(name, dict.fromkeys(self.sites, self.per_site(width_eV, len(self.sites))))


class HuckelSection(TransmissionSection, MoleculeKeys):
    """A molecule between two leads, or, as ``molecule``, a ready model that brings all else."""

    kind: Literal["huckel"]
    molecule: (
        Literal[
            "1,4-benzenediamine",
            "1,4-benzenediisonitrile",
            "1,3-benzenedithiol",
            "1,4-benzenedithiol",
            "gold chain",
        ]
        | None
    ) = None
    leads: list[LeadSection] = Field(default_factory=list)

    @model_validator(mode="after")
    def _ready_or_built(self) -> Self:
        if self.molecule is None and (self.missing or len(self.leads) < 2):
            raise ValueError("kind huckel needs sites, hopping_eV and two leads, or the name of a molecule")
        if self.molecule is not None and self.model_fields_set - {"kind", "molecule"}:
            raise ValueError("molecule stands alone: it brings its sites, bonds and leads")
        return self

    def family(self, context: ModelContext) -> TransmissionFamily:
        """Return molecules between the leads "probe" and "substrate"."""
        drop = ("bias_drop", context.bias_drop, False)
        if self.molecule is not None:
            from analysis.transport import molecules

            ready: HuckelModel = getattr(molecules, _MOLECULES[self.molecule])()
            return built_family(lambda x: replace(ready, bias_drop=x[0]).transmission(), [drop])
        leads = self._named_leads()
        onsite = self.onsite_eV if isinstance(self.onsite_eV, list) else [self.onsite_eV]
        several = len(onsite) > 1
        hopping = 0.0 if self.hopping_eV is None else self.hopping_eV
        quantities: list[tuple[str, Quantity, bool]] = [drop, ("hopping_eV", hopping, False)]
        quantities += [(f"{x.gamma_key} of {name}", x.gamma, True) for name, x in leads.items()]
        quantities += [
            (f"onsite_eV of site {i}" if several else "onsite_eV", x, False) for i, x in enumerate(onsite, 1)
        ]

        def build(x: list[float]) -> Transmission:
            hamiltonian = self.hamiltonian_eV(None if self.hopping_eV is None else x[1], x[4:])
            ends = (row.lead(name, width) for (name, row), width in zip(leads.items(), x[2:4], strict=True))
            return HuckelModel(hamiltonian, tuple(ends), x[0]).transmission()

        return built_family(build, quantities)

    def probed_family(self, context: ModelContext, floating: FloatingSection) -> ProbedFamily:
        """Return molecules whose on-site energy is the level."""
        if self.molecule is not None:
            raise ValueError(
                "transmission.molecule: give sites, hopping_eV and leads in a fit with a floating probe"
            )
        if isinstance(self.hopping_eV, Free) or isinstance(self.onsite_eV, list):
            raise ValueError(
                "transmission: with a floating probe hopping_eV is a number, and so is onsite_eV, or free"
            )
        leads = self._named_leads()
        widths = {
            name: probed_quantity(f"gamma_{name}_eV", x.free_per_site(len(x.sites)), positive=True)
            for name, x in leads.items()
        }
        return ProbedFamily(
            probed_quantity("level_eV", self.onsite_eV),
            widths["probe"],
            widths["substrate"],
            floating.width,
            hamiltonian_eV=self.hamiltonian_eV(self.hopping_eV, [0.0]),
            probe_sites=leads["probe"].sites,
            substrate_sites=leads["substrate"].sites,
            floating_sites=floating.sites_of_each,
            bias_drop=context.bias_drop,  # type: ignore[arg-type]  # a number: probe_build has checked it
            reference_temperature_K=floating.temperature_K,
        )

    def _named_leads(self) -> dict[str, LeadSection]:
        names = [lead.name for lead in self.leads]
        if names == ["", ""]:
            names = ["probe", "substrate"]
        if sorted(names) != ["probe", "substrate"]:
            raise ValueError(
                f"leads are {', '.join(map(repr, names))}: the currents between two electrodes take one lead "
                'named "probe" and one named "substrate"'
            )
        return dict(zip(names, self.leads, strict=True))
