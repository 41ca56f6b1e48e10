"""Choices of an analysis of traces; by default the data decide."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, floor, log10

from analysis.conductance import CurrentCalibration
from analysis.traces.histogram import BinAxis, Scale
from analysis.traces.noise_floor import NoiseFloor
from analysis.traces.peak_fit import RESAMPLES
from analysis.traces.selection import SelectionRules

DISPLACEMENT_AXIS = BinAxis(Scale.LINEAR, -0.5e-9, 2.5e-9, 300)
"""Half a nanometre before the break to two and a half after it, 0.01 nm a bin."""


@dataclass(frozen=True)
class AnalysisOptions:
    """Choices of an analysis; None leaves the choice to the data.

    Parameters
    ----------
    rules : SelectionRules or None
        Rules for keeping traces; by default ``selection.usual_rules``.
    contact_G0 : float or None
        Conductance to which the contacts were closed, if known: a trace must then start above half of it.
    metallic_G0 : tuple of float
        Range of the peaks of the metal contact, in the linear histogram.
    molecular_G0 : tuple of float or None
        Range of the peaks of molecules, in the logarithmic histogram; by default from the noise up to the
        metallic range.
    linear_axis, log_axis : Axis or None
        By default -0.25 to 10 G0 in bins of 0.01 G0, and from a decade below the noise to 100 G0 with 100
        bins a decade.
    displacement_axis : Axis
        Displacement axis of the two-dimensional histogram, in metres from the last opening.
    break_G0 : float
        Conductance below which a metal contact is broken; traces are aligned there.
    background : "none", "constant" or "linear"
    resamples : int
        Number of bootstrap resamples.
    calibration : CurrentCalibration or None
        Calibration from which the uncertainty common to all conductances is reported.
    """

    rules: SelectionRules | None = None
    contact_G0: float | None = None
    metallic_G0: tuple[float, float] = (0.3, 4.0)
    molecular_G0: tuple[float, float] | None = None
    linear_axis: BinAxis | None = None
    log_axis: BinAxis | None = None
    displacement_axis: BinAxis = DISPLACEMENT_AXIS
    break_G0: float = 0.5
    background: str = "linear"
    resamples: int = RESAMPLES
    calibration: CurrentCalibration | None = None


OptionsFor = Callable[[SelectionRules], AnalysisOptions]
"""Function from the usual rules for the data to the options of the analysis."""


def axes_for(noise: NoiseFloor, options: AnalysisOptions) -> tuple[BinAxis, BinAxis, BinAxis]:
    """Return the axes of the linear, the logarithmic, and (conductance only) the two-dimensional histogram."""
    linear = options.linear_axis or BinAxis.linear(-0.25, 10.0, 0.01)
    log = options.log_axis or BinAxis.log(_lowest_decade(noise), 100.0, 100)
    return linear, log, BinAxis(Scale.LOG, log.low, log.high, ceil(log.bins * 0.4))


def _lowest_decade(noise: NoiseFloor) -> float:
    if not noise.mad_G0 > 0.0:
        return 1e-6
    return float(10.0 ** min(max(floor(log10(noise.mad_G0)) - 1, -12), -2))
