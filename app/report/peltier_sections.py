"""Section of a report on Peltier heat: odd and even part against the current, coefficient against S T, controls."""

from math import isfinite

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.numbers import counted, with_error
from analysis.thermoelectric.peltier_run import PeltierAnalysis
from app.figure_style import Style
from app.offline.measurement import Measurement
from app.offline.peltier import measured_seebeck
from app.report.parts import ReportPart
from app.report.section import ReportSection, embedded_figure
from app.report.table import Table
from app.report.verdicts_table import failed_controls, verdicts_table

mV, nA, pW = 1e-3, 1e-9, 1e-12
NO_CONTROLS = (
    "No control experiment of the Peltier heat was done: a leak of the bias into the thermocouple is odd in the bias "
    "too. Take control-dummy-resistor at the same current, and control-out-of-contact, at most at 0.05 V."
)
LEAST_PRECISE = 0.5
"""Largest error of Pi / (S T) that tests Kelvin's relation."""

Seebeck = tuple[float, float] | None


def peltier_sections(measurement: Measurement) -> list[ReportSection]:
    """Return the section of a measurement with Peltier heat."""
    result, seebeck = measurement.peltier, measured_seebeck(measurement.thermopower)
    if result is None:
        return []
    figures = []
    if result.points:
        figures.append(
            embedded_figure(
                lambda style: peltier_figure(result, seebeck, style),
                "Left: odd and even part of the heat in the tip at each amplitude against the current, with the line "
                "of the coefficient, and half of the Joule heat for the even part. Right: the coefficient at each "
                "amplitude and of all holds (band), and S T of the thermopower that was measured.",
            )
        )
    return [
        ReportSection(
            "Peltier heat",
            text=peltier_words(result, seebeck),
            look=[] if has_controls(result) else [NO_CONTROLS],
            figures=figures,
            tables=[points_table(result), verdicts_table(result.controls), exclusions_table(result)],
        )
    ]


def has_controls(result: PeltierAnalysis) -> bool:
    """Return True if a control experiment was done, beside the comparison of amplitudes."""
    return any(one.name != "amplitudes" for one in result.controls)


def peltier_numbers(measurement: Measurement) -> list[tuple[str, str]]:
    """Return the coefficient and the number of junctions, for the head of the page."""
    result = measurement.peltier
    if result is None or not isfinite(result.coefficient.value):
        return []
    Pi = with_error(result.coefficient.value / mV, result.sigma_V / mV)
    return [("Peltier coefficient", f"{Pi} mV"), ("junctions", str(result.coefficient.junctions))]


def peltier_words(result: PeltierAnalysis, seebeck: Seebeck) -> list[str]:
    """Return the result as sentences."""
    Pi = result.coefficient
    if not isfinite(Pi.value):
        return ["No hold gives a Peltier coefficient: none was used, or none carried a current."]
    found = [
        f"Pi = {with_error(Pi.value / mV, result.sigma_V / mV)} mV from {Pi.holds} holds of {Pi.junctions} junctions; "
        f"statistical error {Pi.sigma / mV:.2g} mV (noise of the thermometer alone {Pi.noise_sigma / mV:.2g} mV), "
        f"scale {100 * result.scale_relative:.2g} %. The cubic term was corrected: {100 * result.cubic:.2g} % of the "
        f"odd heat at {1e3 * result.largest_V:g} mV.",
        f"At {result.temperature_K:g} K this is a thermopower of "
        f"{with_error(1e6 * Pi.value / result.temperature_K, 1e6 * result.sigma_V / result.temperature_K)} uV/K of the "
        "junction against the lead.",
    ]
    kelvin = result.best_kelvin(seebeck)
    if kelvin is not None:
        ratio, sigma = kelvin
        own = result.own_kelvin
        of = f" of the same {counted(own.junctions, 'junction')}" if isfinite(own.value) else ""
        agrees = "agrees with" if sigma <= LEAST_PRECISE else "is too imprecise to test"
        if abs(ratio - 1.0) > 2.0 * sigma:
            agrees = "contradicts"
        found.append(f"Pi / (S T){of} = {with_error(ratio, sigma)}, which {agrees} Kelvin's relation.")
    if isfinite(result.joule.value):
        found.append(
            f"The tip gets {with_error(result.joule.value, result.joule.sigma)} of the Joule heat; 1/2 is expected."
        )
    if result.coldest is not None:
        found.append(result.coldest.sentence)
    else:
        found.append("Without a level of 0 V it was not measured whether the tip cools.")
    return found


