"""Panels of the figures of probes: a quantity with both kinds of probe and several couplings, and the error below.

Orange, dashed: voltage probe. Blue: voltage-temperature probe. Darker: stronger probe.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from analysis.constants import ELEMENTARY_CHARGE_C
from analysis.records import FloatArray
from app.figure_style import LIGHT
from app.models.probe_circuit import CircuitSettings
from app.paper.numbers import Number
from app.paper.setups import Pair, R, Setup, both_probes

GAMMA_P_eV = (0.005, 0.05, 0.5)
VOLTAGE = ("#F2B98A", "#D55E00", "#7A3300")
THERMALISED = ("#8CC4E8", "#0072B2", "#003A5C")
ERRORS = ("#B4BBC3", "#6b7480", "#1f2328")
NONLINEAR = "#A3527F"
DASHED = (0, (4.0, 1.8))
ALIGNMENT_LABEL = r"$\mu_0-\varepsilon_0$ (eV)"


@dataclass(frozen=True)
class PanelQuantity:
    """Quantity of a panel: function of a junction, unit and label."""

    name: str
    label: str
    of: Callable[[Pair, str], FloatArray]
    error: Callable[[Pair], FloatArray]
    error_label: str = "error (%)"


def _current(name: str, unit: float) -> Callable[[Pair, str], FloatArray]:
    def of(pair: Pair, model: str) -> FloatArray:
        return np.asarray(np.abs(getattr(getattr(pair, model).currents, name)[R]) / unit)

    return of


CHARGE = PanelQuantity(
    "charge",
    r"$|I_R|$ (nA)",
    _current("particle_current_per_s", 1e-9 / ELEMENTARY_CHARGE_C),
    lambda pair: pair.charge_error_percent,
)
HEAT = PanelQuantity(
    "heat", r"$|J_R|$ (pW)", _current("heat_current_W", 1e-12), lambda pair: pair.heat_error_percent
)
SEEBECK = PanelQuantity(
    "S",
    "$S$ (µV/K)",
    lambda pair, model: getattr(pair, model).seebeck_V_per_K * 1e6,
    lambda pair: pair.seebeck_difference_V_per_K * 1e6,
    r"$S_\mathrm{VTP}-S_\mathrm{VP}$ (µV/K)",
)


def draw_quantity(axes: Axes, quantity: PanelQuantity, setup: Setup, circuit: CircuitSettings) -> None:
    """Draw both kinds of probe at every coupling, and the junction without one."""
    bare = both_probes(replace(setup, gamma_probe_eV=0.0), circuit, "figure")
    axes.plot(bare.alignment_eV, quantity.of(bare, "voltage"), color=LIGHT.quiet, lw=1.0, ls=":", zorder=1)
    for gamma, vp, vtp in zip(GAMMA_P_eV, VOLTAGE, THERMALISED, strict=True):
        pair = both_probes(replace(setup, gamma_probe_eV=gamma), circuit, "figure")
        axes.plot(pair.alignment_eV, quantity.of(pair, "thermalised"), color=vtp, lw=1.3)
        axes.plot(pair.alignment_eV, quantity.of(pair, "voltage"), color=vp, lw=1.3, ls=DASHED)
    axes.set_ylabel(quantity.label)


def draw_error(
    axes: Axes, quantity: PanelQuantity, setup: Setup, circuit: CircuitSettings, log: bool
) -> None:
    """Draw the error of the voltage probe at every coupling, and the non-linear one at that of ``setup``."""
    axes.axhline(0, color=LIGHT.grid, lw=0.8, zorder=0)
    beyond = both_probes(setup, replace(circuit, regime="nonlinear"), "sweep")
    each = [both_probes(replace(setup, gamma_probe_eV=gamma), circuit, "figure") for gamma in GAMMA_P_eV]
    for pair, colour in zip((*each, beyond), (*ERRORS, NONLINEAR), strict=True):
        y = np.abs(quantity.error(pair)) if log else quantity.error(pair)
        axes.plot(pair.alignment_eV, y, color=colour, lw=1.2, ls="-." if pair is beyond else "-")
    axes.set_ylabel(f"size of {quantity.error_label}" if log else quantity.error_label)
    if log:
        axes.set_yscale("log")


def mark(axes: Axes, number: Number) -> None:
    """Draw a ring at a number quoted in the paper, with the calculated value."""
    found, q = number.found, number.quoted
    y = found.percent if q.what != "S" else 1e6 * found.difference_V_per_K
    right = found.at_eV < 2
    up = (y > 0 and found.at_eV > -1) or q.value == 0
    axes.plot(found.at_eV, y, "o", ms=5, mfc="none", mec=LIGHT.text, mew=0.9, zorder=5)
    axes.annotate(
        f"{abs(found.percent):,.{q.decimals + (0 < q.value < 100)}f} %",
        (found.at_eV, y),
        (6 if right else -6, 6 if up else -8),
        textcoords="offset points",
        ha="left" if right else "right",
        va="bottom" if up else "top",
        fontsize=8,
        zorder=6,
        bbox={"boxstyle": "square,pad=0", "fc": LIGHT.background, "ec": "none", "alpha": 0.7},
    )


def legend_handles(error: str) -> list[Line2D]:
    """Return one line of each kind: couplings by shade, models by colour; ``error`` names the lower panels."""
    handles = []
    kinds = (VOLTAGE, DASHED, "VP"), (THERMALISED, "-", "VTP"), (ERRORS, "-", error)
    for colours, dash, name in kinds:
        handles += [
            Line2D([], [], color=c, ls=dash, lw=1.3, label=rf"{name}, $\Gamma_P$ = {g:g} eV")
            for c, g in zip(colours, GAMMA_P_eV, strict=True)
        ]
    handles.append(Line2D([], [], color=LIGHT.quiet, ls=":", label="no probe"))
    handles.append(Line2D([], [], color=NONLINEAR, ls="-.", lw=1.2, label=f"{error}, non-linear"))
    ring = Line2D([], [], ls="", marker="o", ms=5, mfc="none", mec=LIGHT.text, label="quoted in the paper")
    return [*handles, ring]
