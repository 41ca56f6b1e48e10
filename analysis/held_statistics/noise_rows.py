"""Rows of statistics over held stretches: windows of flicker noise, and the verdict on two-state switching."""

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from analysis.constants import G0_S
from analysis.junction_noise.flicker import (
    FlickerRules,
    NoiseWindows,
    UnsuitableForFlicker,
    hold_windows,
    open_floor_A2,
)
from analysis.junction_noise.stretches import HeldStretch
from analysis.junction_noise.telegraph import LEAST_SAMPLES, Telegraph, find_telegraph


class HasBand(Protocol):
    """Options with the window and the band of the noise power."""

    @property
    def window_s(self) -> float:
        """Length of a window."""
        ...

    @property
    def band_Hz(self) -> tuple[float, float]:
        """Band of the noise power."""
        ...


@dataclass(frozen=True, eq=False)
class NoiseRow:
    """One stretch: its windows or the reason why it has none, and its telegraph noise or the reason why not."""

    junction: int
    seconds: float
    conductance_G0: float
    windows: NoiseWindows | None
    telegraph: Telegraph | None
    refused: str = ""


def telegraph_row(stretch: HeldStretch, options: Any) -> NoiseRow:
    """Return the row of a stretch for telegraph noise alone."""
    g = stretch.conductance_G0
    telegraph, refused = None, ""
    if not np.isfinite(g).all():
        refused = "samples are missing or railed"
    elif g.size < LEAST_SAMPLES:
        refused = f"fewer than {LEAST_SAMPLES} samples"
    elif not np.ptp(g) > 0.0:
        refused = "the samples do not vary"
    else:
        telegraph = find_telegraph(g, stretch.rate_Hz)
    mean = float(np.nanmean(g)) if np.isfinite(g).any() else math.nan
    return NoiseRow(stretch.junction, g.size / stretch.rate_Hz, mean, None, telegraph, refused)


def flicker_row(stretch: HeldStretch, options: HasBand) -> NoiseRow:
    """Return the row of a stretch: windows of its noise, unless it switches between two levels."""
    row = telegraph_row(stretch, options)
    rules = FlickerRules(options.window_s, options.band_Hz)
    floor_A2 = open_floor_A2(stretch.open_A, stretch.rate_Hz, rules)
    try:
        windows = hold_windows(
            stretch.conductance_G0,
            stretch.rate_Hz,
            stretch.junction,
            floor_A2 / (stretch.bias_V * G0_S) ** 2 if stretch.bias_V else math.nan,
            rules,
        )
    except UnsuitableForFlicker as error:
        return NoiseRow(row.junction, row.seconds, row.conductance_G0, None, row.telegraph, str(error))
    return NoiseRow(row.junction, row.seconds, row.conductance_G0, windows, row.telegraph)
