"""Terminals of a junction: what is refused, and what a shift of the levels and a change of the probe leave alone."""

import numpy as np
import pytest

from analysis.buettiker.terminals import (
    JunctionTerminal,
    ProbedJunction,
    TerminalCurrents,
    VoltageProbe,
    VoltageTemperatureProbe,
    relative_error_percent,
)
from analysis.transport.huckel import HuckelModel, Lead, bonded, ring_bonds

MODEL = HuckelModel(
    bonded(6, ring_bonds(6), 2.7, 0.3), (Lead("L", {1: 0.5}), Lead("R", {3: 0.5}), Lead("P", {4: 0.05}))
)
LEFT, RIGHT, PROBE = (
    JunctionTerminal("L", 350.0, 0.005),
    JunctionTerminal("R", 300.0),
    VoltageProbe("P", 300.0),
)


@pytest.mark.parametrize(
    ("terminals", "why"),
    [
        ((LEFT, RIGHT), "no terminal is given for 'P'"),
        ((LEFT,), "no terminal is given for 'R', 'P'"),
        (
            (LEFT, RIGHT, PROBE, VoltageTemperatureProbe("tip")),
            "'tip' is not a lead of the model; the leads are L, R, P",
        ),
        ((LEFT, RIGHT, PROBE, JunctionTerminal("R", 1.0)), "'R' occurs 2 times"),
        (tuple(VoltageTemperatureProbe(x) for x in "LRP"), "at least one terminal must be a real lead"),
    ],
)
def test_terminals_that_do_not_fit_the_leads_are_refused(terminals, why):
    with pytest.raises(ValueError, match=why):
        ProbedJunction(MODEL, terminals)


@pytest.mark.parametrize(
    ("build", "why"),
    [
        (lambda: JunctionTerminal("L", 0.0), "'L': temperature_K = 0.0"),
        (lambda: JunctionTerminal("L", 300.0, float("nan")), "'L': mu_eV = nan"),
        (lambda: VoltageProbe("P", -1.0), "'P': temperature_K = -1.0"),
        (lambda: VoltageProbe("P", float("inf")), "must be above 0 K"),
    ],
)
def test_impossible_terminals_are_refused(build, why):
    with pytest.raises(ValueError, match=why):
        build()


def test_order_is_that_of_the_terminals_not_of_the_leads():
    junction = ProbedJunction(MODEL, (PROBE, RIGHT, LEFT))
    assert junction.names == ("P", "R", "L")
    assert junction.index("L") == 2
    with pytest.raises(ValueError, match="no terminal 'S'; the terminals are P, R, L"):
        junction.index("S")


def test_raising_mu0_lowers_every_site_and_leaves_the_couplings():
    junction = ProbedJunction(MODEL, (LEFT, RIGHT, PROBE))
    moved = junction.aligned(0.4)
    assert moved.model.hamiltonian_eV == pytest.approx(MODEL.hamiltonian_eV - 0.4 * np.eye(6))
    assert (moved.terminals, moved.model.leads) == (junction.terminals, MODEL.leads)
    assert moved.model.transmission("L", "R")(0.1) == pytest.approx(
        MODEL.transmission("L", "R")(0.5), rel=1e-12
    )


def test_thermalising_changes_the_voltage_probes_alone():
    junction = ProbedJunction(MODEL, (LEFT, RIGHT, PROBE))
    assert junction.thermalised().terminals == (LEFT, RIGHT, VoltageTemperatureProbe("P"))
    assert not junction.bare
    assert ProbedJunction(MODEL, (LEFT, RIGHT, JunctionTerminal("P", 300.0))).bare


def test_relative_error_is_against_the_voltage_probe():
    assert relative_error_percent(2.0, 3.0) == 50.0
    assert relative_error_percent(-2.0, -1.0) == -50.0
    assert np.isnan(relative_error_percent(0.0, 1.0))
    assert relative_error_percent(np.array([1.0, 4.0]), np.array([2.0, 1.0])).tolist() == [100.0, -75.0]


def test_currents_are_found_by_name():
    currents = TerminalCurrents(("L", "R"), *(np.zeros(2) for _ in range(4)), np.zeros(()))
    assert currents.index("R") == 1
    with pytest.raises(ValueError, match="no terminal 'P'"):
        currents.index("P")
