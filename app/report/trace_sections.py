"""Sections of a report on opening traces: figures, peaks, counts."""

from analysis.numbers import with_error
from analysis.traces.histogram import Scale
from app.offline.measurement import Measurement
from app.offline.traces import Analysed
from app.report.figures import histogram_2d_figure, histogram_figure, traces_figure
from app.report.parts import ReportPart
from app.report.section import ReportSection, embedded_figure
from app.report.table import Table
from app.report.trace_rows import peak_row, trace_counts


def trace_sections(measurement: Measurement) -> list[ReportSection]:
    """Return traces, histograms, map, then the tables of peaks and counts."""
    analysed = measurement.histogram
    return [] if analysed is None else [*_figures(analysed), _peaks(analysed), _counts(analysed)]


def trace_numbers(measurement: Measurement) -> list[tuple[str, str]]:
    """Return the number of traces, and the main peaks."""
    analysed = measurement.histogram
    if analysed is None:
        return []
    return [("traces kept", str(len(analysed.analysis.selection.kept))), *headline_peaks(analysed)]


def headline_peaks(analysed: Analysed) -> list[tuple[str, str]]:
    """Return the main peaks: the contact of one atom, and those below it."""
    trusted = [peak for peak in analysed.analysis.peaks if peak.trusted]
    metal = [peak for peak in trusted if peak.scale is Scale.LINEAR][:1]
    below = [peak for peak in trusted if peak.scale is Scale.LOG][:3]
    return [
        (
            f"peak, Gaussian {peak_row(peak)['scale']}",
            f"{with_error(peak.conductance_G0, peak.uncertainty_G0)} G0",
        )
        for peak in metal + below
    ]


def _figures(analysed: Analysed) -> list[ReportSection]:
    analysis = analysed.analysis
    kept, floor_G0 = analysis.selection.kept, max(analysis.noise.mad_G0, 1e-9)
    if not kept:
        return []
    traces = embedded_figure(
        lambda style: traces_figure(kept, style, floor_G0),
        "Conductance against displacement, some traces, each moved to the right of the one before. "
        "The axis ends at the noise floor.",
    )
    log = embedded_figure(
        lambda style: histogram_figure(analysis.log, analysis.peaks, style, floor_G0),
        "All samples of the kept traces in logarithmic bins, with the Gaussians fitted in log G (solid; "
        "dashed where the fit is not to be trusted) on their backgrounds (dotted).",
    )
    linear = embedded_figure(
        lambda style: histogram_figure(analysis.linear, analysis.peaks, style, floor_G0),
        "The same samples in linear bins, with the Gaussians fitted in G.",
    )
    sections = [
        ReportSection("Conductance traces", figures=[traces]),
        ReportSection("Histograms", figures=[log, linear]),
    ]
    if analysis.map.n_traces:
        caption = "Samples over displacement and conductance, traces aligned at their last fall below 0.5 G₀."
        figure = embedded_figure(lambda style: histogram_2d_figure(analysis.map, style), caption)
        sections.append(ReportSection("Displacement and conductance", figures=[figure]))
    return sections


def _peaks(analysed: Analysed) -> ReportSection:
    rows = [peak_row(peak) for peak in analysed.analysis.peaks]
    if not rows:
        none = "No maximum stands out from the differences between traces; more traces may show one."
        return ReportSection("Peaks", text=[none])
    cells = ("conductance", "uncertainty", "spread", "sigma", "window", "verdict")
    table = Table(
        (
            "fit",
            "G (G0)",
            "statistical ±",
            "window and background ±",
            "width σ",
            "window (G0)",
            "to be trusted",
        ),
        [
            (f"Gaussian {row['scale']}, {row['background']} background", *(str(row[cell]) for cell in cells))
            for row in rows
        ],
        words=(0, 5, 6),
        look=[i for i, row in enumerate(rows) if not row["trusted"]],
        note="The statistical error is from a bootstrap over traces in which maximum and window are chosen anew; in "
        "log G one level, which may be skewed, and two that overlap are fitted. The other is half the range of the "
        "centre over reasonable fit windows and backgrounds.",
    )
    return ReportSection("Peaks", tables=[table])


def _counts(analysed: Analysed) -> ReportSection:
    return ReportSection("Traces", tables=[Table(("", ""), trace_counts(analysed), words=(0,))])


PART = ReportPart(trace_sections, trace_numbers)