def points_table(result: PeltierAnalysis) -> Table:
    """Return the heats at each amplitude."""
    rows = []
    for point in result.points:
        odd_W, even_W = np.sqrt(np.diag(point.covariance_W2))
        rows.append(
            (
                f"{1e3 * point.amplitude_V:g}",
                str(point.holds),
                f"{point.current_A / nA:.3g}",
                with_error(point.odd_W / pW, odd_W / pW),
                with_error(point.even_W / pW, even_W / pW) if isfinite(point.even_W) else "–",
                with_error(point.coefficient.value / mV, point.coefficient.sigma / mV),
            )
        )
    return Table(
        ("amplitude (mV)", "holds", "current (nA)", "odd part (pW)", "even part (pW)", "Π (mV)"), rows
    )


def exclusions_table(result: PeltierAnalysis) -> Table:
    """Return how many holds were left out, by reason; each reason is of the current alone."""
    rows = [(reason, str(count)) for reason, count in result.excluded.most_common()]
    return Table(("left out because", "holds"), rows, words=(0,))


def peltier_figure(result: PeltierAnalysis, seebeck: Seebeck, style: Style) -> Figure:
    """Draw the heats against the current, and the coefficient against S T."""
    figure = Figure(figsize=(7.2, 3.2))
    heats, coefficient = figure.subplots(1, 2)
    _draw_heats(heats, result, style)
    points, Pi = result.points, result.coefficient
    coefficient.axhspan(
        (Pi.value - Pi.sigma) / mV, (Pi.value + Pi.sigma) / mV, color=style.sequence[0], alpha=0.25
    )
    coefficient.errorbar(
        [1e3 * point.amplitude_V for point in points],
        [point.coefficient.value / mV for point in points],
        [point.coefficient.sigma / mV for point in points],
        fmt="o", color=style.sequence[0], label="Π",
    )  # fmt: skip
    if seebeck is not None:
        product, sigma = (result.temperature_K * value / mV for value in seebeck)
        coefficient.axhline(product, color=style.sequence[1], label="S T")
        coefficient.axhspan(product - sigma, product + sigma, color=style.sequence[1], alpha=0.25)
    coefficient.set_xlabel("amplitude (mV)")
    coefficient.set_ylabel("Π (mV)")
    coefficient.legend(fontsize=8)
    return figure


def _draw_heats(axes: Axes, result: PeltierAnalysis, style: Style) -> None:
    current_nA = np.array([point.current_A / nA for point in result.points])
    sigma_pW = np.sqrt([np.diag(point.covariance_W2) for point in result.points]) / pW
    odd, even = style.sequence[0], style.sequence[1]
    axes.errorbar(
        current_nA,
        [point.odd_W / pW for point in result.points],
        sigma_pW[:, 0],
        fmt="o",
        color=odd,
        label="odd part",
    )
    known = [i for i, point in enumerate(result.points) if isfinite(point.even_W)]
    if known:
        even_pW = [result.points[i].even_W / pW for i in known]
        axes.errorbar(current_nA[known], even_pW, sigma_pW[known, 1], fmt="s", color=even, label="even part")
    line_nA = np.linspace(0.0, 1.1 * np.abs(current_nA).max(), 50)
    if isfinite(result.coefficient.value):
        axes.plot(line_nA, result.coefficient.value * line_nA * nA / pW, color=odd, label="Π I")
    if known:
        resistance = 1.0 / np.mean([hold.conductance_S for hold in result.holds])
        axes.plot(line_nA, 0.5 * resistance * (line_nA * nA) ** 2 / pW, color=even, label="I²/2G")
    axes.axhline(0.0, color="0.7", linewidth=0.8)
    axes.set_xlabel("current (nA)")
    axes.set_ylabel("heat in the tip (pW)")
    axes.legend(fontsize=8)


def peltier_warnings(measurement: Measurement) -> list[str]:
    """Return failed controls as warnings for the head of the page."""
    return [] if measurement.peltier is None else failed_controls(measurement.peltier.controls)


PART = ReportPart(peltier_sections, peltier_numbers, peltier_warnings)
