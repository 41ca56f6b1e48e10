"""Entry of one recording: facts and results that its file holds, or that follow from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

from analysis.json_data import to_json
from analysis.numbers import counted
from analysis.recording import RecordingError
from app.offline.analyse import analyse_parts_of
from app.offline.measurement import Measurement
from app.offline.recordings import Part, RecordingKind, describe
from app.offline.summary_line import peaks_line

PEAK, RISE, ASYMMETRY, TRACES, JUNCTIONS = "peak_G0", "dT_K", "asymmetry_K", "traces", "junctions"
CONDUCTION = "G_th_W_per_K"
"""Names of numbers that can be searched for."""


@dataclass(frozen=True)
class Number:
    """A result: name, value with its standard error (NaN without one), both in SI units or G0."""

    name: str
    value: float
    error: float = float("nan")


@dataclass(frozen=True)
class Entry:
    """Facts of one recording.

    Parameters
    ----------
    started : str
        ISO 8601; "" if unknown.
    kind, procedure, status, molecule, tip, rig, title, notes : str
        From the header; ``molecule`` is the sample, ``tip`` the identity of the probe.
    duration_s : float
        NaN without a rate.
    numbers : tuple of Number
    result : str
        Result in a line, or the reason why there is none.
    parameters : mapping
        Of the procedure.
    """

    started: str
    kind: str
    procedure: str
    status: str
    molecule: str
    tip: str
    rig: str
    title: str
    notes: str
    duration_s: float
    numbers: tuple[Number, ...] = ()
    result: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """Text in which words are searched."""
        texts = (self.molecule, self.tip, self.rig, self.procedure, self.title, self.notes, self.result)
        return " ".join((*texts, self.status, *(f"{k}={v}" for k, v in self.parameters.items()))).casefold()

    def to_json(self) -> dict[str, Any]:
        """Return the content for JSON; unknown numbers are None."""
        names = (name for name in self.__dataclass_fields__ if name != "numbers")
        numbers = [{"name": n.name, "value": n.value, "error": n.error} for n in self.numbers]
        return to_json({**{name: getattr(self, name) for name in names}, "numbers": numbers})


def entry_of(path: Path) -> Entry:
    """Return the entry of a recording, analysed alone. Raises ``RecordingError`` for a file that is none."""
    (part,) = describe([path])
    header = part.header
    numbers, result = ((), "calibration") if part.kind is RecordingKind.CALIBRATION else _results(part)
    probe = header.rig.get("probe")
    return Entry(
        header.started,
        part.kind.value,
        header.procedure,
        part.status,
        header.sample,
        str(probe.get("id", "")) if isinstance(probe, Mapping) else "",
        str(header.rig.get("name", "")),
        header.title,
        header.notes,
        part.n_samples / header.rate_Hz if isfinite(header.rate_Hz) else float("nan"),
        numbers,
        result,
        dict(header.parameters),
    )


def _results(part: Part) -> tuple[tuple[Number, ...], str]:
    try:
        measurement = analyse_parts_of([part])
    except (RecordingError, ValueError) as error:
        return (), f"not analysed: {error}"
    numbers = tuple(_numbers(measurement))
    if measurement.heating is not None:
        return (
            numbers,
            "heat at "
            + counted(len(measurement.heating.points or measurement.heating.control_points), "amplitude"),
        )
    if (conductance := measurement.thermal_conductance) is not None:
        return numbers, f"thermal conductance of {len(conductance.used)} ruptures"
    if measurement.iv is not None:
        return numbers, f"I-V of {measurement.iv.junctions} junctions"
    return numbers, peaks_line(measurement.histogram.analysis) if measurement.histogram else ""


def _numbers(measurement: Measurement) -> list[Number]:
    found = []
    if (histogram := measurement.histogram) is not None:
        selection = histogram.analysis.selection
        found.append(Number(TRACES, len(selection.kept)))
        peaks = [peak for peak in histogram.analysis.peaks if peak.trusted]
        found += [Number(PEAK, peak.conductance_G0, peak.uncertainty_G0) for peak in peaks]
    if (conductance := measurement.thermal_conductance) is not None:
        mean = conductance.conductance
        found.append(Number(CONDUCTION, mean.value, mean.sigma))
    if measurement.iv is not None:
        found.append(Number(JUNCTIONS, measurement.iv.junctions))
    for point in (
        (measurement.heating.points or measurement.heating.control_points) if measurement.heating else ()
    ):
        found += [
            Number(RISE, point.dT_pos_K, point.sigma_pos_K),
            Number(RISE, point.dT_neg_K, point.sigma_neg_K),
            Number(ASYMMETRY, point.asymmetry_K, point.asymmetry.sigma),
            Number(JUNCTIONS, point.junctions),
        ]
    return found
