"""Numerical results above a plot, as text that can be selected and copied."""

import re
from collections.abc import Mapping

import numpy as np
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel, QSizePolicy, QWidget

from analysis.heating.convergence import ConvergenceSeries
from analysis.numbers import counted, fixed_decimals, minus, probability, with_error
from analysis.statistics.junction_mean import FEW_JUNCTIONS
from app.gui.plots.heading import without_markup
from app.gui.plots.layers import UNKNOWN
from app.gui.widgets.theme import MEDIUM
from app.viewmodels.heating_points import MK, UW

BETWEEN = "&nbsp;&nbsp;&nbsp; "
"""Separator of numbers: a row may be broken there, and before what a number says in parentheses."""
UNBROKEN = "\u2060"
"""Joins what stands at its sides: a line may otherwise be broken after a bar of |S|."""
PLUS, MINUS = "(+<i>V</i>)", "(−<i>V</i>)"
ENERGY, WIDTH = "<i>ε</i><sub>0</sub>", "<i>Γ</i><sub>{}</sub>"
MEV = 1e-3


class Results(QLabel):
    """One or two rows of numbers with an explanation in the tool tip."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setWordWrap(True)
        self.setContentsMargins(MEDIUM, 0, MEDIUM, 0)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._rows: list[str] = []

    def tell(self, *rows: str, why: str = "") -> None:
        """Show rows of numbers, rich text; ``why`` explains them in the tool tip."""
        self._rows = [row for row in rows if row]
        text = "<br>".join(BETWEEN.join(map(_whole, row.split(BETWEEN))) for row in self._rows)
        if text != self.text():
            self.setText(text)
        self.setToolTip(why if text else "")

    @property
    def plain(self) -> str:
        """Rows as plain text."""
        return "; ".join(
            without_markup(row.replace(BETWEEN, ", ")).replace("\xa0", " ") for row in self._rows
        )


def _whole(number: str) -> str:
    """Return a number, rich text, that is broken at most before a remark in parentheses."""
    joined = number.replace(" ", "&nbsp;").replace("|", f"|{UNBROKEN}")
    return re.sub(r"(?<!=)&nbsp;\(", " (", joined)


def rises(series: ConvergenceSeries) -> str:
    """Return the temperature rises at both polarities and their difference with its significance."""
    (pos, neg), errors = series.dT_K[:, -1] / MK, series.sigma_K[:, -1] / MK
    symbol = "Δ<i>T</i>"
    return BETWEEN.join(
        [
            f"{symbol}{PLUS} = {with_error(pos, errors[0])} mK",
            f"{symbol}{MINUS} = {with_error(neg, errors[1])} mK",
            _difference(neg - pos, series.sigma_difference_K[-1] / MK, series),
        ]
    )


def heats(series: ConvergenceSeries) -> str:
    """Return the heats in the tip at both polarities and their difference; its significance is that of `rises`."""
    K_per_uW = series.resistance_K_per_W * UW
    symbol = "<i>Q</i><sub>P</sub>"
    (pos, neg), errors = series.dT_K[:, -1] / K_per_uW, series.sigma_K[:, -1] / K_per_uW
    return BETWEEN.join(
        [
            f"{symbol}{PLUS} = {with_error(pos, errors[0])} µW",
            f"{symbol}{MINUS} = {with_error(neg, errors[1])} µW",
            f"difference {with_error(neg - pos, series.sigma_difference_K[-1] / K_per_uW)} µW",
        ]
    )


def _difference(value: float, error: float, series: ConvergenceSeries) -> str:
    text = f"difference {with_error(value, error)} mK"
    significance = series.significance
    if significance is None or np.isnan(significance.p_value) or not series.error_known[-1]:
        why = "one junction decides" if series.hold.size >= 4 else counted(series.hold.size, "junction")
        return f"{text} ({why})"
    few = f", {counted(series.hold.size, 'junction')}" if series.hold.size < FEW_JUNCTIONS else ""
    sigmas, p_value = fixed_decimals(abs(significance.sigmas), 0.1), probability(significance.p_value)
    return f"{text} ({sigmas} <i>σ</i>, <i>p</i> = {p_value}{few})"


def about_heat(series: ConvergenceSeries, scale_relative: float) -> str:
    """Return an explanation of the errors of `rises` and `heats`."""
    n = series.hold.size
    text = f"At ±{series.amplitude_V:.3g} V. "
    if series.error_known[-1]:
        text += (
            f"Errors are standard errors from the scatter of {n} junctions; the error of the difference includes the "
            "correlation of the two polarities. <i>p</i> is the probability of a difference at least this large if "
            "there were none (Student's t); <i>σ</i> is the equivalent for a normal distribution."
        )
        text += _weights_and_tails(series)
    else:
        text += (
            f"The scatter of junctions cannot be estimated from {counted(n, 'junction')}: errors are those of the "
            "thermometer's noise, or the difference between two junctions."
        )
    if np.isfinite(scale_relative):
        text += (
            f" The calibration of the tip (<i>R</i><sub>P</sub>, <i>S</i><sub>TC</sub>) adds "
            f"±{100 * scale_relative:.1f} %, the same for all points: it cancels in ratios and in <i>σ</i>."
        )
    return text


def _weights_and_tails(series: ConvergenceSeries) -> str:
    """Return warnings if few junctions dominate the mean or their distribution is skewed."""
    significance, text = series.significance, ""
    if significance is None:
        return text
    if significance.effective_number < 0.5 * significance.junctions:
        number = f"{significance.effective_number:.1f}"
        text += f" Weighted by their times, the junctions are worth {number} equal ones."
    if significance.heavy_tails:
        skewness = minus(f"{significance.skewness:.1f}")
        text += f" Their distribution is skewed ({skewness}), so <i>p</i> is from a bootstrap-t."
    return text


def measured(symbol: str, value: float, error: float, unit: str) -> str:
    """Return a number with its error, or that there is none yet, as rich text."""
    text = f"{symbol} = {with_error(value, error)} {unit}".rstrip()
    return text if np.isfinite(error) and error > 0.0 else f"{text} ({UNKNOWN})"


def model_row(
    parameters: Mapping[str, tuple[float, float]],
    conductance_G0: tuple[float, float],
    seebeck_uV_per_K: tuple[float, float] | None = None,
    *,
    side_known: bool,
    given: bool = False,
) -> str:
    """Return what a transmission model says, with errors or why there are none.

    Parameters
    ----------
    parameters : mapping of str to (value, error)
        Level and couplings; only the level's distance is shown if its side of E_F is unknown.
    conductance_G0, seebeck_uV_per_K : (value, error)
        At zero bias; a value of NaN is left out.
    side_known : bool
    given : bool
        True for a model that was not fitted, whose numbers have no error.
    """
    numbers = []
    if np.isfinite(conductance_G0[0]):
        text = f"<i>G</i>(0) = {with_error(*conductance_G0)} <i>G</i><sub>0</sub>"
        numbers.append((text, conductance_G0))
    numbers += [(_parameter(name, *estimate, side_known), estimate) for name, estimate in parameters.items()]
    if seebeck_uV_per_K is not None and np.isfinite(seebeck_uV_per_K[0]):
        value, error = seebeck_uV_per_K
        symbol, value = ("<i>S</i>", value) if side_known else ("|<i>S</i>|", abs(value))
        numbers.append((f"{symbol} = {with_error(value, error)} µV/K", seebeck_uV_per_K))
    unknown = [not (np.isfinite(error) and error > 0.0) for _, (_, error) in numbers]
    if given and all(unknown) and numbers:
        return BETWEEN.join([*(text for text, _ in numbers), "given, not fitted: without errors"])
    if all(unknown) and len(numbers) > 1:
        return BETWEEN.join([*(text for text, _ in numbers), "errors not known yet"])
    return BETWEEN.join(
        f"{text} ({UNKNOWN})" if lacks else text for (text, _), lacks in zip(numbers, unknown, strict=True)
    )


def _parameter(name: str, value: float, error: float, side_known: bool) -> str:
    kind, _, level = name.partition("_eV")  # "gamma_eV of the LUMO"
    mev = with_error(value / MEV, error / MEV)
    match kind:
        case "energy" if side_known:
            return f"{ENERGY}{level} = {with_error(value, error)} eV"
        case "energy":
            return f"|{ENERGY}|{level} = {with_error(abs(value), error)} eV"
        case "gamma":
            return f"{WIDTH.format('L')} = {WIDTH.format('R')}{level} = {mev} meV"
        case "gamma_probe":
            return f"{WIDTH.format('P')}{level} = {mev} meV"
        case "gamma_substrate":
            return f"{WIDTH.format('S')}{level} = {mev} meV"
        case "transmission":
            return f"<i>τ</i> = {with_error(value, error)}"
    return f"{name.replace('_', ' ')} = {with_error(value, error)}"


def misfit(share: float) -> str:
    """Return the deviation of the fit from the mean curve as text; "" without a fit."""
    if not np.isfinite(share):
        return ""
    return (
        f"The fit deviates from the mean curve by {minus(f'{100 * share:.1f}')} % of the largest current "
        "(root mean square)."
    )
