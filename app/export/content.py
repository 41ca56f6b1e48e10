"""Content of an export: named arrays with units, in groups, and their provenance."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.iv.mean import MeanIV
from analysis.json_data import to_json
from analysis.traces.histogram import Histogram, Histogram2D
from analysis.traces.kept import KeptTraces
from analysis.traces.result import Analysis
from app.offline.code_version import code_version
from app.offline.measurement import Measurement

LARGEST_TRACES = 50_000_000
"""Samples of traces above which they are exported only by name."""

Array = NDArray[Any]


class ExportError(Exception):
    """Something that can't be exported. The message is one sentence with the remedy."""


@dataclass(frozen=True, eq=False)
class Variable:
    """One array.

    Parameters
    ----------
    name : str
        With its unit ("current_A").
    dims : tuple of str
        Name of each dimension.
    values : ndarray
        Numbers, or text.
    unit : str
        Unit as it is written in other programs ("A", "nm", "1"); "" for text.
    label : str
        For axes.
    """

    name: str
    dims: tuple[str, ...]
    values: Array
    unit: str
    label: str


@dataclass(frozen=True, eq=False)
class Group:
    """Arrays that belong together: a table if all have one and the same dimension.

    Parameters
    ----------
    name, title : str
    coordinates : tuple of Variable
        One for each dimension that has a scale; its name in a file is that of the dimension.
    variables : tuple of Variable
    """

    name: str
    title: str
    coordinates: tuple[Variable, ...]
    variables: tuple[Variable, ...]

    def tables(self) -> list[tuple[str, list[Variable]]]:
        """Return the one-dimensional arrays by dimension; a two-dimensional one in long form, one line a cell."""
        tables: dict[str, list[Variable]] = {}
        for variable in (*self.coordinates, *self.variables):
            if len(variable.dims) == 1 and not self._is_map:
                tables.setdefault(variable.dims[0], []).append(variable)
        if self._is_map:
            return [(self.name, self._long())]
        return [(self.name if i == 0 else f"{self.name}_{dim}", tables[dim]) for i, dim in enumerate(tables)]

    @property
    def _is_map(self) -> bool:
        return any(len(variable.dims) == 2 for variable in self.variables)

    def _long(self) -> list[Variable]:
        grids = np.meshgrid(*(c.values for c in self.coordinates), indexing="ij")
        axes = [
            Variable(c.name, ("cell",), grid.ravel(), c.unit, c.label)
            for c, grid in zip(self.coordinates, grids, strict=True)
        ]
        return axes + [Variable(v.name, ("cell",), v.values.ravel(), v.unit, v.label) for v in self.variables]


GROUPS = ("log_histogram", "linear_histogram", "map", "peaks", "plateaus", "traces", "iv", "heating")


@dataclass(frozen=True, eq=False)
class Content:
    """Groups of arrays, and their provenance for JSON."""

    groups: tuple[Group, ...]
    provenance: dict[str, Any]

    @property
    def history(self) -> str:
        """Provenance as JSON in one line."""
        return json.dumps(self.provenance, ensure_ascii=False)


def provenance_of(measurement: Measurement) -> dict[str, Any]:
    """Return where all numbers come from: recordings with hash and samples, selection, version."""
    recordings = [
        {
            "file": part.path.name,
            "sha256": part.sha256,
            "started": part.header.started,
            "samples": part.n_samples,
            "procedure": part.header.procedure,
            "sample": part.header.sample,
        }
        for part in measurement.parts
    ]
    content: dict[str, Any] = {"made_by": code_version(), "recordings": recordings}
    if measurement.histogram is not None:
        of_traces = measurement.histogram.analysis.to_json()
        content["traces"], content["selection"] = of_traces["traces"], of_traces["selection"]
    if measurement.iv is not None:
        content["iv"] = {"junctions": measurement.iv.junctions, "dropped": dict(measurement.iv.dropped)}
    if measurement.failed:
        content["left_out"] = [failure.path.name for failure in measurement.failed]
    plain: dict[str, Any] = to_json(content)
    return plain


