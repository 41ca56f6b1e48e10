"""Limits of a rig: what junction, tip and coarse positioner may ever be asked for, by whatever path.

The drivers enforce them: they check each value before it is sent (docs/explanation/limits.md).
"""

from typing import Annotated

from pydantic import Field

from app.config.amplifier_sections import Positive
from app.config.toml import Section
from app.config.unusual import Usual

Volts = Annotated[float, Field(gt=0, le=100)]


class LimitsSection(Section):
    """Limits beside those of the outputs; the stricter one counts. Without a number the output's own counts."""

    bias_V: Volts | None = None
    bias_step_V: Volts | None = None
    current_A: Annotated[Positive, Usual(1e-12, 0.1, "A")] = 1e-3
    high_bias_V: Volts = 1.0
    high_bias_s: Annotated[float, Field(ge=3, le=1e7)] = 600.0
    tip_travel_nm: Annotated[Positive | None, Usual(1, 1e5, "nm")] = None
    tip_speed_nm_per_s: Annotated[Positive, Usual(0.01, 1e4, "nm/s")] = 500.0
    coarse_travel_nm: Annotated[Positive, Usual(1, 1e7, "nm")] = 20_000.0
