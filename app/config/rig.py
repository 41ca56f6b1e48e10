"""The rig file: addresses, wiring, gains, limits, safe values and calibrations of one bench.

Only the addresses distinguish a simulated rig from a real one. docs/reference/rig-file.md explains each key.
"""

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, create_model, model_validator

from app.config.amplifier_sections import (
    CurrentAmplifierSection,
    NotNegative,
    Positive,
    VoltagePreamplifierSection,
    section_of,
)
from app.config.amplifiers import ROLES, AmplifierModel, amplifier_model, named_model
from app.config.card_sections import Daq
from app.config.heater import HeaterSection
from app.config.limits import LimitsSection
from app.config.toml import Section, load_toml
from app.config.unusual import Usual, at, unusual, written_twice

SAME_PLACE_V = 1e-3
"""Largest difference of piezo volts within one position: a hundredth of a nanometre at 10 nm/V."""


class PiezoSection(Section):
    """The tip's piezo with its driver, relative to the volts of the DAQ."""

    extension_nm_per_V: Annotated[Positive, Usual(0.2, 500, "nm/V")]
    relative_uncertainty: Annotated[NotNegative, Usual(0, 0.5)] = 0.05
    calibrated: str = "unknown"


class Probe(Section):
    """The scanning probe with the thermocouple in its tip. Unknown numbers stay unset."""

    id: str = Field(min_length=1)
    thermal_resistance_K_per_W: Annotated[Positive | None, Usual(1e3, 1e8, "K/W")] = None
    thermal_resistance_uncertainty_K_per_W: Annotated[
        Positive | None, Usual(1e-6, 0.5, "K/W", of="thermal_resistance_K_per_W")
    ] = None
    seebeck_V_per_K: Annotated[Positive | None, Usual(1e-7, 2e-3, "V/K")] = None
    seebeck_uncertainty_V_per_K: Annotated[Positive | None, Usual(1e-6, 0.5, "V/K", of="seebeck_V_per_K")] = (
        None
    )
    correlation: float = Field(0.0, ge=-1, le=1)
    thermal_time_constant_s: Annotated[Positive, Usual(1e-8, 0.1, "s")] = 1e-5
    thermocouple_ohm: Annotated[Positive | None, Usual(1, 1e6, "ohm")] = None
    noise_V_per_rtHz: Annotated[Positive | None, Usual(1e-10, 1e-5, "V/rtHz")] = None
    noise_corner_Hz: Annotated[float, Field(ge=0, le=1e4)] = 0.0
    calibrated: str = "unknown"

    @model_validator(mode="after")
    def _all_or_none(self) -> Self:
        named = {name: getattr(self, name) for name in THERMOMETER_KEYS}
        missing = [name for name, value in named.items() if value is None]
        if 0 < len(missing) < len(named):
            raise ValueError(f"needs all of its numbers or none; {', '.join(missing)} missing")
        return self

    @property
    def known(self) -> bool:
        """True if its thermocouple is calibrated."""
        return self.thermal_resistance_K_per_W is not None


THERMOMETER_KEYS = (
    "thermal_resistance_K_per_W",
    "thermal_resistance_uncertainty_K_per_W",
    "seebeck_V_per_K",
    "seebeck_uncertainty_V_per_K",
)


class JunctionSection(Section):
    """The electric circuit of the junction. Positive bias: substrate higher than the grounded probe."""

    series_resistance_ohm: Annotated[NotNegative, Usual(0, 1e7, "ohm")] = 0.0
    bias_on: Literal["substrate", "probe"] = "substrate"


class Coarse(Section):
    """A stepper that moves the tip's housing, driven by two digital lines of the DAQ or of another card."""

    device: str = ""
    step_line: str = Field(pattern=r"^port\d+/line\d+$")
    direction_line: str = Field(pattern=r"^port\d+/line\d+$")
    step_nm: Annotated[Positive, Usual(0.1, 1e4, "nm")]
    steps_per_s: float = Field(200.0, ge=1, le=10_000)
    park_after_s: float = Field(1800.0, ge=0, le=1e6)

    @model_validator(mode="after")
    def _two_lines(self) -> Self:
        if self.step_line == self.direction_line:
            raise ValueError(f"step_line and direction_line must differ, both are {self.step_line}")
        return self


class ContactSection(Section):
    """Limits of the approach: the tip travels on until a contact is noticed and the piezo stopped.

    ``blind_nm`` is the longest way without a sign that the current is measured. ``capacitance_pF`` is the least between
    sample and probe that shows their cables to be on; 0 asks for none.
    """

    most_overshoot_nm: Annotated[Positive, Usual(0.01, 5, "nm")] = 0.25
    blind_nm: Annotated[Positive, Usual(1, 50, "nm")] = 5.0
    capacitance_pF: Annotated[float, Field(ge=0, le=100)] = 0.05
    reaction_s: Annotated[Positive, Usual(1e-3, 1, "s")] = 0.025
    check_every_s: Annotated[Positive, Usual(1e-3, 0.1, "s")] = 0.006


