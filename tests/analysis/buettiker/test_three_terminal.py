"""The closed three-terminal forms against the general matrix solution: two routes that share only the integrals."""

import numpy as np
import pytest

from analysis.buettiker.linear import electronic_circuit, open_circuit, thermal_conductances
from analysis.buettiker.onsager import onsager
from tests.support.physics.buettiker_junctions import benzene, chain
from tests.support.physics.three_terminal import LEFT, PROBE, RIGHT, LeadPotentials, ThreeTerminal

SWEEP = np.linspace(-3.2, 3.24, 38)  # without the node and other zeros by symmetry
JUNCTIONS = {
    "symmetric": benzene(),
    "thermal asymmetry": benzene(TL=350.0, TR=300.0),
    "coupling asymmetry": benzene(GR=0.25, GP=0.5),
    "flat probe": benzene(GR=0.25, TL=340.0, flat=True),
    "probe of its own temperature": benzene(GL=0.1, TP=280.0),
}
each = pytest.mark.parametrize("junction", JUNCTIONS.values(), ids=JUNCTIONS.keys())


def near(value):
    return pytest.approx(value, rel=1e-10, abs=1e-13 * np.abs(value).max())


def routes(junction, circuit):
    coefficients = onsager(junction, SWEEP)
    forms = ThreeTerminal(coefficients)
    voltage, thermalised = (circuit(coefficients, x.terminals) for x in (junction, junction.thermalised()))
    ends = junction.terminals[:2]
    held = LeadPotentials(tuple(x.mu_eV for x in ends), tuple(x.temperature_K for x in ends))
    return forms, voltage, thermalised, held, junction.terminals[2].temperature_K


@each
def test_voltage_probe(junction):
    forms, voltage, _, held, T_P = routes(junction, electronic_circuit)
    x = voltage.currents
    assert forms.probe_mu_eV(held, T_P) == near(x.mu_eV[PROBE])
    for a in (LEFT, RIGHT):
        assert forms.particle_current_per_s(a, held, T_P) == near(x.particle_current_per_s[a])
        assert forms.heat_current_W(a, held, T_P) == near(x.heat_current_W[a])
    assert forms.probe_heat_current_W(held, T_P) == near(x.heat_current_W[PROBE])


@each
def test_voltage_temperature_probe(junction):
    forms, voltage, thermalised, held, T_P = routes(junction, electronic_circuit)
    x = thermalised.currents
    assert forms.probe_temperature_K(held) == near(x.temperature_K[PROBE])
    for a in (LEFT, RIGHT):
        assert forms.thermalised_particle_current_per_s(a, held) == near(x.particle_current_per_s[a])
        assert forms.thermalised_heat_current_W(a, held) == near(x.heat_current_W[a])
    warmer = x.temperature_K[PROBE] - T_P
    assert voltage.currents.mu_eV[PROBE] + forms.probe_mu_change_eV(warmer) == near(x.mu_eV[PROBE])


@each
def test_what_the_probes_differ_by_follows_from_the_heat_that_the_voltage_probe_takes(junction):
    """Eqs. 17 and 18; and kappa_PP is what turns that heat into the warming of the probe."""
    forms, voltage, thermalised, _, T_P = routes(junction, electronic_circuit)
    one, other = voltage.currents, thermalised.currents
    J_P = one.heat_current_W[PROBE]
    for a in (LEFT, RIGHT):
        particles = one.particle_current_per_s[a] + forms.particle_current_change_per_s(a, J_P)
        assert particles == near(other.particle_current_per_s[a])
        assert one.heat_current_W[a] + forms.heat_current_change_W(a, J_P) == near(other.heat_current_W[a])
    warming = other.temperature_K[PROBE] - T_P
    assert J_P / forms.probe_conductance_W_per_K() == pytest.approx(warming, rel=1e-9, abs=1e-11)
    assert np.all(forms.probe_conductance_W_per_K() > 0)
    if T_P == 300.0:
        excess = one.entropy_production_W_per_K - other.entropy_production_W_per_K
        scale = one.entropy_production_W_per_K.max()
        assert forms.entropy_change_W_per_K(J_P) == pytest.approx(excess, rel=1e-8, abs=1e-13 * scale)


