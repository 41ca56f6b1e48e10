"""The figure of a heating measurement, its panels as in Lee et al., Nature 498, 209 (2013), Figs. 2 to 4."""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.heating.comparison import HeatingComparison
from analysis.heating.heating import HeatingAnalysis
from analysis.heating.junction_model import JunctionModel
from analysis.heating.points import HeatingPoint
from analysis.heating.prediction import symmetric_line_K
from analysis.iv.mean import MeanIV
from analysis.records import FloatArray
from analysis.traces.histogram import Histogram, Scale
from analysis.traces.peak_fit import PeakFit
from app.figure_style import Style
from app.offline.measurement import Measurement
from app.offline.traces import Analysed

mK, nW, uW = 1e-3, 1e-9, 1e-6
LOG_BINS_MERGED = 4
"""Number of bins (100 per decade) merged: in a small panel the steps of the converter would show."""

MARGIN = 1.12
"""Limit of the axes relative to the largest value."""

Panel = Callable[[Axes, Style], None]


def paper_figure(measurement: Measurement, style: Style) -> Figure:
    """Return a figure with histogram, heat against power, I-V and transmission, as far as available."""
    panels = _panels(measurement)
    rows = (len(panels) + 1) // 2
    figure = Figure(figsize=(7.2, 3.0 * rows if len(panels) > 1 else 4.2))
    if len(panels) == 1:
        mosaic = [[0]]
    elif len(panels) == 3:
        mosaic = [[0, 0], [1, 2]]
    else:
        mosaic = [[2 * row, 2 * row + 1] for row in range(rows)]
    axes: dict[int, Axes] = figure.subplot_mosaic(mosaic)
    for i, draw in enumerate(panels):
        if len(panels) > 1:
            axes[i].set_title("abcd"[i], fontweight="bold")
        draw(axes[i], style)
    return figure


def _panels(measurement: Measurement) -> list[Panel]:
    heating, model = measurement.heating, measurement.transmission
    heat: list[Panel] = []
    if heating is not None and heating.points:
        heat = [lambda axes, style: draw_heat(axes, style, heating, measurement.comparison)]
    others: list[Panel] = []
    if (histogram := measurement.histogram) is not None and histogram.analysis.selection.kept:
        others.append(lambda axes, style: draw_histogram(axes, style, histogram, window_G0(heating)))
    if (iv := measurement.iv) is not None:
        others.append(lambda axes, style: draw_iv(axes, style, iv, model, heating.points if heating else ()))
    if model is not None:
        amplitude_V = _largest_V(measurement)
        others.append(lambda axes, style: draw_transmission(axes, style, model, amplitude_V))
    # In the order of the paper if all four are available; else the heat first, over the whole width.
    return [others[0], *heat, *others[1:]] if len(others) == 3 else [*heat, *others]


def draw_heat(axes: Axes, style: Style, heating: HeatingAnalysis, theory: HeatingComparison | None) -> None:
    """Draw temperature rise (left) and heat in the probe (right) against the total power, for both polarities."""
    points = heating.points
    largest_W = MARGIN * max(max(p.q_total_pos_W, p.q_total_neg_W) for p in points)
    thermometers = {p.thermometer for p in points}
    R_P = points[-1].thermometer.resistance_K_per_W
    line_W = np.array([0.0, largest_W])
    axes.plot(line_W / uW, symmetric_line_K(line_W, R_P) / mK, color=style.quiet, linewidth=1.0, zorder=1)
    if theory is not None:
        _draw_theory(axes, style, theory, R_P, largest_W)
    draw_points(axes, style, points, lambda p, i: (p.mean[2 + i], p.covariance[2 + i, 2 + i] ** 0.5))
    top = max(max(p.dT_pos_K, p.dT_neg_K) for p in points)
    axes.set_xlim(0, largest_W / uW)
    axes.set_ylim(min(0.0, *(1.2 * x / mK for p in points for x in p.mean[:2])), 1.25 * top / mK)
    at_W = 0.6 * largest_W
    axes.annotate(
        r"$Q_\mathrm{Total}/2$",
        (at_W / uW, float(symmetric_line_K(at_W, R_P)) / mK),
        xytext=(5, -4),
        textcoords="offset points",
        va="top",
        color=style.quiet,
        fontsize=8,
    )
    axes.set_xlabel(r"$Q_\mathrm{Total}$ (µW)")
    axes.set_ylabel(r"$\Delta T_\mathrm{TC}$ (mK)")
    if len(thermometers) == 1:
        per_mK = mK / R_P / nW
        right = axes.secondary_yaxis("right", functions=(_times(per_mK), _times(1 / per_mK)))
        right.set_ylabel(r"$Q_\mathrm{P}$ (nW)")
    axes.legend(loc="upper left", fontsize=8, handlelength=1.4, borderaxespad=0.2)
    if theory is not None:
        _state_model(axes, style, theory)


def _times(factor: float) -> Callable[[Any], Any]:
    return lambda values: factor * values


