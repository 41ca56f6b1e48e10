"""Summary written into a recording before it is closed: plots, verdicts on traces, result line."""

import logging
from pathlib import Path

import numpy as np

from analysis.heating.heating import HeatingAnalysis
from analysis.iv.mean import MeanIV
from analysis.numbers import with_error
from analysis.recording import Plot, PlotAxis, Recording, RecordingError, TraceEntry
from analysis.records import Trace
from analysis.traces.histogram import Histogram
from analysis.traces.result import Analysis
from app.offline.analyse import analyse_measurement
from app.offline.measurement import Measurement
from app.offline.summary_line import peaks_line

log = logging.getLogger(__name__)

NM, mK, nW = 1e-9, 1e-3, 1e-9


Results = tuple[list[Plot], list[TraceEntry], str]


def results_of(path: Path) -> Results:
    """Analyse a recording; return plots, verdicts on traces and the result line, as `results_in`."""
    return results_in(path, analysed(path))


def analysed(path: Path) -> Measurement | None:
    """Analyse a recording before it is closed; return None if that fails.

    A failure must not cost the recording: it is logged, and `hotjunction analyze` repeats it.
    """
    try:
        return analyse_measurement([path])
    except (RecordingError, ValueError) as error:
        log.info("%s: not analysed (%s)", path, error)
    except (OSError, MemoryError) as error:
        why = "no memory is left" if isinstance(error, MemoryError) else error
        log.warning(
            "%s: not analysed (%s); the recording is whole, `hotjunction analyze` does it later", path, why
        )
    except Exception:
        log.warning("%s: the analysis failed; the recording is whole", path, exc_info=True)
    return None


def results_in(path: Path, measurement: Measurement | None) -> Results:
    """Return plots, the verdict on each rejected trace, and the result line.

    Withdrawals that stop on a junction get no verdict: they do not belong to the histogram.
    """
    if measurement is None:
        return [], [], ""
    try:
        with Recording(path) as recording:
            index = {entry.number: entry for entry in recording.traces}
    except Exception:
        log.warning("%s: its traces are not judged; the recording is whole", path, exc_info=True)
        index = {}
    rejected = [
        index[number].rejected(reason) for number, reason in _rejected(measurement).items() if number in index
    ]
    return plots_of(measurement), rejected, result_line(measurement)


def result_line(measurement: Measurement) -> str:
    """Return the result in a line, for lists of recordings; "" if there is none."""
    heating = measurement.heating
    if heating is not None and (points := heating.points or heating.control_points):
        highest = max(points, key=lambda point: point.amplitude_V)
        rises = (
            with_error(dT / mK, sigma / mK)
            for dT, sigma in (
                (highest.dT_pos_K, highest.sigma_pos_K),
                (highest.dT_neg_K, highest.sigma_neg_K),
            )
        )
        return f"{' and '.join(rises)} mK at ±{highest.amplitude_V:g} V"
    if measurement.iv is not None:
        return f"I-V of {measurement.iv.junctions} junctions"
    return peaks_line(measurement.histogram.analysis) if measurement.histogram is not None else ""


def _rejected(measurement: Measurement) -> dict[int, str]:
    if measurement.histogram is None:
        return {}
    rejected = measurement.histogram.analysis.selection.rejected
    return {trace.number: reason for trace, reason in rejected}


def plots_of(measurement: Measurement) -> list[Plot]:
    """Return the plots that an HDF5 viewer shows directly."""
    plots = []
    if measurement.heating is not None:
        plots += heating_plots(measurement.heating)
    if measurement.iv is not None:
        plots += iv_plots(measurement.iv)
    if measurement.histogram is not None:
        plots += trace_plots(measurement.histogram.analysis)
    return plots


def heating_plots(heating: HeatingAnalysis) -> list[Plot]:
    """Return temperature rise against total power, one plot per polarity; of controls if nothing else."""
    points = heating.points or heating.control_points
    found = []
    for i, polarity in enumerate(("positive", "negative") if points else ()):
        rise = np.array([point.mean[i] for point in points]) / mK
        power = np.array([point.mean[2 + i] for point in points]) / nW
        found.append(
            Plot(
                f"heating_{polarity}",
                f"Temperature rise of the tip at {polarity} bias",
                PlotAxis("temperature_rise", rise, "mK", "temperature rise of the tip"),
                (PlotAxis("total_power", power, "nW", "total power in the junction"),),
            )
        )
    return found


def iv_plots(iv: MeanIV) -> list[Plot]:
    """Return a plot of the mean curve of the junctions."""
    signal = PlotAxis("current", iv.current_A, "A", "mean current")
    return [
        Plot("iv", f"Mean I-V of {iv.junctions} junctions", signal, (PlotAxis("voltage", iv.voltage_V, "V"),))
    ]


def trace_plots(analysis: Analysis) -> list[Plot]:
    """Return plots of the histograms, the map and one trace."""
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
                PlotAxis("counts", analysis.map.counts.astype(float), "", "samples per cell"),
                (
                    PlotAxis(
                        "displacement",
                        analysis.map.displacement.centres / NM,
                        "nm",
                        "displacement from the break",
                    ),
                    PlotAxis(
                        "log10_conductance", np.log10(analysis.map.conductance.centres), "", "log10 G/G0"
                    ),
                ),
            )
        )
    if kept:
        plots.append(_trace_plot(kept[len(kept) // 2]))
    return plots


def _histogram_plot(name: str, title: str, histogram: Histogram) -> Plot:
    if histogram.axis.scale == "log":
        axis = PlotAxis("log10_conductance", histogram.axis.coordinates, "", "log10 G/G0")
    else:
        axis = PlotAxis("conductance", histogram.axis.centres, "G0", "conductance")
    return Plot(
        name, title, PlotAxis("counts", histogram.counts_per_trace, "", "counts per bin and trace"), (axis,)
    )


def _trace_plot(trace: Trace) -> Plot:
    known = np.isfinite(trace.displacement_m).all()
    x = trace.displacement_m / NM if known else np.arange(trace.conductance_G0.size, dtype=float)
    axis = PlotAxis("displacement", x, "nm", "displacement") if known else PlotAxis("sample", x, "", "sample")
    signal = PlotAxis("conductance", trace.conductance_G0, "G0", "conductance")
    return Plot("trace", f"Trace {trace.number}", signal, (axis,))
