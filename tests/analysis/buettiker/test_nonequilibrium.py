"""A biased junction with probes: that of Landauer without them, and where the heat of a voltage probe goes."""

import numpy as np
import pytest

from analysis.buettiker.nonequilibrium import probed_currents
from analysis.buettiker.terminals import (
    JunctionTerminal,
    ProbedJunction,
    VoltageProbe,
    VoltageTemperatureProbe,
)
from analysis.transport.huckel import HuckelModel, Lead, bonded, chain_bonds
from analysis.transport.landauer import currents
from tests.support.physics.buettiker_junctions import benzene


def two_terminals(gamma_b, probe, drop=0.5):
    model = HuckelModel(
        bonded(3, chain_bonds(3), 0.4, 0.5),
        (Lead("probe", {1: 0.2}), Lead("substrate", {3: 0.1}), Lead("b", {2: gamma_b})),
        drop,
    )
    return ProbedJunction(
        model, (JunctionTerminal("probe", 290.0), JunctionTerminal("substrate", 310.0), probe)
    )


@pytest.mark.parametrize("drop", [0.5, 0.2])
@pytest.mark.parametrize("probe", [VoltageProbe("b", 300.0), VoltageTemperatureProbe("b")], ids=["VP", "VTP"])
def test_without_coupling_the_junction_is_that_of_landauer(probe, drop):
    bias = np.linspace(-1.3, 1.3, 27)
    bare = HuckelModel(
        bonded(3, chain_bonds(3), 0.4, 0.5), (Lead("probe", {1: 0.2}), Lead("substrate", {3: 0.1})), drop
    )
    expected = currents(bare.transmission(), bias, 290.0, 310.0)
    uncoupled = probed_currents(two_terminals(0.0, probe, drop), bias)
    assert uncoupled.current_A == pytest.approx(expected.current_A, rel=1e-12)
    assert uncoupled.heat_probe_W == pytest.approx(expected.heat_probe_W, rel=1e-12)
    assert uncoupled.heat_substrate_W == pytest.approx(expected.heat_substrate_W, rel=1e-12)
    assert np.all(uncoupled.heat_floating_W == 0) and np.all(np.isnan(uncoupled.mu_floating_eV))
    nearly = probed_currents(two_terminals(1e-8, probe, drop), bias)
    assert nearly.current_A == pytest.approx(expected.current_A, rel=1e-6)
    assert nearly.heat_probe_W == pytest.approx(
        expected.heat_probe_W, rel=1e-6, abs=1e-7 * expected.heat_probe_W.max()
    )


def test_only_the_voltage_probe_takes_heat():
    bias = np.array([-1.0, 0.03, 0.5])
    voltage = probed_currents(two_terminals(0.05, VoltageProbe("b", 300.0)), bias, 300.0)
    thermal = probed_currents(two_terminals(0.05, VoltageTemperatureProbe("b")), bias, 300.0)
    assert np.all(voltage.heat_floating_W[0, [0, 2]] > 0.01 * np.abs(voltage.heat_total_W[[0, 2]]))
    assert np.all(thermal.heat_floating_W == 0) and np.all(thermal.temperature_floating_K > 300)
    for x in (voltage, thermal):
        total = x.heat_probe_W + x.heat_substrate_W + x.heat_floating_W.sum(axis=0)
        assert total == pytest.approx(x.heat_total_W, rel=1e-11)
        assert np.all(x.current_A * bias > 0)
        assert x.floating == ("b",)
    with pytest.raises(ValueError, match="two real leads"):
        probed_currents(
            ProbedJunction(benzene().model, tuple(JunctionTerminal(x, 300.0) for x in "LRP")), 0.1
        )