@each
def test_open_circuit(junction):
    forms, voltage, thermalised, held, T_P = routes(junction, open_circuit)
    T_L, T_R = held.temperature_K
    one, other = voltage.currents, thermalised.currents
    for x, T in ((one, T_P), (other, other.temperature_K[PROBE])):
        mu_R, mu_P = forms.open_mu_eV(T_L, T_R, T)
        assert mu_R == near(x.mu_eV[RIGHT])
        assert mu_P == near(x.mu_eV[PROBE])
    assert forms.seebeck_V_per_K(T_L, T_R, T_P) == near(voltage.seebeck_V_per_K)
    assert forms.open_probe_temperature_K(T_L, T_R) == near(other.temperature_K[PROBE])
    assert forms.open_heat_right_W(T_L, T_R, T_P) == near(one.heat_current_W[RIGHT])
    assert forms.open_probe_heat_W(T_L, T_R, T_P) == near(one.heat_current_W[PROBE])
    assert forms.open_thermalised_heat_right_W(T_L, T_R) == near(other.heat_current_W[RIGHT])
    change = other.heat_current_W[RIGHT] - one.heat_current_W[RIGHT]
    assert forms.open_heat_change_W(one.heat_current_W[PROBE]) == near(change)
    if T_P == 300.0:
        excess = one.entropy_production_W_per_K - other.entropy_production_W_per_K
        scale = one.entropy_production_W_per_K.max()
        ours = forms.open_entropy_change_W_per_K(one.heat_current_W[PROBE])
        assert ours == pytest.approx(excess, rel=1e-8, abs=1e-13 * scale)


@each
def test_heat_conductances(junction):
    coefficients = onsager(junction, SWEEP)
    forms, kappa = ThreeTerminal(coefficients), thermal_conductances(coefficients)
    for a, b in ((LEFT, RIGHT), (LEFT, PROBE), (RIGHT, PROBE), (PROBE, LEFT)):
        assert forms.kappa_W_per_K(a, b) == near(kappa[a, b])
        L0_ag, L0_bg = (forms.L(0, x, 3 - a - b) for x in (a, b))
        direct = forms.L(0, a, b) + L0_ag * L0_bg / (L0_ag + L0_bg)
        assert np.all(direct > 0)
    through = open_circuit(coefficients, junction.thermalised().terminals).effective.L2_W[RIGHT, LEFT] / 300.0
    assert forms.kappa_W_per_K(RIGHT, LEFT) + forms.series_W_per_K() == near(through)


@each
def test_both_schur_complements_agree_with_the_general_one(junction):
    coefficients = onsager(junction, SWEEP)
    forms = ThreeTerminal(coefficients)
    voltage = electronic_circuit(coefficients, junction.terminals).effective
    thermalised = electronic_circuit(coefficients, junction.thermalised().terminals).effective
    pairs = [(LEFT, RIGHT), (RIGHT, LEFT), (RIGHT, RIGHT)]
    for ours, general in (
        (forms.Lt0, voltage.L0_per_J_s),
        (forms.Lt1_particle, voltage.L1_particle_per_s),
        (forms.Lt1_heat, voltage.L1_heat_per_s),
        (forms.Lt2, voltage.L2_W),
        (forms.Lh0, thermalised.L0_per_J_s),
        (forms.Lh1_particle, thermalised.L1_particle_per_s),
        (forms.Lh1_heat, thermalised.L1_heat_per_s),
        (forms.Lh2, thermalised.L2_W),
    ):
        unit = general[RIGHT, LEFT] / ours(RIGHT, LEFT)
        assert unit == pytest.approx(unit[0], rel=1e-9)
        for a, b in pairs:
            assert unit[0] * ours(a, b) == near(general[a, b])


def test_three_terminals_and_no_other_number():
    with pytest.raises(ValueError, match="for three terminals"):
        ThreeTerminal(onsager(chain(2, 0.1)))
    forms = ThreeTerminal(onsager(benzene()))
    with pytest.raises(ValueError, match="left and the right"):
        forms.heat_current_W(PROBE, LeadPotentials((0.0, 0.0), (300.0, 300.0)), 300.0)
