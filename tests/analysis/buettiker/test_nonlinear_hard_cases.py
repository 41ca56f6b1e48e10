"""Probes at any bias where they are hard to find, or cannot be found: the reason is named."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.buettiker.errors import ProbeError, RunawayProbe, UncoupledProbe
from analysis.buettiker.nonlinear import biased_electronic_circuit, biased_open_circuit
from analysis.buettiker.terminals import (
    JunctionTerminal,
    ProbedJunction,
    VoltageProbe,
    VoltageTemperatureProbe,
)
from analysis.transport.huckel import HuckelModel, Lead, bonded
from tests.support.physics.buettiker_junctions import benzene

# --- hard cases ---


def two_sites(asymmetry):
    """Two sites that couple as unequally as makes their eigenvectors one."""
    leads = (Lead("L", {1: 0.3}), Lead("R", {2: 0.05}), Lead("P", {2: 0.05}))
    model = HuckelModel(bonded(2, [(1, 2)], 0.05 * (1 + asymmetry), 0.1), leads)
    return ProbedJunction(
        model,
        (JunctionTerminal("L", 310.0, 0.1), JunctionTerminal("R", 290.0, -0.1), VoltageTemperatureProbe("P")),
    )


@pytest.mark.parametrize("asymmetry", [0.0, 1e-14, 1e-11, 1e-8])
def test_stays_right_through_an_exceptional_point(asymmetry):
    near, far = biased_electronic_circuit(two_sites(asymmetry)), biased_electronic_circuit(two_sites(1e-4))
    further = biased_electronic_circuit(two_sites(2e-4))
    assert near.residual < 1e-12 and near.accuracy < 1e-10
    for name in ("heat_current_W", "temperature_K", "mu_eV"):
        at, once, twice = (getattr(x.currents, name) for x in (near, far, further))
        extrapolated = 2 * once - twice
        assert at == pytest.approx(extrapolated, rel=1e-6, abs=1e-18)


def test_a_probe_that_sees_inverted_populations_has_no_temperature():
    """High states filled from L, low ones emptied into R: hotter than any temperature."""
    h = np.diag([0.5, -0.5]) + 0.02 * (1 - np.eye(2))
    leads = (Lead("L", {1: 0.01}), Lead("R", {2: 0.01}), Lead("P", {1: 1e-3, 2: 1e-3}))
    terminals = (
        JunctionTerminal("L", 100.0, 1.0),
        JunctionTerminal("R", 100.0, -1.0),
        VoltageTemperatureProbe("P"),
    )
    with pytest.raises(RunawayProbe, match=r"'P' does not settle: .* inverted") as error:
        biased_electronic_circuit(ProbedJunction(HuckelModel(h, leads), terminals))
    assert error.value.terminal == "P" and isinstance(error.value, ProbeError | ValueError)


def test_a_probe_that_no_lead_reaches_is_named():
    h = np.diag([0.0, 0.1, 0.2, 0.3])
    h[0, 1] = h[1, 0] = h[2, 3] = h[3, 2] = -0.2
    leads = (Lead("L", {1: 0.1}), Lead("R", {2: 0.1}), Lead("P", {3: 0.1}), Lead("Q", {4: 0.1}))
    terminals = (JunctionTerminal("L", 300.0, 0.1), JunctionTerminal("R", 300.0), VoltageProbe("P", 300.0))
    junction = ProbedJunction(HuckelModel(h, leads), (*terminals, VoltageTemperatureProbe("Q")))
    with pytest.raises(UncoupledProbe, match="'P' does not settle: no path"):
        biased_electronic_circuit(junction)


def test_a_probe_cut_off_by_interference_is_named():
    """A ring of four with one bond reversed: the two ways from corner to corner cancel at every energy."""
    h = bonded(4, [(1, 2), (2, 3), (3, 4), (4, 1)], [1.0, 1.0, 1.0, -1.0])
    leads = (Lead("L", {3: 0.1}), Lead("R", {3: 0.1}), Lead("P", {1: 0.1}))
    terminals = (
        JunctionTerminal("L", 300.0, 0.1),
        JunctionTerminal("R", 300.0),
        VoltageTemperatureProbe("P"),
    )
    with pytest.raises(UncoupledProbe, match="'P' does not settle: interference"):
        biased_electronic_circuit(ProbedJunction(HuckelModel(h, leads), terminals))


def test_what_is_refused():
    junction = benzene()
    with pytest.raises(ValueError, match="no terminal 'X'"):
        biased_electronic_circuit(junction, 0.0, {"X": 0.0})
    with pytest.raises(ValueError, match="the chemical potential of probe 'P' floats"):
        biased_electronic_circuit(junction, 0.0, {"P": 0.0})
    with pytest.raises(ValueError, match="the temperature of probe 'P' floats"):
        biased_electronic_circuit(junction.thermalised(), 0.0, None, {"P": 300.0})
    with pytest.raises(ValueError, match="'L': temperature_K"):
        biased_open_circuit(junction, 0.0, {"L": [300.0, 0.0]})
    with pytest.raises(ValueError, match="'R': mu_eV"):
        biased_electronic_circuit(junction, 0.0, {"R": np.inf})
    with pytest.raises(ValueError, match="level_alignment_eV"):
        biased_electronic_circuit(junction, np.nan)
    h = np.asarray(junction.model.hamiltonian_eV, dtype=complex)
    h[0, 1], h[1, 0] = 2.7j, -2.7j
    with pytest.raises(ValueError, match="magnetic"):
        biased_electronic_circuit(replace(junction, model=replace(junction.model, hamiltonian_eV=h)))
