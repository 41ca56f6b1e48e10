"""Comparable results of recordings: histogram, mean I-V curve and heat, as far as a recording has them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import numpy as np

from analysis.heating.heating import HeatingAnalysis
from analysis.heating.junction_model import BAD_MISFIT, JunctionModel
from analysis.iv.mean import MeanIV
from analysis.records import FloatArray
from app.offline.analyse import analyse_measurement
from app.offline.measurement import Measurement
from app.offline.traces import Analysed
from app.viewmodels.heating_points import PointsSnapshot, points_of

NA = 1e-9
MOST_PEAKS = 3
SELDOM_SAID = "There is no histogram"
"""Start of a warning of every recording of held junctions; redundant beside the list of those without traces."""


class ComparedKind(StrEnum):
    """Kind of comparable result; the value is its name in messages."""

    HISTOGRAM = "opening traces"
    IV = "I-V curves"
    HEAT = "heat"


@dataclass(frozen=True, eq=False)
class ComparedHistogram:
    """Conductance histogram of the kept traces.

    Parameters
    ----------
    conductance_G0, counts : ndarray, shape (n,)
        Centres of logarithmic bins, and counts per bin and trace.
    traces : int
        Number of kept traces.
    peaks_G0 : tuple of (value, error)
        Trusted peaks.
    noise_G0 : float
        Noise limit; 0 if unknown.
    """

    conductance_G0: FloatArray
    counts: FloatArray
    traces: int
    peaks_G0: tuple[tuple[float, float], ...]
    noise_G0: float


@dataclass(frozen=True, eq=False)
class ComparedCurve:
    """Mean I-V curve.

    Parameters
    ----------
    voltage_V : ndarray, shape (n,)
        Voltage across the junction.
    current_nA, low_nA, high_nA : ndarray, shape (n,)
        Mean over the junctions, and the mean plus and minus their standard deviation; NaN for one junction.
    junctions, curves : int
        Numbers in the mean.
    conductance_G0, error_G0 : float
        Conductance of the fit at zero bias and its statistical error; NaN without a fit.
    trusted : bool
        True if the fit describes the curve.
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
        Points of the measurement, or of the control experiment if the recording is one.
    scale_relative : float
        Relative error common to all heats; NaN if unknown.
    """

    points: PointsSnapshot
    scale_relative: float


@dataclass(frozen=True, eq=False)
class ComparedRecording:
    """Results of one recording.

    Parameters
    ----------
    path : Path
    sample, control : str
        Names of sample and control experiment; "" for none.
    histogram, iv, heat : optional
        Results; None if the recording lacks them.
    remarks : tuple of str
        Messages for the user, each with the name of the file.
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
        """Names of sample, control and file, as far as known."""
        control = f"control {self.control}" if self.control else ""
        return ", ".join(name for name in (self.sample, control, self.path.name) if name)

    @property
    def kinds(self) -> tuple[ComparedKind, ...]:
        """Kinds of results of this recording."""
        results = (
            (ComparedKind.HISTOGRAM, self.histogram),
            (ComparedKind.IV, self.iv),
            (ComparedKind.HEAT, self.heat),
        )
        return tuple(kind for kind, result in results if result is not None)


def compare_recording(path: Path) -> ComparedRecording:
    """Read and analyse a recording.

    Raises
    ------
    RecordingError, ValueError
        As raised by ``app.offline.analyse.analyse_measurement``.
    """
    return compared_measurement(path, analyse_measurement([path]))


def compared_measurement(path: Path, measurement: Measurement) -> ComparedRecording:
    """Return the comparable results of an analysis."""
    recording = ComparedRecording(
        path,
        sample=measurement.parts[0].header.sample if measurement.parts else "",
        control=measurement.parts[0].control if measurement.parts else "",
        histogram=_histogram(measurement.histogram) if measurement.histogram else None,
        iv=_curve(measurement.iv, measurement.transmission) if measurement.iv else None,
        heat=_heat(measurement.heating) if measurement.heating else None,
    )
    remarks = [warning for warning in measurement.warnings if not warning.startswith(SELDOM_SAID)]
    if recording.iv is not None and not recording.iv.trusted:
        remarks.append("A single level does not fit the I-V curve, so its conductance is marked with “?”.")
    if not recording.kinds:
        remarks.append(_nothing(measurement))
    prefix = f"{path.name}: "
    named = (text if text.startswith(prefix) else prefix + text for text in remarks if text)
    return replace(recording, remarks=tuple(named))


def most_had(recordings: Sequence[ComparedRecording]) -> ComparedKind | None:
    """Return the most frequent kind of result, the first of ``ComparedKind`` among equals; None without any."""
    counts = {kind: sum(kind in recording.kinds for recording in recordings) for kind in ComparedKind}
    best = max(ComparedKind, key=lambda kind: counts[kind])
    return best if counts[best] else None


def lacking(recordings: Sequence[ComparedRecording], kind: ComparedKind) -> str:
    """Return a message that names the recordings without a kind of result; "" if all have it."""
    names = [recording.path.name for recording in recordings if kind not in recording.kinds]
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
        return "none of its traces passes the selection."
    if measurement.heating is not None:
        return "none of its holds passes the selection."
    return "" if measurement.warnings else "it has no results to compare."
