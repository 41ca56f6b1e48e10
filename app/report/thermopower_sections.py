"""Section of a report on thermopower: voltage against temperature, histograms, controls, what was left out."""

from math import isfinite

import numpy as np
from matplotlib.figure import Figure

from analysis.numbers import counted, probability, with_error
from analysis.thermoelectric.thermopower import ThermopowerAnalysis
from analysis.thermoelectric.two_kinds import Kind
from app.figure_style import Style
from app.offline.measurement import Measurement
from app.report.parts import ReportPart
from app.report.section import ReportSection, embedded_figure
from app.report.table import Table
from app.report.verdicts_table import failed_controls, verdicts_table

uV = 1e-6
NO_CONTROLS = "No control experiment of the thermopower was done: the voltage may be a leak of the heater."


def thermopower_sections(measurement: Measurement) -> list[ReportSection]:
    """Return the section of a measurement with thermopower."""
    result = measurement.thermopower
    if result is None:
        return []
    figures = []
    if result.sets:
        figures.append(
            embedded_figure(
                lambda style: thermopower_figure(result, style),
                "Left: open-circuit voltage of each junction less the offset of its contact, and the mean of each "
                "temperature difference with its standard error; the line has errors in both coordinates and a free "
                "intercept. Right: histograms at each difference.",
            )
        )
    return [
        ReportSection(
            "Thermopower",
            text=thermopower_words(result),
            look=[] if result.controls else [NO_CONTROLS],
            figures=figures,
            tables=[sets_table(result), verdicts_table(result.controls), exclusions_table(result)],
        )
    ]


def thermopower_numbers(measurement: Measurement) -> list[tuple[str, str]]:
    """Return the thermopower, its spread and the number of junctions, for the head of the page."""
    result = measurement.thermopower
    if result is None or result.line is None:
        return []
    return [
        (
            "thermopower S at 300 K",
            f"{with_error(result.line.slope / uV, result.sigma_V_per_K / uV)} µV/K",
        ),
        ("junctions", str(len(result.holds))),
    ]


def thermopower_words(result: ThermopowerAnalysis) -> list[str]:
    """Return the result as sentences."""
    line = result.line
    if line is None:
        return [
            "There are too few junctions for a thermopower: two temperature differences of three are needed."
        ]
    measured = with_error(line.slope / uV, result.sigma_V_per_K / uV)
    own = with_error(result.junction_V_per_K / uV, result.sigma_junction_V_per_K / uV)
    kind = "LUMO" if result.junction_V_per_K < 0.0 else "HOMO"
    seen = abs(result.junction_V_per_K) > 2.0 * result.sigma_junction_V_per_K
    side = f"{kind} nearer to the Fermi energy" if seen else "its sign is not known within two errors"
    found = [
        f"S = {measured} uV/K at 300 K against the lead, statistical error {line.sigma_slope / uV:.2g} uV/K and "
        f"{100 * result.scale_relative:.2g} % from the thermometer. With the lead's "
        f"{result.lead.seebeck_V_per_K / uV:g} uV/K added the junction has {own} uV/K: {side}.",
        f"Intercept {with_error(line.intercept / uV, line.sigma_intercept / uV)} uV; a line through the origin would "
        f"give {result.through_origin_V_per_K / uV:.3g} uV/K.",
        f"Through single junctions: least squares {_per_uV(result.junctions_ls)} uV/K, "
        f"Theil-Sen {_per_uV(result.theil_sen)} uV/K.",
    ]
    if (spread := result.spread) is not None and spread.sure:
        found.append(
            f"The thermopower of single junctions scatters by {spread.V_per_K / uV:.2g} uV/K (SD; 68 %: "
            f"{spread.beyond(-1.0) / uV:.2g} to {spread.beyond(1.0) / uV:.2g} uV/K)."
        )
    elif spread is not None:
        found.append(
            "The scatter of the holds at dT = 0 explains that of the junctions: their thermopower scatters by at most "
            f"{spread.beyond(2.0) / uV:.2g} uV/K (SD, 95 %)."
        )
    if (kinds := result.kinds) is not None:
        found.append(
            "Two kinds of junctions fit better than one (BIC by "
            f"{kinds.preference:.0f}): {_kind(kinds.lower)} and {_kind(kinds.upper)} (mean and SD). S above is "
            "the mean of all."
        )
    if isfinite(result.p_value):
        found.append(f"chi2 of the sets about the line: {line.chi2:.3g}, p = {probability(result.p_value)}.")
    return found


