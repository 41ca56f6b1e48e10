"""Limits by hand beside the full calculation: Sommerfeld forms, and the ratios of couplings at the node."""

import numpy as np
import pytest

from analysis.buettiker.linear import electronic_circuit
from analysis.buettiker.onsager import onsager
from analysis.buettiker.terminals import relative_error_percent
from app.paper.setups import flat_probe
from tests.support.physics import appendix
from tests.support.physics.buettiker_junctions import benzene, both_probes

L, R, P = 0, 1, 2


def derivatives(junction, a, b, mu):
    """T, T' and T'' by central differences."""
    tau, step = junction.model.transmission(a, b), 1e-4
    low, here, high = tau(mu - step), tau(mu), tau(mu + step)
    return float(here), float((high - low) / (2 * step)), float((high - 2 * here + low) / step**2)


@pytest.mark.parametrize("pair", [("L", "R"), ("L", "P"), ("R", "P")])
def test_sommerfeld_forms_away_from_the_node(pair):
    """To a few parts in a hundred thousand at 10 K, and the error falls with T^2."""
    junction = benzene(GR=0.25)
    a, b = (junction.index(x) for x in pair)
    T, slope, _ = derivatives(junction, *pair, 1.2)
    off = []
    for temperature in (10.0, 40.0):
        exact = onsager(junction, 1.2, temperature).moments_eV[:, a, b]
        forms = np.array(appendix.sommerfeld(T, slope, temperature))
        off.append(np.abs(forms / exact - 1).max())
    assert off[0] < 1e-4
    assert off[1] / off[0] == pytest.approx(16, rel=0.1)


def test_next_order_at_the_node():
    """At a zero of T_LR and its slope the curvature is left, and a floor by way of the probed site."""
    junction = benzene()
    floor, _, bend = derivatives(junction, "L", "R", 0.0)
    assert floor == pytest.approx(appendix.node_floor((0.5, 0.5, 0.05), 2.7), rel=0.02)
    for temperature, rel in ((30.0, 1e-4), (100.0, 1e-3)):
        zeroth, _, second = onsager(junction, 0.0, temperature).moments_eV[:, L, R]
        assert appendix.sommerfeld_at_node(floor, bend, temperature) == pytest.approx(
            (zeroth, second), rel=rel
        )
    leading = appendix.sommerfeld(floor, 0.0, 300.0)[2]
    assert leading < 0.2 * onsager(junction).moments_eV[2, L, R]


def test_heat_per_bias_vanishes_at_the_node_and_follows_the_slopes_beside_it():
    junction = benzene()
    coefficients = onsager(junction, [0.0, -0.3], 20.0)
    moments = coefficients.moments_eV
    exact = moments[1, :, R, L] - moments[1, :, R, P] * moments[0, :, P, L] / moments[0, :, P, P]
    assert abs(exact[0]) < 1e-10 * abs(exact[1])
    T_RL, T_RP, T_LP = (derivatives(junction, *x, -0.3) for x in ("RL", "RP", "LP"))
    form = appendix.sommerfeld_heat_per_mu(T_RL[1], T_RP[1], T_LP[0], T_RP[0], 20.0)
    assert form == pytest.approx(exact[1], rel=1e-3)


def test_heat_at_the_node_comes_from_the_probe_alone():
    """Eq. 46: so a voltage probe that is not as cold as R fills the node in."""
    junction = benzene(TL=350.0, TR=275.0)
    heat = electronic_circuit(onsager(junction), junction.terminals).currents.heat_current_W[R]
    T_RP = appendix.mid_gap_transmission(0.5, 0.05, 2.7)
    assert appendix.node_heat_right_W(T_RP, 300.0, 275.0, 300.0) == pytest.approx(heat, rel=0.02)
    cold = benzene(TL=350.0, TR=300.0)
    without = electronic_circuit(onsager(cold), cold.terminals).currents.heat_current_W[R]
    assert without < 0.01 * heat


@pytest.mark.parametrize("GR", [0.25, 0.4])
def test_ratios_of_couplings_at_the_node(GR):
    """Eqs. 34 and 56 to 63, asymptotic: 33.16 % in place of 33.33 % at Gamma_L = 0.5, Gamma_R = 0.25."""
    junction = benzene(GR=GR)
    voltage, thermalised = both_probes(junction, 0.0, electronic_circuit)
    J = voltage.currents.heat_current_W
    gammas = (0.5, GR, 0.05)
    assert appendix.node_probe_heat_W(gammas, 2.7, 50.0, 300.0) == pytest.approx(J[P], rel=0.03)
    assert appendix.node_right_heat_W(gammas, 2.7, 50.0, 300.0) == pytest.approx(J[R], rel=0.03)
    assert appendix.node_probe_share(0.5, GR) == pytest.approx(J[P] / J[R], rel=0.02)
    forms = voltage.effective.L2_W
    assert appendix.node_returned_share(0.5, GR) == pytest.approx(-forms[R, P] / forms[P, P], rel=0.005)
    error = relative_error_percent(J[R], thermalised.currents.heat_current_W[R])
    assert appendix.node_error_percent(0.5, GR) == pytest.approx(error, rel=0.02)


def test_the_error_at_the_node_is_exact_for_weak_couplings_and_low_temperature():
    junction = benzene(GL=0.02, GR=0.01, GP=0.5, t=30.0)
    voltage, thermalised = both_probes(junction, 0.0, electronic_circuit)
    error = relative_error_percent(voltage.currents.heat_current_W[R], thermalised.currents.heat_current_W[R])
    assert error == pytest.approx(appendix.node_error_percent(0.02, 0.01), rel=1e-4)
    assert appendix.node_error_percent(0.5, 0.5) == 0.0


def test_flat_probe_shares_its_width():
    lead = flat_probe("P", 0.3, 6)
    assert lead.matrix(6).diagonal() == pytest.approx(np.full(6, 0.05))
    assert lead.name == "P"
