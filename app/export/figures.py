"""Figures in the sizes of journals, as PDF, SVG or PNG, with their provenance inside."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from app.export.content import ExportError, provenance_of
from app.figure_style import LIGHT, drawn_in, laid_out, write_figure
from app.offline.measurement import Measurement
from app.report.figures import histogram_2d_figure, histogram_figure, traces_figure
from app.report.paper_figure import paper_figure

SINGLE_mm, DOUBLE_mm = 86.0, 178.0
"""Widths of one column and of two in most journals of physics and chemistry."""

PNG_DPI = 600

_INCH_mm = 25.4

_TEXT = {
    "font.size": 7,
    "axes.labelsize": 8,
    "axes.titlesize": 7,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "pdf.fonttype": 42,  # text stays text, which editors of journals ask for
    "svg.fonttype": "none",
    "lines.linewidth": 0.8,
}

Draw = Callable[[], Figure]


def figures_of(measurement: Measurement) -> dict[str, Draw]:
    """Return functions that draw the figures of a measurement, by name."""
    found: dict[str, Draw] = {}
    histogram = measurement.histogram
    if histogram is not None and histogram.analysis.selection.kept:
        analysis = histogram.analysis
        floor_G0 = max(analysis.noise.mad_G0, 1e-9)
        found["traces"] = lambda: traces_figure(analysis.selection.kept, LIGHT, floor_G0)
        found["log_histogram"] = lambda: histogram_figure(analysis.log, analysis.peaks, LIGHT, floor_G0)
        found["linear_histogram"] = lambda: histogram_figure(analysis.linear, analysis.peaks, LIGHT, floor_G0)
        if analysis.map.n_traces:
            found["map"] = lambda: histogram_2d_figure(analysis.map, LIGHT)
    if measurement.iv is not None or measurement.heating is not None:
        found["paper"] = lambda: paper_figure(measurement, LIGHT)
    return found


def write_figures(measurement: Measurement, folder: Path, suffix: str, width_mm: float) -> None:
    """Write every figure of a measurement into a folder.

    Raises
    ------
    ExportError
        If there is nothing to draw.
    """
    figures = figures_of(measurement)
    if not figures:
        raise ExportError("these recordings have nothing to draw")
    metadata = _metadata(measurement, suffix)
    for name, draw in figures.items():
        with drawn_in(LIGHT), matplotlib.rc_context(_TEXT):
            figure = draw()
            width, height = figure.get_size_inches()
            wide = width_mm / _INCH_mm
            figure.set_size_inches(wide, wide * max(height / width, 0.6 if width_mm <= SINGLE_mm else 0.0))
            _shrink_text(figure)
            with laid_out(figure):
                write_figure(figure, folder / f"{name}.{suffix}", dpi=PNG_DPI, metadata=metadata)


def _shrink_text(figure: Figure) -> None:
    """Reduce text whose size the drawing function chose for a page."""
    largest = _TEXT["axes.labelsize"]
    assert isinstance(largest, int)
    for text in figure.findobj(matplotlib.text.Text):
        text.set_fontsize(min(text.get_fontsize(), largest))


def _metadata(measurement: Measurement, suffix: str) -> dict[str, Any]:
    import json

    provenance = json.dumps(provenance_of(measurement), ensure_ascii=True)
    title = measurement.sample or measurement.parts[0].path.name
    match suffix:
        case "pdf":
            return {"Title": title, "Subject": provenance, "Creator": "hotjunction", "CreationDate": None}
        case "svg":
            return {"Title": title, "Description": provenance, "Creator": "hotjunction", "Date": None}
        case _:
            return {"Title": title, "Description": provenance, "Software": "hotjunction"}
