"""Figures behind the result of a heating measurement: asymmetry, junctions one by one, noise of the thermometer."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.heating.budget import Budget
from analysis.heating.comparison import HeatingComparison
from analysis.heating.heating import HeatingAnalysis
from analysis.heating.model_curves import landauer_curve
from analysis.heating.prediction import symmetric_line_K
from analysis.numbers import probability
from analysis.spectra.noise import Noise
from analysis.spectra.welch import Spectrum
from app.figure_style import Style
from app.report.paper_figure import draw_points

mK, uW, nV = 1e-3, 1e-6, 1e-9
PAPER_s = 500.0
"""Modulated time at each amplitude in Lee et al., Nature 498, 209 (2013)."""


def asymmetry_figure(heating: HeatingAnalysis, theory: HeatingComparison | None, style: Style) -> Figure:
    """Draw temperature rises, and their difference with its significance, against the amplitude."""
    figure = Figure(figsize=(7.2, 3.1))
    rises, difference = figure.subplots(1, 2)
    points = heating.points
    if theory is not None:
        _draw_theory(rises, difference, theory, style)
    draw_points(rises, style, points, lambda p, i: (p.amplitude_V, 0.0), x_unit=1.0)
    rises.set_xlabel(r"$V_\mathrm{M}$ (V)")
    rises.set_ylabel(r"$\Delta T_\mathrm{TC}$ (mK)")
    rises.legend(loc="upper left", fontsize=8)
    V = [p.amplitude_V for p in points]
    found = np.array([p.asymmetry_K for p in points]) / mK
    sigma = np.array([p.asymmetry_sigma_K for p in points]) / mK
    difference.axhline(0, color=style.quiet, linewidth=0.8)
    difference.errorbar(
        V, found, yerr=sigma, fmt="D", color=style.text, markersize=4, elinewidth=1.0, capsize=2, zorder=3
    )
    for x, y, error, point in zip(V, found, sigma, points, strict=True):
        if np.isfinite(point.p_value):
            side = 1 if y > 0 else -1  # away from zero, where no curve goes
            difference.annotate(
                f"p = {probability(point.p_value)}",
                (x, y + side * error),
                xytext=(-5, 2 * side),
                textcoords="offset points",
                ha="right",
                va="bottom" if side > 0 else "top",
                fontsize=8,
                color=style.quiet,
            )
    difference.margins(x=0.2, y=0.15)
    rises.margins(x=0.1)
    difference.set_xlabel(r"$V_\mathrm{M}$ (V)")
    difference.set_ylabel(r"$\Delta T(-) - \Delta T(+)$ (mK)")
    return figure


def _draw_theory(rises: Axes, difference: Axes, theory: HeatingComparison, style: Style) -> None:
    points = theory.points
    V = np.linspace(0.95 * min(p.amplitude_V for p in points), 1.02 * max(p.amplitude_V for p in points), 80)
    curve = landauer_curve(theory.model, V, points[-1].thermometer.resistance_K_per_W)
    for axes, colour, value, sigma in (
        (rises, style.positive, curve.predicted.dT_pos_K, curve.error_pos_K),
        (rises, style.negative, curve.predicted.dT_neg_K, curve.error_neg_K),
        (difference, style.quiet, curve.predicted.asymmetry_K, curve.error_asymmetry_K),
    ):
        axes.plot(V, value / mK, color=colour, linewidth=1.1)
        if np.isfinite(sigma).any():
            axes.fill_between(
                V, (value - sigma) / mK, (value + sigma) / mK, color=colour, alpha=0.18, linewidth=0
            )


def junctions_figure(heating: HeatingAnalysis, style: Style) -> Figure:
    """Draw the temperature rise of each junction against its power; count outliers beyond the axes."""
    figure = Figure(figsize=(7.2, 3.1))
    axes = figure.subplots(1, 2, sharey=True)
    used = [h for h in heating.holds if not h.control and not h.estimate.rejected]
    Q = np.array([(h.estimate.q_total_pos_W, h.estimate.q_total_neg_W) for h in used]).reshape(-1, 2) / uW
    dT = np.array([(h.estimate.dT_pos_K, h.estimate.dT_neg_K) for h in used]).reshape(-1, 2) / mK
    low, high = np.percentile(dT, [0.5, 99.5])
    room = 0.15 * (high - low)
    right = 1.1 * float(np.percentile(Q, 99.5))
    outside = int(np.sum((dT < low - room) | (dT > high + room) | (right < Q)))
    for i, (panel, word, colour) in enumerate(
        zip(axes, ("positive", "negative"), (style.positive, style.negative), strict=True)
    ):
        if len(heating.thermometers) == 1:
            line = np.array([0.0, right])
            symmetric = symmetric_line_K(line * uW, heating.thermometers[0].resistance_K_per_W) / mK
            panel.plot(line, symmetric, color=style.quiet, linewidth=1.0)
        panel.plot(Q[:, i], dT[:, i], "o", color=colour, markersize=3, alpha=0.55, markeredgewidth=0)
        panel.set_xlim(0, right)
        panel.set_xlabel(rf"$Q_\mathrm{{Total}}$ (µW), {word} bias")
        panel.set_ylim(min(low - room, 0.0), high + room)
    axes[0].set_ylabel(r"$\Delta T_\mathrm{TC}$ (mK)")
    note = f"{len(used)} holds" + (f", {outside} values outside" if outside else "")
    axes[1].set_title(note, loc="right", color=style.quiet, fontsize=9)
    return figure


def noise_figure(heating: HeatingAnalysis, style: Style) -> Figure:
    """Draw the spectrum of the thermometer with its model, and the expected and reached errors."""
    figure = Figure(figsize=(7.2, 3.1))
    left, right = figure.subplots(1, 2, width_ratios=(1.35, 1))
    assert heating.noise is not None
    _draw_spectrum(left, style, heating.spectrum, heating.noise, _modulation_Hz(heating))
    _draw_budget(right, style, heating.budget)
    return figure


def _draw_spectrum(
    axes: Axes, style: Style, spectrum: Spectrum | None, noise: Noise, modulation_Hz: float
) -> None:
    white = noise.white_per_Hz**0.5 / nV
    f = np.geomspace(0.5, 1000.0, 200)
    if spectrum is not None:
        f = spectrum.frequency_Hz[1:]
        density = np.sqrt(spectrum.density_per_Hz[1:]) / nV
        axes.plot(f, density, color=style.quiet, linewidth=0.6, alpha=0.8)
        axes.set_ylim(0.4 * white, 3.0 * max(float(density.max()), white))
    axes.plot(f, white * np.sqrt(1 + noise.corner_Hz / f), color=style.text, linewidth=1.3)
    axes.axhline(white, color=style.text, linewidth=0.8, linestyle=":")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(f[0], f[-1])
    edge = axes.get_yaxis_transform()
    axes.text(0.03, 0.85 * white, f"white {white:.3g} nV/√Hz", transform=edge, va="top", fontsize=8)
    marks = [(modulation_Hz, "modulation")] if np.isfinite(modulation_Hz) else []
    if noise.corner_Hz > f[0]:
        marks.append((noise.corner_Hz, f"corner {noise.corner_Hz:.2g} Hz"))
    if noise.mains_Hz:
        marks.append((noise.mains_Hz, "mains"))
    for x, word in marks:
        axes.axvline(x, color=style.quiet, linewidth=0.8, linestyle="--", zorder=0)
        axes.text(
            x, 0.98, f" {word}", transform=axes.get_xaxis_transform(), rotation=90, ha="right", va="top",
            fontsize=8, color=style.quiet,
        )  # fmt: skip
    axes.set_xlabel("frequency (Hz)")
    axes.set_ylabel("noise (nV/√Hz)")


def _draw_budget(axes: Axes, style: Style, budget: tuple[Budget, ...]) -> None:
    V = [b.amplitude_V for b in budget]
    expected = [b.at(PAPER_s)[0] / mK for b in budget]
    reached = [b.at(PAPER_s)[1] / mK for b in budget]
    axes.plot(V, expected, "o-", color=style.quiet, markersize=4, label="expected")
    axes.plot(V, reached, "D-", color=style.text, markersize=4, label="reached")
    axes.set_ylim(0, 1.35 * max([*expected, *reached, 1e-6]))
    axes.margins(x=0.1)
    axes.set_xlabel(r"$V_\mathrm{M}$ (V)")
    axes.set_ylabel(r"$\sigma(\Delta T)$ in 500 s (mK)")
    axes.legend(loc="upper left", fontsize=8)


def _modulation_Hz(heating: HeatingAnalysis) -> float:
    found = {p.frequency_Hz for p in heating.points}
    return found.pop() if len(found) == 1 else float("nan")
