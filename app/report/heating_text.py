"""Printout of a measurement on a terminal."""

from math import isfinite

from rich.console import Console
from rich.text import Text

from analysis.heating.heating import HeatingAnalysis
from analysis.heating.junction_model import JunctionModel
from analysis.iv.mean import MeanIV
from analysis.numbers import with_error
from analysis.thermoelectric.noise_run import NoiseAnalysis
from analysis.thermoelectric.thermal_conductance import ThermalConductanceAnalysis
from analysis.thermoelectric.thermal_conductance_words import conductance_words
from analysis.thermoelectric.thermopower import ThermopowerAnalysis
from app.offline.measurement import Measurement
from app.offline.peltier import measured_seebeck
from app.report import heating_tables as tables
from app.report import noise_sections as noise
from app.report import peltier_sections as peltier
from app.report import thermal_conductance_sections as conductance
from app.report import thermopower_sections as thermopower
from app.report.ac_sections import ac_words
from app.report.error_sections import errors_table
from app.report.joint_sections import joint_sections
from app.report.statistic_tables import print_statistic
from app.report.table import Table
from app.report.text import print_result, result_console
from app.report.verdicts_table import verdicts_table

CONTROLS_MISSING = (
    "No control experiment was done: nothing shows that what follows the bias here is heat, and not pick-up."
)


def print_measurement(measurement: Measurement) -> None:
    """Print every result, then the warnings."""
    if measurement.histogram is not None:
        print_result(measurement.histogram)
    console = result_console()
    results = (
        measurement.iv
        or measurement.heating
        or measurement.thermopower
        or measurement.thermal_conductance
        or measurement.opening
        or measurement.ac
        or measurement.peltier
        or measurement.noise
    )
    for part in measurement.parts if results else ():
        started = f", {part.header.started[:16].replace('T', ' ')}" if part.header.started else ""
        what = f"  {part.header.procedure}{started}  ({part.status})"
        console.print(Text.assemble((str(part.path), "bold"), what), soft_wrap=True)
    if measurement.iv is not None:
        _print_iv(console, measurement.iv)
    if measurement.transmission is not None:
        _print_model(console, measurement.transmission)
    if measurement.heating is not None:
        _print_heating(console, measurement, measurement.heating)
    for result in measurement.statistics.values():
        print_statistic(console, result)
    if measurement.thermopower is not None:
        _print_thermopower(console, measurement.thermopower)
    if measurement.thermal_conductance is not None:
        _print_thermal_conductance(console, measurement.thermal_conductance)
    if measurement.opening is not None:
        console.print(measurement.opening.words, soft_wrap=True)
        _print_table(console, "Controls", verdicts_table(measurement.opening.controls))
    if measurement.ac is not None:
        for sentence in ac_words(measurement.ac):
            console.print(sentence, soft_wrap=True)
        _print_thermopower(console, measurement.ac.thermopower)
    if measurement.peltier is not None:
        _print_peltier(console, measurement)
    if measurement.noise is not None:
        _print_noise(console, measurement.noise)
    _print_joint(console, measurement)
    if measurement.errors:
        _print_table(console, "Expected and reached errors", errors_table(measurement.errors))
    for one in measurement.errors:
        if one.sentence:
            console.print(one.sentence, soft_wrap=True)
    for warning in measurement.warnings:
        console.print(warning, style="yellow", soft_wrap=True)


def _print_iv(console: Console, iv: MeanIV) -> None:
    dropped = "".join(f", {n} left out: {reason}" for reason, n in iv.dropped.items())
    console.print(f"\nI-V: mean of {iv.junctions} junctions up to {iv.largest_V:.3g} V{dropped}")


def _print_model(console: Console, model: JunctionModel) -> None:
    for sentence in model_words(model):
        console.print(sentence, soft_wrap=True)


def model_words(model: JunctionModel) -> list[str]:
    """Return sentences on the source of the transmission, its numbers and their limits."""
    numbers = ", ".join(_parameter(name, *value) for name, value in model.parameters.items())
    fit = f" ({numbers})" if numbers else ""
    if isfinite(model.misfit):
        fit += f", {100 * model.misfit:.1f} % of the largest current from it"
    found = [f"Transmission: {model.source}{fit}; G = {model.conductance_G0:#.3g} G0."]
    if model.fitted_level and model.side_known:
        found.append("On which side of E_F the level lies is taken from the heat, not from the current.")
    if not model.side_known:
        found.append("On which side of E_F the level lies an I-V does not tell: it is drawn above.")
    return [*found, *model.remarks]


