"""A film of molecules in place of the junction: smooth in the tip's position, with the molecules' own Peltier heat."""

import numpy as np
import pytest

from simulators.parameters import ParameterError, load_parameters
from simulators.world.world import World

RISES = {
    "fixture.kind": "film",
    "sample.species": "BDA",
    "noise.strength": 0.0,
    "thermoelectric.always": True,
}


def film(**overrides):
    parameters = load_parameters(overrides={**RISES, **overrides})
    return World(parameters, np.random.default_rng(1))


def test_the_conductance_rises_smoothly_with_the_tip_and_falls_the_same_way():
    specimen = film()._specimen
    height_m = np.linspace(-1.5e-9, -0.5e-9, 200)
    G0 = specimen.conductance_G0(height_m)
    assert (np.diff(G0) > 0.0).all()
    assert G0[0] < 1e-4 and 1.0 < G0[-1] < 5.0
    one = specimen._conductor.conductance_G0
    assert np.interp(-0.9e-9, height_m, G0) == pytest.approx(101 * one, rel=0.02), (
        "100 molecules, and the first"
    )


def test_its_peltier_heat_is_that_of_its_molecules():
    specimen = film()._specimen
    conductor, bias_V = specimen._conductor, np.array([-2e-3, 2e-3])
    heat_W = conductor.tip_heat_W(np.array([0.5, 0.5]), bias_V)
    current_A = conductor.chord_S(np.array([0.5, 0.5]), bias_V) * bias_V
    odd_W, odd_A = 0.5 * (heat_W[1] - heat_W[0]), 0.5 * (current_A[1] - current_A[0])
    assert odd_W / odd_A == pytest.approx(300.0 * conductor.seebeck_V_per_K, rel=1e-2)


def test_bare_gold_has_no_film():
    with pytest.raises(ParameterError, match=r"sample\.species = Au has none"):
        film(**{"sample.species": "Au"})
