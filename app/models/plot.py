"""Figures of a prediction and of a fit."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.constants import BOLTZMANN_eV_per_K
from analysis.fitting.data import CurrentData, JunctionData, LogCurrentData
from analysis.records import FloatArray
from analysis.transport.landauer import currents
from analysis.transport.transmission import Transmission
from app.config.toml import FileError
from app.figure_style import laid_out, write_figure

_POSITIVE, _NEGATIVE, _NEUTRAL = "#D55E00", "#0072B2", "#333333"  # Okabe and Ito: safe for the colour-blind


def plot_prediction(
    transmission: Transmission,
    temperatures_K: tuple[float, float],
    voltages_V: Sequence[float],
    molecules: float,
) -> Figure:
    """Draw transmission with the bias window, I-V, and Q_P against Q_total for both polarities."""
    figure = Figure(figsize=(11, 3.6), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    asked = np.asarray(voltages_V, dtype=np.float64)
    most = max(float(np.abs(asked).max()), 1e-3)
    _transmission(left, transmission, most, temperatures_K)
    bias = np.linspace(-most, most, 201)
    result = currents(transmission, bias, *temperatures_K)
    unit, prefix = _unit(molecules * np.abs(result.current_A).max())
    middle.plot(bias, molecules * result.current_A / unit, color=_NEUTRAL)
    at = currents(transmission, asked, *temperatures_K)
    middle.plot(asked, molecules * at.current_A / unit, "o", ms=4, color=_NEUTRAL)
    middle.set(xlabel="bias V (V)", ylabel=f"current I ({prefix}A)", title="I-V")
    _cross(middle)
    _heats(right, transmission, temperatures_K, most, molecules, asked)
    return figure


def plot_fit(transmission: Transmission, data: JunctionData, molecules: float, title: str) -> Figure:
    """Draw data and fit: I-V, its logarithm with the residuals' size, and heats where there are any."""
    figure = Figure(figsize=(11, 3.6), layout="constrained")
    panels: list[Axes] = list(figure.subplots(1, 2 if data.heating is None else 3))
    temperatures = data.temperature_probe_K, data.temperature_substrate_K
    if data.current is not None:
        _current_fit(panels[0], panels[1], transmission, data, molecules)
    if data.heating is not None:
        heat = data.heating
        most = float(np.abs(heat.voltage_V).max())
        axes = panels[-1]
        _heats(axes, transmission, temperatures, most, molecules, np.empty(0))
        total = heat.heat_total_W
        if total is None:
            total = (
                heat.voltage_V * molecules * currents(transmission, heat.voltage_V, *temperatures).current_A
            )
        for sign, colour in ((1, _POSITIVE), (-1, _NEGATIVE)):
            of = np.sign(heat.voltage_V) == sign
            axes.errorbar(
                total[of] * 1e9,
                heat.heat_probe_W[of] * 1e9,
                heat.sigma_W[of] * 1e9,
                fmt="o",
                ms=4,
                color=colour,
            )
    figure.suptitle(title, fontsize="medium")
    return figure


def _current_fit(
    linear: Axes, logarithmic: Axes, transmission: Transmission, data: JunctionData, molecules: float
) -> None:
    if data.current is None:
        return
    measured = data.current
    order = np.argsort(measured.voltage_V)
    V, I = measured.voltage_V[order], measured.current_A[order]  # noqa: E741
    sigma = None if measured.sigma_A is None else measured.sigma_A[order]
    bias = np.linspace(V.min(), V.max(), 301)
    model = (
        molecules
        * currents(transmission, bias, data.temperature_probe_K, data.temperature_substrate_K).current_A
    )
    unit, prefix = _unit(np.abs(I).max())
    bars = None if sigma is None else _bars(measured, np.abs(I), sigma) / unit
    below_above = None if bars is None else np.where(I < 0, bars[::-1], bars)
    linear.errorbar(
        V,
        I / unit,
        below_above,
        fmt="o",
        ms=3,
        lw=0.8,
        color="0.45",
        label="data",
    )
    linear.plot(bias, model / unit, color=_POSITIVE, label="fit", zorder=3)
    linear.set(xlabel="bias V (V)", ylabel=f"current I ({prefix}A)")
    linear.legend(frameon=False, loc="upper left")
    _cross(linear)
    shown = (I != 0) & _above_noise(measured)[order]
    logarithmic.semilogy(V[shown], np.abs(I[shown]), "o", ms=3, color="0.45", label="|data|")
    if sigma is not None:
        down, up = _bars(measured, np.abs(I), sigma)[:, shown]
        size = np.abs(I[shown])
        logarithmic.vlines(V[shown], np.maximum(size - down, 1e-2 * size), size + up, color="0.45", lw=0.8)
    visible = np.abs(model) > 0.3 * np.abs(I[shown]).min()
    logarithmic.semilogy(
        bias, np.where(visible, np.abs(model), np.nan), color=_POSITIVE, label="|fit|", zorder=3
    )
    logarithmic.set(xlabel="bias V (V)", ylabel="|I| (A)")
    logarithmic.grid(alpha=0.3)


