"""Section of a report on a noise thermometer: temperatures, calibration by resistors, what was left out."""

from math import isfinite

import numpy as np
from matplotlib.figure import Figure

from analysis.constants import G0_S
from analysis.numbers import with_error
from analysis.thermoelectric.noise_run import NoiseAnalysis
from app.figure_style import Style
from app.offline.measurement import Measurement
from app.report.parts import ReportPart
from app.report.section import ReportSection, embedded_figure
from app.report.table import Table
from app.report.verdicts_table import failed_controls, verdicts_table

fA2 = 1e-24
NO_CALIBRATION = (
    "Resistors of three conductances (or two and the open input) must calibrate the noise, at the same settings: run "
    "control-noise-resistor with 6.45, 12.9 and 25.8 kohm, and analyse the recordings together."
)


def noise_sections(measurement: Measurement) -> list[ReportSection]:
    """Return the section of a measurement with a noise thermometer."""
    result = measurement.noise
    if result is None:
        return []
    figures = []
    if result.contacts:
        figures.append(
            embedded_figure(
                lambda style: noise_figure(result, style),
                "Left: density of the current's noise against the conductance, of resistors with the line of the "
                "calibration, and of contacts. Right: temperature of each contact.",
            )
        )
    return [
        ReportSection(
            "Noise thermometer",
            text=noise_words(result),
            look=[] if result.calibration else [NO_CALIBRATION],
            figures=figures,
            tables=[sets_table(result), verdicts_table(result.controls), exclusions_table(result)],
        )
    ]


def noise_words(result: NoiseAnalysis) -> list[str]:
    """Return the result as sentences."""
    found = []
    if result.calibration is not None:
        calibration = result.calibration
        found.append(
            f"Calibration: {len(result.resistors)} resistors (open input included), gain {calibration.gain:.4g}, "
            f"voltage noise {calibration.square_V2_per_Hz:.2e} V2/Hz, floor {calibration.floor_A2_per_Hz:.2e} A2/Hz."
        )
    for one in result.sets:
        low, sigma = one.halves_K
        found.append(
            f"At dT = {one.difference_K:g} K the contacts have {with_error(one.temperature_K, one.sigma_K)} K "
            f"({one.contacts} contacts, their own error {one.contacts_sigma_K:.2g} K); {one.expected_K:g} K is the "
            f"mean of tip and substrate as commanded. Upper less lower half of the band: {with_error(low, sigma)} K."
        )
    if result.flicker is not None:
        flicker = with_error(result.flicker.per_Hz, result.flicker.sigma_per_Hz)
        found.append(f"Flicker noise of the contacts beside the white one, S_I/I^2 at 1 Hz: {flicker} /Hz.")
    return [*found, f"No Fano factor: {result.why_not}."]


def sets_table(result: NoiseAnalysis) -> Table:
    """Return the temperatures at each difference."""
    rows = [
        (
            f"{one.difference_K:g}",
            str(one.contacts),
            with_error(one.temperature_K, one.sigma_K),
            f"{one.expected_K:g}",
        )
        for one in result.sets
    ]
    return Table(("dT (K)", "contacts", "noise temperature (K)", "commanded mean (K)"), rows)


def exclusions_table(result: NoiseAnalysis) -> Table:
    """Return how many holds were left out, by reason; none by its noise in the band."""
    rows = [(reason, str(count)) for reason, count in result.excluded.most_common()]
    return Table(("left out because", "holds"), rows, words=(0,))


def noise_figure(result: NoiseAnalysis, style: Style) -> Figure:
    """Draw densities against the conductance, and temperatures of contacts."""
    figure = Figure(figsize=(7.2, 3.2))
    densities, temperatures = figure.subplots(1, 2)
    densities.plot(
        [one.conductance_S / G0_S for one in result.resistors],
        [one.density_A2_per_Hz / fA2 for one in result.resistors],
        "s", color=style.sequence[1], label="resistors",
    )  # fmt: skip
    for i, one in enumerate(result.sets):
        here = [contact for contact in result.contacts if contact.difference_K == one.difference_K]
        colour = style.sequence[(2 * i) % len(style.sequence)]
        G0 = np.array([contact.conductance_S for contact in here]) / G0_S
        label = f"{one.difference_K:g} K"
        densities.plot(
            G0, [contact.density_A2_per_Hz / fA2 for contact in here], "o", color=colour, label=label
        )
        temperatures.errorbar(
            G0, [contact.temperature_K for contact in here], [contact.sigma_K for contact in here], fmt="o",
            color=colour, label=label,
        )  # fmt: skip
        temperatures.axhline(one.expected_K, color=colour, linewidth=0.8)
    densities.set_xlabel("G (G0)")
    densities.set_ylabel("density (10⁻²⁴ A²/Hz)")
    densities.legend(fontsize=8)
    temperatures.set_xlabel("G (G0)")
    temperatures.set_ylabel("noise temperature (K)")
    return figure


def noise_numbers(measurement: Measurement) -> list[tuple[str, str]]:
    """Return the temperatures, for the head of the page."""
    sets = measurement.noise.sets if measurement.noise is not None else ()
    return [
        (
            f"noise temperature at dT = {one.difference_K:g} K",
            f"{with_error(one.temperature_K, one.sigma_K)} K",
        )
        for one in sets
        if isfinite(one.temperature_K)
    ]


def noise_warnings(measurement: Measurement) -> list[str]:
    """Return failed controls as warnings for the head of the page."""
    return [] if measurement.noise is None else failed_controls(measurement.noise.controls)


PART = ReportPart(noise_sections, noise_numbers, noise_warnings)
