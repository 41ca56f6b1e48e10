"""Section of a report on the joint fit: one transmission for all measurements of a molecule, and what each adds."""

from math import isfinite
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.fitting.diagnostics import listed
from analysis.numbers import counted, probability, with_error
from app.figure_style import Style
from app.models.contribution_report import agreement, worth
from app.offline.joint_fit import JointFit
from app.offline.measurement import Measurement
from app.report.parts import ReportPart
from app.report.section import ReportSection, embedded_figure
from app.report.table import Table

PW = 1e-12
LARGEST_GROWTH = 100.0
"""Growth of an error at which the figure ends; what is not determined at all is drawn there."""

TICKS = 1, 2, 3, 5, 10, 20, 50, 100


def joint_sections(measurement: Measurement) -> list[ReportSection]:
    """Return the section of a measurement with results of at least two kinds that one transmission describes."""
    joint = measurement.joint
    if joint is None:
        return []
    figures = []
    if joint.result is not None and joint.report is not None and joint.report["contributions"]:
        figures.append(
            embedded_figure(
                lambda style: joint_figure(joint, style),
                "Left: measured less fitted values over their errors, for each measurement; the points of an I-V move "
                "together. Right: error of each number of the transmission without a measurement, over that with all; "
                "an arrow: not determined without it.",
            )
        )
    doubts = [joint.why_not] if joint.why_not else []
    if joint.report is not None and (ended := joint.report["at_bound"]):
        doubts.append(
            f"These measurements do not determine {listed([_label(name) for name in ended])}: the fit went to the end "
            "of its range, and numbers and errors of the others depend on it."
        )
    if joint.poor:
        doubts.append(
            "One transmission does not describe these measurements together"
            f"{_why(joint)}: its numbers and their errors can't be trusted."
        )
    return [
        ReportSection(
            "One transmission for all measurements",
            text=joint_words(joint),
            look=doubts,
            figures=figures,
            tables=[contributions_table(joint)],
        )
    ]


def joint_words(joint: JointFit) -> list[str]:
    """Return the fit as sentences: what was fitted, the numbers, what stays open."""
    report = joint.report
    if report is None:
        return [*([joint.left_out] if joint.left_out else [])]
    fitted = [one["measurement"] for one in report["contributions"]]
    found = [f"Fitted to {listed(fitted)}: {joint.source}."]
    numbers = [_number(name, one) for name, one in report["parameters"].items() if name != "scale"]
    conductance = _with_error(report["conductance_G0"], report["conductance_G0_error"])
    seebeck = _with_error(report["seebeck_V_per_K"], report["seebeck_V_per_K_error"], 1e-6)
    found.append(f"{'; '.join(numbers)}. Hence G = {conductance} G0 and S = {seebeck} uV/K.")
    if not joint.poor:
        chi2 = f"chi2 = {report['chi_square']:.3g} with {counted(report['degrees_of_freedom'], 'degree')} of freedom, "
        p = f" ({chi2}p = {probability(joint.p_value)})" if isfinite(joint.p_value) else ""
        found.append(f"No measurement contradicts the others: one transmission describes them all{p}.")
    if (
        signs := [one["measurement"] for one in report["contributions"] if one["only_one_to_tell_sign"]]
    ) != []:
        found.append(f"Only the {listed(signs)} tells on which side of E_F the level lies.")
    if joint.phonons_W_per_K is not None:
        rest = joint.phonons_W_per_K
        found.append(
            f"{joint.left_out} Less that of the fitted electrons it is "
            f"{with_error(rest.value / PW, rest.sigma / PW)} pW/K, of phonons."
        )
    return [*found, *report["remarks"]]


def _why(joint: JointFit) -> str:
    parts = [f"{one} contradicts the others" for one in joint.contradicting]
    if isfinite(joint.p_value):
        parts.append(f"p = {probability(joint.p_value)}")
    return f" ({listed(parts)})"


def _number(name: str, one: dict[str, Any]) -> str:
    """Return "energy = -0.69 ± 0.02 eV" for a parameter, or that the measurements leave it open."""
    if one["error"] is None:
        return f"{_label(name)} not determined by these measurements"
    return f"{_label(name)} = {with_error(one['value'], one['error'])}{' eV' if '_eV' in name else ''}"


