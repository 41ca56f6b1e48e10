"""Import profile: what a lab knows about its files, in a TOML file that serves every import."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import tomli_w
from pydantic import Field, field_validator, model_validator

from analysis.importers.convert import offset_in
from analysis.importers.imported import ForeignFile, ImportOptions
from analysis.importers.options import (
    ColumnChoice,
    Cut,
    Layout,
    LogAmplifier,
    Orientation,
    parse_column,
    parse_value,
)
from analysis.importers.registry import IMPORTERS
from analysis.importers.units import advice, unit_of
from app.config.toml import FileError, Section, load_toml, validate

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]


class LogAmplifierSection(Section):
    """Calibration of a logarithmic amplifier for one polarity."""

    reference_A: Positive
    zero_V: float = 0.0
    slope_V: float

    @field_validator("slope_V")
    @classmethod
    def _not_zero(cls, slope_V: float) -> float:
        if not slope_V:
            raise ValueError("the volts per decade; not zero")
        return slope_V

    def amplifier(self) -> LogAmplifier:
        """Return the calibration."""
        return LogAmplifier(self.reference_A, self.zero_V, self.slope_V)


class LogAmplifiers(LogAmplifierSection):
    """Calibration of a logarithmic amplifier, with its own one for negative bias if it has two."""

    scale_decades: NotNegative | None = None
    negative: LogAmplifierSection | None = None

    def amplifier(self) -> LogAmplifier:
        """Return the calibration."""
        negative = self.negative.amplifier() if self.negative else None
        scale = float("nan") if self.scale_decades is None else self.scale_decades
        return LogAmplifier(self.reference_A, self.zero_V, self.slope_V, negative, scale)


class ImportProfile(Section):
    """Content of an import profile; every key is optional."""

    format: str = "auto"
    orientation: Orientation = Orientation.AUTO
    skip_lines: Annotated[int, Field(ge=0)] = 0
    heading_line: Annotated[int, Field(ge=0)] = 0
    bias_mV: float | None = None
    series_resistance_ohm: NotNegative | None = None
    rate_Hz: Positive | None = None
    speed_nm_per_s: Positive | None = None
    gain_V_per_A: Positive | None = None
    extension_nm_per_V: Positive | None = None
    invert: tuple[str, ...] = ()
    cut_between_G0: tuple[Positive, Positive] | None = None
    cut_every: Annotated[int, Field(ge=0)] = 0
    columns: Mapping[str, str] = {}
    units: Mapping[str, str] = {}
    offsets: Mapping[str, str] = {}
    log_amplifier: LogAmplifiers | None = None

    @field_validator("format")
    @classmethod
    def _known_format(cls, name: str) -> str:
        if name not in ("auto", *IMPORTERS):
            raise ValueError(f"one of auto, {', '.join(IMPORTERS)}")
        return name

    @field_validator("columns")
    @classmethod
    def _known_columns(cls, columns: Mapping[str, str]) -> Mapping[str, str]:
        for name, choice in columns.items():
            _, stated = parse_column(f"{name}={choice}")
            if stated.unit:
                _demand_known(stated.unit, f"{name} = {choice!r}")
        return columns

    @field_validator("units")
    @classmethod
    def _known_units(cls, units: Mapping[str, str]) -> Mapping[str, str]:
        for name, unit in units.items():
            _demand_known(unit, f"{name} = {unit!r}")
        return units

    @field_validator("offsets")
    @classmethod
    def _numbers_with_units(cls, offsets: Mapping[str, str]) -> Mapping[str, str]:
        for name, text in offsets.items():
            try:
                offset_in(name, parse_value(text))
            except ForeignFile as error:
                raise ValueError(str(error)) from None
        return offsets

    @model_validator(mode="after")
    def _cut_in_order(self) -> "ImportProfile":
        Cut(self.cut_between_G0 or (0.0, 0.0), self.cut_every)
        return self

    def options(self) -> ImportOptions:
        """Return the statements for the import, in SI."""
        given = {
            "bias_V": None if self.bias_mV is None else self.bias_mV * 1e-3,
            "series_resistance_ohm": self.series_resistance_ohm,
            "opening_speed_m_per_s": None if self.speed_nm_per_s is None else self.speed_nm_per_s * 1e-9,
            "current_gain_V_per_A": self.gain_V_per_A,
            "extension_m_per_V": None if self.extension_nm_per_V is None else self.extension_nm_per_V * 1e-9,
        }
        amplifier = self.log_amplifier.amplifier() if self.log_amplifier else None
        if self.log_amplifier and self.log_amplifier.scale_decades is not None:
            given["current_scale_decades"] = self.log_amplifier.scale_decades
        return ImportOptions(
            settings={name: value for name, value in given.items() if value is not None},
            rate_Hz=float("nan") if self.rate_Hz is None else self.rate_Hz,
            units=dict(self.units),
            columns=dict(parse_column(f"{name}={choice}") for name, choice in self.columns.items()),
            inverted=frozenset(self.invert),
            offsets={name: parse_value(text) for name, text in self.offsets.items()},
            log_amplifier=amplifier,
            layout=Layout(self.orientation, self.skip_lines, self.heading_line),
            cut=Cut(self.cut_between_G0 or (0.0, 0.0), self.cut_every),
        )

    def to_toml(self) -> str:
        """Return the keys that are given, as TOML."""
        return tomli_w.dumps(self.model_dump(mode="json", exclude_defaults=True, exclude_none=True))


def load_profile(path: Path) -> ImportProfile:
    """Return the profile in a TOML file. Raises `FileError`."""
    return load_toml(path, ImportProfile)


def profile_of(content: Mapping[str, Any], beneath: ImportProfile | None = None) -> ImportProfile:
    """Return a profile of given keys, with those of another profile where they are not given.

    Raises
    ------
    FileError
        For a value that breaks a rule; the sentence names it.
    """
    base: dict[str, Any] = beneath.model_dump(exclude_defaults=True) if beneath else {}
    for name, value in content.items():
        known = base.get(name)
        base[name] = (
            {**known, **value} if isinstance(value, Mapping) and isinstance(known, Mapping) else value
        )
    return validate(base, ImportProfile, "import")


def _demand_known(unit: str, place: str) -> None:
    if unit_of(unit) is None:
        raise ValueError(
            f"unit {unit!r} in {place} is unknown{advice(unit)}; `hotjunction import --list-units` prints all spellings"
        )


__all__ = ["ColumnChoice", "FileError", "ImportProfile", "load_profile", "profile_of"]
