"""The heater of a rig: the output that drives it, the input that reads it back, and its limits."""

from typing import Annotated, Any, Literal

from pydantic import Field

from app.config.amplifier_sections import Positive
from app.config.toml import Section
from app.config.unusual import Usual

OF_THE_ANALYSIS = {"lead_V_per_K", "lead_uncertainty_V_per_K", "resistance_uncertainty_ohm", "calibrated"}


class HeaterSection(Section):
    """A heater in the tip, at the base of the probe, or under the substrate, driven by an output of the card.

    ``output`` and ``readback`` are names in daq.outputs and daq.inputs, both in volts across the heater; ``substrate``
    and ``base`` name inputs in kelvin above ambient, where there are thermometers. ``time_constant_s`` is that of what
    is heated, 0 if unknown.
    """

    where: Literal["tip", "base", "substrate"]
    output: str = "heater"
    readback: str = "heater"
    resistance_ohm: Annotated[Positive, Usual(1, 1e6, "ohm")]
    resistance_uncertainty_ohm: Annotated[float, Field(ge=0, le=1e6)] = 0.0
    kelvin_per_W: Annotated[Positive, Usual(1, 1e8, "K/W")]
    most_W: Annotated[Positive, Usual(1e-6, 5, "W")]
    most_K: Annotated[Positive, Usual(0.1, 60, "K")] = 40.0
    settle_s: Annotated[float, Field(ge=0, le=3600)] = 0.2
    lead_V_per_K: Annotated[float, Usual(-1e-4, 1e-4, "V/K")] = 1.9e-6
    lead_uncertainty_V_per_K: Annotated[float, Field(ge=0, le=1e-4)] = 0.2e-6
    ambient_K: Annotated[Positive, Usual(4, 400, "K")] = 300.0
    substrate: str = ""
    base: str = ""
    time_constant_s: Annotated[float, Field(ge=0, le=3600)] = 0.0
    calibrated: str = "unknown"

    @property
    def handed_on(self) -> dict[str, Any]:
        """Numbers that the procedures use; the others serve the analysis."""
        return self.model_dump(exclude=OF_THE_ANALYSIS)
