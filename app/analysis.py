"""The analysis of one recording, as the commands and the bench need it."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from analysis.analyse import Analysis, AnalysisOptions, analyse
from analysis.histogram import Histogram
from analysis.recorded_traces import calibration_of, traces_of
from analysis.recording import Axis, Plot, Recording, RecordingError, RunHeader, TraceEntry
from analysis.records import Trace
from analysis.selection import noise_floor, usual_rules

log = logging.getLogger(__name__)

NM = 1e-9
BOOTSTRAP_SEED = 0
"""The same file gives the same errors each time."""


@dataclass(frozen=True, eq=False)
class Analysed:
    """A recording's header, how it ended, and what its traces amount to."""

    path: Path
    header: RunHeader
    status: str
    n_samples: int
    gaps: int
    analysis: Analysis

    def to_json(self) -> dict[str, Any]:
        """What JSON can hold: the recording, then the result."""
        header = self.header
        return {
            "recording": {
                "file": self.path.name,
                "status": self.status,
                "procedure": header.procedure,
                "sample": header.sample,
                "started": header.started,
                "samples": self.n_samples,
                "gaps": self.gaps,
                "unknown": list(header.unknowns),
            },
            **self.analysis.to_json(),
        }


@dataclass(frozen=True)
class ByHand:
    """What a user may decide instead of the data; None lets the data decide."""

    starts_above_G0: float | None = None
    opens_below_G0: float | None = None
    molecular_G0: tuple[float, float] | None = None
    background: str = "linear"


def analyse_recording(path: Path, by_hand: ByHand = ByHand()) -> Analysed:
    """Cut, select, count and fit. Raises ``RecordingError`` for a file that can't be used."""
    return analyse_traces([path], by_hand)


def analyse_traces(paths: Sequence[Path], by_hand: ByHand = ByHand()) -> Analysed:
    """The same for the traces of several recordings together, as of a run that was interrupted.

    What the traces are selected by comes from the first recording, whose header the result has.

    Raises
    ------
    RecordingError
        For a file that can't be used.
    """
    traces: list[Trace] = []
    headers, statuses, samples, gaps = [], [], 0, 0
    for path in paths:
        with Recording(path) as recording:
            traces += (replace(trace, number=len(traces) + i) for i, trace in enumerate(traces_of(recording)))
            headers.append(recording.header)
            statuses.append(recording.status)
            samples += recording.n_samples
            gaps += len(recording.gaps)
    analysis = analyse(
        traces, options_for(headers[0], traces, by_hand), np.random.default_rng(BOOTSTRAP_SEED)
    )
    unfinished = [status for status in statuses if status != "finished"]
    return Analysed(paths[0], headers[0], (*unfinished, "finished")[0], samples, gaps, analysis)


def options_for(header: RunHeader, traces: Sequence[Trace], by_hand: ByHand = ByHand()) -> AnalysisOptions:
    """What the recording itself says about its traces, and what its user decides."""
    contact_G0 = header.parameters.get("contact_threshold_G0", header.settings.get("engage_threshold_G0"))
    decided = {
        name: value
        for name in ("starts_above_G0", "opens_below_G0")
        if (value := getattr(by_hand, name)) is not None
    }
    rules = replace(usual_rules(traces, noise_floor(traces), contact_G0), **decided) if decided else None
    return AnalysisOptions(
        rules=rules,
        molecular_G0=by_hand.molecular_G0,
        background=by_hand.background,
        calibration=calibration_of(header),
        contact_G0=contact_G0,
    )


def plots_of(analysis: Analysis) -> list[Plot]:
    """Pictures that a viewer of the recording shows with no help: histograms, the map, one trace."""
    kept = analysis.selection.kept
    plots = [
        _histogram_plot("histogram", "Conductance histogram, logarithmic bins", analysis.log),
        _histogram_plot("histogram_linear", "Conductance histogram, linear bins", analysis.linear),
    ]
    if analysis.map.n_traces:
        plots.append(
            Plot(
                "histogram_2d",
                "Displacement from the break and conductance",
                Axis("counts", analysis.map.counts.astype(float), "", "samples per cell"),
                (
                    Axis(
                        "displacement",
                        analysis.map.displacement.centres / NM,
                        "nm",
                        "displacement from the break",
                    ),
                    Axis("log10_conductance", np.log10(analysis.map.conductance.centres), "", "log10 G/G0"),
                ),
            )
        )
    if kept:
        plots.append(_trace_plot(kept[len(kept) // 2]))
    return plots


def _histogram_plot(name: str, title: str, histogram: Histogram) -> Plot:
    if histogram.axis.scale == "log":
        axis = Axis("log10_conductance", histogram.axis.coordinates, "", "log10 G/G0")
    else:
        axis = Axis("conductance", histogram.axis.centres, "G0", "conductance")
    return Plot(
        name, title, Axis("counts", histogram.counts_per_trace, "", "counts per bin and trace"), (axis,)
    )


def _trace_plot(trace: Trace) -> Plot:
    known = np.isfinite(trace.displacement_m).all()
    x = trace.displacement_m / NM if known else np.arange(trace.conductance_G0.size, dtype=float)
    axis = Axis("displacement", x, "nm", "displacement") if known else Axis("sample", x, "", "sample")
    signal = Axis("conductance", trace.conductance_G0, "G0", "conductance")
    return Plot("trace", f"Trace {trace.number}", signal, (axis,))


def results_of(path: Path) -> tuple[list[Plot], list[TraceEntry]]:
    """What belongs into a recording that is about to be closed: plots, and the selection's verdict on each trace.

    A recording without traces to analyse (I-V sweeps) has neither. No failure here may cost the recording: it is
    logged, and `hotjunction analyze` will say it again.
    """
    try:
        with Recording(path) as recording:
            index = {entry.number: entry for entry in recording.traces}
        analysis = analyse_recording(path).analysis
    except RecordingError as error:
        log.info("%s: not analysed (%s)", path, error)
        return [], []
    except Exception:
        log.warning("%s: the analysis failed; the recording is whole", path, exc_info=True)
        return [], []
    rejected = {trace.number: reason for trace, reason in analysis.selection.rejected}
    return plots_of(analysis), [
        index[number].rejected(reason) for number, reason in rejected.items() if number in index
    ]
