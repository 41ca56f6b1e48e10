"""Figures 1 to 6 of Erdogan and Bergfield (arXiv:2508.20343), redrawn."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from analysis.buettiker.linear import electronic_circuit
from analysis.constants import ELEMENTARY_CHARGE_C
from analysis.records import FloatArray
from app.figure_style import LIGHT, drawn_in, label_powers, laid_out, write_figure
from app.models.probe_circuit import CircuitSettings
from app.paper.numbers import ELECTRONIC, OPEN, Number
from app.paper.panels import (
    ALIGNMENT_LABEL,
    CHARGE,
    ERRORS,
    HEAT,
    SEEBECK,
    GAMMA_P_eV,
    PanelQuantity,
    draw_error,
    draw_quantity,
    legend_handles,
    mark,
)
from app.paper.setups import COUPLING, SWEEPS, SYMMETRIC, THERMAL, P, R, Setup, both_probes, coefficients

_STRONG = replace(COUPLING, gamma_probe_eV=0.5)
_SPAN = (-3.24, 3.24)
_DPI = 200

Numbers = Sequence[Number]


@dataclass(frozen=True)
class Column:
    """Column of a figure: a quantity, and its error below.

    ``limits`` of the error; above 0 its absolute value is drawn on a logarithmic axis. ``quoted`` is the junction whose
    number in the paper is marked.
    """

    title: str
    quantity: PanelQuantity
    setup: Setup
    circuit: CircuitSettings
    limits: tuple[float, float]
    figure: str
    quoted: Setup | None = None

    def draw(self, above: Axes, below: Axes, numbers: Numbers) -> None:
        """Draw both panels."""
        draw_quantity(above, self.quantity, self.setup, self.circuit)
        above.set_title(self.title)
        if self.quantity is SEEBECK:
            above.set_ylim(-110, 130)
            _say(above, self.setup, (0.02, 0.02), "left", "bottom")
        else:
            above.set_yscale("log")
            _say(above, self.setup)
        quoted = self.quoted or self.setup
        draw_error(below, self.quantity, quoted, self.circuit, log=self.limits[0] > 0)
        of = self.figure, self.quantity.name, quoted
        for n in [n for n in numbers if (n.quoted.figure, n.quoted.what, n.quoted.setup) == of][:1]:
            mark(below, n)
        below.set_ylim(self.limits)
        for axes in (above, below):
            axes.yaxis.set_minor_locator(NullLocator())
        below.set_xlabel(ALIGNMENT_LABEL)
        below.set_xlim(_SPAN)


def _say(
    axes: Axes, setup: Setup, at: tuple[float, float] = (0.5, 0.98), across: str = "center", up: str = "top"
) -> None:
    temperatures = f"$T_L$, $T_R$ = {setup.T_left_K:g}, {setup.T_right_K:g} K"
    widths = rf"$\Gamma_L$, $\Gamma_R$ = {setup.gamma_left_eV:g}, {setup.gamma_right_eV:g} eV"
    text = f"{temperatures}\n{widths}"
    axes.text(*at, text, transform=axes.transAxes, ha=across, va=up, fontsize=8)


def figure_1(numbers: Numbers) -> Figure:
    """Draw charge and heat current into R of the symmetric junction."""
    row = [
        Column("charge current", CHARGE, SYMMETRIC, ELECTRONIC, (-16, 10), "1"),
        Column("heat current", HEAT, SYMMETRIC, ELECTRONIC, (-3, 36), "1"),
    ]
    return _stacked([row], numbers)


def figure_2(numbers: Numbers) -> Figure:
    """Draw charge and heat current into R with asymmetric temperatures (a) and couplings (b)."""
    return _asymmetric(numbers, "2", THERMAL, COUPLING, ((-30, 24), (-10, 8)))


def figure_6(numbers: Numbers) -> Figure:
    """Draw figure 2 with the probe spread evenly over all sites."""
    flat = replace(THERMAL, flat=True), replace(COUPLING, flat=True)
    return _asymmetric(numbers, "6", *flat, ((-1, 1), (-1.8, 1.2)))


def _asymmetric(
    numbers: Numbers, n: str, thermal: Setup, coupling: Setup, charge_limits: Sequence[tuple[float, float]]
) -> Figure:
    rows = [
        [
            Column("(a) charge current", CHARGE, thermal, ELECTRONIC, charge_limits[0], f"{n}a"),
            Column("(a) heat current", HEAT, thermal, ELECTRONIC, (1, 1e6), f"{n}a"),
        ],
        [
            Column("(b) charge current", CHARGE, coupling, ELECTRONIC, charge_limits[1], f"{n}b"),
            Column("(b) heat current", HEAT, coupling, ELECTRONIC, (-10, 60), f"{n}b"),
        ],
    ]
    return _stacked(rows, numbers)


def figure_4(numbers: Numbers) -> Figure:
    """Draw the heat into R at open circuit."""
    row = [
        Column("(a) heat current, open circuit", HEAT, SYMMETRIC, OPEN, (-3, 36), "4a"),
        Column("(b) heat current, open circuit", HEAT, THERMAL, OPEN, (1, 1e6), "4b"),
        Column("(c) heat current, open circuit", HEAT, COUPLING, OPEN, (-3, 60), "4c", _STRONG),
    ]
    return _stacked([row], numbers)


def figure_5(numbers: Numbers) -> Figure:
    """Draw the Seebeck coefficients."""
    row = [
        Column("(a) Seebeck coefficient", SEEBECK, SYMMETRIC, OPEN, (-22, 22), "5"),
        Column("(b) Seebeck coefficient", SEEBECK, THERMAL, OPEN, (-48, 48), "5"),
        Column("(c) Seebeck coefficient", SEEBECK, COUPLING, OPEN, (-18, 18), "5", _STRONG),
    ]
    return _stacked([row], numbers)


def _stacked(rows: list[list[Column]], numbers: Numbers) -> Figure:
    n_columns = len(rows[0])
    figure = Figure(figsize=(3.3 * n_columns + 0.6, 4.4 * len(rows) + 0.7), dpi=_DPI)
    grid = figure.subplots(2 * len(rows), n_columns, sharex=True, height_ratios=[3, 2] * len(rows))
    for i, row in enumerate(rows):
        for j, column in enumerate(row):
            column.draw(grid[2 * i, j], grid[2 * i + 1, j], numbers)
    error = "difference" if rows[0][0].quantity is SEEBECK else "error"
    figure.legend(handles=legend_handles(error), loc="outside upper center", ncols=4)
    return figure


def figure_3(numbers: Numbers) -> Figure:
    """Draw the terms of eq. 18: heat into the voltage probe, differences of the probe's potentials, ratios."""
    del numbers  # the paper quotes none of it
    figure = Figure(figsize=(7.2, 8.8), dpi=_DPI)
    grid = figure.subplots(len(_PARTS), 2, sharex=True)
    for column, letter, setup in zip(grid.T, "ab", (THERMAL, COUPLING), strict=True):
        column[0].set_title(f"({letter})")
        _say(column[0], setup)
        for gamma, colour in zip(GAMMA_P_eV, ERRORS, strict=True):
            each = zip(column, _PARTS, _parts(replace(setup, gamma_probe_eV=gamma)), strict=True)
            for axes, label, y in each:
                axes.plot(SWEEPS["figure"], y, color=colour, lw=1.3, label=rf"$\Gamma_P$ = {gamma:g} eV")
                axes.set_ylabel(label)
        column[0].set_yscale("log")
        column[0].yaxis.set_minor_locator(NullLocator())
        column[-1].set_xlabel(ALIGNMENT_LABEL)
        column[-1].set_xlim(_SPAN)
    figure.align_ylabels(grid)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3)
    return figure