def _kind(one: Kind) -> str:
    return f"{100 * one.share:.0f} % with {one.mean / uV:.3g} and {one.sd / uV:.2g} uV/K"


def _per_uV(value: tuple[float, float]) -> str:
    return with_error(value[0] / uV, value[1] / uV)


def sets_table(result: ThermopowerAnalysis) -> Table:
    """Return the numbers of each temperature difference; SEM, SD and FWHM stand apart."""
    rows = [
        (
            f"{round(one.dT_K, 2) + 0.0:.2f}",
            f"{round(one.reduced_K, 2) + 0.0:.2f}",
            str(one.junctions),
            with_error(one.mean_V / uV, one.sem_V / uV),
            f"{one.median_V / uV:.1f}",
            f"{one.mode_V / uV:.1f}",
            f"{one.sd_V / uV:.1f}",
            f"{one.fwhm_V / uV:.1f}",
            f"{one.noise_V / uV:.1f}",
            f"{one.contact_offset_V / uV:.1f}" if isfinite(one.contact_offset_V) else "–",
        )
        for one in result.sets
    ]
    headings = ("dT (K)", "reduced dT (K)", "junctions", "mean ± SEM (µV)", "median (µV)", "mode (µV)")
    widths = ("SD (µV)", "FWHM (µV)", "noise (µV)", "contact (µV)")
    return Table((*headings, *widths), rows, note="SD and FWHM are widths of the distribution, no errors.")


def exclusions_table(result: ThermopowerAnalysis) -> Table:
    """Return how many junctions were left out, by reason; each reason is of the current alone."""
    rows = [(reason, str(count)) for reason, count in result.excluded.most_common()]
    return Table(("left out because", "junctions"), rows, words=(0,))


def thermopower_figure(result: ThermopowerAnalysis, style: Style) -> Figure:
    """Draw the voltages against the temperature difference, and their histograms."""
    figure = Figure(figsize=(7.2, 3.2))
    line_axes, histogram = figure.subplots(1, 2)
    theta_K = np.array([one.reduced_K for one in result.holds])
    volts = np.array([one.hold.voltage_V for one in result.holds]) / uV
    line_axes.plot(theta_K, volts, ".", color=style.quiet, markersize=3, alpha=0.6)
    line_axes.errorbar(
        [one.reduced_K for one in result.sets],
        [one.mean_V / uV for one in result.sets],
        yerr=[one.sem_V / uV for one in result.sets],
        fmt="o", color=style.data, markersize=4, capsize=2, zorder=3,
    )  # fmt: skip
    if result.line is not None:
        ends = np.array([theta_K.min(), theta_K.max()])
        line_axes.plot(ends, (result.line.intercept + result.line.slope * ends) / uV, color=style.fit)
    line_axes.set_xlabel(r"reduced $\Delta T$ (K)")
    line_axes.set_ylabel(r"$V_\mathrm{oc}$ (µV)")
    low, high = np.percentile(volts, [1, 99]) if volts.size else (0.0, 1.0)
    edges = np.linspace(low, max(high, low + 1e-3), 30)
    for i, one in enumerate(result.sets):
        here = volts[[hold.hold.difference_K == one.wanted_K for hold in result.holds]]
        colour = style.sequence[i % len(style.sequence)]
        histogram.hist(here, edges, histtype="step", color=colour, label=f"{round(one.dT_K, 1) + 0.0:.1f} K")
    histogram.set_xlabel(r"$V_\mathrm{oc}$ (µV)")
    histogram.set_ylabel("junctions")
    if result.sets:
        histogram.legend(fontsize=8, title=counted(len(result.holds), "junction"), title_fontsize=8)
    return figure


def thermopower_warnings(measurement: Measurement) -> list[str]:
    """Return failed controls as warnings for the head of the page."""
    result = measurement.thermopower
    if result is None:
        return []
    return failed_controls(result.controls)


PART = ReportPart(thermopower_sections, thermopower_numbers, thermopower_warnings)
