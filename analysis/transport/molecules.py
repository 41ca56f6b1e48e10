"""Ready-made Hueckel models of the junctions in the heating experiments.

One pi orbital for each carbon, nearest neighbours, t = 2.7 eV (the usual value for benzene, not fitted here). The
position of the levels relative to E_F and their widths are not known from first principles to the accuracy of an
experiment: both are chosen to give a measured conductance and thermopower at 300 K.
"""

from functools import lru_cache

import numpy as np

from analysis.transport.huckel import HuckelModel, Lead, bonded, chain_bonds, ring_bonds
from analysis.transport.landauer import linear_response

BENZENE_HOPPING_eV = 2.7


def benzene(
    sites: tuple[int, int], gamma_eV: tuple[float, float], onsite_eV: float = 0.0, bias_drop: float = 0.5
) -> HuckelModel:
    """Return a benzene ring with the probe on ``sites[0]`` and the substrate on ``sites[1]`` (counted from 1)."""
    hamiltonian = bonded(6, ring_bonds(6), BENZENE_HOPPING_eV, onsite_eV)
    leads = (Lead("probe", {sites[0]: gamma_eV[0]}), Lead("substrate", {sites[1]: gamma_eV[1]}))
    return HuckelModel(hamiltonian, leads, bias_drop)


def benzenedithiol_14(gamma_eV: float = 0.5) -> HuckelModel:
    """Return 1,4-benzenedithiol: para, E_F in the middle of the gap; the width is a typical model value, not
    measured.
    """
    return benzene((1, 4), (gamma_eV, gamma_eV))


def benzenedithiol_13(gamma_eV: float = 0.5) -> HuckelModel:
    """Return 1,3-benzenedithiol: meta, with the interference node in the middle of the gap."""
    return benzene((1, 3), (gamma_eV, gamma_eV))


def benzenediamine_14(conductance_G0: float = 0.005, seebeck_V_per_K: float = 2.3e-6) -> HuckelModel:
    """Return 1,4-benzenediamine (BDA), with transport through the HOMO.

    G: Lee et al., Nature 498, 209 (2013); S: about +2.3 uV/K, Malen et al., Nano Lett. 9, 1164 (2009).
    """
    return _para_benzene(conductance_G0, seebeck_V_per_K)


def benzenediisonitrile_14(conductance_G0: float = 0.002, seebeck_V_per_K: float = -2.0e-6) -> HuckelModel:
    """Return 1,4-benzenediisonitrile (BDNC), with transport through the LUMO.

    G: Lee et al., Nature 498, 209 (2013); S: negative for isonitriles, its size a typical value, not measured.
    """
    return _para_benzene(conductance_G0, seebeck_V_per_K)


def gold_chain(n_atoms: int = 4, hopping_eV: float = 1.0) -> HuckelModel:
    """Return a chain of single-orbital atoms with one open channel: widths of 2t at the ends continue it, so tau(E_F) =
    1.

    The hopping (band width 4t) is a typical value, not measured.
    """
    hamiltonian = bonded(n_atoms, chain_bonds(n_atoms), hopping_eV)
    width = 2.0 * hopping_eV
    return HuckelModel(hamiltonian, (Lead("probe", {1: width}), Lead("substrate", {n_atoms: width})))


@lru_cache(maxsize=8)
def _para_benzene(conductance_G0: float, seebeck_V_per_K: float) -> HuckelModel:
    """Return para benzene whose on-site energy gives S and whose width gives G, both at 300 K."""
    from scipy.optimize import brentq  # slow to import

    def model(onsite_eV: float, gamma_eV: float) -> HuckelModel:
        return benzene((1, 4), (gamma_eV, gamma_eV), onsite_eV)

    def width(onsite_eV: float) -> float:
        def excess(log_gamma: float) -> float:
            response = linear_response(model(onsite_eV, np.exp(log_gamma)).transmission())
            return float(np.log(response.conductance_G0 / conductance_G0))

        return float(np.exp(brentq(excess, np.log(1e-4), np.log(2.0), xtol=1e-14)))

    def excess_seebeck(onsite_eV: float) -> float:
        response = linear_response(model(onsite_eV, width(onsite_eV)).transmission())
        return float(response.seebeck_V_per_K - seebeck_V_per_K)

    # At 2.4 eV off the middle a level is 0.3 eV from E_F; beyond that, G and S have other branches.
    onsite = float(brentq(excess_seebeck, -2.4, 2.4, xtol=1e-13))
    return model(onsite, width(onsite))
