"""Sections of a report on heat: the paper's figure, asymmetry, controls, junctions, noise, calibrations."""

import base64

from analysis.heating.heating import HeatingAnalysis
from analysis.numbers import with_error
from analysis.recording import Calibration
from app.offline.measurement import Measurement
from app.report import heating_tables as tables
from app.report.csv_table import points_csv
from app.report.heating_figures import asymmetry_figure, junctions_figure, noise_figure
from app.report.heating_text import CONTROLS_MISSING, model_words, no_controls
from app.report.paper_figure import paper_figure
from app.report.parts import ReportPart
from app.report.section import Download, ReportSection, embedded_figure
from app.report.table import Table

mK = 1e-3


def heating_sections(measurement: Measurement) -> list[ReportSection]:
    """Return the sections of a measurement with heat or an I-V; none if it has only traces."""
    heating = measurement.heating
    sections = []
    if heating is not None or measurement.iv is not None:
        sections.append(_result(measurement))
    if heating is None:
        return sections
    if heating.points:
        sections.append(_asymmetry(heating, measurement))
    sections += [_controls(heating), _left_out(heating)]
    if heating.noise is not None and heating.budget:
        sections.append(_noise(heating))
    sections.append(_calibrations(heating, measurement))
    return sections


def heating_warnings(measurement: Measurement) -> list[str]:
    """Return the warnings for the top of the page."""
    heating = measurement.heating
    if heating is None:
        return []
    found = []
    if not heating.points:
        found.append(
            "No hold of the measurement itself could be used: there is no temperature rise to report."
        )
    if no_controls(heating):
        found.append(CONTROLS_MISSING)
    found += [f"Control {v.name}: {v.sentence}" for v in heating.controls if v.passed is False]
    return found


def headline(measurement: Measurement) -> list[tuple[str, str]]:
    """Return the asymmetry at the largest amplitude, its significance, closure and number of junctions."""
    heating = measurement.heating
    if heating is None or not heating.points:
        return []
    point = max(heating.points, key=lambda p: p.q_total_W)
    hotter = "negative" if point.asymmetry_K > 0.0 else "positive"
    verdict = f"hotter at {hotter} bias" if point.asymmetry.seen else "no asymmetry seen"
    asymmetry = with_error(point.asymmetry_K / mK, point.asymmetry_sigma_K / mK)
    return [
        (f"dT(-) - dT(+) at {point.amplitude_V:g} V", f"{asymmetry} mK"),
        (verdict, point.asymmetry.words()),
        ("closure, 1 if all power is found", with_error(point.closure, point.closure_sigma)),
        ("junctions", str(sum(p.junctions for p in heating.points))),
    ]


def _result(measurement: Measurement) -> ReportSection:
    heating, model = measurement.heating, measurement.transmission
    figures = []
    if measurement.iv is not None or (heating is not None and heating.points):
        figures.append(embedded_figure(lambda style: paper_figure(measurement, style), _caption(measurement)))
    text = model_words(model) if model is not None else []
    if heating is None or not heating.points:
        return ReportSection("Current and voltage", text=text, figures=figures)
    csv = points_csv(measurement)
    uri = "data:text/csv;charset=utf-8;base64," + base64.b64encode(csv.encode()).decode()
    return ReportSection(
        "Heat in the tip",
        text=text,
        figures=figures,
        tables=[tables.points_table(heating.points)],
        downloads=[Download("heating.csv", uri, "These numbers as CSV")],
    )


def _caption(measurement: Measurement) -> str:
    parts = []
    if measurement.heating is not None and measurement.heating.points:
        parts.append(
            "Temperature rise of the tip (left axis) and heat in it (right axis) against the total power, for both "
            "polarities of the bias; error bars: one standard error, from the scatter of the junctions. Grey: half of "
            "the power."
        )
        if measurement.transmission is not None:
            parts.append("Lines: Landauer theory with the transmission below, shade: its statistical error.")
    if measurement.histogram is not None:
        parts.append(
            "Histogram: the Gaussian of the peak, and the window in which junctions were held (shaded)."
        )
    if measurement.iv is not None:
        parts.append(
            "I-V: mean of the junctions in both directions of the sweep, shade: their standard deviation."
        )
    if measurement.transmission is not None:
        parts.append("Transmission: the energies between the electrodes at the largest bias are shaded.")
    return " ".join(parts)


def _asymmetry(heating: HeatingAnalysis, measurement: Measurement) -> ReportSection:
    theory = measurement.comparison
    figure = embedded_figure(
        lambda style: asymmetry_figure(heating, theory, style),
        "Temperature rises and their difference against the amplitude, the difference with its significance. "
        "Positive: the tip is hotter at negative bias." + (" Lines: theory." if theory else ""),
    )
    return ReportSection(
        "Asymmetry", figures=[figure], tables=[tables.asymmetry_table(heating.points, theory)]
    )


def _controls(heating: HeatingAnalysis) -> ReportSection:
    look = [CONTROLS_MISSING] if no_controls(heating) else []
    return ReportSection("Controls", look=look, tables=[tables.controls_table(heating.controls)])


def _left_out(heating: HeatingAnalysis) -> ReportSection:
    figures = []
    if any(not h.control and not h.estimate.rejected for h in heating.holds):
        caption = "Temperature rise of each junction against its own power; the line is half of the power."
        figures.append(embedded_figure(lambda style: junctions_figure(heating, style), caption))
    return ReportSection(
        "Junctions, and what was left out",
        figures=figures,
        tables=[tables.exclusions_table(heating), tables.without_exclusions_table(heating)],
    )


def _noise(heating: HeatingAnalysis) -> ReportSection:
    figure = embedded_figure(
        lambda style: noise_figure(heating, style),
        "Left: noise of the thermometer beside the modulation, with the model white (1 + corner/f). "
        "Right: standard error of a temperature rise, scaled to 500 s of modulation.",
    )
    return ReportSection("Noise budget", figures=[figure], tables=[tables.budget_table(heating)])


def _calibrations(heating: HeatingAnalysis, measurement: Measurement) -> ReportSection:
    used: dict[tuple[str, Calibration], None] = {}
    for part in measurement.parts:
        used.update(dict.fromkeys(part.header.calibrations.items()))
    tables_: list[Table] = [tables.calibrations_table(heating, list(used))]
    return ReportSection("Calibrations", tables=tables_)


PART = ReportPart(heating_sections, headline, heating_warnings)