def _draw_theory(axes: Axes, style: Style, theory: HeatingComparison, R_P: float, largest_W: float) -> None:
    curves = theory.curves(R_P, largest_W)
    x = curves.q_total_W / uW
    for colour, dT, sigma in (
        (style.positive, curves.dT_pos_K, curves.sigma_pos_K),
        (style.negative, curves.dT_neg_K, curves.sigma_neg_K),
    ):
        if sigma is not None:
            axes.fill_between(
                x, (dT - sigma) / mK, (dT + sigma) / mK, color=colour, alpha=0.18, linewidth=0, zorder=1
            )
        axes.plot(x, dT / mK, color=colour, linewidth=1.1, zorder=2)


def _state_model(axes: Axes, style: Style, theory: HeatingComparison) -> None:
    """Write conductance and bias beside the curves, which reveal a model that conducts too well."""
    highest = max(theory.points, key=lambda p: p.q_total_W)
    same_V = theory.same_power_V(highest)
    text = f"Landauer: $G$ = {theory.model.conductance_G0:#.2g} $G_0$"
    if np.isfinite(same_V):
        text += (
            f"\n{highest.q_total_W / uW:.2g} µW at {same_V:.3g} V\n(measured: {highest.amplitude_V:.3g} V)"
        )
    at = (0.03, 0.74) if theory.points else (0.03, 0.95)
    axes.text(
        *at, text, transform=axes.transAxes, va="top", fontsize=7.5, color=style.quiet, linespacing=1.35
    )


def draw_points(
    axes: Axes,
    style: Style,
    points: tuple[HeatingPoint, ...],
    x_of: Callable[[HeatingPoint, int], tuple[float, float]],
    x_unit: float = uW,
) -> None:
    """Draw both polarities with their errors; ``x_of`` gives abscissa and error of the positive (0) or negative (1)."""
    kinds = (
        ("positive bias", style.positive, "o", style.positive),
        ("negative bias", style.negative, "s", "none"),
    )
    for i, (label, colour, marker, face) in enumerate(kinds):
        x, x_error = np.array([x_of(p, i) for p in points], dtype=float).T
        dT = [p.mean[i] / mK for p in points]
        sigma = [p.covariance[i, i] ** 0.5 / mK for p in points]
        axes.errorbar(
            x / x_unit, dT, yerr=sigma, xerr=x_error / x_unit, fmt=marker, color=colour, markerfacecolor=face,
            markersize=4.5, elinewidth=1.0, capsize=2, label=label, zorder=3 + i,
        )  # fmt: skip


def window_G0(heating: HeatingAnalysis | None) -> tuple[float, float] | None:
    """Return the window of conductance of the held junctions; None if there is none."""
    windows = [h.window_G0 for h in heating.holds if not h.control] if heating else []
    known = [w for w in windows if np.isfinite(w).all() and w[0] > 0.0]
    return known[0] if known else None


def draw_histogram(axes: Axes, style: Style, analysed: Analysed, window: tuple[float, float] | None) -> None:
    """Draw all traces with the Gaussian of the held junctions; without a window, the best below the metal."""
    analysis = analysed.analysis
    peak = held_peak(analysis.peaks, window)
    linear = peak is not None and peak.scale is Scale.LINEAR
    histogram = analysis.linear if linear else analysis.log
    merged = 1 if linear else LOG_BINS_MERGED
    counts, edges = _merged(histogram, merged)
    axes.stairs(counts, edges, fill=True, color=style.quiet, alpha=0.35, linewidth=0)
    axes.stairs(counts, edges, color=style.quiet, linewidth=0.7)
    low, high = (0.3, 3.5) if linear else (max(6 * analysis.noise.mad_G0, 1e-7), 6.0)
    if peak is not None and not linear and peak.conductance_G0 < 0.05:
        high = 0.3  # the metal's own peaks would make a molecule's small
    axes.set_xlim((0.0, high) if linear else (low, high))
    if not linear:
        axes.set_xscale("log")
    inside = (edges[:-1] > low) & (edges[1:] < high)
    axes.set_ylim(0, 1.3 * (counts[inside].max(initial=0.0) or 1.0))
    if window:
        axes.axvspan(*window, color=style.text, alpha=0.12, linewidth=0)
    if peak is not None:
        g = np.linspace(*peak.window_G0, 200) if linear else np.geomspace(*peak.window_G0, 200)
        solid = "-" if peak.trusted else "--"
        axes.plot(g, merged * peak.curve(g)[0], color=style.text, linewidth=1.4, linestyle=solid)
        near = inside & (edges[:-1] > peak.conductance_G0 / 1.5) & (edges[1:] < peak.conductance_G0 * 1.5)
        top = max(counts[near].max(initial=0.0), merged * float(peak.curve(g)[0].max()))
        axes.annotate(
            f"{peak.conductance_G0:#.3g} $G_0$",
            (peak.conductance_G0, top),
            xytext=(0, 4),
            textcoords="offset points",
            ha="center",
            fontsize=9,
        )
    axes.set_xlabel("$G$ ($G_0$)")
    axes.set_ylabel("counts per bin and trace")
    axes.set_title(f"{histogram.n_traces} traces", loc="right", color=style.quiet, fontsize=9)


