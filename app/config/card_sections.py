"""Tables of the rig file about the DAQ card: its channels, rates and loop-backs.

docs/reference/rig-file.md explains each key.
"""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from analysis.second_current import SecondCurrent
from app.config.toml import Section
from app.config.unusual import Usual

MOST_V = 42.4
"""Largest input range of any card that this program knows of; which ranges there are, the card itself says."""

QUANTITY = r"^[a-z][a-z0-9_]*$"
TAKEN = {"conductance", "extension", "displacement", "time", "sigma"}
"""Names that a channel can't have, because the analysis takes them for something else."""


class Input(Section):
    """An analogue input of the DAQ."""

    channel: str = Field(pattern=r"^ai\d+$")
    range_V: float = Field(10.0, gt=0, le=MOST_V)
    terminal: Literal["differential", "rse", "nrse"] = "differential"


class ExtraInput(Input):
    """An input beyond the four roles: a heater's current, a second thermometer, a lock-in. ``scale`` is per volt."""

    unit: str = "V"
    scale: float = 1.0
    offset: float = 0.0
    quantity: Literal["none", "current"] = "none"

    @model_validator(mode="after")
    def _volts_of_the_amplifier(self) -> Self:
        if self.quantity == "current" and (self.unit != "V" or not self.scale):
            raise ValueError(
                'quantity = "current": a sample is the output of the current amplifier in V, so unit must be "V" and '
                "scale not 0"
            )
        return self


class Output(Section):
    """An analogue output of the DAQ. The limits protect the piezo and the junction.

    With ``inverting`` the junction has a positive bias, or the tip extends, as the card's volts fall. Limits and safe
    place then have the sign of bias and extension, not that of the card.
    """

    channel: str = Field(pattern=r"^ao\d+$")
    min_V: float = Field(ge=-MOST_V, le=MOST_V)
    max_V: float = Field(ge=-MOST_V, le=MOST_V)
    inverting: bool = False

    @property
    def sign(self) -> float:
        """Sign of the driven quantity per volt of the card."""
        return -1.0 if self.inverting else 1.0

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min_V >= self.max_V:
            raise ValueError(f"min_V = {self.min_V} must lie below max_V = {self.max_V}")
        return self


class BiasOutput(Output):
    """The bias. Its limits are those of the junction, which gets ``adder_V`` and the card's volts over ``divider``."""

    divider: float = Field(1.0, ge=1, le=1e6)
    adder_V: float = Field(0.0, ge=-10, le=10)
    looped_back_at: Literal["card", "junction"] = "card"


class ExtraOutput(Section):
    """An output beyond bias and z: a heater, a gate. All numbers in ``unit``; ``scale`` is per volt of the card."""

    channel: str = Field(pattern=r"^ao\d+$")
    unit: str = "V"
    scale: float = 1.0
    offset: float = 0.0
    min: float
    max: float
    safe: float = 0.0
    value: float | None = None

    @model_validator(mode="after")
    def _within(self) -> Self:
        if not self.scale:
            raise ValueError("scale must not be 0")
        for name in ("safe", "value"):
            number = getattr(self, name)
            if number is not None and not self.min <= number <= self.max:
                raise ValueError(
                    f"{name} = {number:g} {self.unit} must lie within {self.min:g} to {self.max:g}"
                )
        if self.min >= self.max:
            raise ValueError(f"min = {self.min:g} must lie below max = {self.max:g}")
        return self


class Channels(Section):
    """Channels of the DAQ: those of the roles, and any number of others by their names."""

    model_config = ConfigDict(extra="allow")

    @property
    def extras(self) -> dict[str, Any]:
        """Channels beyond the roles, by name, in the order of the file."""
        return dict(self.__pydantic_extra__ or {})

    @property
    def named(self) -> dict[str, Any]:
        """All channels by name, the roles first."""
        return {**{name: getattr(self, name) for name in type(self).model_fields}, **self.extras}

    @model_validator(mode="after")
    def _names(self) -> Self:
        for name in self.extras:
            if not re.fullmatch(QUANTITY, name) or name in TAKEN:
                raise ValueError(
                    f"{name}: a channel's name has small letters, digits and _, and is none of "
                    f"{', '.join(sorted(TAKEN))}"
                )
        used = [one.channel for one in self.named.values()]
        twice = sorted({channel for channel in used if used.count(channel) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} is given twice")
        return self


class InputsSection(Channels):
    """Inputs of the DAQ, in the order of sampling.

    The card has one converter behind a multiplexer, and each input keeps a trace of the one before it. So the
    two faint signals follow slow ones: the thermocouple the piezo's drive, the current the thermocouple. A second
    input of the current follows the bias: with its cable off it then repeats that, and not the current.
    """

    bias: Input
    z: Input
    thermocouple: Input
    current: Input

    __pydantic_extra__: dict[str, ExtraInput]

    @property
    def second_current(self) -> SecondCurrent | None:
        """Second, finer input of the current; None without one."""
        found = (
            SecondCurrent(name, one.range_V * abs(one.scale))
            for name, one in self.extras.items()
            if one.quantity == "current"
        )
        return next(found, None)

    @property
    def named(self) -> dict[str, Any]:
        """All channels by name, in the order of sampling."""
        named = super().named
        second = self.second_current
        if second is None:
            return named
        return {"bias": named.pop("bias"), second.name: named.pop(second.name), **named}

    @model_validator(mode="after")
    def _one_finer_current(self) -> Self:
        seconds = [name for name, one in self.extras.items() if one.quantity == "current"]
        if len(seconds) > 1:
            raise ValueError(f'{" and ".join(seconds)}: only one input may have quantity = "current"')
        second = self.second_current
        if second is not None and second.full_scale_V >= self.current.range_V:
            raise ValueError(
                f"{second.name}: its range must be smaller than range_V = {self.current.range_V:g} of current, which "
                "detects the contacts"
            )
        return self


class OutputsSection(Channels):
    """Outputs of the DAQ."""

    bias: BiasOutput
    z: Output

    __pydantic_extra__: dict[str, ExtraOutput]


class LoopBacksSection(Section):
    """Tolerance of the loop-backs: a run ends when one is further from the commanded volts."""

    relative_tolerance: float = Field(default=0.01, ge=0.001, le=0.2)
    tolerance_V: float = Field(default=0.002, ge=0.0005, le=0.05)


class Daq(Section):
    """The DAQ card: "local" NI-DAQmx, or "grpc://HOST:PORT" of a device server on the controller."""

    controller: str = Field(pattern=r"^(local|grpc://.+:\d+)$")
    device: str = "Dev1"
    rate_Hz: Annotated[float, Usual(100, 125_000, "Hz")] = Field(2000.0, gt=0, le=1_000_000)
    buffer_s: float = Field(10.0, ge=1, le=600)
    answer_s: Annotated[float, Usual(0.05, 600, "s")] = Field(2.0, gt=0, le=600)
    filter: bool = True
    keeps_time: bool = True
    current_first_arrival_s: float | None = Field(None, ge=-0.1, le=0.1)
    thermocouple_first_arrival_s: float | None = Field(None, ge=-0.1, le=0.1)
    current_time_constant_s: float | None = Field(None, ge=0, le=1)
    thermocouple_time_constant_s: float | None = Field(None, ge=0, le=1)
    inputs: InputsSection
    outputs: OutputsSection
    loop_backs: LoopBacksSection = LoopBacksSection()
