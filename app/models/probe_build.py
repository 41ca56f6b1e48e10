"""From a checked model file with a floating probe to what `analysis.buettiker` fits."""

from analysis.buettiker.fit_data import HeatPoints, ProbeData
from analysis.buettiker.fit_family import ProbedFamily, Quantity
from analysis.fitting.data import CurrentData, paired_covariance
from analysis.fitting.families import Parameter
from analysis.transport.huckel import bonded, chain_bonds, ring_bonds
from app.config.toml import FileError
from app.models.build import measured_of
from app.models.fields import Free, SameAs
from app.models.schema import FloatingSection, HuckelSection, LevelsSection, Model


def data_of(model: Model, current: CurrentData) -> ProbeData:
    """I-V and the heats that the file names. Raises `FileError`."""
    section, heat = model.measured, None
    if section is not None:
        for name in ("conductance_G0", "seebeck_V_per_K"):
            if getattr(section, name) is not None:
                raise FileError(
                    f"{model.path}: measured.{name}: a fit with a floating probe takes I-V and heating"
                )
        found = measured_of(model).get("heating")
        if found is not None:
            covariance = paired_covariance(found.voltage_V, found.sigma_W, section.heating_correlation)
            heat = HeatPoints(found.voltage_V, found.heat_probe_W, covariance, section.heating_scale_sigma)
    return ProbeData(current, heat, *model.file.temperatures_K)


def floating_family_of(model: Model) -> ProbedFamily:
    """The junctions that a file spans: one level, or a Hueckel molecule whose on-site energy is the level.

    Raises
    ------
    FileError
        For another kind of transmission, more than one level, or free numbers that such a fit leaves alone.
    """
    floating = model.floating
    if floating is None:
        raise FileError(f"{model.path}: floating_probe: is missing")
    for name, value in (("voltage_V", model.file.voltage_V), ("probe", model.file.probe)):
        if value is not None:
            raise FileError(
                f"{model.path}: {name}: has no effect on a fit with a floating probe, and such a file is for nothing "
                "else; leave it out"
            )
    drop = model.file.bias_drop
    for name, value in (("bias_drop", drop), ("molecules", model.file.molecules)):
        if isinstance(value, Free):
            raise FileError(f"{model.path}: {name}: must be a number in a fit with a floating probe")
    if model.file.molecules != 1.0:
        raise FileError(f"{model.path}: molecules: must be 1 in a fit with a floating probe")
    try:
        if isinstance(model.section, LevelsSection):
            return _level(model, floating)
        if isinstance(model.section, HuckelSection):
            return _molecule(model, model.section, floating)
    except ValueError as error:
        raise FileError(f"{model.path}: {error}") from None
    raise FileError(
        f'{model.path}: transmission.kind: a floating probe needs "levels" (one of them) or "huckel"'
    )


def _level(model: Model, floating: FloatingSection) -> ProbedFamily:
    if len(model.levels) != 1 or model.levels[0].bias_drop not in (None, model.file.bias_drop):
        raise ValueError(
            "transmission.levels: a floating probe sits on one level that has no bias_drop of its own"
        )
    level = model.levels[0]
    tip, substrate = level.gamma_probe_eV, level.gamma_substrate_eV
    first = None if isinstance(tip, SameAs) else _quantity("gamma_probe_eV", tip, positive=True)
    second = (
        None if isinstance(substrate, SameAs) else _quantity("gamma_substrate_eV", substrate, positive=True)
    )
    first, second = (second if first is None else first), (first if second is None else second)
    if first is None or second is None:
        raise ValueError("transmission.levels: one of the two widths must be a number")
    return ProbedFamily(
        _quantity("level_eV", level.energy_eV),
        first,
        second,
        _floating_width(floating),
        floating_sites=_sites(floating),
        bias_drop=model.file.bias_drop,
        reference_temperature_K=floating.temperature_K,
    )


def _molecule(model: Model, section: HuckelSection, floating: FloatingSection) -> ProbedFamily:
    if section.molecule is not None:
        raise ValueError(
            "transmission.molecule: give sites, hopping_eV and leads in a fit with a floating probe"
        )
    if isinstance(section.hopping_eV, Free) or isinstance(section.onsite_eV, list):
        raise ValueError(
            "transmission: with a floating probe hopping_eV is a number, and so is onsite_eV, or free"
        )
    names = [lead.name for lead in model.leads]
    if names == ["", ""]:
        names = ["probe", "substrate"]
    if sorted(names) != ["probe", "substrate"]:
        raise ValueError('transmission.leads: one lead named "probe" and one named "substrate"')
    leads = dict(zip(names, model.leads, strict=True))
    sites = section.sites or 0
    bonds = section.bonds or (ring_bonds(sites) if section.geometry == "ring" else chain_bonds(sites))
    hamiltonian = bonded(sites, bonds, section.hopping_eV)
    return ProbedFamily(
        _quantity("level_eV", section.onsite_eV),
        _quantity("gamma_probe_eV", leads["probe"].free_per_site(len(leads["probe"].sites)), positive=True),
        _quantity(
            "gamma_substrate_eV",
            leads["substrate"].free_per_site(len(leads["substrate"].sites)),
            positive=True,
        ),
        _floating_width(floating),
        hamiltonian_eV=hamiltonian,
        probe_sites=leads["probe"].sites,
        substrate_sites=leads["substrate"].sites,
        floating_sites=_sites(floating),
        bias_drop=model.file.bias_drop,
        reference_temperature_K=floating.temperature_K,
    )


def _sites(floating: FloatingSection) -> tuple[tuple[int, ...], ...]:
    rows = [[x] if isinstance(x, int) else x for x in floating.sites]
    if all(isinstance(x, int) for x in floating.sites):
        rows = [[site for row in rows for site in row]]
    return tuple(tuple(row) for row in rows)


def _floating_width(floating: FloatingSection) -> Quantity:
    most_sites = max(map(len, _sites(floating)))
    return _quantity("gamma_floating_eV", floating.free_per_site(most_sites), positive=True)


def _quantity(name: str, value: float | Free, positive: bool = False) -> Quantity:
    if not isinstance(value, Free):
        return value
    least = 1e-7 if positive and value.minimum == 0 else value.minimum
    if positive and value.start <= least:
        raise ValueError(f"{name}: start = {value.start:g} must be above zero")
    return Parameter(name, value.start, least, value.maximum, logarithmic=positive)