class SafeSection(Section):
    """Safe position of the tip (the safe bias is always 0 V), and the time limit for reaching it.

    ``step_nm`` is the largest distance by which a single write moves the tip toward the sample.
    ``heartbeat_s`` is the longest time without samples before the watchdog makes the rig safe. ``heartbeat_line`` is a
    digital line of the DAQ that toggles while samples come.
    """

    z_V: float = 0.0
    step_nm: Annotated[Positive, Usual(0.1, 20, "nm")] = 5.0
    within_s: Annotated[float, Usual(0.05, 60, "s")] = Field(default=0.9, gt=0, le=60)
    heartbeat_s: Annotated[float, Usual(0.3, 2, "s")] = Field(default=0.35, ge=0.2, le=60)
    heartbeat_line: str | None = Field(default=None, pattern=r"^port\d+/line\d+$")


class Rig(Section):
    """A whole rig file; the tables of its amplifiers are those of the models that it names."""

    @classmethod
    def for_content(cls, content: Mapping[str, Any]) -> type["Rig"]:
        """Return the schema of a rig file with these amplifiers. Raises ``AmplifierError`` for an unknown one."""
        return _rig_with(*(amplifier_model(role, named_model(content, role)) for role in ROLES))

    name: str = "unnamed rig"
    calibrations: str = Field("calibrations", pattern=r"^[^\x00-\x1f]+$")
    mains_Hz: float = Field(50.0, ge=45, le=65)
    daq: Daq
    current_amplifier: CurrentAmplifierSection
    voltage_preamplifier: VoltagePreamplifierSection
    piezo: PiezoSection
    probe: Probe | None = None
    heater: HeaterSection | None = None
    junction: JunctionSection = JunctionSection()
    coarse: Coarse | None = None
    contact: ContactSection = ContactSection()
    safe: SafeSection = SafeSection()
    limits: LimitsSection = LimitsSection()
    unusual: dict[str, Any] = Field(default_factory=dict)

    @property
    def on_fast_clock(self) -> bool:
        """True for a simulated rig whose time runs as fast as it can: it says nothing of the wall clock."""
        return not self.daq.keeps_time

    @property
    def clock(self) -> str:
        """Text that follows a duration: " of the rig's time" on a fast clock, else ""."""
        return " of the rig's time" if self.on_fast_clock else ""

    @property
    def bias_range_V(self) -> tuple[float, float]:
        """Limits of the bias, V."""
        bias, most_V = self.daq.outputs.bias, self.limits.bias_V or math.inf
        return max(bias.min_V, -most_V), min(bias.max_V, most_V)

    @property
    def z_range_V(self) -> tuple[float, float]:
        """Limits of the drive of the piezo, V: (retracted, extended)."""
        z, travel_nm = self.daq.outputs.z, self.limits.tip_travel_nm or math.inf
        return z.min_V, min(z.max_V, z.min_V + travel_nm / self.piezo.extension_nm_per_V)

    @model_validator(mode="after")
    def _safe_within_limits(self) -> Self:
        bias, z = self.daq.outputs.bias, self.daq.outputs.z
        if not bias.min_V <= 0 <= bias.max_V:
            raise ValueError("daq.outputs.bias must allow 0 V, which is the safe bias")
        if abs(self.safe.z_V - z.min_V) > SAME_PLACE_V:
            raise ValueError(
                f"safe.z_V = {self.safe.z_V} is not the end away from the sample: extension grows with the volts, so "
                f"that end is daq.outputs.z.min_V = {z.min_V}. Write z_V = {z.min_V} in [safe]. If the tip retracts as "
                "the card's volts rise, write inverting = true for daq.outputs.z, and its limits and z_V with the "
                "other sign"
            )
        return self

    @model_validator(mode="after")
    def _heater_wired(self) -> Self:
        heater = self.heater
        if heater is None:
            return self
        wired = (
            ("output", heater.output, self.daq.outputs.extras, "daq.outputs"),
            ("readback", heater.readback, self.daq.inputs.extras, "daq.inputs"),
            ("substrate", heater.substrate, self.daq.inputs.extras, "daq.inputs"),
            ("base", heater.base, self.daq.inputs.extras, "daq.inputs"),
        )
        for key, name, channels, table in wired:
            if name not in channels and (name or key in ("output", "readback")):
                raise ValueError(f"heater.{key} = {name!r}: there is no {table}.{name}")
        if self.daq.outputs.extras[heater.output].safe != 0.0:
            raise ValueError(
                f"daq.outputs.{heater.output}.safe must be 0: the heater is off when the rig is safe"
            )
        return self

    @model_validator(mode="after")
    def _unusual_numbers_twice(self) -> Self:
        content = self.model_dump(exclude={"unusual"})
        twice = dict(written_twice(self.unusual))
        for key, value in twice.items():
            once = at(content, key)
            if isinstance(value, bool) or not isinstance(value, int | float) or value != once:
                is_ = "not there" if once is None else "a table" if isinstance(once, dict) else repr(once)
                raise ValueError(
                    f"unusual.{'.'.join(key)} = {value!r} must repeat {'.'.join(key)}, which is {is_}"
                )
        found = [number for number in unusual(type(self), content) if number.key not in twice]
        if found:
            raise ValueError(". ".join(f"{number}. {number.remedy}" for number in found))
        return self


@cache
def _rig_with(*amplifiers: AmplifierModel) -> type[Rig]:
    tables: dict[str, Any] = {model.role: (section_of(model), ...) for model in amplifiers}
    return create_model("Rig", __base__=Rig, __module__=__name__, __doc__=Rig.__doc__, **tables)


def load_rig(path: Path) -> Rig:
    """Read and check a rig file. Raises ``FileError``, which names file, key and bound."""
    return load_toml(path, Rig)