_PARTS = (
    r"$J_P^\mathrm{VP}$ (pW)",
    r"$\mu_P^\mathrm{VTP}-\mu_P^\mathrm{VP}$ (meV)",
    r"$T_P^\mathrm{VTP}-T_P^\mathrm{VP}$ (K)",
    r"$-\tilde{L}^{1}_{RP}\,/\,\tilde{L}^{2}_{PP}$ (1/eV)",
    r"$-\tilde{L}^{2}_{RP}\,/\,\tilde{L}^{2}_{PP}$",
)


def _parts(setup: Setup) -> tuple[FloatArray, ...]:
    pair = both_probes(setup, ELECTRONIC, "figure")
    first, second = pair.voltage.currents, pair.thermalised.currents
    c = electronic_circuit(coefficients(setup, "figure"), setup.junction().terminals).effective
    return (
        first.heat_current_W[P] / 1e-12,
        (second.mu_eV[P] - first.mu_eV[P]) / 1e-3,
        second.temperature_K[P] - first.temperature_K[P],
        -c.L1_particle_per_s[R, P] / c.L2_W[P, P] * ELEMENTARY_CHARGE_C,
        -c.L2_W[R, P] / c.L2_W[P, P],
    )


FIGURES: dict[str, Callable[[Numbers], Figure]] = {
    "figure-1": figure_1,
    "figure-2": figure_2,
    "figure-3": figure_3,
    "figure-4": figure_4,
    "figure-5": figure_5,
    "figure-6": figure_6,
}


def save_figures(folder: Path, numbers: Numbers) -> Iterator[str]:
    """Draw all figures as PNG and SVG; yield the name of each when written.

    Raises ``OSError`` if the folder can't be written to.
    """
    for name, draw in FIGURES.items():
        with drawn_in(LIGHT), rc_context({"axes.titley": 1.0}):  # there is nothing to keep a title away from
            figure = draw(numbers)
            label_powers(figure)
            with laid_out(figure):  # once for both formats
                write_figure(figure, folder / f"{name}.png", dpi=_DPI)
                write_figure(figure, folder / f"{name}.svg", metadata={"Date": None})
        yield name
