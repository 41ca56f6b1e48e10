"""Landauer theory against the way most labs do it, ``scipy.integrate.quad`` a point; and the speed of fits."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import mpmath
import numpy as np
from scipy.integrate import quad

from analysis.constants import G0_S, BOLTZMANN_eV_per_K
from analysis.fitting.data import CurrentData, HeatingData, JunctionData, Measured
from analysis.fitting.families import Parameter, level_family
from analysis.fitting.least_squares import fit
from analysis.fitting.problem import Problem
from analysis.records import FloatArray
from analysis.transport.landauer import Currents, WATT_PER_eV2, currents, linear_response
from analysis.transport.transmission import BreitWignerLevel, LevelTransmission
from tests.benchmarks.table import Row, scaled

LUMO = LevelTransmission([BreitWignerLevel(0.9, 0.04, 0.04)])
KT = BOLTZMANN_eV_per_K * 300.0


def best(function: Callable[[], Any], repeats: int = 15) -> float:
    """Shortest of some runs, in seconds: what the machine can do when nothing else is on it."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        function()
        times.append(time.perf_counter() - began)
    return min(times)


def fermi(energy: float, mu: float) -> float:
    """Occupation at 300 K."""
    return float(1.0 / (1.0 + np.exp((energy - mu) / KT)))


def by_quad(bias: float) -> tuple[float, float, float]:
    """Current and both heats at one bias the usual way: adaptive quadrature of each integral from -3 to 3 eV."""
    mu_P, mu_S = bias / 2, -bias / 2

    def flow(energy: float) -> float:
        return float(LUMO(energy)) * (fermi(energy, mu_P) - fermi(energy, mu_S))

    return (
        G0_S * quad(flow, -3, 3)[0],
        WATT_PER_eV2 * quad(lambda energy: (mu_P - energy) * flow(energy), -3, 3)[0],
        WATT_PER_eV2 * quad(lambda energy: (energy - mu_S) * flow(energy), -3, 3)[0],
    )


def exact_current(bias: FloatArray) -> FloatArray:
    """Current with 30 digits."""
    with mpmath.workdps(30):
        scale = 2 * mpmath.pi * mpmath.mpf(KT)

        def phi(mu: mpmath.mpf) -> mpmath.mpf:
            return mpmath.im(mpmath.digamma(mpmath.mpf("0.5") + mpmath.mpc(0.04, 0.9 - mu) / scale))

        return np.array(
            [G0_S * float(0.04 * (phi(-mpmath.mpf(v) / 2) - phi(mpmath.mpf(v) / 2))) for v in bias]
        )


def an_iv_with_both_heats(size: float) -> list[Row]:
    """Current and both heats at 100 biases, how wrong either way is, and how the time grows."""
    bias = np.linspace(-1.5, 1.5, scaled(100, size, 2))
    began = time.perf_counter()
    theirs = np.array([by_quad(v) for v in bias.tolist()])
    theirs_s = time.perf_counter() - began
    ours_s = best(lambda: currents(LUMO, bias), scaled(200, size))
    exact = exact_current(bias)
    errors = (
        np.abs(x - exact).max() / np.abs(exact).max() for x in (currents(LUMO, bias).current_A, theirs[:, 0])
    )
    our_error, quad_error = errors
    many = np.linspace(-1.5, 1.5, 10_000)
    each_us, each_of_many_us = (
        1e6 * ours_s / bias.size,
        1e2 * best(lambda: currents(LUMO, many), scaled(20, size)),
    )
    ratio = theirs_s / ours_s
    return [
        Row(
            f"I, Q_P and Q_S at {bias.size} biases",
            f"{1e3 * ours_s:.2f} ms",
            f"{1e3 * theirs_s:.0f} ms (quad)",
            f"{ratio:.0f}",
        ),
        Row("largest error of I, of full scale", f"{our_error:.0e}", f"{quad_error:.0e} (quad)"),
        Row("time a bias of 10 000", f"{each_of_many_us:.2f} us", f"{each_us:.2f} us of {bias.size}"),
    ]


def narrow_levels() -> Iterator[Row]:
    """Widths at which a fixed grid of energies misses the level."""
    for width in (1e-3, 5e-3):
        level = LevelTransmission([BreitWignerLevel(0.3, width / 2, width / 2)])
        bias = np.linspace(-1.5, 1.5, 101)
        energy, step = np.linspace(-3, 3, 6001, retstep=True)
        window = 1 / (1 + np.exp((energy - bias[:, None] / 2) / KT)) - 1 / (
            1 + np.exp((energy + bias[:, None] / 2) / KT)
        )
        on_grid = G0_S * step * window @ level(energy + 0.37 * step)
        ours: Currents = currents(level, bias)
        error = np.abs(on_grid - ours.current_A).max() / np.abs(ours.current_A).max()
        name = f"stated accuracy at a width of {1e3 * width:g} meV"
        yield Row(name, f"{ours.accuracy.max():.0e}", f"{error:.0e} (6001-point grid)")


def fits(size: float) -> Iterator[Row]:
    """Fits as they run between two traces; the targets are 10 and 50 ms."""
    rng = np.random.default_rng(1)
    bias = np.linspace(-1.3, 1.3, 200)
    current = currents(LUMO, bias).current_A
    sigma = 0.01 * np.abs(current) + 1e-10
    data = CurrentData(bias, current + sigma * rng.normal(size=200), sigma)
    energy = Parameter("energy_eV", 0.7, 0.0, 2.0)
    gamma = Parameter("gamma_eV", 0.03, 1e-4, 1.0, logarithmic=True)
    one = level_family([[energy, gamma, gamma, 0.5]])
    single = Problem(JunctionData(data), one)
    points = np.array([0.74, 0.95, 1.08, 1.18, 1.27, -0.74, -0.95, -1.08, -1.18, -1.27])
    heat, linear = currents(LUMO, points), linear_response(LUMO)
    noise = np.full(10, 5e-9)
    heating = HeatingData(points, heat.heat_probe_W, noise, heat.heat_total_W, noise)
    G, S = float(linear.conductance_G0), float(linear.seebeck_V_per_K)
    everything = JunctionData(data, heating, Measured(G, 1e-5), Measured(S, 2e-7))
    second = Parameter("second_eV", -1.2, -2.0, 0.0)
    weak = Parameter("second_gamma_eV", 0.01, 1e-6, 1.0, logarithmic=True)
    two = level_family([[energy, gamma, gamma, 0.5], [second, weak, weak, 0.5]])
    cases = (
        ("one level to 200 points of I-V", single, 10.0),
        ("one level to G, I-V, heating and S", Problem(everything, one), 50.0),
        ("two levels to G, I-V, heating and S", Problem(everything, two), 50.0),
    )
    for name, problem, target_ms in cases:
        took_ms = 1e3 * best(lambda problem=problem: fit(problem), scaled(20, size))  # type: ignore[misc]
        room = f"{target_ms / took_ms:.1f}"
        yield Row(f"fit of {name}", f"{took_ms:.1f} ms", f"target {target_ms:g} ms", room)


def rows(size: float = 1.0) -> Iterator[Row]:
    """Yield all of it; ``size`` is a share of the repetitions, of which the fastest counts, and of the biases."""
    yield from an_iv_with_both_heats(size)
    yield from narrow_levels()
    yield from fits(size)


if __name__ == "__main__":
    for row in rows():
        print(f"{row.name:45} {row.ours:>12} {row.baseline:>26} {row.ratio:>8}")  # noqa: T201