def _merged(histogram: Histogram, n: int) -> tuple[FloatArray, FloatArray]:
    """Return counts per trace and edges, with ``n`` neighbouring bins merged."""
    whole = histogram.counts.size // n * n
    counts = histogram.counts_per_trace[:whole].reshape(-1, n).sum(axis=1)
    return counts, histogram.axis.edges[: whole + 1 : n]


def held_peak(peaks: tuple[PeakFit, ...], window: tuple[float, float] | None) -> PeakFit | None:
    """Return the peak nearest to the window, on a logarithmic scale; without one the best below the metal."""
    if window is not None:
        middle = 0.5 * sum(window)
        near = [p for p in peaks if abs(np.log(p.conductance_G0 / middle)) < np.log(2.0)]
        return min(near, key=lambda p: abs(np.log(p.conductance_G0 / middle)), default=None)
    below = [p for p in peaks if p.trusted and p.scale is Scale.LOG]
    metal = [p for p in peaks if p.trusted and p.scale is Scale.LINEAR]
    return next(iter(below or metal), None)


def draw_iv(
    axes: Axes, style: Style, iv: MeanIV, model: JunctionModel | None, points: tuple[HeatingPoint, ...]
) -> None:
    """Draw the mean curve with the standard deviation of junctions, both directions, the model, and held junctions."""
    unit, name = (nW, "nA") if np.abs(iv.current_A).max() < 1e-6 else (uW, "µA")
    V = iv.voltage_V
    for part, colour in ((V >= 0, style.positive), (V <= 0, style.negative)):
        mean, sd = iv.current_A[part] / unit, iv.sd_A[part] / unit
        axes.fill_between(V[part], mean - sd, mean + sd, color=colour, alpha=0.22, linewidth=0)
        for direction in (iv.rising_A, iv.falling_A):
            axes.plot(V[part], direction[part] / unit, color=colour, linewidth=0.9)
    if model is not None:
        axes.plot(
            V, model.current_A(V) / unit, color=style.text, linewidth=1.0, linestyle="--", label="Landauer"
        )
    amplitudes = np.array([p.amplitude_V for p in points])
    if points:
        held = [(p.q_total_pos_W / p.amplitude_V, -p.q_total_neg_W / p.amplitude_V) for p in points]
        kinds = ((1, style.positive, "o", style.positive), (-1, style.negative, "s", "none"))
        for i, (sign, colour, marker, face) in enumerate(kinds):
            axes.plot(
                sign * amplitudes, [x[i] / unit for x in held], marker, color=colour, markerfacecolor=face,
                markersize=3.5, label="modulated holds" if sign > 0 else None,
            )  # fmt: skip
    axes.axhline(0, color=style.grid, linewidth=0.8, zorder=0)
    axes.axvline(0, color=style.grid, linewidth=0.8, zorder=0)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set_xlabel("$V$ (V)")
    axes.set_ylabel(f"$I$ ({name})")
    if model is not None or points:
        axes.legend(loc="upper left", fontsize=8, handlelength=1.6, borderaxespad=0.2)
    axes.set_title(f"{iv.junctions} junctions, shade: SD", loc="right", color=style.quiet, fontsize=9)


def draw_transmission(axes: Axes, style: Style, model: JunctionModel, amplitude_V: float) -> None:
    """Draw the transmission about E_F; the energies between the electrodes at the largest bias are shaded."""
    half = 0.5 * amplitude_V
    energy = np.linspace(-max(1.3, 1.4 * half), max(1.3, 1.4 * half), 801)
    if half < 0.1:
        energy = np.linspace(-0.5, 0.5, 401)
    tau = model.transmission(energy)
    sigma = model.error_of(lambda m: m.transmission(energy))
    if half:
        axes.axvspan(-half, half, color=style.quiet, alpha=0.16, linewidth=0)
        axes.set_title(f"shaded: ±{half:.3g} eV", loc="right", color=style.quiet, fontsize=9)
    axes.axvline(0, color=style.quiet, linewidth=0.8, linestyle=":")
    if sigma is not None:
        axes.fill_between(
            energy, np.maximum(tau - sigma, 1e-3 * tau), tau + sigma, color=style.text, alpha=0.2, linewidth=0
        )
    axes.plot(energy, tau, color=style.text, linewidth=1.2)
    lowest, highest = float(tau.min()), float(tau.max())
    if highest > 3 * lowest:
        axes.set_yscale("log")
        axes.set_ylim(0.5 * lowest, max(2.0 * highest, 0.1))
    else:
        axes.set_ylim(0.0, 1.3 * highest)
    axes.set_xlim(energy[0], energy[-1])
    axes.set_xlabel(r"$E - E_\mathrm{F}$ (eV)")
    axes.set_ylabel(r"$\tau(E)$")


def _largest_V(measurement: Measurement) -> float:
    if measurement.heating is not None and measurement.heating.points:
        return max(p.amplitude_V for p in measurement.heating.points)
    return measurement.iv.largest_V if measurement.iv is not None else 0.0
