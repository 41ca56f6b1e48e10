"""One transmission fitted to all that was measured of a molecule: do the errors of its level hold the truth?"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.fitting.data import CurrentData, HeatingData, JunctionData, Measured
from analysis.fitting.problem import Problem
from analysis.records import FloatArray
from analysis.transport.landauer import currents, linear_response
from analysis.transport.transmission import BreitWignerLevel, LevelTransmission
from app.models.fit import fit_with_junctions
from app.offline.joint_fit import one_level
from tests.validation.study import Table, share

TEMPERATURE_K = 300.0
V = np.linspace(-0.5, 0.5, 11)
AMPLITUDES_V = np.array([0.3, 0.5])
HEAT_V = np.concatenate([AMPLITUDES_V, -AMPLITUDES_V])
HEAT_SCALE, LEAST_W = 0.014, 2e-9
STARTS = 4
"""Starts of a fit, half of what a report takes; the minimum is the same in those that were compared."""
CASES = {
    "I-V, heat": ("iv", "heat"),
    "heat, thermopower": ("heat", "thermopower"),
    "heat, Peltier coefficient": ("heat", "peltier"),
    "heat, thermopower, AC thermopower, Peltier coefficient": ("heat", "thermopower", "ac", "peltier"),
    "all, with the thermal conductance of the electrons": ("iv", "heat", "thermopower", "ac", "peltier", "thermal"),
}  # fmt: skip


@dataclass(frozen=True)
class Joint:
    """Deviations from the truth in errors, of energy and logarithm of the width, and chi^2 per degree of freedom."""

    energy: FloatArray
    width: FloatArray
    energy_error_eV: FloatArray
    reduced_chi2: FloatArray


def data_of(
    rng: np.random.Generator, energy_eV: float, gamma_eV: float, kinds: Iterable[str]
) -> JunctionData:
    """Draw measurements with the errors of a night each: 1 % of the I-V, 8 to 10 % of the linear response."""
    transmission = LevelTransmission((BreitWignerLevel(energy_eV, gamma_eV, gamma_eV, 0.5),))
    linear = linear_response(transmission, TEMPERATURE_K)
    S_V_per_K, electrons = float(linear.seebeck_V_per_K), float(linear.L2_W) / TEMPERATURE_K

    def drawn(value: float, relative: float) -> Measured:
        sigma = relative * abs(value)
        return Measured(value + sigma * rng.standard_normal(), sigma)

    curve, hot = currents(transmission, V), currents(transmission, HEAT_V)
    size = 0.01 * np.abs(curve.current_A) + 1e-12
    heat_sigma = 0.02 * np.abs(hot.heat_probe_W) + LEAST_W
    total = HEAT_V * hot.current_A
    total_sigma = 0.01 * total
    scale = 1.0 + HEAT_SCALE * rng.standard_normal()
    every = {
        "iv": ("current", CurrentData(V, curve.current_A + size * rng.standard_normal(V.size), size)),
        "heat": (
            "heating",
            HeatingData(
                HEAT_V,
                scale * hot.heat_probe_W + heat_sigma * rng.standard_normal(HEAT_V.size),
                heat_sigma,
                total + total_sigma * rng.standard_normal(HEAT_V.size),
                total_sigma,
                scale_sigma=HEAT_SCALE,
            ),
        ),
        "thermopower": ("seebeck_V_per_K", drawn(S_V_per_K, 0.08)),
        "ac": ("ac_seebeck_V_per_K", drawn(S_V_per_K, 0.1)),
        "peltier": ("peltier_V", drawn(S_V_per_K * TEMPERATURE_K, 0.1)),
        "thermal": ("thermal_conductance_W_per_K", drawn(electrons, 0.5)),
    }
    return JunctionData(**dict(every[kind] for kind in kinds))


def fits(rng: np.random.Generator, kinds: Iterable[str], sets: int, starts: int = STARTS) -> Joint:
    """Fit one level to many draws of the measurements of molecules like BDA, each with a level of its own."""
    rows = []
    for _ in range(sets):
        energy_eV, gamma_eV = rng.normal(-0.69, 0.04), 0.05 * np.exp(0.1 * rng.standard_normal())
        result = fit_with_junctions(
            Problem(data_of(rng, energy_eV, gamma_eV, tuple(kinds)), one_level()), None, starts=starts
        )
        (energy, gamma, *_), (sigma_energy, sigma_gamma, *_) = result.values, result.error.standard
        chi2 = result.chi_square / max(result.degrees_of_freedom, 1)
        rows.append(
            ((energy - energy_eV) / sigma_energy, np.log(gamma / gamma_eV) * gamma / sigma_gamma, sigma_energy, chi2)
        )  # fmt: skip
    return Joint(*np.array(rows, dtype=float).T)


def tables(rng: np.random.Generator, sets: int) -> Iterable[Table]:
    """Coverage of the level's energy and width, by the measurements that are fitted together."""
    rows = []
    for name, kinds in CASES.items():
        found = fits(rng, kinds, sets)
        rows.append(
            (
                name,
                share(np.abs(found.energy) < 1.0),
                share(np.abs(found.energy) < 2.0),
                share(np.abs(found.width) < 1.0),
                share(np.abs(found.width) < 2.0),
                f"{1e3 * np.median(found.energy_error_eV):.0f}",
                f"{np.mean(found.reduced_chi2):.2f}",
            )
        )
    yield Table(
        "joint",
        f"{sets} sets a line; one level at -0.69 eV, widths about 50 meV; errors of 1 % (I-V), 2 % with a scale of "
        "1.4 % (heat), 8 to 10 % (thermopowers, Peltier coefficient), 50 % (thermal conductance).",
        ("fitted together", "energy within 1 sigma", "within 2 sigma", "width within 1 sigma", "within 2 sigma",
         "error of the energy (meV)", "chi2 per degree of freedom"),
        tuple(rows),
    )  # fmt: skip
