"""Figure of a comparison of probes: data, fits, deviations, and the heat of a voltage probe."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.buettiker.fit_comparison import FittedModel, ProbeComparison
from analysis.buettiker.fit_report import MODEL
from analysis.records import FloatArray

_COLOURS = {"none": "#333333", "voltage": "#D55E00", "voltage-temperature": "#0072B2"}  # Okabe and Ito
_DASHES = {"none": ":", "voltage": "--", "voltage-temperature": "-"}


def plot_comparison(found: ProbeComparison, title: str) -> Figure:
    """Draw I-V, heats, deviations of the heats in standard deviations, and heat into the probe."""
    figure = Figure(figsize=(9.5, 7), layout="constrained")
    (iv, heats), (off, lost) = figure.subplots(2, 2)
    _currents(iv, found)
    _heats(heats, off, found)
    _lost(lost, found)
    handles = [
        iv.plot([], [], color=_COLOURS[x.kind], ls=_DASHES[x.kind], label=MODEL[x.kind])[0]
        for x in found.candidates
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
    figure.suptitle(title, fontsize="medium", wrap=True)
    return figure


def _currents(axes: Axes, found: ProbeComparison) -> None:
    axes.set(xlabel="bias V (V)", ylabel="current I (µA)")
    current = found.data.current
    if current is None or current.sigma_A is None:
        return
    axes.errorbar(
        current.voltage_V,
        current.current_A * 1e6,
        current.sigma_A * 1e6,
        fmt="o",
        ms=2.5,
        lw=0.7,
        color="0.6",
    )
    order = np.argsort(current.voltage_V)
    for x in found.candidates:
        current_A, _ = x.fit.problem.predicted(x.fit.values)
        axes.plot(current.voltage_V[order], current_A[order] * 1e6, **_style(x), zorder=3)


def _heats(axes: Axes, off: Axes, found: ProbeComparison) -> None:
    axes.set(xlabel="bias V (V)", ylabel="heat in the tip Q$_P$ (nW)")
    off.set(xlabel="bias V (V)", ylabel="(measured - model) / σ", title="deviations of the heats")
    off.axhline(0, color="0.8", lw=0.8, zorder=0)
    heat = found.data.heating
    if heat is None:
        return
    axes.errorbar(heat.voltage_V, heat.heat_probe_W * 1e9, heat.sigma_W * 1e9, fmt="o", ms=4, color="0.6")
    spread = np.linspace(-0.012, 0.012, len(found.candidates)) * np.ptp(heat.voltage_V)
    for x, aside in zip(found.candidates, spread, strict=True):
        _, heat_W = x.fit.problem.predicted(x.fit.values)
        _each_polarity(axes, heat.voltage_V, heat_W * 1e9, x)
        deviation = (heat.heat_probe_W - heat_W) / heat.sigma_W
        off.errorbar(heat.voltage_V + aside, deviation, 1.0, fmt="o", ms=3, lw=0.8, color=_COLOURS[x.kind])


def _lost(axes: Axes, found: ProbeComparison) -> None:
    axes.set(xlabel="bias V (V)", ylabel="heat into the floating probe (nW)", title="energy in no electrode")
    axes.axhline(0, color="0.8", lw=0.8, zorder=0)
    for x in found.candidates:
        if x.kind != "none" and x.at_heats is not None:
            _each_polarity(axes, x.at_heats.bias_V, x.at_heats.heat_floating_W.sum(axis=0) * 1e9, x)


def _each_polarity(axes: Axes, voltage_V: FloatArray, values: FloatArray, candidate: FittedModel) -> None:
    """Draw lines, interrupted between the polarities, where nothing was measured."""
    order = np.argsort(voltage_V)
    for some in (order[voltage_V[order] < 0], order[voltage_V[order] >= 0]):
        axes.plot(voltage_V[some], values[some], marker=".", ms=4, **_style(candidate), zorder=3)


def _style(candidate: FittedModel) -> dict[str, Any]:
    return {"color": _COLOURS[candidate.kind], "ls": _DASHES[candidate.kind]}
