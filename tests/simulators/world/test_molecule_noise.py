"""Flicker noise of simulated molecules: its dependence on their conductance."""

import pytest

from simulators.parameters import load_parameters
from simulators.world.conductance_profile import MoleculeParameters


@pytest.mark.parametrize(("exponent", "relative"), [(2.0, 1.0), (1.0, 0.1), (1.4, 10.0**-0.6)])
def test_density_grows_as_a_power_of_the_conductance(exponent, relative):
    """S_G ~ G^n, so that S_I/I^2 ~ G^(n-2)."""
    overrides = {"molecule": {"BDNC": {"noise_exponent": exponent}}}
    molecule = load_parameters(None, overrides).section("molecule.BDNC", MoleculeParameters)
    assert molecule.noise_of(molecule.conductance_G0) == pytest.approx(molecule.noise_at_1Hz)
    noise = molecule.noise_of(10.0 * molecule.conductance_G0)
    assert noise == pytest.approx(relative * molecule.noise_at_1Hz)