def content_of(measurement: Measurement, only: Sequence[str] = ()) -> Content:
    """Return what a measurement has to export.

    Parameters
    ----------
    measurement : Measurement
    only : sequence of str
        Names of groups (`GROUPS`); all that there are if not given.

    Raises
    ------
    ExportError
        For an unknown group, for one that the measurement does not have, or for too many samples.
    """
    unknown = set(only) - set(GROUPS)
    if unknown:
        raise ExportError(f"there is no {sorted(unknown)[0]!r} to export; there are {', '.join(GROUPS)}")
    groups: list[Group] = []
    if measurement.histogram is not None:
        groups += _of_traces(measurement.histogram.analysis, only)
    if measurement.iv is not None:
        groups.append(_iv(measurement.iv))
    if measurement.heating is not None and measurement.heating.points:
        groups.append(_heating(measurement))
    chosen = tuple(group for group in groups if not only or group.name in only)
    missing = set(only) - {group.name for group in chosen}
    if missing or not chosen:
        named = ", ".join(sorted(missing)) or "histogram, I-V or heating"
        raise ExportError(f"these recordings have no {named} to export")
    return Content(chosen, provenance_of(measurement))


def _of_traces(analysis: Analysis, only: Sequence[str]) -> list[Group]:
    groups = [_histogram("log", analysis.log), _histogram("linear", analysis.linear)]
    if analysis.map.n_traces:
        groups.append(_map(analysis.map))
    if analysis.peaks:
        groups += [_peaks(analysis), _plateaus(analysis)]
    if analysis.selection.kept and (not only or "traces" in only):
        samples = analysis.selection.samples
        if samples > LARGEST_TRACES and "traces" not in only:
            raise ExportError(
                f"the traces have {samples:.3g} samples. --only log_histogram --only peaks (and so on) leaves them "
                "out, --only traces asks for them."
            )
        groups.append(_traces(analysis))
    return groups


def _histogram(scale: str, histogram: Histogram) -> Group:
    dims = (f"{scale}_conductance",)
    centres = Variable("conductance_G0", dims, histogram.axis.centres, "G0", "conductance, centre of the bin")
    edges = histogram.axis.edges
    return Group(
        f"{scale}_histogram",
        f"Conductance histogram of {histogram.n_traces} traces, {scale} bins",
        (centres,),
        (
            Variable("low_G0", dims, edges[:-1], "G0", "lower edge of the bin"),
            Variable("high_G0", dims, edges[1:], "G0", "upper edge of the bin"),
            Variable("counts", dims, histogram.counts.astype(np.int64), "1", "samples in the bin"),
            Variable(
                "counts_per_trace", dims, histogram.counts_per_trace, "1", "samples in the bin per trace"
            ),
        ),
    )


def _map(histogram: Histogram2D) -> Group:
    x, y = histogram.displacement.centres, histogram.conductance.centres
    return Group(
        "map",
        f"Displacement from the break and conductance of {histogram.n_traces} traces",
        (
            Variable("displacement_m", ("map_displacement",), x, "m", "displacement from the break"),
            Variable("conductance_G0", ("map_conductance",), y, "G0", "conductance"),
        ),
        (
            Variable(
                "counts",
                ("map_displacement", "map_conductance"),
                histogram.counts.astype(np.int64),
                "1",
                "samples in the cell",
            ),
        ),
    )


def _peaks(analysis: Analysis) -> Group:
    dims, peaks = ("peak",), analysis.peaks
    columns: list[tuple[str, str, list[Any]]] = [
        ("conductance_G0", "conductance", [p.conductance_G0 for p in peaks]),
        ("uncertainty_G0", "statistical error", [p.uncertainty_G0 for p in peaks]),
        ("spread_G0", "error by window and background", [p.spread_G0 for p in peaks]),
        ("sigma_G0", "width in G", [nan if p.sigma_G0 is None else p.sigma_G0 for p in peaks]),
        ("calibration_uncertainty_G0", "error of the calibration", list(analysis.calibration_uncertainty_G0)),
    ]
    variables = [Variable(n, dims, np.array(v, float), "G0", label) for n, label, v in columns]
    width = np.array([nan if p.sigma_decades is None else p.sigma_decades for p in peaks], float)
    trusted = np.array([p.trusted for p in peaks], np.int8)
    variables += [
        Variable("sigma_decades", dims, width, "1", "width in log10 G"),
        Variable("trusted", dims, trusted, "1", "1: to be trusted"),
        Variable("scale", dims, np.array([p.scale.value for p in peaks]), "", "bins of the fit"),
    ]
    return Group("peaks", "Peaks fitted to the histograms", (), tuple(variables))


