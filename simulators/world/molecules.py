"""Random molecules: conductance, levels, plateau, switching and lifetime, drawn for each that binds."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from simulators.signal.random_processes import Switching, log_normal
from simulators.world.conductance_profile import Landscape, MoleculeParameters, bridged
from simulators.world.transport import Conductor, level_transmission


@dataclass(frozen=True, eq=False)
class Molecule:
    """Properties drawn for a molecule: I-V and heat, plateau, switching, lifetime."""

    conductor: Conductor
    landscape: Landscape
    telegraph: Switching
    site: Switching
    lives_s: float


class MoleculeSource:
    """Source of molecules of one kind.

    Parameters
    ----------
    p : MoleculeParameters
        Distributions of the properties.
    temperature_K : float
        Temperature at which the levels are coupled to give the drawn conductance.
    shape, telegraph, site : numpy Generator
        Sources of the properties, of two-level noise, and of jumps between binding sites.
    """

    def __init__(
        self,
        p: MoleculeParameters,
        temperature_K: float,
        shape: Generator,
        telegraph: Generator,
        site: Generator,
    ) -> None:
        self.parameters = p
        self._temperature_K = temperature_K
        self._rng, self._telegraph_rng, self._site_rng = shape, telegraph, site

    def mean_conductor(self) -> Conductor:
        """Return the I-V and heat of a molecule with the mean levels and conductance."""
        p = self.parameters
        return Conductor(
            level_transmission(p.conductance_G0, p.levels_eV, p.level_widths, self._temperature_K),
            self._temperature_K,
        )

    def binds(self) -> bool:
        """Draw whether a molecule bridges the gap."""
        return bool(self._rng.random() < self.parameters.binding_probability)

    def draw(self, time_s: float) -> Molecule:
        """Draw a molecule that binds now; its levels are shifted, and coupled to give the drawn conductance."""
        p, rng = self.parameters, self._rng
        level_G0 = log_normal(p.conductance_G0, p.spread_decades, rng)
        shift = p.level_spread_eV * rng.standard_normal()
        levels = [eps + shift for eps in p.levels_eV]
        transmission = level_transmission(level_G0, levels, p.level_widths, self._temperature_K)
        landscape = bridged(level_G0, rng.random() < p.double_probability, p, rng)
        return Molecule(
            Conductor(transmission, self._temperature_K),
            landscape,
            self._two_level_noise(time_s),
            self._site_jumps(time_s),
            log_normal(p.lifetime_s, p.lifetime_spread_decades, rng),
        )

    def _two_level_noise(self, time_s: float) -> Switching:
        p, rng = self.parameters, self._rng
        low, high = np.log(p.telegraph_corner_Hz)
        corner_Hz = np.exp(rng.uniform(low, high))
        half_step = 0.5 * rng.uniform(*p.telegraph_step)
        first = 1.0 + half_step * rng.choice([-1.0, 1.0])
        if rng.random() >= p.telegraph_probability:
            return Switching(1.0, 0.0, lambda value: value, time_s, self._telegraph_rng)
        # Two states of equal rates r make a Lorentzian with the corner 2 r / (2 pi).
        return Switching(first, np.pi * corner_Hz, lambda value: 2.0 - value, time_s, self._telegraph_rng)

    def _site_jumps(self, time_s: float) -> Switching:
        p, rng = self.parameters, self._site_rng
        reach = np.log(p.site_jump_factor)
        return Switching(
            1.0, p.site_jump_Hz, lambda _: float(np.exp(rng.uniform(-reach, reach))), time_s, rng
        )
