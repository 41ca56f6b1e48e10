"""Section of a report on thermal conductance while opening: the tip's temperature against the conductance."""

from math import hypot

import numpy as np
from matplotlib.figure import Figure

from analysis.constants import G0_S
from analysis.numbers import with_error
from analysis.thermoelectric.openings import OpeningAnalysis
from app.figure_style import Style
from app.offline.measurement import Measurement
from app.report.parts import ReportPart
from app.report.section import ReportSection, embedded_figure
from app.report.table import Table
from app.report.verdicts_table import failed_controls, verdicts_table

MK = 1e-3
BINS_G0 = np.arange(-0.25, 10.0, 0.5)
LEAST = 5
"""Least number of means in a bin that is drawn."""


def opening_sections(measurement: Measurement) -> list[ReportSection]:
    """Return the section of a measurement with openings of a hot tip."""
    result = measurement.opening
    if result is None:
        return []
    caption = (
        "Temperature of the tip, without Joule heat and less that of the open tip, against the conductance: means of "
        "10 ms of all openings in bins, with standard errors that take the means as independent; the line has the "
        "ratio L/L₀ of the text."
    )
    excluded = Table(
        ("left out because", "openings"), [(why, str(n)) for why, n in result.excluded.most_common()], words=(0,)
    )  # fmt: skip
    return [
        ReportSection(
            "Thermal conductance while opening",
            text=[result.words],
            figures=[embedded_figure(lambda style: opening_figure(result, style), caption)],
            tables=[verdicts_table(result.controls), excluded],
        )
    ]


def opening_numbers(measurement: Measurement) -> list[tuple[str, str]]:
    """Return the Lorenz ratio for the head of the page."""
    result = measurement.opening
    if result is None:
        return []
    sigma = hypot(result.sigma, result.scale_relative * result.lorenz)
    return [("L/L0 of contacts while opening", with_error(result.lorenz, sigma))]


def opening_figure(result: OpeningAnalysis, style: Style) -> Figure:
    """Draw the temperature against the conductance."""
    figure = Figure(figsize=(5.2, 3.2))
    axes = figure.subplots()
    G0, below_mK = result.conductance_S / G0_S, result.below_K / MK
    which = np.digitize(G0, BINS_G0)
    for k in range(1, len(BINS_G0)):
        here = below_mK[which == k]
        if here.size >= LEAST:
            axes.errorbar(
                G0[which == k].mean(), here.mean(), yerr=here.std(ddof=1) / np.sqrt(here.size), fmt="o",
                color=style.data, markersize=3,
            )  # fmt: skip
    line_G0 = np.array([0.0, min(10.0, float(G0.max(initial=1.0)))])
    slope_mK = -result.K_per_S * G0_S / MK
    axes.plot(line_G0, slope_mK * line_G0, color=style.fit)
    axes.set_xlabel(r"$G$ ($G_0$)")
    axes.set_ylabel(r"$\Delta T$ (mK)")
    return figure


def opening_warnings(measurement: Measurement) -> list[str]:
    """Return failed controls as warnings for the head of the page."""
    return failed_controls(measurement.opening.controls) if measurement.opening else []


PART = ReportPart(opening_sections, opening_numbers, opening_warnings)
