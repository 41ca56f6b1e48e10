"""Model files: a transmission between two electrodes, or a junction with terminals."""

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator

from analysis.transport.kinds import TRANSMISSIONS
from app.config.toml import FileError, Section, of_kind, read_toml, validate
from app.models.fields import Drop, Kelvin, Positive
from app.models.floating import FloatingSection
from app.models.kind import ModelContext, TransmissionSection, section_of
from app.models.series import series
from app.models.terminals import TERMINAL_KEYS, TerminalFile, TerminalModel, terminal_model


class ProbeSection(Section):
    """The tip; ``thermal_resistance_K_per_W`` converts heat to a temperature rise."""

    thermal_resistance_K_per_W: float = Field(gt=0.0)


class MeasuredNumber(Section):
    """A measured number and its standard deviation."""

    value: float
    sigma: float = Field(gt=0.0)


class PhononNumber(Section):
    """Thermal conductance by phonons, from theory or from a junction that hardly conducts; ``sigma`` may be 0."""

    value: float = Field(ge=0.0)
    sigma: float = Field(ge=0.0)


PHONONS_MISSING = (
    "a thermal conductance contains that of the phonons, which no transmission of electrons has: give it as "
    "phonon_W_per_K = { value =, sigma = } (of single molecules it is most of the thermal conductance)"
)


class MeasuredSection(Section):
    """Data of `hotjunction fit` besides the I-V.

    ``heating``: a CSV file, relative to this one, with the columns voltage_V, heat_probe_W, sigma_W and, if they
    were measured, heat_total_W and sigma_total_W. ``heating_correlation`` is that of the heats at opposite biases,
    ``heating_scale_sigma`` the relative uncertainty that all heats in the probe share; both need ``heating``.
    ``phonon_W_per_K`` is the part of the thermal conductance that a transmission of electrons does not have.
    ``peltier_V`` is that of the junction itself: the measured one plus S_lead T.
    ``results``: JSON files of `hotjunction analyze`, for whatever the keys above do not give.
    """

    conductance_G0: MeasuredNumber | None = None
    seebeck_V_per_K: MeasuredNumber | None = None
    thermal_conductance_W_per_K: MeasuredNumber | None = None
    phonon_W_per_K: PhononNumber | None = None
    peltier_V: MeasuredNumber | None = None
    heating: Path | None = None
    heating_correlation: float = Field(default=0.0, gt=-1.0, lt=1.0)
    heating_scale_sigma: float = Field(default=0.0, ge=0.0, lt=0.5)
    results: tuple[Path, ...] = ()

    @model_validator(mode="after")
    def _of_heating(self) -> Self:
        for key in ("heating_correlation", "heating_scale_sigma"):
            if self.heating is None and key in self.model_fields_set:
                raise ValueError(f"{key} is of the heats: it needs heating, the file that holds them")
        return self

    @model_validator(mode="after")
    def _without_phonons(self) -> Self:
        if self.thermal_conductance_W_per_K is not None and self.phonon_W_per_K is None:
            raise ValueError(PHONONS_MISSING)
        return self


class ModelFile(Section):
    """Keys of the file; ``transmission`` is checked by the section of its kind, see `app.models.kind`.

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
    probe: ProbeSection | None = None
    measured: MeasuredSection | None = None
    floating_probe: FloatingSection | None = None

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
        """Temperatures of probe and substrate; 300 K by default."""
        both = self.temperature_K or 300.0
        return self.temperature_probe_K or both, self.temperature_substrate_K or both


@dataclass(frozen=True)
class Model:
    """A checked model file of two electrodes: its keys, its transmission, and its biases."""

    path: Path
    file: ModelFile
    section: TransmissionSection
    voltages_V: tuple[float, ...] = ()

    @property
    def context(self) -> ModelContext:
        """Keys that a kind of transmission may use."""
        return ModelContext(self.path, self.file.bias_drop, "bias_drop" in self.file.model_fields_set)


def load_model(path: Path) -> Model | TerminalModel:
    """Return what a model file describes. Raises `FileError`, which names file, key and the expected value."""
    content = read_toml(path)
    if TERMINAL_KEYS & content.keys():
        return terminal_model(path, of_kind(path, content, TerminalFile))
    return _two_electrodes(path, of_kind(path, content, ModelFile))


def load_transmission(path: Path) -> Model:
    """Return the transmission of a model file. Raises `FileError`, also for a junction with terminals."""
    model = load_model(path)
    if isinstance(model, TerminalModel):
        raise FileError(
            f"{path}: terminals: are for `hotjunction predict`; here a transmission between two electrodes is needed"
        )
    return model


def load_terminals(path: Path) -> TerminalModel:
    """Return the junction with terminals of a model file. Raises `FileError`, also for one without terminals."""
    model = load_model(path)
    if isinstance(model, Model):
        raise FileError(
            f"{path}: terminals: are missing; the file describes a transmission between two electrodes"
        )
    return model


def _two_electrodes(path: Path, file: ModelFile) -> Model:
    where = f"{path}: transmission"
    kind = file.transmission.get("kind")
    if not isinstance(kind, str) or kind not in TRANSMISSIONS:
        near = get_close_matches(str(kind), TRANSMISSIONS, n=1, cutoff=0.4)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise FileError(f"{where}.kind = {kind!r}: must be one of {', '.join(TRANSMISSIONS)}{hint}")
    try:
        keys = section_of(kind)
    except ValueError as error:
        raise FileError(f"{where}.kind = {kind!r}: {error}") from None
    section = validate(file.transmission, keys, where)
    voltages = () if file.voltage_V is None else series(file.voltage_V, f"{path}: voltage_V").tolist()
    return Model(path, file, section, tuple(voltages))
