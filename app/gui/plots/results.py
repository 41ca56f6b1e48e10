"""Results in numbers, above the plot that they are read from; they can be selected and copied."""

from collections.abc import Mapping

import numpy as np
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel, QSizePolicy, QWidget

from analysis.heating.significance import FEW_JUNCTIONS, p_words
from app.gui.plots.numbers import counted, fixed, minus, significant, with_error
from app.gui.theme import MEDIUM
from app.views.convergence import ConvergenceSnapshot

UW_PER_MK = 1e3
"""Heat in microwatts is the rise in millikelvin times this over the thermal resistance in K/W."""
BETWEEN = "&nbsp;&nbsp;&nbsp; "
"""Only here a row may be broken."""
PLUS, MINUS = "(+<i>V</i>)", "(−<i>V</i>)"
ENERGY, WIDTH = "<i>ε</i><sub>0</sub>", "<i>Γ</i><sub>{}</sub>"
MEV = 1e-3


class Results(QLabel):
    """A row of numbers, or two; where the plot is small the whole of it is in the tool tip too."""

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

    def tell(self, *rows: str, why: str = "") -> None:
        """Other rows, rich text; none leaves the place empty. ``why`` explains the numbers."""
        text = "<br>".join(
            BETWEEN.join(number.replace(" ", "&nbsp;") for number in row.split(BETWEEN))
            for row in rows
            if row
        )
        if text != self.text():
            self.setText(text)
        self.setToolTip(why if text else "")


def rises(series: ConvergenceSnapshot) -> str:
    """Temperature rises of both polarities and their difference: in its errors, where these are known."""
    pos, neg = float(series.dT_pos_mK[-1]), float(series.dT_neg_mK[-1])
    symbol = "Δ<i>T</i>"
    errors = (float(series.sigma_pos_mK[-1]), float(series.sigma_neg_mK[-1]))
    return BETWEEN.join(
        [
            f"{symbol}{PLUS} = {with_error(pos, errors[0])} mK",
            f"{symbol}{MINUS} = {with_error(neg, errors[1])} mK",
            _difference(neg - pos, float(series.sigma_difference_mK[-1]), series),
        ]
    )


def heats(series: ConvergenceSnapshot) -> str:
    """Heats in the tip of both polarities and their difference, which is as sure as that of `rises`."""
    scale = UW_PER_MK / series.resistance_K_per_W
    symbol = "<i>Q</i><sub>P</sub>"
    pos, neg = float(series.dT_pos_mK[-1]) * scale, float(series.dT_neg_mK[-1]) * scale
    errors = (float(series.sigma_pos_mK[-1]) * scale, float(series.sigma_neg_mK[-1]) * scale)
    return BETWEEN.join(
        [
            f"{symbol}{PLUS} = {with_error(pos, errors[0])} µW",
            f"{symbol}{MINUS} = {with_error(neg, errors[1])} µW",
            f"difference {with_error(neg - pos, float(series.sigma_difference_mK[-1]) * scale)} µW",
        ]
    )


def _difference(value: float, error: float, series: ConvergenceSnapshot) -> str:
    text = f"difference {with_error(value, error)} mK"
    sure = series.significance
    if sure is None or np.isnan(sure.p_value) or not series.error_known[-1]:
        why = "one junction decides" if series.hold.size >= 4 else counted(series.hold.size, "junction")
        return f"{text} ({why})"
    few = f", {counted(series.hold.size, 'junction')}" if series.hold.size < FEW_JUNCTIONS else ""
    return f"{text} ({fixed(abs(sure.sigmas), 0.1)} <i>σ</i>, <i>p</i> = {p_words(sure.p_value)}{few})"


def about_heat(series: ConvergenceSnapshot, scale_relative: float) -> str:
    """Where the errors of `rises` and `heats` come from."""
    n = series.hold.size
    words = f"At ±{series.amplitude_V:.3g} V. "
    if series.error_known[-1]:
        words += (
            f"Errors are standard errors from the scatter of {n} junctions; the difference knows what they share. "
            "<i>p</i> is the chance of so large a difference were there none, by Student's t; <i>σ</i> is what a "
            "normal distribution has at this <i>p</i>."
        )
        words += _weights_and_tails(series)
    else:
        words += (
            f"How much junctions differ is hardly known from {n}: errors are those of the thermometer's noise, or "
            "the distance of the two."
        )
    if np.isfinite(scale_relative):
        words += (
            f" The calibration of the tip (<i>R</i><sub>P</sub>, <i>S</i><sub>TC</sub>) adds "
            f"±{100 * scale_relative:.1f} %, the same for all points: it cancels in ratios and in <i>σ</i>."
        )
    return words


def _weights_and_tails(series: ConvergenceSnapshot) -> str:
    """Warn where few of the junctions count, or some are far from the others."""
    sure, words = series.significance, ""
    if sure is None:
        return words
    if sure.effective_number < 0.5 * sure.junctions:
        words += f" Weighted by their times they count as {sure.effective_number:.1f}."
    if sure.heavy_tails:
        words += f" They are skewed ({minus(f'{sure.skewness:.1f}')}); <i>p</i> is that of a bootstrap-t."
    return words


def conductance(value_G0: float, error_G0: float) -> str:
    """The conductance at no bias; nothing where it is not known."""
    if not np.isfinite(value_G0):
        return ""
    return f"<i>G</i>(0) = {with_error(value_G0, error_G0)} <i>G</i><sub>0</sub>"


def of_model(parameters: Mapping[str, tuple[float, float]], *, side_known: bool) -> str:
    """Level and couplings with their errors; the level's distance alone where nothing tells its side of E_F."""
    return BETWEEN.join(_parameter(name, *found, side_known) for name, found in parameters.items())


def _parameter(name: str, value: float, error: float, side_known: bool) -> str:
    kind, _, of = name.partition("_eV")  # "gamma_eV of the LUMO"
    mev = with_error(value / MEV, error / MEV)
    match kind:
        case "energy" if side_known:
            return f"{ENERGY}{of} = {with_error(value, error)} eV"
        case "energy":
            return f"|{ENERGY}|{of} = {with_error(abs(value), error)} eV"
        case "gamma":
            return f"{WIDTH.format('L')} = {WIDTH.format('R')}{of} = {mev} meV"
        case "gamma_probe":
            return f"{WIDTH.format('P')}{of} = {mev} meV"
        case "gamma_substrate":
            return f"{WIDTH.format('S')}{of} = {mev} meV"
        case "transmission":
            return f"<i>τ</i> = {with_error(value, error)}"
    return f"{name.replace('_', ' ')} = {with_error(value, error)}"


def misfit(share: float) -> str:
    """How well the fit follows the mean curve; nothing without one."""
    if not np.isfinite(share):
        return ""
    return (
        f"The fit keeps within {minus(f'{100 * share:.1f}')} % of the largest current from the mean curve "
        "(root mean square)."
    )


def seebeck(uV_per_K: float) -> str:
    """The thermopower."""
    return f"<i>S</i> = {significant(uV_per_K)} µV/K" if np.isfinite(uV_per_K) else ""


def seebeck_size(uV_per_K: float) -> str:
    """The thermopower where nothing tells its sign."""
    return seebeck(abs(uV_per_K)).replace("<i>S</i>", "|<i>S</i>|")