def _with_error(value: float | None, error: float | None, scale: float = 1.0) -> str:
    nan = float("nan")
    return with_error((nan if value is None else value) / scale, (nan if error is None else error) / scale)


def contributions_table(joint: JointFit) -> Table:
    """Return what each measurement adds to the fit, a row each."""
    report = joint.report or {"contributions": []}
    rows = [
        (
            one["measurement"],
            str(one["values"]),
            f"{one['chi_square']:.3g}",
            agreement(one),
            worth(one).replace("without it ", "").replace("_eV", "").replace("_", " "),
        )
        for one in report["contributions"]
    ]
    return Table(
        ("measurement", "values", "chi2", "against the others", "without it"),
        rows,
        words=(0, 3, 4),
        look=[i for i, row in enumerate(rows) if "contradicts" in row[3]],
        note="To first order in the errors; of an I-V, the points count as its independent values."
        if rows
        else "",
    )


def joint_figure(joint: JointFit, style: Style) -> Figure:
    """Draw the deviations of each measurement from the fit, and what the errors would be without it."""
    assert joint.result is not None and joint.report is not None
    rows = joint.report["contributions"]
    figure = Figure(figsize=(7.2, 1.2 + 0.45 * len(rows)))
    deviations, growths = figure.subplots(1, 2, sharey=True)
    _draw_deviations(deviations, joint, style)
    _draw_growths(growths, rows, style)
    deviations.set_yticks(range(len(rows)), [one["measurement"] for one in rows])
    deviations.set_ylim(len(rows) - 0.4, -0.6)
    return figure


def _draw_deviations(axes: Axes, joint: JointFit, style: Style) -> None:
    assert joint.result is not None
    sizes = [term.measured.size for _, term in joint.result.problem.data.named_terms]
    parts = np.split(-joint.result.residual[: sum(sizes)], np.cumsum(sizes)[:-1])
    axes.axvspan(-1.0, 1.0, color=style.quiet, alpha=0.2, linewidth=0.0)
    axes.axvline(0.0, color=style.quiet, linewidth=0.8)
    for row, part in enumerate(parts):
        axes.plot(part, np.full(part.size, row), "o", color=style.data, markersize=4, alpha=0.6)
    largest = max(3.0, 1.1 * max(float(np.abs(part).max()) for part in parts))
    axes.set_xlim(-largest, largest)
    axes.set_xlabel("(measured − fitted) / error")


def _draw_growths(axes: Axes, rows: list[dict[str, Any]], style: Style) -> None:
    names = list(rows[0]["error_growth_without"])
    height = 0.8 / len(names)
    known = [growth for one in rows for growth in one["error_growth_without"].values()]
    reach = LARGEST_GROWTH if None in known else min(max(2.0, *(1.3 * x for x in known if x)), LARGEST_GROWTH)
    for k, name in enumerate(names):
        colour = style.sequence[(2 * k) % len(style.sequence)]
        for row, one in enumerate(rows):
            growth, at = one["error_growth_without"][name], row + (k - 0.5 * (len(names) - 1)) * height
            shown = reach if growth is None else min(growth, reach)
            axes.barh(
                at, shown - 1.0, 0.8 * height, left=1.0, color=colour, label="" if row else _label(name)
            )
            if growth is None:
                axes.plot(reach, at, ">", color=colour, markersize=6, clip_on=False)
    axes.axvline(1.0, color=style.quiet, linewidth=0.8)
    axes.set_xscale("log")
    axes.set_xlim(0.9, reach)
    axes.set_xticks([x for x in TICKS if x <= reach], [str(x) for x in TICKS if x <= reach])
    axes.minorticks_off()
    axes.set_xlabel("error without it / with all")
    axes.legend(fontsize=8)


def _label(name: str) -> str:
    quantity, _, which = name.partition("_eV")
    return f"{quantity}{which}".replace("_", " ")


PART = ReportPart(joint_sections)