def _parameter(name: str, value: float, error: float) -> str:
    """Return "energy of the LUMO = 0.91 ± 0.02 eV" for the parameter "energy_eV of the LUMO"."""
    quantity, unit, which = name.partition("_eV")
    return f"{quantity.replace('_', ' ')}{which} = {with_error(value, error)}{' eV' if unit else ''}"


def _print_heating(console: Console, measurement: Measurement, heating: HeatingAnalysis) -> None:
    if not heating.points:
        console.print("\nHeating: no hold of the measurement itself that could be used.")
    else:
        _print_table(console, "Heating", tables.points_table(heating.points))
        _print_table(console, "Asymmetry", tables.asymmetry_table(heating.points, measurement.comparison))
    _print_table(console, "Left out", tables.exclusions_table(heating))
    if heating.budget:
        _print_table(console, "Noise budget", tables.budget_table(heating))
    if heating.thermometers:
        scale = 100 * heating.scale_relative
        console.print(f"\nScale error, common to all and apart from the others: {scale:.2f} %")
    if heating.bypass and not heating.budget:
        console.print(heating.bypass.words(), soft_wrap=True)
    _print_table(console, "Controls", tables.controls_table(heating.controls))
    if no_controls(heating):
        console.print(CONTROLS_MISSING, style="yellow", soft_wrap=True)


def _print_thermopower(console: Console, result: ThermopowerAnalysis) -> None:
    _print_table(console, "Thermopower", thermopower.sets_table(result))
    for sentence in thermopower.thermopower_words(result):
        console.print(sentence, soft_wrap=True)
    _print_table(console, "Left out", thermopower.exclusions_table(result))
    _print_table(console, "Controls", verdicts_table(result.controls))
    if not result.controls:
        console.print(thermopower.NO_CONTROLS, style="yellow", soft_wrap=True)


def _print_thermal_conductance(console: Console, result: ThermalConductanceAnalysis) -> None:
    _print_table(console, "Thermal conductance", conductance.groups_table(result))
    for sentence in conductance_words(result):
        console.print(sentence, soft_wrap=True)
    _print_table(console, "Several molecules", conductance.several_table(result))
    _print_table(console, "Left out", conductance.exclusions_table(result))
    _print_table(console, "Controls", verdicts_table(result.controls))


def _print_noise(console: Console, result: NoiseAnalysis) -> None:
    for sentence in noise.noise_words(result):
        console.print(sentence, soft_wrap=True)
    _print_table(console, "Left out", noise.exclusions_table(result))
    _print_table(console, "Controls", verdicts_table(result.controls))
    if result.calibration is None:
        console.print(noise.NO_CALIBRATION, style="yellow", soft_wrap=True)


def _print_peltier(console: Console, measurement: Measurement) -> None:
    result = measurement.peltier
    assert result is not None
    _print_table(console, "Peltier heat", peltier.points_table(result))
    for sentence in peltier.peltier_words(result, measured_seebeck(measurement.thermopower)):
        console.print(sentence, soft_wrap=True)
    _print_table(console, "Left out", peltier.exclusions_table(result))
    _print_table(console, "Controls", verdicts_table(result.controls))
    if not peltier.has_controls(result):
        console.print(peltier.NO_CONTROLS, style="yellow", soft_wrap=True)


def _print_joint(console: Console, measurement: Measurement) -> None:
    for section in joint_sections(measurement):
        console.print(f"\n{section.heading}", style="bold")
        for sentence in (*section.look, *section.text):
            console.print(sentence, soft_wrap=True)
        for table in section.tables:
            _print_table(console, "What each measurement adds", table)


def _print_table(console: Console, heading: str, table: Table) -> None:
    if table.rows:
        console.print(f"\n{heading}", style="bold")
        console.print(table.for_terminal())
    if table.note:
        console.print(table.note, style="dim")


def no_controls(heating: HeatingAnalysis) -> bool:
    """Return True if no control experiment was done; closure does not count as one."""
    return not heating.control_points
