"""What recordings are compared by: of each its histogram, its mean I-V curve, its heat, if it has them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import numpy as np

from analysis.heating.heating import HeatingAnalysis
from analysis.iv_mean import MeanIV
from analysis.junction_model import BAD_MISFIT, JunctionModel
from analysis.records import FloatArray
from app.analysis import Analysed
from app.measurement import Measurement, analyse_measurement
from app.views.heating_points import PointsSnapshot, points_of

NA = 1e-9
MOST_PEAKS = 3
SELDOM_SAID = "There is no histogram"
"""So begins a warning of every recording of held junctions; here the list of those without traces says it."""


class Kind(StrEnum):
    """What can be compared; the value is what a recording has that has it."""

    HISTOGRAM = "opening traces"
    IV = "I-V curves"
    HEAT = "heat"


@dataclass(frozen=True, eq=False)
class ComparedHistogram:
    """Counts of the kept traces.

    Parameters
    ----------
    conductance_G0, counts : ndarray, shape (n,)
        Centres of logarithmic bins, and counts per bin and trace.
    traces : int
        That were kept.
    peaks_G0 : tuple of (value, error)
        Trusted ones.
    noise_G0 : float
        Below, nothing is told from noise; 0 if unknown.
    """

    conductance_G0: FloatArray
    counts: FloatArray
    traces: int
    peaks_G0: tuple[tuple[float, float], ...]
    noise_G0: float


@dataclass(frozen=True, eq=False)
class ComparedCurve:
    """The mean I-V curve.

    Parameters
    ----------
    voltage_V : ndarray, shape (n,)
        Across the junction.
    current_nA, low_nA, high_nA : ndarray, shape (n,)
        Mean over the junctions, and one standard deviation of the junctions to both sides; NaN for one junction.
    junctions, curves : int
        In the mean.
    conductance_G0, error_G0 : float
        At zero bias, of the fit, and its statistical error; NaN where there is none.
    trusted : bool
        The fit describes the curve.
    """

    voltage_V: FloatArray
    current_nA: FloatArray
    low_nA: FloatArray
    high_nA: FloatArray
    junctions: int
    curves: int
    conductance_G0: float
    error_G0: float
    trusted: bool


@dataclass(frozen=True, eq=False)
class ComparedHeat:
    """Heat in the tip against power in the junction.

    Parameters
    ----------
    points : PointsSnapshot
        Of the measurement; of the control, where the recording is one.
    scale_relative : float
        Error that all heats share; NaN if unknown.
    """

    points: PointsSnapshot
    scale_relative: float


@dataclass(frozen=True, eq=False)
class ComparedRecording:
    """One of the recordings.

    Parameters
    ----------
    path : Path
    sample, control : str
        "" for no name, and for no control experiment.
    histogram, iv, heat : optional
        None for what the recording has nothing of.
    remarks : tuple of str
        Sentences for who looks at it, each with the name of the file.
    """

    path: Path
    sample: str = ""
    control: str = ""
    histogram: ComparedHistogram | None = None
    iv: ComparedCurve | None = None
    heat: ComparedHeat | None = None
    remarks: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Sample, control and file, as far as they have names."""
        control = f"control {self.control}" if self.control else ""
        return ", ".join(word for word in (self.sample, control, self.path.name) if word)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What it has."""
        had = ((Kind.HISTOGRAM, self.histogram), (Kind.IV, self.iv), (Kind.HEAT, self.heat))
        return tuple(kind for kind, what in had if what is not None)


def compared(path: Path) -> ComparedRecording:
    """Read and analyse a recording.

    Raises
    ------
    RecordingError, ValueError
        As of ``app.measurement.analyse_measurement``.
    """
    return compared_measurement(path, analyse_measurement([path]))


def compared_measurement(path: Path, measurement: Measurement) -> ComparedRecording:
    """What of an analysis is compared."""
    found = ComparedRecording(
        path,
        sample=measurement.parts[0].header.sample if measurement.parts else "",
        control=measurement.parts[0].control if measurement.parts else "",
        histogram=_histogram(measurement.histogram) if measurement.histogram else None,
        iv=_curve(measurement.iv, measurement.transmission) if measurement.iv else None,
        heat=_heat(measurement.heating) if measurement.heating else None,
    )
    words = [word for word in measurement.warnings if not word.startswith(SELDOM_SAID)]
    if found.iv is not None and not found.iv.trusted:
        words.append("One level does not describe its I-V curve: its conductance has a question mark.")
    if not found.kinds:
        words.append(_nothing(measurement))
    named = (word if word.startswith(f"{path.name}: ") else f"{path.name}: {word}" for word in words if word)
    return replace(found, remarks=tuple(named))


def most_had(recordings: Sequence[ComparedRecording]) -> Kind | None:
    """What most of them have, the first of ``Kind`` among equals; None without any."""
    counts = {kind: sum(kind in one.kinds for one in recordings) for kind in Kind}
    best = max(Kind, key=lambda kind: counts[kind])
    return best if counts[best] else None


def lacking(recordings: Sequence[ComparedRecording], kind: Kind) -> str:
    """A sentence that names those that have nothing of a kind; "" if all have it."""
    names = [one.path.name for one in recordings if kind not in one.kinds]
    return f"No {kind.value} in {', '.join(names)}." if names else ""


def _histogram(found: Analysed) -> ComparedHistogram | None:
    log, peaks = found.analysis.log, [peak for peak in found.analysis.peaks if peak.trusted]
    if not log.counts.any():
        return None
    return ComparedHistogram(
        log.axis.centres,
        log.counts_per_trace,
        log.n_traces,
        tuple((peak.conductance_G0, peak.uncertainty_G0) for peak in peaks[:MOST_PEAKS]),
        max(found.analysis.noise.limit_G0, 0.0),
    )


def _curve(iv: MeanIV, model: JunctionModel | None) -> ComparedCurve:
    conductance_G0, error = float("nan"), None
    if model is not None:
        conductance_G0 = model.conductance_G0
        error = model.error_of(lambda replica: np.array(replica.conductance_G0))
    return ComparedCurve(
        iv.voltage_V,
        iv.current_A / NA,
        (iv.current_A - iv.sd_A) / NA,
        (iv.current_A + iv.sd_A) / NA,
        iv.junctions,
        iv.curves,
        conductance_G0,
        float("nan") if error is None else float(error),
        model is None or not model.misfit > BAD_MISFIT,
    )


def _heat(found: HeatingAnalysis) -> ComparedHeat | None:
    points = found.points or found.control_points
    if not points:
        return None
    return ComparedHeat(points_of(points), max(point.thermometer.scale_relative for point in points))


def _nothing(measurement: Measurement) -> str:
    if measurement.histogram is not None:
        return "none of its traces counts."
    if measurement.heating is not None:
        return "none of its holds counts."
    return "" if measurement.warnings else "there is nothing in it to compare."
