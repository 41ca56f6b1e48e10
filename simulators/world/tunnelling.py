"""Vacuum tunnelling between the apexes of tip and surface."""

import math

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field

from analysis.constants import ELEMENTARY_CHARGE_C, PLANCK_J_s
from analysis.records import FloatArray
from simulators.parameters import ParameterSection

ELECTRON_MASS_kg = 9.1093837139e-31
"""CODATA 2022."""


class TunnellingParameters(ParameterSection):
    """Barrier, and gap at which the apexes jump into contact. TOML: [tunnelling]."""

    barrier_eV: float = Field(gt=0)
    barrier_spread_eV: float = Field(ge=0)
    prefactor_G0: float = Field(gt=0)
    jump_gap_nm: float = Field(gt=0)
    jump_gap_spread_nm: float = Field(ge=0)
    visible_G0: float = Field(gt=0)


def decay_per_m(barrier_eV: float) -> float:
    """Return the decay 2 kappa of ln G with the gap for a rectangular barrier: 21.7 per nm at 4.5 eV."""
    momentum = math.sqrt(2.0 * ELECTRON_MASS_kg * barrier_eV * ELEMENTARY_CHARGE_C)
    return 4.0 * math.pi * momentum / PLANCK_J_s


def tunnelling_G0(gap_m: ArrayLike, barrier_eV: float, prefactor_G0: float) -> FloatArray:
    """Return the low-bias conductance of each gap in G0, at most that of a zero gap."""
    return prefactor_G0 * np.exp(-decay_per_m(barrier_eV) * np.maximum(gap_m, 0.0))
