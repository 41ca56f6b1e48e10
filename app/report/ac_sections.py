"""Section of a report on openings beside an alternating bias: voltage against conductance, thermopower, controls."""

from math import isfinite, nan

import numpy as np
from matplotlib.figure import Figure

from analysis.numbers import with_error
from analysis.thermoelectric.ac_run import LEAST_POINTS, ACAnalysis
from app.figure_style import Style
from app.offline.measurement import Measurement
from app.report.parts import ReportPart
from app.report.section import ReportSection, embedded_figure
from app.report.thermopower_sections import (
    exclusions_table,
    sets_table,
    thermopower_words,
    uV,
)
from app.report.verdicts_table import failed_controls, verdicts_table

NM = 1e-9


def ac_sections(measurement: Measurement) -> list[ReportSection]:
    """Return the section of a measurement beside an alternating bias."""
    result = measurement.ac
    if result is None:
        return []
    figures = []
    if result.conductance_G0.size:
        figures.append(
            embedded_figure(
                lambda style: ac_figure(result, style),
                "Left: open-circuit voltage, less that of the contact, against the conductance along all openings; "
                "lines are medians at each temperature difference. Middle: medians against the way of the tip since "
                "the end of the contact. Right: histogram of the conductance from the lock-in.",
            )
        )
    heated = result.thermopower
    tables = [sets_table(heated), verdicts_table(heated.controls), exclusions_table(heated)]
    return [ReportSection("AC break junction", text=_sentences(result), figures=figures, tables=tables)]


def _sentences(result: ACAnalysis) -> list[str]:
    several = len(result.thermopower.sets) > 1
    return [*ac_words(result), *(thermopower_words(result.thermopower) if several else [])]


def ac_words(result: ACAnalysis) -> list[str]:
    """Return alternating bias, lag, capacitance and correlation as sentences."""
    sine = result.sine
    if sine is None:
        return ["No opening beside an alternating bias was recorded."]
    found = [
        f"Alternating bias of {1e3 * sine.rms_V:g} mV rms at {float(sine.frequency_Hz):.6g} Hz. In the "
        f"contacts the current lags by {1e6 * result.lag_s:.3g} us, and {1e15 * result.capacitance_F:.3g} fF lie "
        "beside the junction; both are corrected."
    ]
    if isfinite(result.correlation):
        found.append(f"Thermopower and log G of single junctions correlate by {result.correlation:+.2f}.")
    return found


def ac_numbers(measurement: Measurement) -> list[tuple[str, str]]:
    """Return the thermopower and the number of its junctions, for the head of the page."""
    result = measurement.ac
    if result is None or result.thermopower.line is None:
        return []
    heated = result.thermopower
    slope, sigma = result.thermopower.line.slope, heated.sigma_V_per_K
    return [
        ("thermopower S at 300 K, beside an alternating bias", f"{with_error(slope / uV, sigma / uV)} µV/K"),
        ("junctions of it", str(len(heated.holds))),
    ]


def ac_warnings(measurement: Measurement) -> list[str]:
    """Return failed controls as warnings for the head of the page."""
    result = measurement.ac
    if result is None:
        return []
    return failed_controls(result.thermopower.controls)


def ac_figure(result: ACAnalysis, style: Style) -> Figure:
    """Draw the voltage against conductance and displacement, and the histogram of the conductance."""
    figure = Figure(figsize=(9.6, 3.2))
    voltage, along, histogram = figure.subplots(1, 3)
    map_rows = result.against_displacement()
    decades = np.log10(result.conductance_G0)
    edges = np.linspace(decades.min(), decades.max() + 1e-9, 40)
    which, centres = np.digitize(decades, edges) - 1, 10 ** (0.5 * (edges[1:] + edges[:-1]))
    for i, wanted_K in enumerate(np.unique(result.difference_K)):
        here = result.difference_K == wanted_K
        colour = style.sequence[i % len(style.sequence)]
        voltage.plot(
            result.conductance_G0[here], result.voltage_V[here] / uV, ".", color=colour, ms=2, alpha=0.3
        )
        medians = [_median(result.voltage_V[here & (which == k)]) for k in range(len(centres))]
        voltage.plot(centres, np.array(medians) / uV, color=colour, label=f"{wanted_K:g} K")
        rows = [
            (one["displacement_m"] / NM, one["median_V"] / uV) for one in map_rows if one["dT_K"] == wanted_K
        ]
        along.plot(*(np.array(rows).T if rows else ([], [])), ".-", color=colour)
    largest = _reach_V(result) / uV
    voltage.set(xscale="log", ylim=(-largest, largest))
    voltage.set_xlabel(r"$G$ ($G_0$)")
    voltage.set_ylabel(r"$V_\mathrm{oc}$ (µV)")
    voltage.legend(fontsize=8)
    along.set(xlabel="displacement (nm)", ylabel=r"median $V_\mathrm{oc}$ (µV)")
    histogram.hist(result.conductance_G0, 10**edges, histtype="step", color=style.data)
    histogram.set_xscale("log")
    histogram.set_xlabel(r"$G$ ($G_0$)")
    histogram.set_ylabel("points of the lock-in")
    return figure


def _reach_V(result: ACAnalysis) -> float:
    """Return the largest voltage to draw; most points are of contacts, whose range would hide the junctions."""
    size = np.abs(result.voltage_V)
    usual = float(size[size < 5.0 * np.percentile(size, 80)].max(initial=1e-6))
    return max(usual, *(1.2 * abs(one.hold.voltage_V) for one in result.thermopower.holds), 0.0)


def _median(values: np.ndarray) -> float:
    return float(np.median(values)) if values.size >= LEAST_POINTS else nan


PART = ReportPart(ac_sections, ac_numbers, ac_warnings)
