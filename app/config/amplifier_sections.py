"""Tables of the rig file for the amplifiers: what every model has, and the keys of one model from its driver."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING
from functools import cache
from typing import Annotated, Any, TypeVar, get_type_hints

from pydantic import AfterValidator, Field, create_model, model_validator

from app.config.amplifiers import CURRENT_AMPLIFIER, DEFAULTS, VOLTAGE_PREAMPLIFIER, AmplifierModel
from app.config.toml import Section
from app.config.unusual import Usual
from drivers.amplifier import Amplifier, rig_key
from drivers.errors import OutOfRange
from drivers.limits import position_in

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Number = TypeVar("Number", int, float)


def one_of(choices: Sequence[float]) -> Callable[[Number], Number]:
    """Return a validator that replaces a number by the equal choice, compared as by the drivers."""

    def choose(value: Number) -> Number:
        try:
            return type(value)(choices[position_in("", value, choices)])
        except OutOfRange as error:
            raise ValueError(f"one of {error.allowed}") from None

    return choose


class CurrentAmplifierSection(Section):
    """Current amplifier: the gain and rise time that it is set to, and what its calibration found at that gain."""

    model: str = DEFAULTS[CURRENT_AMPLIFIER]
    gain_V_per_A: Positive
    rise_time_s: Positive
    measured_gain_V_per_A: Annotated[Positive | None, Usual(0.2, 5, "V/A", of="gain_V_per_A")] = None
    offset_V: Annotated[float, Usual(-1, 1, "V")] = 0.0
    gain_relative_uncertainty: Annotated[NotNegative, Usual(0, 0.5)] = 0.01
    input_resistance_ohm: Annotated[NotNegative, Usual(0, 1e5, "ohm")] = 0.0
    inverting: bool = False
    calibrated: str = "unknown"

    @property
    def true_gain_V_per_A(self) -> float:
        """Measured gain where there is one, else the gain that is set."""
        return self.measured_gain_V_per_A or self.gain_V_per_A


class VoltagePreamplifierSection(Section):
    """Voltage preamplifier of the thermocouple: its gain and low-pass corner."""

    model: str = DEFAULTS[VOLTAGE_PREAMPLIFIER]
    gain: Positive
    lowpass_Hz: Positive
    inverting: bool = False

    @property
    def signed_gain(self) -> float:
        """Gain with its sign."""
        return -self.gain if self.inverting else self.gain


_POSITIVE: dict[Any, Any] = {float: Positive, float | None: Positive | None}
"""Kinds of the keys that are numbers, which must be positive."""

BASES: dict[str, type[Section]] = {
    CURRENT_AMPLIFIER: CurrentAmplifierSection,
    VOLTAGE_PREAMPLIFIER: VoltagePreamplifierSection,
}


@cache
def section_of(model: AmplifierModel) -> type[Section]:
    """Return the table of a model: the keys of its role and those of its driver. Raises ``AmplifierError``."""
    base = BASES[model.role]
    kinds = get_type_hints(model.driver.Keys)
    definitions: dict[str, Any] = {"inverting": (bool, getattr(model.driver, "inverting", False))}
    for one in model.keys:
        kind: Any = _POSITIVE.get(kinds[one.name], kinds[one.name])
        if choices := rig_key(one).choices:
            kind = Annotated[kind, AfterValidator(one_of(choices))]
        definitions[one.name] = (kind, ... if one.default is MISSING else one.default)
    return create_model(
        base.__name__,
        __base__=base,
        __module__=__name__,
        __doc__=base.__doc__,
        __validators__=_completing(model.driver),
        **definitions,
    )


def _completing(driver: type[Amplifier]) -> dict[str, Any]:
    """Return the validator that lets a driver complete its table, if it wants to."""
    completed = getattr(driver, "completed", None)
    if completed is None:
        return {}

    def complete(table: Any) -> Any:
        return completed(table) if isinstance(table, Mapping) else table

    return {"completed": model_validator(mode="before")(complete)}
