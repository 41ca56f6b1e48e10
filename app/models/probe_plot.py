"""Figure of a prediction with probes: currents, potentials and entropy along the level alignment."""

from collections.abc import Callable
from functools import reduce
from operator import getitem
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from analysis.records import FloatArray
from app.figure_style import LIGHT, drawn_in
from app.models.probe_report import terminals_of

Rows = list[dict[str, Any]]
DASHES = {"voltage": (0, (4, 1.6)), "voltage-temperature": "-"}
_FEW = 40


def plot_probes(report: dict[str, Any]) -> Figure:
    """Draw the panels of a report of `app.models.probe_report`, with both kinds of probe if compared."""
    with drawn_in(LIGHT):
        panels = _panels(report)
        n_columns = 2 if len(panels) <= 4 else 3
        n_rows = -(-len(panels) // n_columns)
        figure = Figure(figsize=(3.7 * n_columns, 3.1 * n_rows + 0.4))
        grid = figure.subplots(n_rows, n_columns, squeeze=False, sharex=True).ravel()
        for axes, draw in zip(grid, panels, strict=False):
            axes.axhline(0, color=LIGHT.grid, lw=0.8, zorder=0)
            draw(axes)
            if axes.get_yscale() == "linear":
                axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
            axes.tick_params(labelbottom=True)
            axes.set_xlabel(r"$\mu_0-\varepsilon_0$ (eV)")
        for axes in grid[len(panels) :]:
            axes.remove()
        figure.legend(handles=_legend(report), loc="outside upper center", ncols=8)
    return figure


def _panels(report: dict[str, Any]) -> list[Callable[[Axes], None]]:
    rows, names = report["rows"], terminals_of(report["rows"][0])
    series = {name: x["rows"] for name, x in report.get("models", {}).items()} or {"": rows}

    def each(label: str, key: str, unit: float, which: list[str], origin: float = 0.0) -> None:
        def draw(axes: Axes) -> None:
            for model, of in series.items():
                for name in which:
                    y = (_column(of, name, key) - origin) / unit
                    _line(axes, of, y, names.index(name), model)
            axes.set_ylabel(label)

        panels.append(draw)

    def whole(label: str, key: str, unit: float) -> None:
        def draw(axes: Axes) -> None:
            for model, of in series.items():
                _line(axes, of, _column(of, key) / unit, -1, model)
            axes.set_ylabel(label)

        panels.append(draw)

    panels: list[Callable[[Axes], None]] = []
    T0 = report["reference_temperature_K"]
    floating = [
        name for name in names if any(len({r[name]["mu_eV"] for r in x}) > 1 for x in series.values())
    ]
    warmed = [
        name for name in names if any(len({r[name]["temperature_K"] for r in x}) > 1 for x in series.values())
    ]
    if report["circuit"] == "electronic":
        each("particles into (1/s)", "particle_current_per_s", 1.0, names)
    each("heat into (pW)", "heat_current_W", 1e-12, names)
    if floating:
        each(r"$\mu$ of what floats (meV)", "mu_eV", 1e-3, floating)
    if warmed:
        each(f"T of probes $-$ {T0:g} K (K)", "temperature_K", 1.0, warmed, T0)
    whole("entropy production (pW/K)", "entropy_production_W_per_K", 1e-12)
    if rows[0]["seebeck_V_per_K"] is not None:
        whole("S (µV/K)", "seebeck_V_per_K", 1e-6)
    if "models" in report:
        panels.append(lambda axes: _errors(axes, rows, names))
    return panels


def _errors(axes: Axes, rows: Rows, names: list[str]) -> None:
    """Draw the sizes of the errors of the heat currents on a logarithmic axis."""
    for name in names:
        y = _column(rows, "relative_error_percent", name, "heat_current_W")
        _line(axes, rows, np.abs(y), names.index(name), "")
    axes.set_yscale("log")
    axes.set_ylabel("|error of heat| (%)")


def _line(axes: Axes, rows: Rows, y: FloatArray, colour: int, model: str) -> None:
    order = np.argsort(x := _column(rows, "level_alignment_eV"))
    marker = "o" if len(rows) <= _FEW else ""
    shade = LIGHT.text if colour < 0 else LIGHT.sequence[colour % len(LIGHT.sequence)]
    axes.plot(x[order], y[order], marker=marker, ms=3, color=shade, ls=DASHES.get(model, "-"))


def _column(rows: Rows, *keys: str) -> FloatArray:
    """Return one number of every row; NaN for null."""
    found: list[Any] = [reduce(getitem, keys, row) for row in rows]
    return np.array([np.nan if x is None else x for x in found])


def _legend(report: dict[str, Any]) -> list[Line2D]:
    names = terminals_of(report["rows"][0])
    colours = [LIGHT.sequence[i % len(LIGHT.sequence)] for i in range(len(names))]
    handles = [Line2D([], [], color=c, label=n) for c, n in zip(colours, names, strict=True)]
    models = report.get("models", {})
    return handles + [Line2D([], [], color=LIGHT.text, ls=DASHES[x], label=f"{x} probe") for x in models]
