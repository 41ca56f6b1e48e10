"""Buettiker probes on the benzene ring of Erdogan and Bergfield, and transmissions against the usual loop."""

import time
from collections.abc import Iterator

import numpy as np
from scipy.integrate import quad
from scipy.optimize import root

from analysis.buettiker import linear, nonlinear
from analysis.buettiker.multiterminal import Multiterminal
from analysis.buettiker.nonequilibrium import probed_currents
from analysis.buettiker.onsager import onsager
from analysis.buettiker.terminals import JunctionTerminal, ProbedJunction, VoltageProbe
from analysis.constants import BOLTZMANN_eV_per_K
from analysis.records import FloatArray
from analysis.transport.huckel import HuckelModel, Lead, bonded, ring_bonds
from tests.benchmarks.landauer import best
from tests.benchmarks.table import Row, scaled

RING = HuckelModel(
    bonded(6, ring_bonds(6), 2.7), (Lead("L", {1: 0.5}), Lead("R", {3: 0.25}), Lead("P", {4: 0.05}))
)
VOLTAGE = ProbedJunction(
    RING, (JunctionTerminal("L", 325.0, 0.25), JunctionTerminal("R", 275.0, -0.25), VoltageProbe("P", 300.0))
)
THERMAL = VOLTAGE.thermalised()


def loop(energies: FloatArray) -> FloatArray:
    """|G_ij|^2 by ``numpy.linalg.solve`` at one energy after the other, then the widths: a careful loop."""
    one, effective = np.eye(6), RING.effective_eV
    widths = np.stack([RING.gammas_eV[x].diagonal() for x in "LRP"])
    out = np.empty((3, 3, energies.size))
    for n, energy in enumerate(energies):
        green = np.linalg.solve(energy * one - effective, one)
        out[..., n] = widths @ (green.real**2 + green.imag**2) @ widths.T
    return out


def by_quad_and_root(junction: ProbedJunction) -> FloatArray:
    """A voltage-temperature probe the usual way: adaptive quadrature of its currents inside ``scipy.optimize.root``."""
    molecule = Multiterminal(junction.model, junction.names)
    held = [(x.mu_eV, x.temperature_K) for x in junction.terminals if isinstance(x, JunctionTerminal)]

    def leads(energy: float, mu: float, T: float) -> float:
        T_P = molecule.transmissions_by_solve(np.array([energy]))[2, :2, 0]
        f = [
            1 / (1 + np.exp((energy - m) / (BOLTZMANN_eV_per_K * t))) for m, t in ((mu, T), held[0], held[1])
        ]
        return float(T_P @ (np.array(f[1:]) - f[0]))

    def balance(x: FloatArray) -> list[float]:
        mu, T = float(x[0]), 1000.0 * abs(float(x[1]))
        number = quad(leads, -3, 3, (mu, T), limit=200)[0]
        heat = quad(lambda energy: (energy - mu) * leads(energy, mu, T), -3, 3, limit=200)[0]
        return [number, heat]

    found = root(balance, [0.0, 1.0])
    return np.array([found.x[0], 1000.0 * abs(found.x[1])])


def transmissions(size: float) -> list[Row]:
    """Return the cost of all transmissions at many energies, beside a loop."""
    energies = np.linspace(-8.0, 8.0, scaled(10_000, size, 100))
    ours = best(lambda: Multiterminal(RING).transmissions(energies), scaled(40, size))
    began = time.perf_counter()
    expected = loop(energies)
    theirs = time.perf_counter() - began
    error = np.abs(Multiterminal(RING).transmissions(energies) - expected).max() / expected.max()
    name = f"transmissions of a ring, 3 terminals, {energies.size:,} energies"
    return [
        Row(name, f"{1e3 * ours:.2f} ms", f"{1e3 * theirs:.0f} ms (loop of solves)", f"{theirs / ours:.0f}"),
        Row("   largest difference, of the largest transmission", f"{error:.0e}", "target 1e-12"),
    ]


def linear_sweep(size: float) -> list[Row]:
    """200 level alignments with either probe."""
    alignment = np.linspace(-3.24, 3.24, scaled(200, size, 2))

    def both() -> None:
        coefficients = onsager(VOLTAGE, alignment)
        for junction in (VOLTAGE, THERMAL):
            linear.electronic_circuit(coefficients, junction.terminals)

    took = 1e3 * best(both, scaled(15, size))
    name = f"linear sweep, {alignment.size} alignments, both probes"
    return [Row(name, f"{took:.1f} ms", "target 50 ms", f"{50 / took:.1f}")]


def nonlinear_solutions(size: float) -> Iterator[Row]:
    """One operating point, and a sweep of the bias."""
    for name, junction in (("voltage", VOLTAGE), ("voltage-temperature", THERMAL)):
        took = 1e3 * best(
            lambda junction=junction: nonlinear.biased_electronic_circuit(junction, 0.3), scaled(60, size)
        )  # type: ignore[misc]
        yield Row(f"non-linear {name} probe, 0.5 V", f"{took:.1f} ms", "target 20 ms", f"{20 / took:.1f}")
    began = time.perf_counter()
    expected = by_quad_and_root(THERMAL.aligned(0.3))
    theirs = time.perf_counter() - began
    solved = nonlinear.biased_electronic_circuit(THERMAL, 0.3)
    off = abs(float(solved.currents.temperature_K[2]) / expected[1] - 1)
    took_s = best(lambda: nonlinear.biased_electronic_circuit(THERMAL, 0.3), scaled(15, size))
    yield Row(
        f"   the same by quad and root (agrees to {off:.0e})",
        f"{1e3 * took_s:.1f} ms",
        f"{theirs:.1f} s",
        f"{theirs / took_s:.0f}",
    )
    bias = np.linspace(-1.3, 1.3, scaled(200, size, 2))
    sweep = 1e3 * best(lambda: probed_currents(THERMAL, bias), scaled(15, size))
    name = f"non-linear sweep, {bias.size} biases"
    yield Row(name, f"{sweep:.0f} ms", f"{sweep / bias.size:.2f} ms each")
    residual = probed_currents(THERMAL, bias).residual.max()
    yield Row("   largest imbalance of a probe, of its flows", f"{residual:.0e}")


def rows(size: float = 1.0) -> Iterator[Row]:
    """Yield all of it; ``size`` is a share of the repetitions, and of energies, alignments and biases."""
    yield from transmissions(size)
    yield from linear_sweep(size)
    yield from nonlinear_solutions(size)


if __name__ == "__main__":
    for row in rows():
        print(f"{row.name:55} {row.ours:>12} {row.baseline:>26} {row.ratio:>8}")  # noqa: T201
