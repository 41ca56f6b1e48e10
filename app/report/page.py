"""The report: one HTML page that holds everything and needs nothing."""

import json
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
from matplotlib.figure import Figure

from analysis.histogram import Scale
from analysis.recording import RunHeader
from app.analysis import Analysed
from app.report.figures import histogram_2d_figure, histogram_figure, traces_figure
from app.report.numbers import peak_row, trace_counts
from app.report.style import DARK, LIGHT, Style, drawn_in, svg_uri


def report_html(analysed: Analysed) -> str:
    """The whole page as text."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    template = environment.from_string(
        files("app").joinpath("templates/report.html.j2").read_text(encoding="utf-8")
    )
    header, analysis = analysed.header, analysed.analysis
    kept = len(analysis.selection.kept)
    return template.render(
        title=header.sample or header.title or analysed.path.name,
        subtitle=_subtitle(analysed),
        warnings=_warnings(analysed),
        numbers=[("traces kept", kept), *_headline_peaks(analysed)],
        sections=_sections(analysed),
        peaks=[peak_row(peak) for peak in analysis.peaks],
        counts=trace_counts(analysed),
        settings=_settings(header),
        json=json.dumps(analysed.to_json(), indent=1),
    )


def write_report(analysed: Analysed, out: Path) -> None:
    """Write the page; a broken attempt leaves nothing under ``out``."""
    part = out.with_name(out.name + ".part")
    try:
        part.write_text(report_html(analysed), encoding="utf-8")
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def _subtitle(analysed: Analysed) -> str:
    header = analysed.header
    parts = [header.title, header.started, analysed.path.name]
    return " · ".join(part for part in parts if part)


def _warnings(analysed: Analysed) -> list[str]:
    found = []
    if analysed.status != "finished":
        found.append(f"This run is {analysed.status}: the report shows what was recorded.")
    if analysed.gaps:
        found.append(f"Samples are missing in {analysed.gaps} places.")
    if analysed.header.unknowns:
        found.append("Not known: " + "; ".join(analysed.header.unknowns) + ".")
    return found


def _headline_peaks(analysed: Analysed) -> list[tuple[str, str]]:
    """The peaks one looks for first: the contact of one atom, and what stands below it."""
    trusted = [peak for peak in analysed.analysis.peaks if peak.trusted]
    metal = [peak for peak in trusted if peak.scale is Scale.LINEAR][:1]
    below = [peak for peak in trusted if peak.scale is Scale.LOG][:3]
    rows = map(peak_row, metal + below)
    return [
        (f"peak, Gaussian {row['scale']}", f"{row['conductance']} ± {row['uncertainty']} G₀") for row in rows
    ]


def _sections(analysed: Analysed) -> list[dict[str, Any]]:
    analysis = analysed.analysis
    kept, floor_G0 = analysis.selection.kept, max(analysis.noise.mad_G0, 1e-9)
    if not kept:
        return []
    sections = [
        {
            "heading": "Conductance traces",
            "figures": [
                _picture(
                    lambda style: traces_figure(kept, style, floor_G0),
                    "Conductance against displacement, some traces, each moved to the right of the one before. "
                    "The axis ends at the noise floor.",
                )
            ],
        },
        {
            "heading": "Histograms",
            "figures": [
                _picture(
                    lambda style: histogram_figure(analysis.log, analysis.peaks, style, floor_G0),
                    "All samples of the kept traces in logarithmic bins, with the Gaussians fitted in log G (solid; "
                    "dashed where the fit is not to be trusted) on their backgrounds (dotted).",
                ),
                _picture(
                    lambda style: histogram_figure(analysis.linear, analysis.peaks, style, floor_G0),
                    "The same samples in linear bins, with the Gaussians fitted in G.",
                ),
            ],
        },
    ]
    if analysis.map.n_traces:
        caption = "Samples over displacement and conductance, traces aligned at their last fall below 0.5 G₀."
        figure = _picture(lambda style: histogram_2d_figure(analysis.map, style), caption)
        sections.append({"heading": "Displacement and conductance", "figures": [figure]})
    return sections


def _picture(draw: Callable[[Style], Figure], caption: str) -> dict[str, str]:
    """A figure in both styles."""
    uris = {}
    for style in (LIGHT, DARK):
        with drawn_in(style):
            uris[style.name] = svg_uri(draw(style))
    return {**uris, "alt": caption, "caption": caption}


def _settings(header: RunHeader) -> list[tuple[str, list[tuple[str, str]]]]:
    calibrations = {
        name: f"{c.value:.6g} {c.unit}"
        + (f" ± {c.uncertainty:.2g}" if c.uncertainty is not None else "")
        + (f" ({c.date or c.source})" if c.date or c.source else "")
        for name, c in header.calibrations.items()
    }
    groups = [
        ("Procedure", {"procedure": header.procedure, **header.parameters}),
        ("Settings", header.settings),
        ("Calibrations", calibrations),
        ("Rig", header.rig),
        ("Versions", {**header.versions, "seed": header.seed, "sources": ", ".join(header.sources)}),
        ("Notes", {"notes": header.notes}),
    ]
    return [(heading, rows) for heading, content in groups if (rows := _rows(content))]


def _rows(content: Mapping[str, Any], above: str = "") -> list[tuple[str, str]]:
    """Nested settings as (name, value), names joined by points; nothing for what was not set."""
    rows: list[tuple[str, str]] = []
    for name, value in content.items():
        if isinstance(value, Mapping):
            rows += _rows(value, f"{above}{name}.")
        elif value is not None and value != "":
            text = f"{value:.6g}" if isinstance(value, float) else str(value)
            rows.append((f"{above}{name}", text))
    return rows
