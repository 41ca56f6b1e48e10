"""Currents between two terminals: closed form against quadrature, derivatives against differences."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.buettiker.multiterminal import Multiterminal
from analysis.buettiker.terminal_currents import Baths, by_panels, by_poles, exchange, response
from analysis.constants import BOLTZMANN_eV_per_K
from tests.support.physics.buettiker_junctions import benzene


def baths_of(rng, n_terminals, n_points):
    offset = rng.uniform(-0.75, 0.75, (n_terminals, n_points))
    kT = BOLTZMANN_eV_per_K * np.exp(rng.uniform(0, np.log(1000.0), (n_terminals, n_points)))
    return Baths(rng.uniform(-1, 1, n_points), offset, kT)


def test_closed_form_and_quadrature_agree():
    rng = np.random.default_rng(5)
    molecule = Multiterminal(benzene().model)
    baths = baths_of(rng, 3, 50)
    one, other = by_poles(molecule, baths), by_panels(molecule, baths)
    for name in ("number_eV", "heat_eV2"):
        expected = getattr(other, name)
        wide = np.maximum(baths.kT_eV.max(axis=0), np.ptp(baths.offset_eV, axis=0))
        scale = (wide * np.abs(other.number_eV) + np.abs(other.heat_eV2)).max(axis=1, keepdims=True)
        scale = scale / wide if name == "number_eV" else scale
        off = np.abs((getattr(one, name) - expected) / scale).max(axis=(0, 1))
        assert np.all(off < one.error + 1e-13)
    assert np.median(one.error) < 1e-10


def test_derivatives_by_finite_differences():
    rng = np.random.default_rng(6)
    molecule, step = Multiterminal(benzene().model), 1e-5
    baths = baths_of(rng, 3, 20)
    baths = replace(baths, kT_eV=np.maximum(baths.kT_eV, 0.02))
    exact = response(molecule, baths, exchange(molecule, baths))
    for b in range(3):
        nudge = step * np.eye(3)[b][:, None]
        for field, by_number, by_heat in (
            ("offset_eV", exact.number_by_mu, exact.heat_by_mu_eV),
            ("kT_eV", exact.number_by_kT, exact.heat_by_kT_eV),
        ):
            moved = [replace(baths, **{field: getattr(baths, field) + s * nudge}) for s in (1, -1)]
            up, down = (exchange(molecule, x) for x in moved)
            for name, slope in (("number_eV", by_number), ("heat_eV2", by_heat)):
                measured = (getattr(up, name) - getattr(down, name)).sum(axis=1) / (2 * step)
                assert measured == pytest.approx(slope[:, b], rel=1e-5, abs=1e-6 * np.abs(slope[:, b]).max())


def test_what_one_terminal_gains_the_other_loses():
    baths = baths_of(np.random.default_rng(7), 3, 40)
    flows = exchange(Multiterminal(benzene().model), baths)
    number, heat = flows.number_eV, flows.heat_eV2
    assert np.array_equal(number, -number.swapaxes(0, 1))
    joule = (baths.offset_eV - baths.offset_eV[:, None]) * number
    assert heat + heat.swapaxes(0, 1) == pytest.approx(joule, rel=1e-12, abs=1e-16 * np.abs(heat).max())
