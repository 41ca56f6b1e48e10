"""Section of a report on thermal conductance: the aligned mean trace, G_th against G, controls, what was left out."""

from math import hypot

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.constants import G0_S
from analysis.numbers import with_error
from analysis.thermoelectric.thermal_conductance import ThermalConductanceAnalysis
from analysis.thermoelectric.thermal_conductance_words import PW, conductance_words
from analysis.thermoelectric.wiedemann_franz import electron_W_per_K
from app.figure_style import Style
from app.offline.measurement import Measurement
from app.report.parts import ReportPart
from app.report.section import ReportSection, embedded_figure
from app.report.table import Table
from app.report.verdicts_table import failed_controls, verdicts_table

MK = 1e-3


def thermal_conductance_sections(measurement: Measurement) -> list[ReportSection]:
    """Return the section of a measurement with thermal conductance."""
    result = measurement.thermal_conductance
    if result is None:
        return []
    what = "amplitude" if result.mode == "2w" else "temperature"
    right = (
        "thermal conductance of each contact against its electrical one, with the law of Wiedemann and Franz"
        if result.lorenz
        else "mean thermal conductance of the first ruptures, with its error, against their number"
    )
    caption = (
        f"Left: {what} of the tip about the rupture less that afterwards, mean of all ruptures with its standard "
        f"error. Right: {right}."
    )
    return [
        ReportSection(
            "Thermal conductance",
            text=conductance_words(result),
            figures=[embedded_figure(lambda style: thermal_conductance_figure(result, style), caption)],
            tables=[
                groups_table(result),
                several_table(result),
                verdicts_table(result.controls),
                exclusions_table(result),
            ],
        )
    ]


def thermal_conductance_numbers(measurement: Measurement) -> list[tuple[str, str]]:
    """Return the thermal conductance, the Lorenz ratio and the number of ruptures, for the head of the page."""
    result = measurement.thermal_conductance
    if result is None:
        return []
    mean = result.conductance
    found = [
        (
            f"thermal conductance G_th at {result.mean_K:.0f} K",
            f"{with_error(mean.value / PW, mean.sigma / PW)} pW/K",
        ),
        ("ruptures", str(len(result.used))),
    ]
    if result.lorenz is not None:
        ratio = result.lorenz
        sigma = hypot(ratio.sigma, ratio.value * ratio.scale_relative)
        found.insert(1, ("L/L0 of metallic contacts", with_error(ratio.value, sigma)))
    return found


def groups_table(result: ThermalConductanceAnalysis) -> Table:
    """Return the means of thirds of the ruptures, by hold time and by conductance."""
    rows = [
        (name, f"{scale * one.at:.3g} {unit}", with_error(one.W_per_K / PW, one.sigma_W_per_K / PW), str(one.ruptures))
        for name, unit, scale, groups in (
            ("hold time", "s", 1.0, result.against_hold_time),
            ("conductance", "G₀", 1.0 / G0_S, result.against_G),
        )
        for one in groups
    ]  # fmt: skip
    return Table(
        ("thirds by", "mean", "G_th (pW/K)", "ruptures"),
        rows,
        words=(0,),
        note="Junctions that live long are a selection: G_th should not depend on the hold time."
        if rows
        else "",
    )


def several_table(result: ThermalConductanceAnalysis) -> Table:
    """Return the junctions by their number of molecules, with the thermal conductance of each molecule."""
    rows = [
        (
            str(one.molecules),
            str(one.ruptures),
            f"{one.G_S / G0_S:.3g}",
            with_error(one.W_per_K.value / PW, one.W_per_K.sigma / PW),
            with_error(one.per_molecule.value / PW, one.per_molecule.sigma / PW),
        )
        for one in result.several
    ]
    return Table(("molecules", "ruptures", "G (G₀)", "G_th (pW/K)", "a molecule (pW/K)"), rows)


def exclusions_table(result: ThermalConductanceAnalysis) -> Table:
    """Return how many ruptures were left out, by reason; each reason is of the current or of the heater."""
    rows = [(reason, str(count)) for reason, count in result.excluded.most_common()]
    return Table(("left out because", "ruptures"), rows, words=(0,))


def thermal_conductance_figure(result: ThermalConductanceAnalysis, style: Style) -> Figure:
    """Draw the aligned mean trace, and G_th against G or against the number of ruptures."""
    figure = Figure(figsize=(7.2, 3.2))
    trace, other = figure.subplots(1, 2)
    average = result.average
    if average is not None:
        mean_mK, band_mK = average.mean_K / MK, average.band_K / MK
        trace.fill_between(average.time_s, mean_mK - band_mK, mean_mK + band_mK, color=style.quiet, alpha=0.4)
        trace.plot(average.time_s, mean_mK, color=style.data)
    trace.axvline(0.0, color=style.quiet, linewidth=0.8)
    trace.set_xlabel("time from the rupture (s)")
    trace.set_ylabel(r"$\Delta T$ (mK)")
    if result.lorenz is not None:
        _draw_lorenz(other, result, style)
    else:
        _draw_running_mean(other, result, style)
    return figure


def _draw_lorenz(axes: Axes, result: ThermalConductanceAnalysis, style: Style) -> None:
    G0 = np.array([one.rupture.conductance_S for one in result.used]) / G0_S
    axes.plot(G0, [one.W_per_K / PW for one in result.used], ".", color=style.quiet, markersize=3)
    groups = result.against_G
    axes.errorbar(
        [one.at / G0_S for one in groups],
        [one.W_per_K / PW for one in groups],
        yerr=[one.sigma_W_per_K / PW for one in groups],
        fmt="o", color=style.data, markersize=4, capsize=2,
    )  # fmt: skip
    line_G0 = np.array([0.0, 1.1 * G0.max()])
    axes.plot(line_G0, line_G0 * electron_W_per_K(G0_S, result.mean_K) / PW, color=style.fit)
    axes.set_xlabel(r"$G$ ($G_0$)")
    axes.set_ylabel(r"$G_\mathrm{th}$ (pW/K)")


def _draw_running_mean(axes: Axes, result: ThermalConductanceAnalysis, style: Style) -> None:
    values = np.array([one.W_per_K for one in result.used]) / PW
    weight = np.array([1.0 / one.sigma_W_per_K**2 for one in result.used])
    total = np.cumsum(weight)
    means, sigma = np.cumsum(weight * values) / total, 1.0 / np.sqrt(total) / PW
    number = np.arange(1, len(values) + 1)
    axes.fill_between(number, means - sigma, means + sigma, color=style.quiet, alpha=0.4)
    axes.plot(number, means, color=style.data)
    axes.set_xlabel("ruptures")
    axes.set_ylabel(r"mean $G_\mathrm{th}$ (pW/K)")


def thermal_conductance_warnings(measurement: Measurement) -> list[str]:
    """Return failed controls as warnings for the head of the page."""
    result = measurement.thermal_conductance
    if result is None:
        return []
    return failed_controls(result.controls)


PART = ReportPart(thermal_conductance_sections, thermal_conductance_numbers, thermal_conductance_warnings)
