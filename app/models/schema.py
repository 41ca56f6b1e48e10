"""The TOML file of a transmission model, for `hotjunction predict` and `hotjunction fit`."""

import math
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import Field, PlainValidator, model_validator

from app.config.toml import FileError, Section, load_toml, validate
from app.models.coupling import PER_SITE, Coupling
from app.models.fields import Drop, Free, Kelvin, Number, Positive, SameAs, Width, bounded_number, is_number


class VoltageRange(Section):
    """Evenly spaced biases, both ends included."""

    start: float
    stop: float
    points: int = Field(ge=1, le=100_000)


def _voltages(value: Any, where: str) -> tuple[float, ...]:
    if isinstance(value, dict):
        span = validate(value, VoltageRange, where)
        return tuple(np.linspace(span.start, span.stop, span.points).tolist())
    if not isinstance(value, list) or not value or not all(is_number(x) and math.isfinite(x) for x in value):
        raise FileError(f"{where} = {value!r}: must be a list of numbers, or {{ start =, stop =, points = }}")
    return tuple(float(x) for x in value)


class ProbeSection(Section):
    """The tip. ``thermal_resistance_K_per_W``: what turns the heat in it into a temperature rise."""

    thermal_resistance_K_per_W: float = Field(gt=0.0)


class MeasuredNumber(Section):
    """A measured number and its standard deviation."""

    value: float
    sigma: float = Field(gt=0.0)


class FloatingSection(Coupling):
    """A Buettiker probe for a fit that compares none, voltage and voltage-temperature probes.

    ``sites`` it touches, counted from 1, or a list of such lists: several probes of one width.
    ``temperature_K`` is what a voltage probe keeps; the mean of both electrodes if absent.
    """

    sites: list[int] | list[list[int]] = Field(default=[1], min_length=1)
    temperature_K: Kelvin | None = None

    old_gamma = PER_SITE


class MeasuredSection(Section):
    """What `hotjunction fit` uses besides I-V data.

    ``heating``: a CSV file, relative to this one, with the columns voltage_V, heat_probe_W, sigma_W and, if they
    were measured, heat_total_W and sigma_total_W. ``heating_correlation`` is that of the heats at opposite biases,
    ``heating_scale_sigma`` the relative uncertainty that all heats in the probe share; both need ``heating``.
    """

    conductance_G0: MeasuredNumber | None = None
    seebeck_V_per_K: MeasuredNumber | None = None
    heating: Path | None = None
    heating_correlation: float = Field(default=0.0, gt=-1.0, lt=1.0)
    heating_scale_sigma: float = Field(default=0.0, ge=0.0, lt=0.5)

    @model_validator(mode="after")
    def _of_heating(self) -> Self:
        for key in ("heating_correlation", "heating_scale_sigma"):
            if self.heating is None and key in self.model_fields_set:
                raise ValueError(f"{key} is of the heats: it needs heating, the file that holds them")
        return self


class ModelFile(Section):
    """Keys of the file; ``transmission`` is checked by its kind, see the classes below; ``probe`` is a `ProbeSection`,
    ``measured`` a `MeasuredSection`, ``floating_probe`` a `FloatingSection`.

    ``voltage_V`` is a list, or { start =, stop =, points = }. ``bias_drop`` is the fraction of the bias by which
    levels follow the substrate ("probe" = 0, "symmetric" = 0.5, "substrate" = 1). ``molecules`` is the number of
    equal junctions in parallel.
    """

    temperature_K: Kelvin | None = None
    temperature_probe_K: Kelvin | None = None
    temperature_substrate_K: Kelvin | None = None
    voltage_V: Any = None
    bias_drop: Drop = 0.5
    molecules: Positive = 1.0
    transmission: dict[str, Any]
    probe: dict[str, Any] | None = None
    measured: dict[str, Any] | None = None
    floating_probe: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _one_way_to_say_temperature(self) -> Self:
        both = (self.temperature_probe_K, self.temperature_substrate_K)
        if (self.temperature_K is not None and both != (None, None)) or (
            None in both and both != (None, None)
        ):
            raise ValueError("give temperature_K, or temperature_probe_K and temperature_substrate_K")
        return self

    @property
    def temperatures_K(self) -> tuple[float, float]:
        """Probe and substrate; 300 K where the file does not tell."""
        both = self.temperature_K or 300.0
        return self.temperature_probe_K or both, self.temperature_substrate_K or both


class FlatSection(Section):
    """``kind = "flat"``: the same transmission at every energy."""

    kind: Literal["flat"]
    value: Positive


class LevelSection(Section):
    """A Breit-Wigner level. A width may name the other one ("gamma_probe_eV") to be equal to it."""

    energy_eV: Number
    gamma_probe_eV: Width
    gamma_substrate_eV: Width
    bias_drop: Drop | None = None


class LevelsSection(Section):
    """``kind = "levels"``: incoherent sum of levels."""

    kind: Literal["levels"]
    levels: list[dict[str, Any]] = Field(min_length=1)