def _above_noise(measured: CurrentData | LogCurrentData) -> NDArray[np.bool_]:
    """Return the points for a logarithmic axis, without those dominated by noise."""
    if isinstance(measured, LogCurrentData) or measured.sigma_A is None:
        return np.ones(measured.current_A.shape, dtype=np.bool_)
    return np.asarray(np.abs(measured.current_A) > 0.5 * measured.sigma_A)


def _bars(measured: CurrentData | LogCurrentData, size: FloatArray, sigma: FloatArray) -> FloatArray:
    """Return the lengths of the bars towards zero and away from it, shape (2, n)."""
    if isinstance(measured, LogCurrentData):
        return np.stack([-np.expm1(-sigma / size), np.expm1(sigma / size)]) * size
    return np.stack([sigma, sigma])


def _transmission(
    axes: Axes, transmission: Transmission, most_V: float, temperatures_K: tuple[float, float]
) -> None:
    """Draw the transmission at zero bias, with the window of the largest bias shaded and its thermal edges lighter."""
    poles = transmission.poles()
    far = 0.0 if poles is None or not poles.pole_eV.size else float(np.abs(poles.pole_eV.real).max())
    reach = max(1.2 * most_V, 1.3 * min(far, 4.0), 0.2)
    energy = _dense(reach, None if poles is None else poles.pole_eV)
    thermal = 4 * BOLTZMANN_eV_per_K * max(temperatures_K)
    axes.axvspan(-most_V / 2, most_V / 2, color="#fdd49e", lw=0)
    for sign in (-1, 1):
        axes.axvspan(sign * most_V / 2, sign * (most_V / 2 + thermal), color="#fdd49e", alpha=0.35, lw=0)
    tau = transmission(energy)
    axes.plot(energy, tau, color=_NEUTRAL)
    if tau.max() > 3 * tau.min():
        axes.set_yscale("log")
        axes.set_ylim(max(tau.min() / 3, tau.max() * 1e-7), tau.max() * 3)
    else:
        axes.set_ylim(0, max(1.3 * tau.max(), 1e-12))
    axes.set(xlabel="E - E$_F$ (eV)", ylabel="transmission τ", title=f"τ(E); bias window at {most_V:g} V")
    axes.set_xlim(-reach, reach)


def _dense(reach: float, poles: NDArray[np.complex128] | None) -> FloatArray:
    """Return energies that resolve every resonance: an even grid, and points about each pole."""
    grids = [np.linspace(-reach, reach, 1001)]
    if poles is not None:
        offsets = np.concatenate([-np.geomspace(100, 0.01, 60), [0.0], np.geomspace(0.01, 100, 60)])
        grids += [pole.real + offsets * abs(pole.imag) for pole in poles]
    energy = np.unique(np.concatenate(grids))
    return energy[np.abs(energy) <= reach]


def _heats(
    axes: Axes,
    transmission: Transmission,
    temperatures_K: tuple[float, float],
    most_V: float,
    molecules: float,
    asked_V: FloatArray,
) -> None:
    size = np.linspace(0.0, most_V, 201)[1:]
    unit, prefix = 1e-9, "n"
    for sign, colour, width in ((1, _POSITIVE, 2.0), (-1, _NEGATIVE, 1.2)):
        x = currents(transmission, sign * size, *temperatures_K)
        heat, total = molecules * x.heat_probe_W / unit, molecules * x.heat_total_W / unit
        axes.plot(total, heat, color=colour, lw=width, label=f"V {'>' if sign > 0 else '<'} 0")
        of = asked_V[np.sign(asked_V) == sign]
        if of.size:
            y = currents(transmission, of, *temperatures_K)
            heat, total = molecules * y.heat_probe_W / unit, molecules * y.heat_total_W / unit
            axes.plot(total, heat, "o", ms=2.5 * width, color=colour)
    _, end = axes.get_xlim()
    axes.plot([0, end], [0, end / 2], color="0.6", lw=0.8, ls="--", label="half")
    axes.set(xlabel=f"Q$_{{total}}$ = I V ({prefix}W)", ylabel=f"Q$_P$, heat in the probe ({prefix}W)")
    axes.set_title("heat in the probe")
    axes.locator_params(nbins=5)
    axes.set_xlim(0, end)
    axes.legend(frameon=False)


def _cross(axes: Axes) -> None:
    axes.locator_params(axis="x", nbins=5)
    axes.axhline(0, color="0.8", lw=0.8, zorder=0)
    axes.axvline(0, color="0.8", lw=0.8, zorder=0)


def _unit(largest_A: float) -> tuple[float, str]:
    """Return the prefix in which the largest current has one to three digits before the point."""
    for size, prefix in ((1e-3, "m"), (1e-6, "µ"), (1e-9, "n"), (1e-12, "p")):
        if largest_A >= size:
            return size, prefix
    return 1e-15, "f"


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure in the format of its suffix. Raises `FileError` for an unknown one."""
    try:
        with laid_out(figure):
            write_figure(figure, path, dpi=150)
    except (ValueError, OSError) as error:
        raise FileError(f"{path}: the picture can't be written: {error}") from None