def _plateaus(analysis: Analysis) -> Group:
    peaks = np.arange(len(analysis.plateaus))
    lengths = np.array([each.lengths_m for each in analysis.plateaus], float)
    return Group(
        "plateaus",
        "Length of the plateau of each peak in each kept trace; NaN where there is none",
        (
            Variable("peak", ("peak",), peaks, "1", "line of the table of peaks, from 0"),
            Variable("trace", ("trace",), np.arange(lengths.shape[1]), "1", "kept trace, from 0"),
        ),
        (Variable("length_m", ("peak", "trace"), lengths, "m", "length of the plateau"),),
    )


def _traces(analysis: Analysis) -> Group:
    kept = analysis.selection.kept
    traces = list(kept)
    recordings = [place[0] for place in kept.places] if isinstance(kept, KeptTraces) else [0] * len(traces)
    ints: list[tuple[str, str, list[int]]] = [
        ("number", "number of the trace in the set", [t.number for t in traces]),
        ("recording", "recording of the trace, from 0 in the order of the provenance", recordings),
        ("first_sample", "first sample in its recording", [t.samples[0] for t in traces]),
        ("stop_sample", "sample after its last one", [t.samples[1] for t in traces]),
        ("samples", "number of samples: traces follow one another", [t.conductance_G0.size for t in traces]),
    ]
    per_trace = [Variable(n, ("trace",), np.array(v, np.int64), "1", label) for n, label, v in ints]
    bias = np.array([t.bias_V for t in traces], float)
    of = np.repeat(np.arange(len(traces)), [t.conductance_G0.size for t in traces])
    displacement = np.concatenate([t.displacement_m for t in traces])
    conductance = np.concatenate([t.conductance_G0 for t in traces])
    return Group(
        "traces",
        f"{len(traces)} kept traces, one after another; wild samples are NaN",
        (),
        (
            Variable("trace", ("sample",), of, "1", "kept trace of the sample, from 0"),
            Variable("displacement_m", ("sample",), displacement, "m", "displacement of the tip"),
            Variable("conductance_G0", ("sample",), conductance, "G0", "conductance"),
            *per_trace,
            Variable("bias_V", ("trace",), bias, "V", "bias"),
        ),
    )


def _iv(iv: MeanIV) -> Group:
    dims = ("voltage",)
    columns = (
        ("current_A", "mean current", iv.current_A),
        ("sd_A", "standard deviation of the junctions", iv.sd_A),
        ("rising_A", "mean current of rising sweeps", iv.rising_A),
        ("falling_A", "mean current of falling sweeps", iv.falling_A),
    )
    return Group(
        "iv",
        f"Mean I-V of {iv.junctions} junctions",
        (Variable("voltage_V", dims, np.asarray(iv.voltage_V), "V", "voltage across the junction"),),
        tuple(Variable(name, dims, np.asarray(values), "A", label) for name, label, values in columns),
    )


_HEAT = {
    "amplitude_V": "V", "junctions": "1", "kept_s": "s", "dT_pos_K": "K", "sigma_pos_K": "K", "dT_neg_K": "K",
    "sigma_neg_K": "K", "cov_K2": "K2", "asymmetry_K": "K", "asymmetry_sigma_K": "K", "p_value": "1",
    "q_total_pos_W": "W", "sigma_q_total_pos_W": "W", "q_total_neg_W": "W", "sigma_q_total_neg_W": "W",
    "q_probe_pos_W": "W", "sigma_q_probe_pos_W": "W", "q_probe_neg_W": "W", "sigma_q_probe_neg_W": "W",
}  # fmt: skip


def _heating(measurement: Measurement) -> Group:
    assert measurement.heating is not None
    points = [point.to_json() for point in measurement.heating.points]
    return Group(
        "heating",
        "Heat in the tip at each amplitude",
        (),
        tuple(
            Variable(
                name,
                ("point",),
                np.array([_number(p.get(name)) for p in points]),
                unit,
                name.replace("_", " "),
            )
            for name, unit in _HEAT.items()
        ),
    )


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and isfinite(value) else nan