class TableSection(Section):
    """``kind = "table"``: tau against energy from a file, relative to this one.

    ``fermi_energy`` is in the file's ``energy_unit`` (eV, meV, J, Ry, Ha). ``outside`` ("edge", "zero") is what tau
    is beyond the table, ``interpolation`` "linear" or "pchip".
    """

    kind: Literal["table"]
    file: Path
    energy_unit: str = "eV"
    fermi_energy: float = 0.0
    outside: Literal["edge", "zero"] = "edge"
    interpolation: Literal["linear", "pchip"] = "linear"


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


class HuckelSection(Section):
    """``kind = "huckel"``: sites with equal hopping, or a ready molecule.

    ``geometry`` ("ring", "chain") says which sites are bonded, or ``bonds`` lists them as pairs. ``onsite_eV`` is a
    number or one per site, from E_F. ``molecule`` takes a ready model instead of all that.
    """

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
    sites: int | None = Field(default=None, ge=1, le=500)
    geometry: Literal["ring", "chain"] = "ring"
    bonds: list[tuple[int, int]] | None = None
    hopping_eV: Number = 0.0
    onsite_eV: Annotated[
        Any,
        PlainValidator(
            lambda x: [bounded_number(y) for y in x] if isinstance(x, list) else bounded_number(x)
        ),
    ] = 0.0
    leads: list[dict[str, Any]] = Field(default_factory=list)

    @model_validator(mode="after")
    def _ready_or_built(self) -> Self:
        built = self.sites is not None and len(self.leads) >= 2 and "hopping_eV" in self.model_fields_set
        if self.molecule is None and not built:
            raise ValueError("kind huckel needs sites, hopping_eV and two leads, or the name of a molecule")
        if self.molecule is not None and self.model_fields_set - {"kind", "molecule"}:
            raise ValueError("molecule stands alone: it brings its sites, bonds and leads")
        if isinstance(self.onsite_eV, list) and len(self.onsite_eV) != self.sites:
            raise ValueError(f"onsite_eV has {len(self.onsite_eV)} numbers for {self.sites} sites")
        return self


KINDS: dict[str, type[FlatSection | LevelsSection | TableSection | HuckelSection]] = {
    "flat": FlatSection,
    "levels": LevelsSection,
    "table": TableSection,
    "huckel": HuckelSection,
}


@dataclass(frozen=True)
class Model:
    """A checked model file: its keys, the sections in it, its biases, and the levels or leads in it."""

    path: Path
    file: ModelFile
    section: FlatSection | LevelsSection | TableSection | HuckelSection
    voltages_V: tuple[float, ...] = ()
    probe: ProbeSection | None = None
    measured: MeasuredSection | None = None
    floating: FloatingSection | None = None
    levels: tuple[LevelSection, ...] = ()
    leads: tuple[LeadSection, ...] = ()


def load_model(path: Path) -> Model:
    """Read and check a model. Raises `FileError`, which names file, key and what was expected."""
    file = load_toml(path, ModelFile)
    where = f"{path}: transmission"
    kind = file.transmission.get("kind")
    if kind not in KINDS:
        near = get_close_matches(str(kind), KINDS, n=1, cutoff=0.4)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise FileError(f"{where}.kind = {kind!r}: must be one of {', '.join(KINDS)}{hint}")
    section = validate(file.transmission, KINDS[kind], where)
    levels: tuple[LevelSection, ...] = ()
    leads: tuple[LeadSection, ...] = ()
    if isinstance(section, LevelsSection):
        rows = enumerate(section.levels, start=1)
        levels = tuple(_level(row, f"{where}.levels, number {i}") for i, row in rows)
    if isinstance(section, HuckelSection):
        rows = enumerate(section.leads, start=1)
        leads = tuple(validate(row, LeadSection, f"{where}.leads, number {i}") for i, row in rows)
    voltages = () if file.voltage_V is None else _voltages(file.voltage_V, f"{path}: voltage_V")
    probe = None if file.probe is None else validate(file.probe, ProbeSection, f"{path}: probe")
    measured = (
        None if file.measured is None else validate(file.measured, MeasuredSection, f"{path}: measured")
    )
    floating = (
        None
        if file.floating_probe is None
        else validate(file.floating_probe, FloatingSection, f"{path}: floating_probe")
    )
    return Model(path, file, section, voltages, probe, measured, floating, levels, leads)


def _level(row: dict[str, Any], where: str) -> LevelSection:
    level = validate(row, LevelSection, where)
    widths = {"gamma_probe_eV": level.gamma_probe_eV, "gamma_substrate_eV": level.gamma_substrate_eV}
    for key, width in widths.items():
        if isinstance(width, SameAs) and (width.key == key or isinstance(widths[width.key], SameAs)):
            raise FileError(f"{where}: {key} = {width.key!r}: one of the two widths must be a number")
    if not any(isinstance(x, Free) or (isinstance(x, float) and x > 0) for x in widths.values()):
        raise FileError(f"{where}: both widths are zero: the level couples to nothing")
    return level
